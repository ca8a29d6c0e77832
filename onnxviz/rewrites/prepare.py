"""What is done to a model before onnxsim gets it, so that a fault that it stops at is mended.

Each step changes the ModelProto in place and returns the sentence to show, or None when it had
nothing to do. The faults are those that onnxsim 0.8.1 refuses (seen in one public model of six):
a nameless graph, an output without type or shape, nodes out of order, and IR version 3 once it
wants to add an initializer.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import TYPE_CHECKING

from onnxviz.errors import RewriteFailed
from onnxviz.reading.inference import infer, strip
from onnxviz.rewrites.running import unoptimized_session

if TYPE_CHECKING:
    import onnx

LARGEST_PROTO = 2**31 - 1
"""Bytes of a protobuf message (https://protobuf.dev/programming-guides/proto-limits/)."""

FIRST_IR_WITH_FREE_INITIALIZERS = 4
"""From IR version 4 on an initializer need not be a graph input as well
(https://onnx.ai/onnx/repo-docs/IR.html#graphs)."""


def needs(proto: onnx.ModelProto) -> bool:
    """True when one of the steps that need no failure to tell would do something."""
    return not proto.graph.name or bool(_untyped_outputs(proto)) or not _is_sorted(proto.graph)


def check_reads(proto: onnx.ModelProto) -> None:
    """Raise RewriteFailed when a node reads a tensor that nothing makes."""
    graph = proto.graph
    made = {name for node in graph.node for name in node.output}
    made |= {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
    made |= {tensor.values.name for tensor in graph.sparse_initializer}
    for node in graph.node:
        for name in reads(node):
            if name not in made:
                raise RewriteFailed(
                    f"The {node.op_type} that makes {next(iter(node.output), '')!r}",
                    f"reads {name!r}, which nothing in the model makes",
                    "Export the model again, or mend the name",
                )


def name_graph(proto: onnx.ModelProto) -> str | None:
    """Give a nameless graph a name."""
    if proto.graph.name:
        return None
    proto.graph.name = "graph"
    return "The graph had no name; it was named “graph”."


def sort_nodes(proto: onnx.ModelProto) -> str | None:
    """Put nodes into topological order, as the IR specification demands.

    Raises RewriteFailed when there is a cycle.
    """
    if _is_sorted(proto.graph):
        return None
    order = _topological_order(proto.graph)
    if order is None:
        raise RewriteFailed(
            f"The graph {proto.graph.name!r}",
            "its nodes cannot be put into an order: some of them wait for each other",
            "Export the model again",
        )
    nodes = [type(node).FromString(node.SerializeToString()) for node in proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes[place] for place in order)
    return "The nodes were not in topological order; they were sorted."


def complete_outputs(proto: onnx.ModelProto) -> str | None:
    """Give each output the type and shape that shape inference, or else ONNX Runtime, finds.

    An output of unknown sizes gets unknown dims of its rank. Raises RewriteFailed where even the
    rank stays unknown.
    """
    lacking = _untyped_outputs(proto)
    if not lacking:
        return None
    found = {**_runtime_types(proto, lacking), **_inferred_types(proto, lacking)}
    missing = [name for name in lacking if name not in found]
    if missing:
        raise RewriteFailed(
            f"The output {missing[0]!r}",
            "the file does not say its shape, and neither shape inference nor ONNX Runtime finds its rank; "
            "onnxsim refuses such an output",
            "Give the model a fixed input shape, or export it with the shapes of its outputs",
        )
    for output in proto.graph.output:
        if output.name in found:
            output.type.CopyFrom(found[output.name])
    count = len(lacking)
    return f"Shapes were inferred for {count} output{'s' if count != 1 else ''}."


def raise_ir_version(proto: onnx.ModelProto) -> str | None:
    """From IR version 3 to 4, where initializers may stand alone."""
    if proto.ir_version >= FIRST_IR_WITH_FREE_INITIALIZERS:
        return None
    old, proto.ir_version = proto.ir_version, FIRST_IR_WITH_FREE_INITIALIZERS
    return (
        f"The IR version was raised from {old} to {FIRST_IR_WITH_FREE_INITIALIZERS}, since folding adds "
        "initializers that are not graph inputs."
    )


def prepare(proto: onnx.ModelProto) -> tuple[str, ...]:
    """All steps that do not wait for a failure; the sentences of those that did something."""
    steps = (name_graph(proto), sort_nodes(proto), complete_outputs(proto))
    return tuple(sentence for sentence in steps if sentence)


def _untyped_outputs(proto: onnx.ModelProto) -> list[str]:
    return [output.name for output in proto.graph.output if not _is_typed(output.type)]


def _is_typed(kind: onnx.TypeProto) -> bool:
    value = kind.WhichOneof("value")
    if value is None:
        return False
    return value != "tensor_type" or (kind.tensor_type.HasField("shape") and kind.tensor_type.elem_type != 0)


def _inferred_types(proto: onnx.ModelProto, names: list[str]) -> dict[str, onnx.TypeProto]:
    import onnx

    blank = onnx.ModelProto()
    blank.CopyFrom(proto)
    # Large weights say nothing of shapes, and with them a model may be too large to pass on.
    strip(blank)
    inferred, _ = infer(blank)
    # Where there is none, ONNX Runtime's own may still know; the caller says so when it does not.
    found = inferred.output if inferred is not None else ()
    return {o.name: o.type for o in found if o.name in names and _is_typed(o.type)}


def _runtime_types(proto: onnx.ModelProto, names: list[str]) -> dict[str, onnx.TypeProto]:
    from onnx import TensorProto, helper

    if proto.ByteSize() > LARGEST_PROTO:
        return {}
    try:
        session = unoptimized_session(proto.SerializeToString())
    except RewriteFailed:
        # A model that the runtime refuses may still have types that ONNX's own inference finds.
        return {}
    codes = {f"tensor({name.lower()})": code for name, code in TensorProto.DataType.items()}
    return {
        output.name: helper.make_tensor_type_proto(
            codes[output.type], [dim if isinstance(dim, int | str) else None for dim in output.shape]
        )
        for output in session.get_outputs()
        # The runtime's API gives an empty list for an unknown rank as for a scalar.
        if output.name in names and output.type in codes and output.shape
    }


def _is_sorted(graph: onnx.GraphProto) -> bool:
    made_somewhere = {name for node in graph.node for name in node.output if name}
    known = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
    known |= {tensor.values.name for tensor in graph.sparse_initializer}
    for node in graph.node:
        if any(name in made_somewhere and name not in known for name in reads(node)):
            return False
        known.update(node.output)
    return True


def _topological_order(graph: onnx.GraphProto) -> list[int] | None:
    """Places of the nodes in an order in which each comes after what it reads, as near to the file's as
    can be (Kahn's algorithm, smallest place first); None when there is a cycle."""
    maker = {name: place for place, node in enumerate(graph.node) for name in node.output if name}
    readers: dict[int, list[int]] = {place: [] for place in range(len(graph.node))}
    missing = dict.fromkeys(readers, 0)
    for place, node in enumerate(graph.node):
        for source in {maker[name] for name in reads(node) if name in maker}:
            readers[source].append(place)
            missing[place] += 1
    ready = [place for place, count in missing.items() if count == 0]
    order: list[int] = []
    while ready:
        place = heapq.heappop(ready)
        order.append(place)
        for reader in readers[place]:
            missing[reader] -= 1
            if missing[reader] == 0:
                heapq.heappush(ready, reader)
    return order if len(order) == len(graph.node) else None


def reads(node: onnx.NodeProto) -> Iterator[str]:
    """Names that a node reads, those that its bodies take from outside included."""
    yield from (name for name in node.input if name)
    for attribute in node.attribute:
        for body in (attribute.g, *attribute.graphs):
            inside = {name for inner in body.node for name in inner.output}
            inside |= {value.name for value in body.input}
            inside |= {tensor.name for tensor in body.initializer}
            inside |= {tensor.values.name for tensor in body.sparse_initializer}
            for inner in body.node:
                yield from (name for name in reads(inner) if name not in inside)


def listed_weights(proto: onnx.ModelProto) -> int:
    """How many initializers are graph inputs too, which lets a caller replace them."""
    weights = {tensor.name for tensor in proto.graph.initializer}
    weights |= {tensor.values.name for tensor in proto.graph.sparse_initializer}
    return sum(value.name in weights for value in proto.graph.input)


def freeze_weights(proto: onnx.ModelProto) -> str | None:
    """Take initializers off the list of inputs, which needs IR version 4."""
    count = listed_weights(proto)
    if not count:
        return None
    raise_ir_version(proto)
    weights = {tensor.name for tensor in proto.graph.initializer}
    weights |= {tensor.values.name for tensor in proto.graph.sparse_initializer}
    kept = [value for value in proto.graph.input if value.name not in weights]
    inputs = [type(value).FromString(value.SerializeToString()) for value in kept]
    del proto.graph.input[:]
    proto.graph.input.extend(inputs)
    return (
        f"{count:,} weight{'s that were inputs' if count != 1 else ' that was an input'} of the model too "
        "cannot be replaced by a caller any more."
    )
