"""Where the value of each tensor comes from: what is known before any run, and what is not, because of what.

A tensor has two origins. Its *value* is known where all that it is computed from is constant; its *sizes* are
known where its shape is. `Shape` turns the sizes of what it reads into a value, and `Reshape` and its like
turn a value into sizes. What is not known has causes (`Cause`), which are handed down; a set of them is an
int, one bit for each, so that the whole analysis is one walk: linear in nodes, whatever their number.

    found = origins(model.graph, model.functions)
    found.known(node.id)            # is every output the same in every run?
    found.shape_only(node.id)       # would it be, if some symbolic dims had sizes?
    found.causes(node.id)           # else: because of which inputs, dims, random nodes …
    found.reads(node.id)            # the tensors that it reads, None for an input left out
    found.makes(node.id)            # the tensors that it makes

Node ids are those of the model (`Node.id`); nodes in bodies and functions are among them.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from onnxviz.model import Graph, Node, Value
from onnxviz.rewrites.explain.origins import dependence
from onnxviz.rewrites.explain.origins.causes import Cause, Causes, From
from onnxviz.rewrites.explain.origins.elements import Element, elements_of, of_constant
from onnxviz.rewrites.explain.origins.order import in_order

__all__ = ["Cause", "From", "Origins", "Tensor", "origins"]

STANDARD = ("", "ai.onnx")

Functions = Sequence[tuple[str, Graph]]


@dataclass(slots=True)
class Tensor:
    """One tensor. `maker` is the id of the node that makes it, empty for inputs and initializers.

    `causes` and `axes` (one for each axis, None where the rank is not known) are sets of causes as ints, 0
    where nothing stands in the way; read them with `Origins.because`. `elements` are those of a list of
    whole numbers that is short enough to be followed one by one, None for all others.
    """

    value: Value
    maker: str = ""
    causes: int = 0
    axes: tuple[int, ...] | None = None
    unranked: int = 0
    """The causes of an unknown rank."""
    elements: tuple[Element, ...] | None = None
    whole: int = 0
    """The causes where nobody follows elements: a `Gather` of a shape waits for the whole shape."""
    from_sizes: bool = False
    """Whether it is computed from sizes of tensors (and constants), and from no element of theirs."""

    @property
    def sizes(self) -> int:
        """The causes of all its sizes together."""
        found = self.unranked
        for axis in self.axes or ():
            found |= axis
        return found


Tensors = tuple[Tensor | None, ...]


@dataclass(slots=True)
class Origins:
    """What `origins` found; ids that it does not know raise KeyError."""

    nodes: dict[str, Node] = field(default_factory=dict)
    around: dict[str, str] = field(default_factory=dict)
    """Node id -> the node whose body it stands in, `function KEY` in a function, empty in the main graph."""
    homes: dict[str, int] = field(default_factory=dict)
    """Node id -> a number for the graph that it stands in, another one for each body."""
    given_out: set[int] = field(default_factory=set)
    """Identities of the tensors that some graph gives out."""
    names: Causes = field(default_factory=Causes)
    _reads: dict[str, Tensors] = field(default_factory=dict)
    _makes: dict[str, Tensors] = field(default_factory=dict)

    def reads(self, node: str) -> Tensors:
        """What the node reads, by slot; what its bodies read from outside is left out."""
        return self._reads[node]

    def makes(self, node: str) -> Tensors:
        """What the node makes, by slot."""
        return self._makes[node]

    def mask(self, node: str) -> int:
        """The causes of all that the node makes, as an int."""
        found = 0
        for tensor in self._makes[node]:
            found |= tensor.causes if tensor is not None else 0
        return found

    def whole(self, node: str) -> int:
        """The same for an optimizer that does not follow the elements of shapes."""
        found = 0
        for tensor in self._makes[node]:
            found |= tensor.whole if tensor is not None else 0
        return found

    def known(self, node: str) -> bool:
        """Whether all that it makes is the same in every run, and can be told before any."""
        return self.mask(node) == 0

    def shape_only(self, node: str) -> bool:
        """Whether what it makes depends on sizes, and on nothing else that is not known."""
        made = [tensor for tensor in self._makes[node] if tensor is not None]
        return any(tensor.from_sizes for tensor in made) and self.names.only_dims(self.mask(node))

    def causes(self, node: str) -> tuple[Cause, ...]:
        """Why what it makes is not known; empty where it is. In the order in which the model was walked."""
        return self.because(self.mask(node))

    def because(self, mask: int) -> tuple[Cause, ...]:
        """The causes that an int stands for."""
        return self.names.of(mask)

    def is_given_out(self, node: str) -> bool:
        """Whether its graph gives out something that it makes."""
        return any(tensor is not None and id(tensor) in self.given_out for tensor in self._makes[node])


def origins(graph: Graph, functions: Functions = (), replaceable: Container[str] = ()) -> Origins:
    """Of every tensor of the graph, its bodies and the model's functions; a call of a function is opaque.

    `replaceable` are initializers that are inputs too: a caller may give others, so they are not known.
    """
    found = Origins()
    walker = _Walker(found, {key for key, _ in functions}, replaceable)
    walker.main(graph)
    for key, body in functions:
        walker.function(key, body)
    return found


class _Walker:
    def __init__(self, found: Origins, functions: set[str], replaceable: Container[str]) -> None:
        self._found = found
        self._names = found.names
        self._functions = functions
        self._replaceable = replaceable
        self._graphs = 0

    def main(self, graph: Graph) -> None:
        """The outermost graph: its inputs are given in a run, their sizes have names or numbers."""
        scope: dict[str, Tensor] = {}
        for name in graph.inputs:
            value = graph.values.get(name) or Value(name)
            self._names.declare(name, value.shape or ())
            scope[name] = self._given(value, self._names.bit(Cause(From.INPUT, name)), name)
        self._graph(graph, {}, scope, "")

    def function(self, key: str, body: Graph) -> None:
        """A function by itself: nothing is known of what it is given."""
        owner = f"function {key}"
        bit = self._names.bit(Cause(From.FUNCTION, owner))
        scope = {name: Tensor(Value(name), "", bit, None, bit) for name in body.inputs}
        self._graph(body, {}, scope, owner)

    def _given(self, value: Value, causes: int, name: str) -> Tensor:
        if value.shape is None:
            return Tensor(value, "", causes, None, self._names.bit(Cause(From.UNKNOWN, name)))
        axes = tuple(
            0 if isinstance(dim, int) else self._names.dim(dim or "", name, axis)
            for axis, dim in enumerate(value.shape)
        )
        return Tensor(value, "", causes, axes)

    def _graph(
        self, graph: Graph, around: Mapping[str, Tensor], scope: dict[str, Tensor], owner: str
    ) -> dict[str, Tensor]:
        """Every tensor by name as the graph sees it; `scope` has its inputs, `around` what it may capture."""
        # What a body captures is looked up a level at a time: copying would cost its size at every body.
        scope = _Scope(around, scope)
        for name in graph.initializers:
            scope[name] = self._initializer(graph.values[name], is_main=not owner)
        home, self._graphs = self._graphs, self._graphs + 1
        for node in in_order(graph):
            self._found.homes[node.id] = home
            self._node(node, graph, scope, owner)
        self._found.given_out.update(id(scope[name]) for name in graph.outputs if name in scope)
        return scope

    def _initializer(self, value: Value, *, is_main: bool) -> Tensor:
        axes = (0,) * len(value.shape or ())
        if is_main and value.name in self._replaceable:
            return Tensor(value, "", self._names.bit(Cause(From.WEIGHT, value.name)), axes)
        return Tensor(value, "", 0, axes, elements=of_constant(value))

    def _node(self, node: Node, graph: Graph, scope: dict[str, Tensor], owner: str) -> None:
        found = self._found
        found.nodes[node.id], found.around[node.id] = node, owner
        reads: Tensors = tuple([self._tensor(name, node, scope) if name else None for name in node.inputs])
        found._reads[node.id] = reads
        inside = self._bodies(node, scope)
        makes: list[Tensor | None] = []
        for slot, name in enumerate(node.outputs):
            if not name:
                makes.append(None)
                continue
            value = graph.values.get(name) or Value(name)
            given = [body[slot] for body in inside if slot < len(body)]
            scope[name] = made = self._made(node, value, reads, given)
            makes.append(made)
        found._makes[node.id] = tuple(makes)

    def _tensor(self, name: str, node: Node, scope: Mapping[str, Tensor]) -> Tensor:
        """What `name` stands for; one that nothing makes is not known, and it is the node's own fault."""
        found = scope.get(name)
        if found is None:
            bit = self._names.bit(Cause(From.UNKNOWN, node.id))
            found = Tensor(Value(name), "", bit, None, bit)
        return found

    def _bodies(self, node: Node, scope: Mapping[str, Tensor]) -> list[list[Tensor]]:
        """What each body gives out, by the slot of the node that it fills."""
        found = []
        skipped = 1 if node.op_type == "Loop" else 0
        for _, body in node.subgraphs:
            bit = self._names.bit(Cause(From.BODY, node.id))
            inner = {name: self._within(body.values.get(name) or Value(name), bit) for name in body.inputs}
            seen = self._graph(body, scope, inner, node.id)
            given = [self._tensor(name, node, seen) for name in body.outputs[skipped:]]
            # Outside, a state of the loop is no cause any more: what went into the loop is.
            found.append([_without(tensor, bit) for tensor in given])
        return found

    @staticmethod
    def _within(value: Value, bit: int) -> Tensor:
        if value.shape is None:
            return Tensor(value, "", bit, None, bit)
        return Tensor(value, "", bit, tuple(0 if isinstance(dim, int) else bit for dim in value.shape))

    def _made(self, node: Node, value: Value, reads: Tensors, given: list[Tensor]) -> Tensor:
        if value.is_constant:
            axes = (0,) * len(value.shape or ())
            return Tensor(value, node.id, 0, axes, elements=of_constant(value))
        counting = dependence.beyond_type(node, reads)
        there = [tensor for tensor in counting if tensor is not None] + given
        own = self._own(node, there)
        causes = own | dependence.value_causes(node, reads) | _all(tensor.causes for tensor in given)
        # Of what a Shape reads, the sizes count alone.
        whole = causes | (0 if dependence.takes_sizes(node) else _all(tensor.whole for tensor in there))
        generic = own | dependence.size_causes(node, reads) | _all(tensor.sizes for tensor in given)
        if node.op_type == "Loop":
            # How often it runs decides on the length of what it gathers.
            generic |= _all(tensor.causes for tensor in there)
        elements = None if own or given else elements_of(node, reads)
        if elements is not None:
            causes = _all(element.mask for element in elements)
        sizes, unranked = self._axes(node, value, generic, reads)
        return Tensor(value, node.id, causes, sizes, unranked, elements, whole, _from_sizes(node, there))

    def _own(self, node: Node, there: Sequence[Tensor]) -> int:
        """The cause that the node itself is, or 0."""
        key = f"{node.domain}.{node.op_type}"
        if key in self._functions:
            return self._names.bit(Cause(From.FUNCTION, node.id))
        if not is_standard(node.op_type, node.domain):
            return self._names.bit(Cause(From.CUSTOM, node.id))
        if dependence.is_random(node, there):
            return self._names.bit(Cause(From.RANDOM, node.id))
        return 0

    def _axes(
        self, node: Node, value: Value, generic: int, reads: Tensors
    ) -> tuple[tuple[int, ...] | None, int]:
        """(the causes of each size, those of an unknown rank)."""
        # Sizes that the file does not say and that follow from nothing unknown are a gap of the inference.
        generic = generic or (0 if _is_static(value) else self._names.bit(Cause(From.UNKNOWN, node.id)))
        if value.shape is None:
            return None, generic
        by_axis = dependence.axis_causes(node, reads, len(value.shape))
        axes = []
        for axis, dim in enumerate(value.shape):
            if isinstance(dim, int):
                axes.append(0)
                continue
            named = self._names.named(dim) if dim else None
            fallback = by_axis[axis] if by_axis is not None and by_axis[axis] else generic
            axes.append(fallback if named is None else named)
        return tuple(axes), 0


