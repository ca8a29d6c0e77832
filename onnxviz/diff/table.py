"""A graph with its bodies as numbers: what matching looks at again and again, without names.

Nodes of bodies stand in one list with those around them, as values flow across the borders of bodies and a
rewrite may move nodes across them. Tensors are numbered apart from nodes: a name may be made twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from onnxviz.diff.types import Digests, Place
from onnxviz.model import Graph, Node, Value

NONE = -1
"""No tensor, no node, no class."""

BODY_OUTPUT = -10
"""Slots from here down are those at which a body gives out a value."""

MAIN = 0
"""The outermost graph of a table."""


class Interner:
    """Gives equal keys equal numbers, for both sides of a diff.

    Unlike a hash it never takes two different things for one, and it is the same in every process.
    """

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}

    def __call__(self, key: object) -> int:
        return self._numbers.setdefault(key, len(self._numbers))


@dataclass(slots=True)
class Home:
    """One graph: the outermost one, or a body of the node `owner`. Its lists are of tensors."""

    graph: Graph
    place: Place
    owner: int = NONE
    outer: int = NONE
    """The home of `owner`."""
    body: str = ""
    at: int = 0
    """Which of the owner's bodies it is."""
    nodes: list[int] = field(default_factory=list)
    by_name: dict[str, int] = field(default_factory=dict)
    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    initializers: tuple[int, ...] = ()


@dataclass(slots=True)
class Table:
    """A graph and its bodies. Lists are by node (an owner before its bodies) or by tensor."""

    digests: Digests
    intern: Interner
    homes: list[Home] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    home_of: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    """By node: its place in its graph's file order."""
    bodies: list[list[int]] = field(default_factory=list)
    """By node: the homes that it owns."""
    ops: list[int] = field(default_factory=list)
    """By node: op type and domain."""
    labels: list[int] = field(default_factory=list)
    """By node: op type, domain and attributes; a constant's value."""
    sources: list[tuple[int, ...]] = field(default_factory=list)
    """By node: the tensor at each input slot, `NONE` for an omitted one."""
    made: list[tuple[int, ...]] = field(default_factory=list)
    """By node: the tensor at each output slot, `NONE` for an omitted one."""
    order: list[int] = field(default_factory=list)
    """The nodes, makers before readers and an owner after its bodies."""
    names: list[str] = field(default_factory=list)
    makers: list[int] = field(default_factory=list)
    """By tensor: the node that makes it, or `NONE`."""
    slots: list[int] = field(default_factory=list)
    """By tensor: at which output of its maker."""
    tensor_homes: list[int] = field(default_factory=list)
    fixed: list[int] = field(default_factory=list)
    """By tensor: a number for its value if it is constant, or `NONE`."""
    certain: list[bool] = field(default_factory=list)
    """By tensor: whether equal `fixed` means equal values, and not only the same type and size."""
    readers: list[list[tuple[int, int]]] = field(default_factory=list)
    """By tensor: (node, slot), those in bodies too, in file order."""

    crossings: dict[int, list[tuple[int, int, int]]] | None = None
    """Owner -> (node, slot, tensor) of what is read in its bodies and comes from outside, once asked for."""

    def new(self, name: str, home: int, maker: int = NONE, slot: int = 0) -> int:
        """A further tensor."""
        self.names.append(name)
        self.makers.append(maker)
        self.slots.append(slot)
        self.tensor_homes.append(home)
        self.fixed.append(NONE)
        self.certain.append(False)
        self.readers.append([])
        return len(self.names) - 1

    def first_name(self, node: int) -> str:
        """The first output name that is not empty; empty where there is none."""
        return next(filter(None, self.nodes[node].outputs), "")

    def value(self, tensor: int) -> Value:
        """What its graph says of a tensor."""
        name = self.names[tensor]
        return self.homes[self.tensor_homes[tensor]].graph.values.get(name) or Value(name)

    def digest(self, tensor: int) -> str | None:
        """The content digest of a constant, where it is known."""
        return self.digests.values.get((self.homes[self.tensor_homes[tensor]].place, self.names[tensor]))

    def attribute_digest(self, node: int, name: str) -> str | None:
        """The content digest of an attribute, where it is known."""
        place = self.homes[self.home_of[node]].place
        return self.digests.attributes.get((place, self.positions[node], name))


def tabulate(graph: Graph, place: Place, digests: Digests, intern: Interner) -> Table:
    """The table of a graph and its bodies; linear."""
    table = Table(digests, intern)
    _declare(table, Home(graph, place))
    for node in range(len(table.nodes)):
        _read(table, node)
    for number, home in enumerate(table.homes):
        home.outputs = tuple(_found(table, name, number) for name in home.graph.outputs)
    table.order = _order(table)
    return table


