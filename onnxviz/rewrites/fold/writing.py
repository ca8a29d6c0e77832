"""The result of a folding, written into the model: only what changed is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnxviz.rewrites.fold.copying import name_node, name_outputs
from onnxviz.rewrites.fold.graphs import Body, Tensor
from onnxviz.rewrites.fold.seeing import stored_proto
from onnxviz.rewrites.fold.trace import Trace
from onnxviz.rewrites.prepare import raise_ir_version

if TYPE_CHECKING:
    import onnx


def write(proto: onnx.ModelProto, body: Body, trace: Trace) -> str | None:
    """Change `proto`, whose graph is `body`, in place. Returns a sentence to show, or None.

    Nodes that stay are not rebuilt: their names, documentation and metadata are what they were.
    """
    _write_body(body, proto.graph, trace)
    return raise_ir_version(proto) if any(trace.added.values()) else None


def _write_body(body: Body, graph: onnx.GraphProto, trace: Trace) -> None:
    for call in body.calls:
        if call in trace.gone:
            continue
        name_node(call, call.proto)
        for inner in call.bodies:
            _write_body(inner, inner.proto, trace)
    _write_nodes(body, graph, trace)
    _write_initializers(body, graph, trace)
    _write_infos(body, graph, trace)
    if body.owner is not None:
        name_outputs(body, graph)


def _write_nodes(body: Body, graph: onnx.GraphProto, trace: Trace) -> None:
    if not any(call in trace.gone for call in body.calls):
        return
    if not body.moved and not any(call in trace.instead for call in body.calls):
        for place in range(len(body.calls) - 1, -1, -1):
            if body.calls[place] in trace.gone:
                del graph.node[place]
        return
    made = type(graph)()
    for call in body.calls:
        made.node.extend(trace.instead.get(call, ()) if call in trace.gone else (call.proto,))
    graph.ClearField("node")
    graph.node.MergeFrom(made.node)


def _write_initializers(body: Body, graph: onnx.GraphProto, trace: Trace) -> None:
    by_name = {tensor.name: tensor for tensor in body.tensors.values()}
    for place in range(len(graph.initializer) - 1, -1, -1):
        tensor = by_name.get(graph.initializer[place].name)
        if tensor is not None and tensor in trace.dropped:
            del graph.initializer[place]
    for tensor in trace.added.get(body, ()):
        if tensor not in trace.dropped:
            graph.initializer.append(stored_proto(tensor))


def _write_infos(body: Body, graph: onnx.GraphProto, trace: Trace) -> None:
    """Types of tensors that nothing computes any more go; those of a branch come to where it stands now."""
    added = set(trace.added.get(body, ()))

    def computed(tensor: Tensor | None) -> bool:
        return tensor is None or (
            tensor not in added
            and tensor not in trace.dropped
            and (tensor.maker is None or tensor.maker not in trace.gone)
        )

    by_name = {tensor.name: tensor for tensor in body.tensors.values() if tensor.body is body}
    for place in range(len(graph.value_info) - 1, -1, -1):
        if not computed(by_name.get(graph.value_info[place].name)):
            del graph.value_info[place]
    known = {info.name for info in (*graph.value_info, *graph.output)}
    for branch in body.moved:
        for info in branch.proto.value_info:
            moved = branch.tensors.get(info.name)
            if moved is not None and computed(moved) and moved.name not in known:
                copy = graph.value_info.add()
                copy.CopyFrom(info)
                copy.name = moved.name
                known.add(moved.name)
