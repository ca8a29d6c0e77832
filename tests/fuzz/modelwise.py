"""Mutations of what ONNX means: names, shapes, sizes, types, wiring, versions."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import onnx
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto

from tests.fuzz import hostile
from tests.fuzz.reflection import messages

OPERATORS = (
    "If", "Loop", "Scan", "Constant", "ConstantOfShape", "Reshape", "Expand", "Tile", "Pad", "Resize",
    "Gather", "Slice", "Split", "Concat", "Range", "OneHot", "TopK", "Einsum", "Conv", "MaxPool", "LSTM",
    "Cast", "QuantizeLinear", "SequenceAt", "OptionalGetElement", "Shape", "NonZero", "Identity",
    "RandomNormal", "StringNormalizer", "TfIdfVectorizer", "NonMaxSuppression", "BatchNormalization",
    "Attention", "SequenceMap",
)  # fmt: skip

DEEPEST_NEST = 40
"""Graphs within graphs: more than protobuf reads."""


def of_type(model: ModelProto, kind: type[Any]) -> list[Any]:
    """Every message of a type, wherever it is."""
    return [one for one in messages(model) if isinstance(one, kind)]


def rename(model: ModelProto, draw: Random) -> None:
    """One tensor gets a hostile name wherever it occurs."""
    names = sorted({name for node in of_type(model, NodeProto) for name in (*node.input, *node.output)})
    if not names:
        return
    old, new = draw.choice(names), hostile.name(draw)
    for node in of_type(model, NodeProto):
        for items in (node.input, node.output):
            items[:] = [new if name == old else name for name in items]
    for graph in of_type(model, GraphProto):
        for named in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
            named.name = new if named.name == old else named.name


def name_alike(model: ModelProto, draw: Random) -> None:
    """Names that should differ are one."""
    graph = draw.choice(of_type(model, GraphProto))
    new = hostile.name(draw)
    for named in draw.choice((graph.node, graph.initializer, graph.input, graph.value_info, graph.output)):
        named.name = new


def rewire(model: ModelProto, draw: Random) -> None:
    """A node reads another tensor: its own output, one made later, or one that nobody makes."""
    nodes = [node for node in of_type(model, NodeProto) if node.input]
    if nodes:
        node, made = draw.choice(nodes), _made(model)
        node.input[draw.randrange(len(node.input))] = draw.choice([*made, *node.output, "nowhere"])


def make_twice(model: ModelProto, draw: Random) -> None:
    """A node makes what another makes, or what is given."""
    nodes = [node for node in of_type(model, NodeProto) if node.output]
    if nodes:
        node = draw.choice(nodes)
        given = [one.name for one in (*model.graph.input, *model.graph.initializer)]
        node.output[draw.randrange(len(node.output))] = draw.choice([*_made(model), *given, ""])


def close_cycle(model: ModelProto, draw: Random) -> None:
    """The first node of a graph reads what the last one makes."""
    graphs = [graph for graph in of_type(model, GraphProto) if len(graph.node) > 1 and graph.node[-1].output]
    if graphs:
        graph = draw.choice(graphs)
        graph.node[0].input.append(graph.node[-1].output[0])


def reshape(model: ModelProto, draw: Random) -> None:
    """A dimension of a declared shape is hostile, is a symbol, or is not there."""
    shapes = of_type(model, TensorShapeProto)
    if not shapes:
        return
    shape = draw.choice(shapes)
    dim = draw.choice(shape.dim) if shape.dim and draw.random() < 0.8 else shape.dim.add()
    which = draw.randrange(4)
    if which == 0:
        dim.dim_param = draw.choice(("N", "batch", "N + 1", hostile.name(draw)))
    elif which == 1:
        dim.Clear()
    else:
        dim.dim_value = hostile.integer(draw)


def resize(model: ModelProto, draw: Random) -> None:
    """A tensor claims dimensions that its data has not, their product maybe beyond 64 bits."""
    tensors = of_type(model, TensorProto)
    if not tensors:
        return
    tensor = draw.choice(tensors)
    if tensor.dims and draw.random() < 0.6:
        tensor.dims[draw.randrange(len(tensor.dims))] = hostile.integer(draw)
    else:
        tensor.dims.extend([draw.choice((0, 1, -1, 2**16, 2**31, 2**32))] * draw.choice((1, 2, 4, 70)))


def change_data(model: ModelProto, draw: Random) -> None:
    """A tensor's data is longer, shorter, in another field, or in two."""
    tensors = of_type(model, TensorProto)
    if not tensors:
        return
    tensor = draw.choice(tensors)
    which = draw.randrange(5)
    if which == 0:
        tensor.raw_data = tensor.raw_data[: len(tensor.raw_data) // 2]
    elif which == 1:
        tensor.raw_data = tensor.raw_data + draw.randbytes(draw.choice((1, 3, 8, 4096)))
    elif which == 2:
        tensor.int32_data.extend(draw.randrange(-(2**31), 2**31) for _ in range(draw.choice((1, 5))))
    elif which == 3:
        tensor.float_data.extend(draw.choice(hostile.FLOATS) for _ in range(draw.choice((1, 5))))
    else:
        tensor.string_data.extend([hostile.name(draw).encode()] * draw.choice((1, 5)))


def change_values(model: ModelProto, draw: Random) -> None:
    """Whole numbers that say how large something becomes are hostile: of an initializer, a Constant."""
    tensors = [one for one in of_type(model, TensorProto) if one.data_type == TensorProto.INT64]
    if not tensors:
        return
    tensor = draw.choice(tensors)
    count = max(len(tensor.raw_data) // 8, len(tensor.int64_data), 1)
    tensor.ClearField("raw_data")
    tensor.int64_data[:] = [hostile.integer(draw) for _ in range(count)]


def point_outside(model: ModelProto, draw: Random) -> None:
    """A tensor's data is in a file: outside, missing, or from an offset that is not there."""
    tensors = of_type(model, TensorProto)
    if not tensors:
        return
    tensor = draw.choice(tensors)
    tensor.data_location = TensorProto.EXTERNAL
    key = draw.choice(("location", "location", "offset", "length", "checksum", hostile.name(draw)))
    number = str(hostile.integer(draw))
    here = ("weights.bin", "model.onnx", ".", "a/../weights.bin", hostile.name(draw))
    value = draw.choice(here) if key == "location" else draw.choice((number, "1e3", "٣", "0x10", ""))
    tensor.external_data.add(key=key, value=value)


def change_type(model: ModelProto, draw: Random) -> None:
    """An element type is another, or none that there is."""
    places = [(tensor, "data_type") for tensor in of_type(model, TensorProto)]
    places += [(one, "elem_type") for one in of_type(model, onnx.TypeProto.Tensor)]
    if places:
        message, field = draw.choice(places)
        setattr(message, field, draw.choice((*range(27), -1, 99, 2**31 - 1)))


def change_attribute(model: ModelProto, draw: Random) -> None:
    """An attribute's value is hostile, or of another type than it says, or it is called otherwise."""
    attributes = of_type(model, AttributeProto)
    if not attributes:
        return
    attribute = draw.choice(attributes)
    which = draw.randrange(5)
    if which == 0:
        attribute.type = draw.choice(AttributeProto.AttributeType.values())
    elif which == 1:
        attribute.name = draw.choice(("axis", "perm", "shape", "value", "body", hostile.name(draw)))
    elif which == 2:
        attribute.ref_attr_name = hostile.name(draw)
    elif attribute.ints:
        attribute.ints[draw.randrange(len(attribute.ints))] = hostile.integer(draw)
    else:
        attribute.i = hostile.integer(draw)


def change_operator(model: ModelProto, draw: Random) -> None:
    """A node is of another operator, its inputs and attributes as they were."""
    nodes = of_type(model, NodeProto)
    if not nodes:
        return
    node = draw.choice(nodes)
    which = draw.randrange(4)
    if which == 0:
        node.domain = draw.choice(("ai.onnx", "ai.onnx.ml", "com.microsoft", "my", hostile.name(draw)))
    elif which == 1:
        node.op_type = hostile.name(draw)
    else:
        node.op_type = draw.choice(OPERATORS)


def change_version(model: ModelProto, draw: Random) -> None:
    """An IR or opset version is old, new, absurd, there twice, or missing."""
    which = draw.randrange(5)
    if which == 0:
        model.ir_version = hostile.integer(draw)
    elif which == 1:
        del model.opset_import[:]
    elif which == 2:
        model.opset_import.add(domain=hostile.name(draw), version=hostile.integer(draw))
    else:
        version = draw.choice((*range(1, 25), hostile.integer(draw)))
        entry = draw.choice(model.opset_import) if model.opset_import else model.opset_import.add()
        entry.version = version


def nest_graph(model: ModelProto, draw: Random) -> None:
    """The graph is a body of a node of its own, to a depth of forty."""
    inner = GraphProto()
    inner.CopyFrom(model.graph)
    if len(inner.node) > 8:
        del inner.node[8:], inner.initializer[:]
    for _ in range(draw.choice((1, 2, 10, 30, DEEPEST_NEST))):
        outer = GraphProto(name="nest")
        node = outer.node.add(op_type=draw.choice(("If", "Loop", "Nest")), output=["y"], input=["x"])
        node.attribute.add(name="then_branch", type=AttributeProto.GRAPH).g.CopyFrom(inner)
        inner = outer
    model.graph.node.add(op_type="If", input=["x"], output=["nested"]).attribute.add(
        name="then_branch", type=AttributeProto.GRAPH
    ).g.CopyFrom(inner)


def call_itself(model: ModelProto, draw: Random) -> None:
    """A function calls itself, or another that calls it, or is there twice."""
    if not model.functions:
        called = model.functions.add(name="Self", domain="my", input=["a"], output=["b"])
        called.opset_import.add(domain="my", version=1)
        model.opset_import.add(domain="my", version=1)
        model.graph.node.add(op_type="Self", domain="my", input=["x"], output=["of_self"])
    function = draw.choice(model.functions)
    other = draw.choice(model.functions)
    node = function.node.add(op_type=other.name, domain=other.domain, input=["a"], output=["again"])
    if draw.random() < 0.3:
        node.output[0] = "b"
        model.functions.add().CopyFrom(other)


def _made(model: ModelProto) -> list[str]:
    return [name for node in of_type(model, NodeProto) for name in node.output] or ["x"]


def _mutators() -> Iterator[Any]:
    yield from (rename, name_alike, rewire, make_twice, close_cycle, reshape, resize, change_data)
    yield from (change_values, point_outside, change_type, change_attribute, change_operator)
    yield from (change_version, nest_graph, call_itself)


MUTATORS = tuple(_mutators())