def _declare(table: Table, home: Home) -> None:
    """Number the nodes of a graph and what it declares or makes, bodies included."""
    number = len(table.homes)
    table.homes.append(home)
    home.inputs = tuple(_named(table, name, number) for name in home.graph.inputs)
    for position, node in enumerate(home.graph.nodes):
        this = len(table.nodes)
        table.nodes.append(node)
        home.nodes.append(this)
        table.home_of.append(number)
        table.positions.append(position)
        table.bodies.append([])
        made = [table.new(name, number, this, at) if name else NONE for at, name in enumerate(node.outputs)]
        table.made.append(tuple(made))
        home.by_name.update((name, tensor) for name, tensor in zip(node.outputs, made, strict=True) if name)
        if node.is_constant and made and made[0] != NONE:
            _fix(table, made[0])
        table.ops.append(table.intern(("op", _domain(node), node.op_type)))
        table.labels.append(_label(table, this))
        for at, (name, body) in enumerate(node.subgraphs):
            table.bodies[this].append(len(table.homes))
            _declare(table, Home(body, (*home.place, position, at), this, number, name, at))
    home.initializers = tuple(_named(table, name, number) for name in home.graph.initializers)
    for tensor in home.initializers:
        _fix(table, tensor)


def _named(table: Table, name: str, home: int) -> int:
    tensor = table.new(name, home)
    table.homes[home].by_name[name] = tensor
    return tensor


def _fix(table: Table, tensor: int) -> None:
    value, digest = table.value(tensor), table.digest(tensor)
    key: tuple[object, ...] = ("value", value.dtype, value.shape, value.nbytes, value.preview)
    table.fixed[tensor] = table.intern(("digest", digest) if digest is not None else key)
    shown = value.preview is not None and "…" not in value.preview
    table.certain[tensor] = digest is not None or shown


def _domain(node: Node) -> str:
    return "" if node.domain == "ai.onnx" else node.domain


def _label(table: Table, number: int) -> int:
    node, made = table.nodes[number], table.made[number]
    if node.is_constant and made and made[0] != NONE and table.certain[made[0]]:
        # A value is a value, whichever of the six attributes holds it.
        return table.intern(("constant", table.fixed[made[0]]))
    attributes = sorted(
        (one.name, one.kind, one.text, table.attribute_digest(number, one.name) or "")
        for one in node.attributes
    )
    return table.intern(("label", table.ops[number], tuple(attributes)))


def _read(table: Table, number: int) -> None:
    home = table.home_of[number]
    sources = tuple(_found(table, name, home) if name else NONE for name in table.nodes[number].inputs)
    table.sources.append(sources)
    for slot, tensor in enumerate(sources):
        if tensor != NONE:
            table.readers[tensor].append((number, slot))


def _found(table: Table, name: str, home: int) -> int:
    """The tensor that a name means in a graph: its own, else that of the nearest one around it."""
    at = home
    while at != NONE:
        tensor = table.homes[at].by_name.get(name)
        if tensor is not None:
            return tensor
        at = table.homes[at].outer
    tensor = _named(table, name, MAIN)
    table.fixed[tensor] = table.intern(("nowhere", name))
    table.certain[tensor] = True
    return tensor


def _needs(table: Table, number: int) -> Iterator[int]:
    """The nodes that come before a node: what makes its inputs, and its bodies with what they give out."""
    makers = table.makers
    yield from (makers[tensor] for tensor in table.sources[number] if tensor != NONE)
    for at in table.bodies[number]:
        body = table.homes[at]
        yield from body.nodes
        yield from (makers[tensor] for tensor in body.outputs)


def crossings(table: Table) -> dict[int, list[tuple[int, int, int]]]:
    """`Table.crossings`; what a body gives out has the owner as its reader, at slots below all others."""
    if table.crossings is None:
        found: dict[int, list[tuple[int, int, int]]] = {}
        for tensor, readers in enumerate(table.readers):
            for node, slot in readers:
                _cross(table, tensor, table.home_of[node], (node, slot, tensor), found)
        for number, home in enumerate(table.homes):
            for at, tensor in enumerate(home.outputs):
                reader = (home.owner, BODY_OUTPUT - table.intern(("body output", home.body, at)), tensor)
                _cross(table, tensor, number, reader, found)
        table.crossings = found
    return table.crossings


def _cross(
    table: Table,
    tensor: int,
    home: int,
    reader: tuple[int, int, int],
    found: dict[int, list[tuple[int, int, int]]],
) -> None:
    while home not in (table.tensor_homes[tensor], MAIN):
        found.setdefault(table.homes[home].owner, []).append(reader)
        home = table.homes[home].outer


def _order(table: Table) -> list[int]:
    """File order where it is topological, as it must be; else by Kahn's algorithm, cycles last."""
    order = list(_inside_first(table, MAIN))
    rank = [0] * len(order)
    for place, node in enumerate(order):
        rank[node] = place
    needs = [[maker for maker in _needs(table, node) if maker != NONE] for node in range(len(order))]
    if all(rank[maker] < rank[node] for node, found in enumerate(needs) for maker in found):
        return order
    readers: list[list[int]] = [[] for _ in order]
    for node in order:
        for maker in needs[node]:
            readers[maker].append(node)
    missing = [len(found) for found in needs]
    sorted_nodes = [node for node in order if not missing[node]]
    for node in sorted_nodes:
        for reader in readers[node]:
            missing[reader] -= 1
            if not missing[reader]:
                sorted_nodes.append(reader)
    return sorted_nodes + [node for node in order if missing[node] > 0]


def _inside_first(table: Table, home: int) -> Iterator[int]:
    for node in table.homes[home].nodes:
        for body in table.bodies[node]:
            yield from _inside_first(table, body)
        yield node
