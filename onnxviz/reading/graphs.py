"""`GraphProto` -> `onnxviz.model.Graph`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from onnxviz.errors import RefusedFile
from onnxviz.model import Graph, Node, Value
from onnxviz.reading.scopes import scopes_of, source_of
from onnxviz.reading.tensors import (
    SMALL_BYTES,
    attribute_of,
    constant_value,
    dtype_name,
    sparse_value,
    text_of,
    type_of,
)

if TYPE_CHECKING:
    import onnx

DEEPEST = 64
"""Bodies within bodies. Protobuf's own limit of 100 nested messages ends at 32 of them (3 messages a
body, measured with protobuf's upb); this bound holds where that limit is raised."""

MOST_ID_CHARS = 200_000_000
"""Of all node ids together; real models of 10,000 nodes have a million."""

_STANDARD = ("", "ai.onnx")


@dataclass(slots=True)
class Builder:
    """Turns protos into graphs and sees to it that no node id occurs twice in the model."""

    subject: str
    taken: set[str] = field(default_factory=set)
    repeats: dict[str, int] = field(default_factory=dict)
    id_chars: int = 0
    tensors: list[tuple[onnx.TensorProto, str]] = field(default_factory=list)
    """Every constant that was met, with the id of the node that holds it (empty: an initializer)."""
    sparse: list[tuple[onnx.SparseTensorProto, str]] = field(default_factory=list)
    """The sparse ones among them, in the same way; their values and indices are in `tensors` too."""
    repeated: dict[str, None] = field(default_factory=dict)
    """Names that several initializers of one graph have."""

    def graph(self, proto: onnx.GraphProto, path: str = "", depth: int = 0) -> Graph:
        """A graph or body; `path` is the id prefix of its nodes.

        `values` has every name that is declared or made here. What a body reads from around it is
        among the values of the graph around it; a name that nobody makes is a value of unknown type.
        """
        values: dict[str, Value] = {}
        _declare(values, proto.value_info)
        _declare(values, proto.output)
        _declare(values, proto.input)
        constants = [constant_value(text_of(tensor.name), tensor) for tensor in proto.initializer]
        constants += [sparse_value(text_of(s.values.name), s) for s in proto.sparse_initializer]
        values.update((value.name, value) for value in constants)
        nodes = self.nodes(proto.node, values, path, depth)
        if depth == 0:
            _add_unmade(values, nodes)
        initializers = tuple(dict.fromkeys(value.name for value in constants))
        self.tensors += [(tensor, "") for tensor in proto.initializer]
        for sparse in proto.sparse_initializer:
            self._sparse(sparse, "")
        if len(initializers) < len(constants):
            counts = Counter(value.name for value in constants)
            self.repeated.update((name, None) for name, count in counts.items() if count > 1)
        known = set(initializers)
        return Graph(
            text_of(proto.name),
            nodes,
            values,
            tuple(name for name in _names(proto.input) if name not in known),
            tuple(_names(proto.output)),
            initializers,
        )

    def function(self, proto: onnx.FunctionProto, key: str) -> Graph:
        """The body of a model-local function. Its types are unknown but for what `value_info` says."""
        values: dict[str, Value] = {}
        _declare(values, proto.value_info)
        inputs, outputs = tuple(map(text_of, proto.input)), tuple(map(text_of, proto.output))
        for name in (*inputs, *outputs):
            values.setdefault(name, Value(name))
        nodes = self.nodes(proto.node, values, f"function {key}/", 0)
        _add_unmade(values, nodes)
        return Graph(key, nodes, values, inputs, outputs)

    def nodes(
        self, protos: Iterable[onnx.NodeProto], values: dict[str, Value], path: str, depth: int
    ) -> tuple[Node, ...]:
        """The nodes in file order; what they make is added to `values`."""
        if depth > DEEPEST:
            raise RefusedFile(
                self.subject,
                f"holds bodies more than {DEEPEST} deep",
                "Export it with less nested control flow",
            )
        return tuple(self._node(proto, index, values, path, depth) for index, proto in enumerate(protos))

    def _node(
        self, proto: onnx.NodeProto, index: int, values: dict[str, Value], path: str, depth: int
    ) -> Node:
        outputs = tuple(map(text_of, proto.output))
        op_type, domain = text_of(proto.op_type), text_of(proto.domain)
        first = next((name for name in outputs if name), f"{op_type}@{index}")
        node_id = self._unique(path + first)
        for name in outputs:
            if name:
                values.setdefault(name, Value(name))
        if op_type == "Constant" and domain in _STANDARD and outputs and outputs[0]:
            values[outputs[0]] = _constant(proto, values[outputs[0]])
        for attribute in proto.attribute:
            if attribute.HasField("t"):
                self.tensors.append((attribute.t, node_id))
            if attribute.HasField("sparse_tensor"):
                self._sparse(attribute.sparse_tensor, node_id)
            self.tensors += [(tensor, node_id) for tensor in attribute.tensors]
        metadata = {text_of(entry.key): text_of(entry.value) for entry in proto.metadata_props}
        name = text_of(proto.name)
        scope, scope_types = scopes_of(name, metadata)
        return Node(
            node_id,
            op_type,
            domain,
            name,
            tuple(map(text_of, proto.input)),
            outputs,
            tuple(map(attribute_of, proto.attribute)),
            tuple(
                (key, self.graph(body, f"{node_id}/{key_at}/", depth + 1))
                for key, key_at, body in bodies_of(proto)
            ),
            scope,
            scope_types,
            source_of(metadata),
        )

    def _sparse(self, sparse: onnx.SparseTensorProto, owner: str) -> None:
        self.sparse.append((sparse, owner))
        self.tensors += [(sparse.values, owner), (sparse.indices, owner)]

    def _unique(self, wanted: str) -> str:
        # The ids in a body begin with that of the node around: a long name there counts for each of them.
        self.id_chars += len(wanted)
        if self.id_chars > MOST_ID_CHARS:
            raise RefusedFile(
                self.subject,
                f"its names are too long: nodes in bodies are told apart by them, and all together have more "
                f"than {MOST_ID_CHARS:,} characters",
                "Export it with shorter names",
            )
        if wanted not in self.taken:
            self.taken.add(wanted)
            return wanted
        count = self.repeats.get(wanted, 1)
        while (found := f"{wanted}#{count + 1}") in self.taken:
            count += 1
        self.repeats[wanted] = count + 1
        self.taken.add(found)
        return found


