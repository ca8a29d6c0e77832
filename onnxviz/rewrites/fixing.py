"""Fixing a model's symbolic dims: every place where a name stands gets its size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from onnxviz.bench.dims import evaluate
from onnxviz.errors import BadUsage

if TYPE_CHECKING:
    import onnx


def symbols(proto: onnx.ModelProto) -> tuple[str, ...]:
    """Names of the symbolic dims of the inputs, in their order; `past + 1` is one of its own."""
    dims = (dim.dim_param for value in proto.graph.input for dim in _dims(value.type))
    return tuple(dict.fromkeys(name for name in dims if name))


def fix_dims(proto: onnx.ModelProto, sizes: Mapping[str, int]) -> str | None:
    """Give symbolic dims sizes, in place: in inputs, outputs and all the shapes that the file notes.

    A sum or product of names (`past + sequence`, as exporters write it) gets its value once all its names
    have one. Returns the sentence to show, or None when there was nothing to do. Raises BadUsage for a name
    that no input has and for a size below 1.
    """
    if not sizes:
        return None
    known = symbols(proto)
    for name, size in sizes.items():
        if name not in known:
            has = f"its inputs have {', '.join(known)}" if known else "all sizes of its inputs are fixed"
            raise BadUsage(f"The dimension {name!r}", f"is in no input of the model: {has}", "Check the name")
        if size < 1:
            raise BadUsage(f"The size of the dimension {name!r}", f"is {size}", "Give 1 or more")
    for value in _values(proto.graph):
        for dim in _dims(value.type):
            found = sizes.get(dim.dim_param, evaluate(dim.dim_param, sizes))
            if dim.dim_param and found is not None and found >= 0:
                dim.dim_value = found
    text = ", ".join(f"{name} = {size:,}" for name, size in sizes.items())
    return f"Fixed for this result: {text}."


def _values(graph: onnx.GraphProto) -> Iterator[onnx.ValueInfoProto]:
    """Of the graph and its bodies."""
    waiting = [graph]
    while waiting:
        here = waiting.pop()
        yield from here.input
        yield from here.output
        yield from here.value_info
        for node in here.node:
            for attribute in node.attribute:
                waiting.extend([attribute.g] if attribute.HasField("g") else [])
                waiting.extend(attribute.graphs)


def _dims(kind: onnx.TypeProto) -> Iterator[onnx.TensorShapeProto.Dimension]:
    """The dims of a tensor, or of the tensors that a sequence or an optional holds."""
    while kind.WhichOneof("value") in ("sequence_type", "optional_type"):
        kind = getattr(kind, kind.WhichOneof("value")).elem_type
    if kind.HasField("tensor_type"):
        yield from kind.tensor_type.shape.dim
