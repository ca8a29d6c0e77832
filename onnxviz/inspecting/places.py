"""Finding a constant tensor in a model file: by the place from which it is seen, and its name.

Names may repeat in bodies, and a body sees those of the graphs around it, the innermost first ("Names
Within a Graph", https://onnx.ai/onnx/repo-docs/IR.html). A function sees nothing around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.reading.graphs import PLAIN_CONSTANTS, bodies_of, function_keys
from onnxviz.reading.tensors import shorten, text_of

if TYPE_CHECKING:
    import onnx

    Body: TypeAlias = onnx.GraphProto | onnx.FunctionProto
    Constant: TypeAlias = onnx.TensorProto | onnx.SparseTensorProto

_AGAIN = "Open the model again"


def load(path: Path) -> onnx.ModelProto:
    """The model at `path`, external data left where it is. Raises `RefusedFile`."""
    from google.protobuf.message import DecodeError
    from onnx import ModelProto

    model = ModelProto()
    try:
        model.ParseFromString(path.read_bytes())
    except OSError as e:
        raise RefusedFile(path.name, "cannot be read any more", _AGAIN, detail=str(e)) from e
    except DecodeError as e:
        raise RefusedFile(path.name, "is no ONNX model any more", _AGAIN, detail=str(e)) from e
    return model


def find_constant(model: onnx.ModelProto, place: str, name: str) -> Constant:
    """The initializer, or value of a `Constant` node, that `name` means at `place`.

    `place` is a `Node.id` of the model, or a body's path (`"y/then_branch:0"`) or a function
    (`"function KEY"`); empty is the graph itself. Raises `BadUsage` where there is no such place or
    the name is none of a constant there.
    """
    for body in around(model, place):
        found = _constant_in(body, name)
        if found is not None:
            return found
        if _made_in(body, name):
            raise BadUsage(
                f"Tensor {shorten(name, 60)!r}",
                "is computed when the model runs, so the file holds no values of it",
                "Choose an initializer or the output of a Constant",
            )
    raise BadUsage(
        f"Tensor {shorten(name, 60)!r}",
        f"is not to be seen from {shorten(place, 60)!r}" if place else "is not in the graph",
        "Check the name and the place",
    )


def around(model: onnx.ModelProto, place: str) -> tuple[Body, ...]:
    """The graphs whose names are seen at `place` (as in `find_constant`), innermost first."""
    if not place:
        return (model.graph,)
    inside: tuple[Body, ...] = ()
    for at, bodies, is_node in _places(model):
        if at == place and is_node:
            return bodies
        # A node may be called like a body: the node goes first.
        inside = bodies if at == place and not inside else inside
    if not inside:
        raise BadUsage(f"Node {shorten(place, 60)!r}", "is not in the model", "Check its id")
    return inside


def _places(model: onnx.ModelProto) -> Iterator[tuple[str, tuple[Body, ...], bool]]:
    """(id or path, graphs seen there, whether it is a node), in the order in which ids are given."""
    ids = _Ids()
    yield from _walk(model.graph, "", (model.graph,), ids)
    for key, function in zip(function_keys(model), model.functions, strict=True):
        yield f"function {key}", (function,), False
        yield from _walk(function, f"function {key}/", (function,), ids)


def _walk(
    body: Body, path: str, bodies: tuple[Body, ...], ids: _Ids
) -> Iterator[tuple[str, tuple[Body, ...], bool]]:
    """As `onnxviz.reading.graphs.Builder` gives ids; tests hold the two together."""
    for index, node in enumerate(body.node):
        first = next((text_of(name) for name in node.output if name), f"{text_of(node.op_type)}@{index}")
        node_id = ids.unique(path + first)
        yield node_id, bodies, True
        for _, key, inner in bodies_of(node):
            yield f"{node_id}/{key}", (inner, *bodies), False
            yield from _walk(inner, f"{node_id}/{key}/", (inner, *bodies), ids)


@dataclass(slots=True)
class _Ids:
    """The second node that would be called `y` is `y#2`."""

    taken: set[str] = field(default_factory=set)
    repeats: dict[str, int] = field(default_factory=dict)

    def unique(self, wanted: str) -> str:
        found, count = wanted, self.repeats.get(wanted, 1)
        while found in self.taken:
            count += 1
            found = f"{wanted}#{count}"
        if found != wanted:
            self.repeats[wanted] = count
        self.taken.add(found)
        return found


def _constant_in(body: Body, name: str) -> Constant | None:
    """As in reading, the last of several that share the name counts, and initializers before nodes."""
    found: Constant | None = None
    for node in body.node:
        is_constant = node.op_type == "Constant" and node.domain in ("", "ai.onnx")
        if is_constant and node.output and text_of(node.output[0]) == name:
            found = _value_of(node) or found
    # A function has no initializers.
    for tensor in getattr(body, "initializer", ()):
        found = tensor if text_of(tensor.name) == name else found
    for sparse in getattr(body, "sparse_initializer", ()):
        found = sparse if text_of(sparse.values.name) == name else found
    return found


def _value_of(node: onnx.NodeProto) -> Constant | None:
    from onnx import helper

    for attribute in node.attribute:
        if attribute.name == "value" and attribute.HasField("t"):
            tensor: onnx.TensorProto = attribute.t
            return tensor
        if attribute.name == "sparse_value" and attribute.HasField("sparse_tensor"):
            sparse: onnx.SparseTensorProto = attribute.sparse_tensor
            return sparse
        if attribute.name in PLAIN_CONSTANTS:
            kind, dtype = PLAIN_CONSTANTS[attribute.name]
            held = getattr(attribute, kind)
            items = list(held) if kind not in ("f", "i", "s") else [held]
            dims = [len(items)] if kind not in ("f", "i", "s") else []
            return helper.make_tensor(text_of(node.output[0]), dtype, dims, items)
    return None


def _made_in(body: Body, name: str) -> bool:
    inputs = (text_of(one if isinstance(one, (str, bytes)) else one.name) for one in body.input)
    return name in inputs or any(name in map(text_of, node.output) for node in body.node)