def bodies_of(node: onnx.NodeProto) -> Iterable[tuple[str, str, onnx.GraphProto]]:
    """(name of the body, its part of a node id, graph) for each body, in attribute order.

    The body of attribute `then_branch` is called that, the second of a list `bodies` is `bodies:1`.
    """
    for attribute in node.attribute:
        name = text_of(attribute.name)
        if attribute.HasField("g"):
            yield name, f"{name}:0", attribute.g
        for index, body in enumerate(attribute.graphs):
            yield f"{name}:{index}", f"{name}:{index}", body


def function_keys(model: onnx.ModelProto) -> list[str]:
    """`domain.name` of each function, `:overload` added where it has one (IR version 10)."""
    return [function_key(f.domain, f.name, f.overload) for f in model.functions]


def function_key(domain: str, name: str, overload: str) -> str:
    """How a function is called in `Model.functions`."""
    key = f"{text_of(domain)}.{text_of(name)}"
    return f"{key}:{text_of(overload)}" if overload else key


def add_types(graph: Graph, inferred: onnx.GraphProto, own_symbols: set[str]) -> None:
    """Fill in what shape inference found, in `graph.values` and in its bodies'.

    `inferred` has the same nodes in the same order. Symbols that are not in `own_symbols` were made
    up by the inference (`unk__7`): such a size is unknown.
    """
    for info in (*inferred.value_info, *inferred.output, *inferred.input):
        name = text_of(info.name)
        old = graph.values.get(name)
        dtype, shape = type_of(info.type)
        if old is None or old.is_constant or dtype is None:
            continue
        if shape is not None:
            shape = tuple(None if isinstance(dim, str) and dim not in own_symbols else dim for dim in shape)
        graph.values[name] = Value(name, dtype, shape if shape is not None else old.shape)
    for node, proto in zip(graph.nodes, inferred.node, strict=True):
        for (_, body), (_, _, body_proto) in zip(node.subgraphs, bodies_of(proto), strict=True):
            add_types(body, body_proto, own_symbols)


def symbols_of(graph: Graph) -> set[str]:
    """Every symbolic size in the graph and its bodies, as read from the file."""
    graphs = [graph, *(body for node in graph.walk() for _, body in node.subgraphs)]
    return {
        dim
        for each in graphs
        for value in each.values.values()
        for dim in value.shape or ()
        if isinstance(dim, str)
    }


def _names(infos: Iterable[onnx.ValueInfoProto]) -> list[str]:
    return [text_of(info.name) for info in infos]


def _declare(values: dict[str, Value], infos: Iterable[onnx.ValueInfoProto]) -> None:
    for info in infos:
        name = text_of(info.name)
        if name:
            values[name] = Value(name, *type_of(info.type))


def _add_unmade(values: dict[str, Value], nodes: tuple[Node, ...]) -> None:
    for node in nodes:
        for name in node.inputs:
            if name and name not in values:
                values[name] = Value(name)


def _constant(proto: onnx.NodeProto, declared: Value) -> Value:
    """What a `Constant` makes: https://onnx.ai/onnx/operators/onnx__Constant.html."""
    from onnx import helper

    name = declared.name
    for attribute in proto.attribute:
        if attribute.name == "value" and attribute.HasField("t"):
            return constant_value(name, attribute.t)
        if attribute.name == "sparse_value":
            return sparse_value(name, attribute.sparse_tensor)
        found = PLAIN_CONSTANTS.get(text_of(attribute.name))
        if found is not None:
            field_name, dtype = found
            items = getattr(attribute, field_name)
            listed = field_name.endswith("s") and field_name != "s"
            if listed and len(items) > SMALL_BYTES:
                nbytes = sum(map(len, items)) if dtype == 8 else len(items) * (8 if dtype == 7 else 4)
                return Value(name, dtype_name(dtype), (len(items),), nbytes, is_constant=True)
            items = list(items) if listed else [items]
            tensor = helper.make_tensor(name, dtype, [len(items)] if listed else [], items)
            return constant_value(name, tensor)
    return Value(name, declared.dtype, declared.shape, is_constant=True)


PLAIN_CONSTANTS = {
    "value_float": ("f", 1),
    "value_floats": ("floats", 1),
    "value_int": ("i", 7),
    "value_ints": ("ints", 7),
    "value_string": ("s", 8),
    "value_strings": ("strings", 8),
}
"""Attribute of a `Constant` -> (field of AttributeProto, TensorProto.DataType):
https://onnx.ai/onnx/operators/onnx__Constant.html."""
