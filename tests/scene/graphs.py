"""Graphs for the tests of the scene: from ONNX text, and random ones for laws."""

from __future__ import annotations

import onnx.parser
from hypothesis import strategies as st

from onnxviz.model import Attribute, Graph, Node, Value


def parsed(text: str) -> Graph:
    """A Graph from ONNX text; node names `a/b/op` give the scope `("a", "b")`."""
    return _graph(onnx.parser.parse_model(text).graph, "")


def _graph(proto: onnx.GraphProto, prefix: str) -> Graph:
    names = {i.name for i in proto.initializer}
    values: dict[str, Value] = {}
    for info in (*proto.input, *proto.output, *proto.value_info):
        tensor = info.type.tensor_type
        dims = tuple(d.dim_value or d.dim_param or None for d in tensor.shape.dim)
        dtype = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
        values[info.name] = Value(info.name, dtype, dims)
    for tensor in proto.initializer:
        dtype = onnx.TensorProto.DataType.Name(tensor.data_type).lower()
        preview = str(onnx.numpy_helper.to_array(tensor).tolist())
        values[tensor.name] = Value(tensor.name, dtype, tuple(tensor.dims), 4, preview, True)
    nodes = tuple(_node(node, values, prefix) for node in proto.node)
    inputs = tuple(i.name for i in proto.input if i.name not in names)
    return Graph(proto.name, nodes, values, inputs, tuple(o.name for o in proto.output), tuple(names))


def _node(proto: onnx.NodeProto, values: dict[str, Value], prefix: str) -> Node:
    node_id = prefix + next(o for o in proto.output if o)
    if proto.op_type == "Constant":
        values[proto.output[0]] = Value(proto.output[0], "float", (), 4, "1.0", True)
    attributes = [_attribute(a) for a in proto.attribute]
    subgraphs = tuple(
        (a.name, _graph(a.g, f"{node_id}/{a.name}:0/")) for a in proto.attribute if a.HasField("g")
    )
    return Node(
        node_id,
        proto.op_type,
        proto.domain,
        proto.name,
        tuple(proto.input),
        tuple(proto.output),
        tuple(attributes),
        subgraphs,
        tuple(proto.name.split("/")[:-1]),
    )


def _attribute(proto: onnx.AttributeProto) -> Attribute:
    kind = onnx.AttributeProto.AttributeType.Name(proto.type).lower()
    value = "" if kind == "graph" else str(onnx.helper.get_attribute_value(proto))
    return Attribute(proto.name, kind, value)


def chain(length: int, op: str = "Relu", scopes: tuple[str, ...] = ()) -> Graph:
    """`x -> v0 -> v1 -> …`; scope `scopes[i]`, slash-separated, where given."""
    nodes = tuple(
        Node(
            f"v{i}",
            op,
            inputs=(f"v{i - 1}" if i else "x",),
            outputs=(f"v{i}",),
            scope=tuple(scopes[i].split("/")) if i < len(scopes) and scopes[i] else (),
        )
        for i in range(length)
    )
    return Graph("g", nodes, {}, ("x",), (f"v{length - 1}",))


@st.composite
def graphs(
    draw: st.DrawFn, most: int = 120, depth: int = 2, outer: tuple[str, ...] = (), tag: str = ""
) -> Graph:
    """Random graphs: constants, fan-out, long skips, scopes with gaps, bodies that capture."""
    count = draw(st.integers(1, most))
    scoped = draw(st.booleans())
    inputs = tuple(f"{tag}x{i}" for i in range(draw(st.integers(0, 3))))
    known = [*outer, *inputs]
    nodes: list[Node] = []
    values = {f"{tag}w": Value(f"{tag}w", "float", (3, 3), 36, None, True)}
    for number in range(count):
        name = f"{tag}v{number}"
        op = draw(st.sampled_from(("Conv", "Relu", "Add", "Constant", "Custom")))
        picks = draw(st.lists(st.integers(0, 40), max_size=3)) if op != "Constant" else []
        ins = tuple(known[-1 - pick % len(known)] for pick in picks if known) + (
            (f"{tag}w",) if op == "Conv" else ()
        )
        scope = draw(st.sampled_from(((), ("a",), ("a", "b"), ("a", "c"), ("d",)))) if scoped else ()
        bodies: tuple[tuple[str, Graph], ...] = ()
        if depth and op == "Custom" and draw(st.integers(0, 4)) == 0:
            body = draw(graphs(6, depth - 1, tuple(known), f"{name}/then_branch:0/"))
            bodies = (("then_branch", body),)
        if op == "Constant":
            values[name] = Value(name, "float", (), 4, "1.0", True)
        nodes.append(Node(name, op, inputs=ins, outputs=(name,), subgraphs=bodies, scope=scope))
        known.append(name)
    outputs = tuple(dict.fromkeys(draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))))
    return Graph("g", tuple(nodes), values, inputs, outputs, (f"{tag}w",))
