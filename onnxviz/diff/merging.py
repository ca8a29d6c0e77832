"""Two graphs and their `Diff` -> one graph that has every node of both once.

What is matched is written as in the graph after, with its ids and names; what only the graph before has is
added, under ids and names of its own. A node reads what it reads in the graph after and, behind that, what
other nodes or inputs gave it in the graph before alone. Where both orders of two nodes occur the merged
graph has a ring: it is for looking at, not for running.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from onnxviz.diff.mergednames import Home, made_names, own_names, unique, values_of
from onnxviz.diff.types import Change, Diff, Match, Part
from onnxviz.model import Graph, Node

Body = tuple[str, int]
"""A graph within a merged graph: the merged id of its owner, and which of its subgraphs it is.

`("", 0)` is the outermost one.
"""

MAIN: Body = ("", 0)


@dataclass(frozen=True, slots=True)
class Merged:
    """One graph of both. `status` has every node by its merged id: removed, added, changed, or `""`.

    `before` and `after` have merged id -> id in that graph. `bodies` has, for each graph that the graph
    before has too, by its place there (with the merged id of its owner), its place in the merged graph and
    where its inputs and outputs stand in the lists there; those of the graph after stand first, as they
    are.
    """

    graph: Graph
    status: Mapping[str, str]
    before: Mapping[str, str]
    after: Mapping[str, str]
    bodies: Mapping[Body, tuple[Body, tuple[int, ...], tuple[int, ...]]]

    @property
    def altered(self) -> frozenset[str]:
        """Ids in the graph after of the nodes that are changed."""
        return frozenset(self.after[node] for node, status in self.status.items() if status == "changed")


def merge(before: Graph, after: Graph, diff: Diff) -> Merged:
    """The merged graph of two graphs and the diff between them; linear.

    A node is *changed* where it differs in itself: in op type, attributes, the number of its inputs or
    outputs, the value of a constant that it reads, or in reading another tensor that both graphs have.
    That what it read was removed, or something was put in between, is no change of the node: the lines
    tell it. Nor is a type that differs because of a change further up (`Match.is_retyped`).
    """
    merger = _Merger(after)
    graph = merger.graph(before, after, diff, None, MAIN)
    return Merged(graph, merger.status, merger.before, merger.after, merger.bodies)


def with_scopes(before: Graph, after: Graph, diff: Diff) -> Graph:
    """The graph after, with the scopes of the matched nodes of the graph before where it has none.

    onnxsim 0.8.1 drops `metadata_props`, in which the dynamo exporter writes scopes.
    """
    known = {node.id: node for node in before.walk() if node.scope}
    lenders = {mine: known[its] for its, mine in diff.pairs().items() if its in known}
    return _scoped(after, lenders) if lenders else after


def _scoped(graph: Graph, lenders: Mapping[str, Node]) -> Graph:
    def scoped(node: Node) -> Node:
        bodies = tuple((name, _scoped(body, lenders)) for name, body in node.subgraphs)
        return _lent(replace(node, subgraphs=bodies) if bodies else node, lenders.get(node.id))

    return replace(graph, nodes=tuple(map(scoped, graph.nodes)))


def _lent(node: Node, lender: Node | None) -> Node:
    if node.scope or lender is None or not lender.scope:
        return node
    return replace(node, scope=lender.scope, scope_types=lender.scope_types)


class _Merger:
    """Collects what `Merged` says, graph by graph."""

    def __init__(self, after: Graph) -> None:
        self.status: dict[str, str] = {}
        self.before: dict[str, str] = {}
        self.after: dict[str, str] = {}
        self.bodies: dict[Body, tuple[Body, tuple[int, ...], tuple[int, ...]]] = {}
        self._ids = {node.id for node in after.walk()}
        self._made = set(made_names(after))
        self._names = self._made | {name for node in after.walk() for name in node.inputs}
        self._dangling: dict[str, str] = {}

    def graph(self, x: Graph, y: Graph, diff: Diff, outer: Home | None, place: Body) -> Graph:
        """Merge `x` (before) and `y` (after), the graphs at `place`."""
        home = Home(outer, set(own_names(y)))
        partners = {m.places[0]: m for m in diff.matched if _is_one_node(x, y, m)}
        fresh_inputs = self._inputs(home, x, y, diff.inputs)
        extra = self._outputs_of_nodes(home, x, y, partners)
        self._constants(home, x, diff.constants)
        nodes = self._nodes(home, x, y, partners, extra)
        taken = {twin.places[0]: twin.places[1] for twin in diff.outputs.matched}
        fresh_outputs = [self._find(home, name) for p, name in enumerate(x.outputs) if p not in taken]
        inputs = {twin.places[0]: twin.places[1] for twin in diff.inputs.matched}
        self.bodies[place] = place, _places(x.inputs, inputs, y.inputs), _places(x.outputs, taken, y.outputs)
        initializers = [home.names[n] for n in dict.fromkeys(x.initializers) if home.names[n] in home.removed]
        return Graph(
            y.name,
            nodes,
            values_of(home, x, y),
            (*y.inputs, *fresh_inputs),
            (*y.outputs, *fresh_outputs),
            (*y.initializers, *initializers),
        )

    def _fresh(self, home: Home, name: str) -> str:
        """A name for a tensor that only the graph before has."""
        merged = unique(name, self._names)
        home.removed.add(merged)
        return merged

    def _inputs(self, home: Home, x: Graph, y: Graph, part: Part) -> list[str]:
        partner = dict(twin.places for twin in part.matched)
        fresh = []
        for p, name in enumerate(x.inputs):
            if p in partner:
                home.names[name] = y.inputs[partner[p]]
                home.images.add(home.names[name])
            else:
                home.names[name] = self._fresh(home, name)
                fresh.append(home.names[name])
        return fresh

    def _outputs_of_nodes(
        self, home: Home, x: Graph, y: Graph, partners: Mapping[int, Match]
    ) -> dict[int, list[str]]:
        """Name what the nodes of `x` make; returns, by place in `x`, the outputs that a match lacks now."""
        extra: dict[int, list[str]] = {}
        for at, node in enumerate(x.nodes):
            match = partners.get(at)
            there = y.nodes[match.places[1]].outputs if match is not None else ()
            for slot, name in enumerate(node.outputs):
                if not name:
                    continue
                image = there[slot] if slot < len(there) else ""
                if image:
                    home.images.add(image)
                else:
                    image = self._fresh(home, name)
                    extra.setdefault(at, []).append(image)
                home.names[name] = image
                if node.is_constant:
                    home.constants.add(image)
        return extra

    def _constants(self, home: Home, x: Graph, part: Part) -> None:
        twins = {}
        for twin in part.matched:
            twins[twin.before] = twin.after
            home.images.add(twin.after)
            if any(change.field != "kept" for change in twin.changes):
                home.altered.add(twin.after)
        for name in dict.fromkeys(x.initializers):
            home.names[name] = twins.get(name) or self._fresh(home, name)
            home.constants.add(home.names[name])

    def _nodes(
        self, home: Home, x: Graph, y: Graph, partners: Mapping[int, Match], extra: Mapping[int, list[str]]
    ) -> tuple[Node, ...]:
        """The nodes of `y`, each followed by those of `x` alone that came after it."""
        behind: dict[int, list[Node]] = {}
        matched: dict[int, Node] = {}
        last = -1
        for at, node in enumerate(x.nodes):
            match = partners.get(at)
            if match is None:
                gone = self._gone(home, node, tuple(extra.get(at, ())))
                behind.setdefault(last, []).append(gone)
                continue
            last = match.places[1]
            matched[last] = self._matched(home, node, y.nodes[last], match, extra.get(at, []))
        nodes = behind.get(-1, [])
        for q, its in enumerate(y.nodes):
            if q in matched:
                nodes.append(matched[q])
            else:
                self._is_added((its,))
                nodes.append(its)
            nodes += behind.get(q, [])
        return tuple(nodes)

    def _matched(self, home: Home, mine: Node, its: Node, match: Match, extra: list[str]) -> Node:
        self.before[its.id], self.after[its.id] = mine.id, its.id
        self.status[its.id] = "changed" if self._differs(home, mine, its, match) else ""
        reads = dict.fromkeys(self._find(home, name) for name in mine.inputs if name)
        more = tuple(name for name in reads if name not in its.inputs and not home.is_constant(name))
        return replace(
            _lent(its, mine),
            inputs=(*its.inputs, *more),
            outputs=(*its.outputs, *extra),
            subgraphs=self._bodies(home, mine, its, match),
        )

    def _differs(self, home: Home, mine: Node, its: Node, match: Match) -> bool:
        if any(name and home.is_altered(name) for name in its.inputs):
            return True
        return any(self._is_own(home, mine, its, change) for change in match.changes)

    def _is_own(self, home: Home, mine: Node, its: Node, change: Change) -> bool:
        """Whether a change is one of the node itself, and none that something around it brought about."""
        kind, _, slot = change.field.partition(":")
        if kind != "input":
            return kind != "type"
        at = int(slot)
        was = mine.inputs[at] if at < len(mine.inputs) else ""
        now = its.inputs[at] if at < len(its.inputs) else ""
        if not was or not now:
            return True
        return not (home.is_gone(self._find(home, was)) or home.is_new(now))

    def _bodies(self, home: Home, mine: Node, its: Node, match: Match) -> tuple[tuple[str, Graph], ...]:
        if match.bodies:
            both = zip(mine.subgraphs, its.subgraphs, match.bodies, strict=True)
            return tuple(
                (name, self.graph(body, now, inner, home, (its.id, at)))
                for at, ((_, body), (name, now), (_, inner)) in enumerate(both)
            )
        for _, body in its.subgraphs:
            self._is_added(body.nodes)
        return (*its.subgraphs, *self._gone_bodies(home, mine, its.id, len(its.subgraphs)))

    def _is_added(self, nodes: tuple[Node, ...]) -> None:
        for node in nodes:
            self.status[node.id], self.after[node.id] = "added", node.id
            for _, body in node.subgraphs:
                self._is_added(body.nodes)

    def _gone(self, home: Home, node: Node, outputs: tuple[str, ...]) -> Node:
        """A node that only the graph before has, `outputs` being new names for those that it has."""
        merged = unique(node.id, self._ids)
        self.before[merged], self.status[merged] = node.id, "removed"
        names = iter(outputs)
        return replace(
            node,
            id=merged,
            inputs=tuple(self._find(home, name) if name else "" for name in node.inputs),
            outputs=tuple(next(names) if name else "" for name in node.outputs),
            subgraphs=tuple(self._gone_bodies(home, node, merged, 0)),
        )

    def _gone_bodies(self, home: Home, node: Node, merged: str, shift: int) -> Iterator[tuple[str, Graph]]:
        """The bodies of `node`, which only the graph before has; they follow `shift` others."""
        for at, (name, body) in enumerate(node.subgraphs):
            yield name, self._gone_graph(home, body, (merged, at), (merged, at + shift))

    def _gone_graph(self, outer: Home, x: Graph, place: Body, there: Body) -> Graph:
        home = Home(outer, set())
        for name in x.inputs:
            home.names[name] = self._fresh(home, name)
        extra = self._outputs_of_nodes(home, x, x, {})
        self._constants(home, x, Part())
        nodes = tuple(self._gone(home, node, tuple(extra.get(at, ()))) for at, node in enumerate(x.nodes))
        outputs = tuple(self._find(home, name) for name in x.outputs)
        self.bodies[place] = there, tuple(range(len(x.inputs))), tuple(range(len(outputs)))
        inputs = tuple(home.names[name] for name in x.inputs)
        initializers = tuple(home.names[name] for name in x.initializers)
        return Graph(x.name, nodes, values_of(home, x, Graph("", ())), inputs, outputs, initializers)

    def _find(self, home: Home, name: str) -> str:
        """What the graph before calls `name`, here; a name that nothing makes is never made by chance."""
        for each in home.around():
            if name in each.names:
                return each.names[name]
        if name not in self._dangling:
            self._dangling[name] = unique(name, self._names) if name in self._made else name
            self._names.add(name)
        return self._dangling[name]


def _is_one_node(x: Graph, y: Graph, match: Match) -> bool:
    """A constant that is computed now is another node: the one is a line in a picture, the other a box."""
    return x.nodes[match.places[0]].is_constant == y.nodes[match.places[1]].is_constant


def _places(mine: tuple[str, ...], partner: Mapping[int, int], its: tuple[str, ...]) -> tuple[int, ...]:
    """Where each of the ends of the graph before stands among those of the merged one."""
    behind = iter(range(len(its), len(its) + len(mine)))
    return tuple(partner[p] if p in partner else next(behind) for p in range(len(mine)))
