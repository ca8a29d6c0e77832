"""Wrong rewrites on purpose: a model with one seeded fault, as a buggy optimizer would leave it.

Each maker changes a copy of the model and says what it did, or gives None where the model has no place for
such a fault.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

Maker = Callable[[ModelProto, random.Random], str | None]


@dataclass(frozen=True)
class Mutant:
    """A model with a fault: of which `kind`, and `what` was done."""

    kind: str
    what: str
    model: ModelProto


ACTIVATIONS = ("Relu", "LeakyRelu", "Clip", "Sigmoid", "Tanh", "Erf", "Gelu", "HardSwish", "Sqrt", "Softmax")
REALS = (TensorProto.FLOAT, TensorProto.FLOAT16)
ORDERED = ("Sub", "Div", "Pow", "MatMul", "Concat", "Where")
"""Operators for which the order of the inputs matters."""


def change_weight(model: ModelProto, draw: random.Random) -> str | None:
    """One element of a weight moves by twice the weight's largest magnitude.

    A table that is looked up is left alone: its rows that no input names play no part.
    """
    looked_up = {name for node in model.graph.node for name in node.input[:1] if node.op_type == "Gather"}
    reals = [tensor for tensor in model.graph.initializer if tensor.data_type in REALS]
    weights = [one for one in reals if one.name not in looked_up and int(np.prod(one.dims)) >= 4]
    if not weights:
        return None
    tensor = draw.choice(weights)
    array = numpy_helper.to_array(tensor).copy()
    place = draw.randrange(array.size)
    array.flat[place] += 2 * (np.abs(array).max() or 1)
    tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    return f"element {place} of {tensor.name} {list(array.shape)}"


def swap_inputs(model: ModelProto, draw: random.Random) -> str | None:
    """Two inputs of an operator that tells them apart change places."""
    node = _drawn(model, draw, ORDERED)
    if node is None:
        return None
    at = len(node.input) - 2
    node.input[at], node.input[at + 1] = node.input[at + 1], node.input[at]
    return f"the last two inputs of {node.op_type} {node.output[0]}"


def drop_activation(model: ModelProto, draw: random.Random) -> str | None:
    """An activation passes its input on."""
    node = _drawn(model, draw, ACTIVATIONS)
    if node is None:
        return None
    was, first = node.op_type, node.input[0]
    node.op_type = "Identity"
    del node.input[:], node.attribute[:]
    node.input.append(first)
    return f"{was} {node.output[0]} is gone"


def change_axis(model: ModelProto, draw: random.Random) -> str | None:
    """An axis is another one, or two axes of a Transpose change places."""
    nodes = [
        node for node in model.graph.node if any(a.name in ("axis", "perm", "axes") for a in node.attribute)
    ]
    if not nodes:
        return None
    node = draw.choice(nodes)
    found = next(a for a in node.attribute if a.name in ("axis", "perm", "axes"))
    if found.name == "axis":
        found.i = found.i - 1 if found.i > 0 or found.i == -1 else found.i + 1
    elif found.name == "perm" and len(found.ints) > 1:
        at = draw.randrange(len(found.ints) - 1)
        found.ints[at], found.ints[at + 1] = found.ints[at + 1], found.ints[at]
    elif found.ints:
        found.ints[0] = found.ints[0] - 1 if found.ints[0] > 0 or found.ints[0] == -1 else found.ints[0] + 1
    return f"{found.name} of {node.op_type} {node.output[0]} is {helper.get_attribute_value(found)}"


MAKERS: dict[str, Maker] = {
    "a changed weight": change_weight,
    "swapped inputs": swap_inputs,
    "a dropped activation": drop_activation,
    "another axis": change_axis,
}


def mutant(model: ModelProto, kind: str, seed: int) -> Mutant | None:
    """`model` with one fault of this kind; None where it has no place for one."""
    changed = ModelProto()
    changed.CopyFrom(model)
    # Shapes that were inferred for the right model are no help to one that is wrong.
    del changed.graph.value_info[:]
    what = MAKERS[kind](changed, random.Random(seed))
    return Mutant(kind, what, changed) if what else None


def _drawn(model: ModelProto, draw: random.Random, ops: Sequence[str]) -> NodeProto | None:
    nodes = [node for node in model.graph.node if node.op_type in ops and node.input[0]]
    nodes = [node for node in nodes if node.op_type in ACTIVATIONS or len(set(node.input)) > 1]
    return draw.choice(nodes) if nodes else None
