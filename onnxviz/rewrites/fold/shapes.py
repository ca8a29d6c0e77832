"""Types and shapes that follow from the inputs and from the values that are known by now.

Shape inference of onnx (https://onnx.ai/onnx/api/shape_inference.html), with data propagation, on a copy
without weights. The shapes that the file notes for inner tensors and outputs are *not* taken: they may be
left over from a model that somebody gave other inputs (a batch of 1 that is "batch" now), and a `Shape`
folded from them would be wrong. An input's own size of 0 or below is not taken either: old exporters
meant "unknown" by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onnxviz.reading.graphs import bodies_of
from onnxviz.reading.inference import infer
from onnxviz.reading.tensors import SMALL_BYTES, type_of
from onnxviz.rewrites.fold.copying import Copier, given_constants, left
from onnxviz.rewrites.fold.graphs import Body, Tensor

if TYPE_CHECKING:
    import onnx


def learn_shapes(proto: onnx.ModelProto, body: Body, wave: int = 0) -> tuple[list[Tensor], str]:
    """(tensors of which more is known now, a note or ""), by the values of the waves up to `wave`.

    `body` is the outermost graph of `proto`.
    """
    import onnx

    light = onnx.ModelProto(ir_version=max(proto.ir_version, 4))
    light.opset_import.extend(proto.opset_import)
    light.functions.extend(proto.functions)
    light.graph.name = "graph"
    for info in body.proto.input:
        _copy_trusted(info, light.graph.input.add())
    for info in body.proto.output:
        light.graph.output.add().name = info.name
    copier = Copier(_light, names=_apart(body))
    copier.nodes(body, light.graph)
    inferred, note = infer(light)
    changed: list[Tensor] = []
    if inferred is not None:
        _take(body, inferred, copier, changed)
    for tensor in changed:
        tensor.typed = wave
    return changed, note


def _apart(body: Body) -> dict[Tensor, str]:
    """Names for tensors whose name some other body has too.

    Data propagation of onnx 1.23.2 keeps what it knows by name alone: a list of sizes in one body would be
    taken for that of its namesake in another.
    """
    first: dict[str, Tensor] = {}
    found: dict[Tensor, str] = {}
    for tensor in _tensors(body):
        if first.setdefault(tensor.name, tensor) is not tensor:
            found[tensor] = f"{tensor.name}\n{len(found)}"
    return found


def _tensors(body: Body) -> Iterator[Tensor]:
    yield from body.tensors.values()
    for call in left(body):
        for inner in call.bodies:
            yield from _tensors(inner)


def _copy_trusted(info: onnx.ValueInfoProto, into: onnx.ValueInfoProto) -> None:
    into.CopyFrom(info)
    if into.type.HasField("tensor_type"):
        for dim in into.type.tensor_type.shape.dim:
            if dim.HasField("dim_value") and dim.dim_value <= 0:
                dim.ClearField("dim_value")


def _light(tensor: Tensor) -> onnx.TensorProto:
    """A tensor for inference: with its data where they may say something about shapes."""
    from onnx import TensorProto, numpy_helper

    if tensor.light is None:
        if tensor.nbytes > SMALL_BYTES:
            sizes = [dim if isinstance(dim, int) else 0 for dim in tensor.shape or ()]
            tensor.light = TensorProto(data_type=tensor.dtype, dims=sizes)
        elif tensor.array is None and tensor.source is not None:
            tensor.light = TensorProto()
            tensor.light.CopyFrom(tensor.source)
        else:
            tensor.light = numpy_helper.from_array(tensor.value())
    return tensor.light


def _take(body: Body, inferred: onnx.GraphProto, copier: Copier, changed: list[Tensor]) -> None:
    by_name = {copier.name(tensor): tensor for tensor in body.tensors.values() if not tensor.is_known}
    for info in (*inferred.input, *inferred.value_info, *inferred.output):
        tensor = by_name.get(info.name)
        kind = info.type.WhichOneof("value")
        if tensor is None or kind is None:
            continue
        if kind != "tensor_type":
            tensor.kind = kind
            continue
        dtype, shape = info.type.tensor_type.elem_type, type_of(info.type)[1]
        if (dtype, shape) != (tensor.dtype, tensor.shape):
            tensor.dtype, tensor.shape = dtype, shape
            changed.append(tensor)
    nodes = inferred.node[len(given_constants(body)) :]
    for call, node in zip(left(body), nodes, strict=True):
        for inner, (_, _, graph) in zip(call.bodies, bodies_of(node), strict=True):
            _take(inner, graph, copier, changed)
