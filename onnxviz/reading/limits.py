"""How much of everything a model may hold: counted before anything that takes long is done with it.

The limits are settings. What they keep out is no use to a person (a picture of a million nodes) or was made
to hurt (a tensor that claims terabytes, a name of megabytes).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from onnxviz import settings
from onnxviz.errors import RefusedFile
from onnxviz.reading import external
from onnxviz.reading.tensors import promised_bytes, shorten, text_of

if TYPE_CHECKING:
    import onnx

MOST_DIMS = 1000
"""Sizes of one tensor; NumPy has 64 at most, and a product of a million of them takes seconds."""

MOST_CHARACTERS = 100_000_000
"""Of all names together, each as often as it stands there; real models of 10,000 nodes have some millions.
What is read of a model is held in the app's own memory, and most of it is names."""

_LESS = "Split the model into parts"
_FLATTER = "Export it with less nested control flow"
_Call = tuple["onnx.NodeProto", int]
"""A node and how many bodies are around it."""


def survey(model: onnx.ModelProto, subject: str) -> tuple[onnx.TensorProto, ...]:
    """Every tensor of the model, as `external.tensors_of` finds them.

    Raises `RefusedFile` for the first limit that the model passes: what it has, the limit, and the setting.
    """
    return _Survey(subject).of(model)


