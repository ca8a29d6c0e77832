"""Whether names are text, as ONNX demands (https://onnx.ai/onnx/repo-docs/IR.html#names-within-a-graph).

A model with others can be looked at, since the reader escapes them. What rewrites it breaks off at them, each
library at another place, so they are found out first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onnxviz.errors import RewriteFailed
from onnxviz.reading.tensors import shorten, text_of

if TYPE_CHECKING:
    import onnx


def check(proto: onnx.ModelProto, side: str = "") -> None:
    """Raise RewriteFailed, which names the part, where a name is not UTF-8 text.

    `side` is the model's part in a sentence, where there are several.
    """
    for what, name in names_of(proto):
        # Protobuf hands over bytes where a string field is not UTF-8.
        if isinstance(name, bytes):
            part, cause = (
                f"{what} '{shorten(text_of(name), 60)}'",
                "has a name that is not UTF-8 text, as ONNX demands",
            )
            subject, cause = (side, f"the {part} {cause}") if side else (f"The {part}", cause)
            raise RewriteFailed(subject, cause, "Export the model again")


def names_of(proto: onnx.ModelProto) -> Iterator[tuple[str, str | bytes]]:
    """(what it names, name) of all tensors, operators, domains and symbolic sizes, bodies included."""
    for entry in proto.opset_import:
        yield "domain", entry.domain
    graphs = [proto.graph]
    nodes: list[onnx.NodeProto] = []
    for function in proto.functions:
        yield "function", function.name
        yield "domain", function.domain
        yield "overload", function.overload
        for name in (*function.input, *function.output):
            yield "tensor", name
        nodes.extend(function.node)
    while graphs or nodes:
        while graphs:
            graph = graphs.pop()
            yield from _declared(graph)
            nodes.extend(graph.node)
        if not nodes:
            return
        node = nodes.pop()
        yield "operator", node.op_type
        yield "domain", node.domain
        yield "overload", node.overload
        yield "node", node.name
        for name in (*node.input, *node.output):
            yield "tensor", name
        for attribute in node.attribute:
            yield "attribute", attribute.name
            graphs.extend(attribute.graphs)
            if attribute.HasField("g"):
                graphs.append(attribute.g)


def _declared(graph: onnx.GraphProto) -> Iterator[tuple[str, str | bytes]]:
    yield "graph", graph.name
    for tensor in (*graph.initializer, *(sparse.values for sparse in graph.sparse_initializer)):
        yield "initializer", tensor.name
    for value in (*graph.input, *graph.output, *graph.value_info):
        yield "tensor", value.name
        for dim in value.type.tensor_type.shape.dim:
            yield "size", dim.dim_param
