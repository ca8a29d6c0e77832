"""Who feeds whom: a graph and its bodies flattened into leaves and the wires between them.

A leaf is something that can be a box of its own: a node, or an *end* (an input or output of the graph
or of a control-flow body). `Constant` nodes and initializers are no leaves but belong to their readers:
one shared epsilon with 52 readers made `dot` take 35 s for ResNet-50.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from onnxviz.model import Dim, Graph, Node, Value
from onnxviz.scene.changes import Changes
from onnxviz.scene.labels import value_text


class Wire(NamedTuple):
    """`value` flows from leaf `source` to leaf `target`.

    From a control-flow node to its body, `target` is the body's id, and `value` is empty.
    """

    source: str
    target: str
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class End:
    """An input or output of the graph (`body` is empty) or of a body.

    `constant` is what an output is tied to, when no node writes it.
    """

    id: str
    body: str
    is_input: bool
    name: str
    value: Value | None = None
    constant: Value | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """A subgraph of `owner` (a node id). `path` is the body around it, or empty."""

    id: str
    owner: str
    name: str


@dataclass(slots=True)
class Wiring:
    """Everything by id. `order` numbers the leaves topologically, near relatives side by side."""

    nodes: dict[str, Node] = field(default_factory=dict)
    body_of: dict[str, str] = field(default_factory=dict)
    """Leaf -> id of the body around it; empty for the outermost graph."""
    bodies: dict[str, Body] = field(default_factory=dict)
    ends: dict[str, End] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)
    constants: dict[str, tuple[tuple[int, Value], ...]] = field(default_factory=dict)
    """Node id -> (input position, value) of its constant inputs."""
    order: dict[str, int] = field(default_factory=dict)
    names: dict[str, Names] = field(default_factory=dict)
    """Body id -> what the names in it stand for; under the empty id for the outermost graph."""
    hidden: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Leaf -> tensors that it reads, and readers of its own, which this part of a graph leaves out."""
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Leaf -> what is wrong there, in few words: see `flags.flagged`."""
    changes: Changes | None = None
    """What a diff says of the leaves and wires, where this is one of two graphs or both of them."""

    def value(self, leaf: str, name: str) -> Value:
        """What the graph around `leaf` says of the tensor `name`; a Value of the name alone if nothing."""
        names = self.names.get(self.body_of.get(leaf, ""))
        return (names.value(name) if names is not None else None) or Value(name)

    def bodies_of(self) -> dict[str, list[Body]]:
        """Node id -> its bodies, in file order."""
        found: dict[str, list[Body]] = {}
        for body in self.bodies.values():
            found.setdefault(body.owner, []).append(body)
        return found


@dataclass(slots=True)
class Names:
    """The values of one graph by name, and those of the graphs around it."""

    graph: Graph
    outer: Names | None
    body: str
    sources: dict[str, str | Value] = field(default_factory=dict)

    def find(self, name: str) -> str | Value | None:
        """The leaf that makes the tensor, or its value if it is constant; None for an unknown name."""
        at: Names | None = self
        while at is not None:
            if name in at.sources:
                return at.sources[name]
            at = at.outer
        return None

    def value(self, name: str) -> Value | None:
        """What the nearest graph that knows the name says of it."""
        at: Names | None = self
        while at is not None:
            if name in at.graph.values:
                return at.graph.values[name]
            at = at.outer
        return None


def wire(graph: Graph) -> Wiring:
    """Flatten `graph`; linear in nodes and inputs, whatever the nesting."""
    found = Wiring()
    taken = {node.id for node in graph.walk()}
    stack: list[Names] = [Names(graph, None, "")]
    while stack:
        names = stack.pop()
        found.names[names.body] = names
        _name_sources(names, found, taken)
        for node in names.graph.nodes:
            for name, sub in node.subgraphs:
                body = Body(unique(f"{node.id}/{name}", taken), node.id, name)
                found.bodies[body.id] = body
                stack.append(Names(sub, names, body.id))
    labels: dict[_Type, str] = {}
    for names in found.names.values():
        _join(names, found, taken, labels)
    found.wires.extend(Wire(b.owner, b.id, "", b.name) for b in found.bodies.values())
    found.order = number(found)
    return found


def renamed(wiring: Wiring, ids: Mapping[str, str]) -> Wiring:
    """The same under other ids for the leaves and bodies in `ids`, no two of which become one."""

    def new(name: str) -> str:
        return ids.get(name, name)

    ends = (replace(end, id=new(end.id), body=new(end.body)) for end in wiring.ends.values())
    bodies = (replace(body, id=new(body.id), owner=new(body.owner)) for body in wiring.bodies.values())
    return replace(
        wiring,
        nodes={new(leaf): node for leaf, node in wiring.nodes.items()},
        body_of={new(leaf): new(body) for leaf, body in wiring.body_of.items()},
        bodies={body.id: body for body in bodies},
        ends={end.id: end for end in ends},
        wires=[Wire(new(w.source), new(w.target), w.value, w.label) for w in wiring.wires],
        constants={new(leaf): constants for leaf, constants in wiring.constants.items()},
        order={new(leaf): place for leaf, place in wiring.order.items()},
        names={new(body): names for body, names in wiring.names.items()},
    )


def unique(wanted: str, taken: set[str]) -> str:
    """`wanted`, with primes behind it while some other id has the name already; recorded in `taken`."""
    count = 0
    name = wanted
    while name in taken:
        count += 1
        name = f"{wanted}′{count}"
    taken.add(name)
    return name


def _name_sources(names: Names, found: Wiring, taken: set[str]) -> None:
    graph = names.graph
    prefix = f"{names.body}/" if names.body else ""
    for name in graph.inputs:
        end = End(unique(f"{prefix}in:{name}", taken), names.body, True, name, graph.values.get(name))
        found.ends[end.id] = end
        found.body_of[end.id] = names.body
        names.sources[name] = end.id
    for node in graph.nodes:
        if node.is_constant:
            for name in node.outputs:
                names.sources[name] = graph.values.get(name) or Value(name, is_constant=True)
            continue
        found.nodes[node.id] = node
        found.body_of[node.id] = names.body
        for name in node.outputs:
            if name:
                names.sources[name] = node.id
    for name in graph.initializers:
        names.sources[name] = graph.values.get(name) or Value(name, is_constant=True)


_Type = tuple[str | None, tuple[Dim, ...] | None]


def _join(names: Names, found: Wiring, taken: set[str], labels: dict[_Type, str]) -> None:
    """The wires of one graph. `labels` remembers texts, since a model has few different types."""
    here, wires = names.sources, found.wires
    for node in names.graph.nodes:
        if node.is_constant:
            continue
        constants: list[tuple[int, Value]] = []
        for slot, name in enumerate(node.inputs):
            source = (here.get(name) or names.find(name)) if name else None
            if isinstance(source, str):
                wires.append(Wire(source, node.id, name, _label(names, name, labels)))
            elif source is not None:
                constants.append((slot, source))
        if constants:
            found.constants[node.id] = tuple(constants)
    prefix = f"{names.body}/" if names.body else ""
    for name in names.graph.outputs:
        source = names.find(name)
        value = names.value(name)
        tied = source if isinstance(source, Value) else None
        end = End(unique(f"{prefix}out:{name}", taken), names.body, False, name, value, tied)
        found.ends[end.id] = end
        found.body_of[end.id] = names.body
        if isinstance(source, str):
            wires.append(Wire(source, end.id, name, _label(names, name, labels)))


def _label(names: Names, name: str, labels: dict[_Type, str]) -> str:
    value = names.graph.values.get(name) or names.value(name)
    if value is None:
        return ""
    kind = (value.dtype, value.shape)
    text = labels.get(kind)
    if text is None:
        text = labels[kind] = value_text(value)
    return text


def number(found: Wiring) -> dict[str, int]:
    """Topological order by depth-first search from the last readers.

    A branch stays in one piece and a cast of a constant comes right before its reader, which file
    order does not give: exporters often write all the preparation of weights first.
    """
    leaves = [*found.nodes, *found.ends]
    number = {leaf: place for place, leaf in enumerate(leaves)}
    needs: list[list[int]] = [[] for _ in leaves]
    read = [False] * len(leaves)
    inner: list[tuple[str, int]] = []
    for source, target, _, _ in found.wires:
        to = number.get(target)
        if to is not None:
            made = number[source]
            needs[to].append(made)
            read[made] = True
    if found.bodies:
        for w in found.wires:
            if w.target in number:
                inner += ((owner, number[w.source]) for owner in _owners_between(found, w))
        for leaf, body in found.body_of.items():
            if body:
                owner = number[found.bodies[body].owner]
                inner.append((leaf, owner))
                read[owner] = True
    for leaf, made in inner:
        needs[number[leaf]].append(made)
    last_first = (*(leaf for leaf, taken in enumerate(read) if not taken), *range(len(leaves)))
    return {leaves[leaf]: place for place, leaf in enumerate(_post_order(last_first, needs))}


def _owners_between(found: Wiring, w: Wire) -> Iterator[str]:
    """The control-flow nodes whose bodies a captured value enters on its way to its reader."""
    home, body = found.body_of[w.source], found.body_of[w.target]
    while body and body != home:
        owner = found.bodies[body].owner
        yield owner
        body = found.body_of[owner]


def _post_order(starts: Iterable[int], needs: Sequence[Sequence[int]]) -> Iterator[int]:
    seen = [False] * len(needs)
    for start in starts:
        if seen[start]:
            continue
        seen[start] = True
        stack = [(start, iter(needs[start]))]
        while stack:
            leaf, rest = stack[-1]
            for step in rest:
                if not seen[step]:
                    seen[step] = True
                    stack.append((step, iter(needs[step])))
                    break
            else:
                stack.pop()
                yield leaf
