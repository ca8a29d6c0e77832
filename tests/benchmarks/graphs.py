"""Graphs of any size for the benchmarks: as ONNX models for files, and as what the app reads from them.

`decoder` is written like a TorchScript export of a language model, `WORST` are the shapes that are hard to
lay out. Weights are tiny: a picture does not depend on them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from onnxviz.model import Graph
from onnxviz.reading.graphs import Builder, add_types, symbols_of
from onnxviz.reading.inference import infer

OPSET = 17
IR_VERSION = 8

HEADS, HEAD, VOCABULARY = 2, 4, 16
WIDTH = HEADS * HEAD
TOKENS = ("batch", "sequence")

LAYER_NODES = 82
"""Of one layer of `decoder`, which is one group of the picture where names carry scopes."""

_LEAST = 13
"""Nodes of a decoder around its layers."""


@dataclass
class Sheet:
    """A graph as it is written down, call by call. `scoped` writes module paths into all names."""

    scoped: bool = True
    nodes: list[NodeProto] = field(default_factory=list)
    weights: dict[str, TensorProto] = field(default_factory=dict)
    used: Counter[str] = field(default_factory=Counter)

    def call(self, op: str, *inputs: str, at: str = "", **attributes: Any) -> str:
        """One node of the module `at`, `"layers.0/mlp"`; returns the name of its output."""
        name = f"/{at}/{op}" if at else f"/{op}"
        name = name if self.scoped else f"{op}_{len(self.nodes)}"
        count = self.used[name]
        self.used[name] += 1
        name = f"{name}_{count}" if count else name
        output = f"{name}_output_0"
        self.nodes.append(helper.make_node(op, inputs, [output], name, **attributes))
        return output

    def weight(self, name: str, *shape: int) -> str:
        """A weight of ones; `"layers.0/mlp/weight"` or, without scopes, a number."""
        return self.constant(name, np.ones(shape, np.float32))

    def constant(self, name: str, value: Any) -> str:
        """An initializer, once however often it is asked for."""
        name = name.replace("/", ".") if self.scoped else f"onnx::{name.replace('/', '_')}"
        if name not in self.weights:
            self.weights[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def model(self, name: str, inputs: list[ValueInfoProto], outputs: list[ValueInfoProto]) -> ModelProto:
        """What was written, as a model."""
        graph = helper.make_graph(self.nodes, name, inputs, outputs, list(self.weights.values()))
        opset = helper.make_opsetid("", OPSET)
        return helper.make_model(graph, ir_version=IR_VERSION, opset_imports=[opset], producer_name="tests")


def decoder(nodes: int, *, scoped: bool = True) -> ModelProto:
    """A decoder of just so many nodes: layers of `LAYER_NODES`, and what is left as a chain at the end."""
    if nodes < _LEAST:
        raise ValueError(f"a decoder has at least {_LEAST} nodes")
    sheet = Sheet(scoped)
    table = sheet.weight("embed_tokens/weight", VOCABULARY, WIDTH)
    x = sheet.call("Gather", table, "tokens", at="embed_tokens")
    angles = sheet.call("Gather", sheet.weight("rotary/table", VOCABULARY, HEAD), "tokens", at="rotary")
    angles = sheet.call("Unsqueeze", angles, sheet.constant("rotary/axis", [1]), at="rotary")
    turn = sheet.call("Cos", angles, at="rotary"), sheet.call("Sin", angles, at="rotary")
    layers, rest = divmod(nodes - _LEAST, LAYER_NODES)
    for number in range(layers):
        x = _layer(sheet, f"layers.{number}", x, turn)
    for _ in range(rest):
        x = sheet.call("Relu", x, at="neck")
    x = sheet.call(
        "MatMul", _norm(sheet, "norm", x), sheet.weight("head/weight", WIDTH, VOCABULARY), at="head"
    )
    tokens = _info("tokens", TensorProto.INT64, *TOKENS)
    logits = _info(x, TensorProto.FLOAT, *TOKENS, VOCABULARY)
    return sheet.model(f"decoder_{nodes}{'' if scoped else '_flat'}", [tokens], [logits])


def _layer(sheet: Sheet, at: str, x: str, turn: tuple[str, str]) -> str:
    x = sheet.call(
        "Add", x, _attention(sheet, f"{at}/self_attn", _norm(sheet, f"{at}/input_norm", x), turn), at=at
    )
    return sheet.call("Add", x, _mlp(sheet, f"{at}/mlp", _norm(sheet, f"{at}/post_norm", x)), at=at)


def _norm(sheet: Sheet, at: str, x: str) -> str:
    square = sheet.call("Pow", x, sheet.constant("two", np.float32(2)), at=at)
    mean = sheet.call("ReduceMean", square, at=at, axes=[-1])
    root = sheet.call(
        "Sqrt", sheet.call("Add", mean, sheet.constant("epsilon", np.float32(1e-6)), at=at), at=at
    )
    scaled = sheet.call("Mul", x, sheet.call("Reciprocal", root, at=at), at=at)
    return sheet.call("Mul", scaled, sheet.weight(f"{at}/weight", WIDTH), at=at)


def _linear(sheet: Sheet, at: str, x: str) -> str:
    turned = sheet.call("Transpose", sheet.weight(f"{at}/weight", WIDTH, WIDTH), at=at, perm=[1, 0])
    return sheet.call("MatMul", x, turned, at=at)


def _length(sheet: Sheet, at: str, x: str) -> str:
    shape = sheet.call("Shape", x, at=at)
    return sheet.call("Gather", shape, sheet.constant("one", np.int64(1)), at=at)


def _shape(sheet: Sheet, at: str, x: str, *last: int) -> str:
    """How exporters spell "as many tokens as `x`": five nodes."""
    length = sheet.call("Unsqueeze", _length(sheet, at, x), sheet.constant("axis", [0]), at=at)
    ends = sheet.constant("batch", [-1]), sheet.constant(f"last_{len(last)}", list(last))
    return sheet.call("Concat", ends[0], length, ends[1], at=at, axis=0)


def _heads(sheet: Sheet, at: str, x: str) -> str:
    split = sheet.call("Reshape", x, _shape(sheet, at, x, HEADS, HEAD), at=at)
    return sheet.call("Transpose", split, at=at, perm=[0, 2, 1, 3])


def _turned(sheet: Sheet, at: str, x: str, turn: tuple[str, str]) -> str:
    """Rotary position: the two halves change places."""
    size = sheet.call("Gather", sheet.call("Shape", x, at=at), sheet.constant("three", np.int64(3)), at=at)
    half = sheet.call("Div", size, sheet.constant("half", [2]), at=at)
    last = sheet.constant("last_axis", [3])
    lower = sheet.call("Slice", x, sheet.constant("zero", [0]), half, last, at=at)
    upper = sheet.call("Slice", x, half, sheet.constant("end", [2**31]), last, at=at)
    swapped = sheet.call("Concat", sheet.call("Neg", upper, at=at), lower, at=at, axis=-1)
    straight = sheet.call("Mul", x, turn[0], at=at)
    return sheet.call("Add", straight, sheet.call("Mul", swapped, turn[1], at=at), at=at)


def _attention(sheet: Sheet, at: str, x: str, turn: tuple[str, str]) -> str:
    query, key, value = (
        _heads(sheet, at, _linear(sheet, f"{at}/{name}", x)) for name in ("q_proj", "k_proj", "v_proj")
    )
    query, key = _turned(sheet, at, query, turn), _turned(sheet, at, key, turn)
    scores = sheet.call("MatMul", query, sheet.call("Transpose", key, at=at, perm=[0, 1, 3, 2]), at=at)
    scores = sheet.call("Div", scores, sheet.constant("scale", np.float32(HEAD**0.5)), at=at)
    mixed = sheet.call("MatMul", sheet.call("Softmax", scores, at=at, axis=-1), value, at=at)
    joined = sheet.call("Transpose", mixed, at=at, perm=[0, 2, 1, 3])
    joined = sheet.call("Reshape", joined, _shape(sheet, at, joined, WIDTH), at=at)
    return _linear(sheet, f"{at}/o_proj", joined)


def _mlp(sheet: Sheet, at: str, x: str) -> str:
    gate = _linear(sheet, f"{at}/gate_proj", x)
    active = sheet.call("Mul", gate, sheet.call("Sigmoid", gate, at=f"{at}/act"), at=f"{at}/act")
    mixed = sheet.call("Mul", active, _linear(sheet, f"{at}/up_proj", x), at=at)
    return _linear(sheet, f"{at}/down_proj", mixed)


def bipartite(side: int = 200) -> ModelProto:
    """Each of `side` nodes feeds each of `side` others."""
    sheet = Sheet(scoped=False)
    first = [sheet.call("Relu", "x") for _ in range(side)]
    return sheet.model("bipartite", [_number("x")], [_number(sheet.call("Sum", *first)) for _ in range(side)])


def chain(length: int = 50_000) -> ModelProto:
    """One after another."""
    sheet = Sheet(scoped=False)
    x = "x"
    for _ in range(length):
        x = sheet.call("Relu", x)
    return sheet.model("chain", [_number("x")], [_number(x)])


def hub(readers: int = 5_000) -> ModelProto:
    """One node, and all others read it."""
    sheet = Sheet(scoped=False)
    x = sheet.call("Relu", "x")
    return sheet.model("hub", [_number("x")], [_number(sheet.call("Relu", x)) for _ in range(readers)])


def many_inputs(count: int = 2_000) -> ModelProto:
    """One node that reads every input of the graph."""
    sheet = Sheet(scoped=False)
    inputs = [f"x{number}" for number in range(count)]
    return sheet.model("inputs", [_number(name) for name in inputs], [_number(sheet.call("Sum", *inputs))])


WORST: dict[str, Callable[[], ModelProto]] = {
    "complete bipartite, 200 + 200": bipartite,
    "chain of 50,000": chain,
    "one node with 5,000 readers": hub,
    "2,000 inputs": many_inputs,
}
"""What is hard to lay out, by a name for tables."""


def graph_of(model: ModelProto) -> Graph:
    """What the app reads from such a model, with the types that it infers; the model is left stripped."""
    graph = Builder(model.graph.name).graph(model.graph)
    inferred, note = infer(model)
    assert inferred is not None, note
    add_types(graph, inferred, symbols_of(graph))
    return graph


def saved(model: ModelProto, folder: Path) -> Path:
    """The model as a file of its own name in `folder`."""
    path = folder / f"{model.graph.name.replace(' ', '_')}.onnx"
    onnx.save(model, str(path))
    return path


def _info(name: str, dtype: int, *shape: int | str) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, dtype, shape)


def _number(name: str) -> ValueInfoProto:
    return _info(name, TensorProto.FLOAT, 1)