class _Scope(dict[str, Tensor]):
    """Tensors by name; what is not made here is looked up in the graph around."""

    def __init__(self, around: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> None:
        super().__init__(own)
        self._around = around

    def get(self, name: str, default: object = None) -> Tensor | None:  # type: ignore[override]
        found = super().get(name)
        return found if found is not None else self._around.get(name)


def _without(tensor: Tensor, bit: int) -> Tensor:
    axes = None if tensor.axes is None else tuple(axis & ~bit for axis in tensor.axes)
    causes, unranked = tensor.causes & ~bit, tensor.unranked & ~bit
    return Tensor(
        tensor.value, tensor.maker, causes, axes, unranked, None, tensor.whole & ~bit, tensor.from_sizes
    )


def _all(masks: Iterator[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _from_sizes(node: Node, there: Sequence[Tensor]) -> bool:
    if dependence.reads_sizes(node):
        return True
    return any(tensor.from_sizes for tensor in there) and all(
        tensor.from_sizes or not tensor.causes for tensor in there
    )


def _is_static(value: Value) -> bool:
    return value.shape is not None and all(isinstance(dim, int) for dim in value.shape)


@lru_cache(maxsize=4096)
def is_standard(op_type: str, domain: str) -> bool:
    """Whether the ONNX standard has such an operator, in any version."""
    from onnx import defs

    try:
        return bool(defs.has(op_type, "" if domain == "ai.onnx" else domain))
    except TypeError:
        # A name that is no UTF-8.
        return False