@dataclass(slots=True)
class _Survey:
    subject: str
    nodes: int = 0
    attributes: int = 0
    values: int = 0
    characters: int = 0
    tensors: list[onnx.TensorProto] = field(default_factory=list)
    most_nodes: int = field(default_factory=settings.MAX_NODES.value)
    most_attributes: int = field(default_factory=settings.MAX_ATTRIBUTES.value)
    most_values: int = field(default_factory=settings.MAX_VALUES.value)
    most_tensors: int = field(default_factory=settings.MAX_TENSORS.value)
    deepest: int = field(default_factory=settings.MAX_NESTING.value)
    largest: int = field(default_factory=settings.MAX_TENSOR_BYTES.value)
    longest: int = field(default_factory=settings.MAX_NAME_CHARS.value)

    def of(self, model: onnx.ModelProto) -> tuple[onnx.TensorProto, ...]:
        self._count_values(len(model.opset_import))
        graphs = [(model.graph, 0)]
        for info in model.training_info:
            graphs += [(info.initialization, 0), (info.algorithm, 0)]
        for function in model.functions:
            graphs += self._attributes(function.attribute_proto, 0)
        calls = [call for function in model.functions for call in self._function(function)]
        while graphs or calls:
            while graphs:
                graph, depth = graphs.pop()
                calls.extend(self._graph(graph, depth))
            if calls:
                graphs.extend(self._call(*calls.pop()))
        for tensor in self.tensors:
            self._tensor(tensor)
        return tuple(self.tensors)

    def _function(self, function: onnx.FunctionProto) -> Iterator[_Call]:
        self._names("tensor", (*function.input, *function.output))
        self._names("function", (function.name, function.domain))
        self._declared(function.value_info)
        self._count_nodes(len(function.node))
        return ((node, 0) for node in function.node)

    def _graph(self, graph: onnx.GraphProto, depth: int) -> Iterator[_Call]:
        if depth > self.deepest:
            self._refuse(settings.MAX_NESTING, depth, "bodies within bodies, {found} or more deep", _FLATTER)
        self._declared(graph.value_info)
        self._declared(graph.input)
        self._declared(graph.output)
        self._count_tensors(len(graph.initializer) + 2 * len(graph.sparse_initializer))
        self.tensors.extend(graph.initializer)
        for sparse in graph.sparse_initializer:
            self.tensors += [sparse.values, sparse.indices]
        self._count_nodes(len(graph.node))
        return ((node, depth) for node in graph.node)

    def _call(self, node: onnx.NodeProto, depth: int) -> Iterable[tuple[onnx.GraphProto, int]]:
        self._names("node", (node.name, node.op_type, node.domain))
        self._names("tensor", node.input)
        self._names("tensor", node.output)
        self._count_values(len(node.input) + len(node.output))
        return self._attributes(node.attribute, depth)

    def _attributes(
        self, attributes: Sequence[onnx.AttributeProto], depth: int
    ) -> list[tuple[onnx.GraphProto, int]]:
        """The bodies that they hold, each with how many are around it."""
        self.attributes += len(attributes)
        if self.attributes > self.most_attributes:
            self._refuse(settings.MAX_ATTRIBUTES, self.attributes, "{found} or more attributes")
        bodies: list[tuple[onnx.GraphProto, int]] = []
        for attribute in attributes:
            self._names("attribute", (attribute.name,))
            self._count_values(len(attribute.strings))
            if attribute.HasField("g"):
                bodies.append((attribute.g, depth + 1))
            bodies.extend((body, depth + 1) for body in attribute.graphs)
            if attribute.HasField("t"):
                self.tensors.append(attribute.t)
            self.tensors.extend(attribute.tensors)
            for sparse in external.sparse_of(attribute):
                self.tensors += [sparse.values, sparse.indices]
        self._count_tensors(0)
        return bodies

    def _declared(self, infos: Iterable[onnx.ValueInfoProto]) -> None:
        for info in infos:
            self._names("tensor", (info.name,))
            if info.type.HasField("tensor_type"):
                dims = info.type.tensor_type.shape.dim
                self._count_values(1 + len(dims))
                self._names("size", (dim.dim_param for dim in dims))
            else:
                self._count_values(1)

    def _tensor(self, tensor: onnx.TensorProto) -> None:
        name = text_of(tensor.name)
        self._names("tensor", (name,))
        called = shorten(name or "(no name)", 60)
        if len(tensor.dims) > MOST_DIMS:
            raise RefusedFile(
                self.subject,
                f"its tensor {called!r} has {len(tensor.dims):,} dimensions, more than {MOST_DIMS:,}",
                "Export the model again",
            )
        claimed = promised_bytes(tensor) or 0
        if claimed > self.largest:
            words = f"a tensor, {called!r}, that claims to have {{found}} bytes"
            self._refuse(settings.MAX_TENSOR_BYTES, claimed, words, "Export it again")

    def _names(self, what: str, names: Iterable[str]) -> None:
        for name in names:
            self.characters += len(name)
            if len(name) > self.longest:
                start = shorten(text_of(name), 40)
                words = f"the name of a {what}, {start!r}, that has {{found}} characters"
                self._refuse(settings.MAX_NAME_CHARS, len(name), words, "Export it with shorter names")
        if self.characters > MOST_CHARACTERS:
            cause = f"its names have more than {MOST_CHARACTERS:,} characters together"
            raise RefusedFile(self.subject, cause, "Export it with shorter names, or split it into parts")

    def _count_nodes(self, more: int) -> None:
        self.nodes += more
        if self.nodes > self.most_nodes:
            self._refuse(settings.MAX_NODES, self.nodes, "{found} or more nodes")

    def _count_values(self, more: int) -> None:
        self.values += more
        if self.values > self.most_values:
            self._refuse(settings.MAX_VALUES, self.values, "{found} or more names and sizes of tensors")

    def _count_tensors(self, more: int) -> None:
        if len(self.tensors) + more > self.most_tensors:
            self._refuse(settings.MAX_TENSORS, len(self.tensors) + more, "{found} or more constants")

    def _refuse(self, limit: settings.Whole, found: int, words: str, remedy: str = _LESS) -> NoReturn:
        raise RefusedFile(
            self.subject,
            f"holds {words.replace('{found}', _number(found))}; the limit here is {limit.value():,}",
            f"{remedy}, or set {limit.name} higher",
        )


def _number(found: int) -> str:
    return f"{found:,}" if found < 10**21 else "10^21 or more"
