"""What the graph holds and costs after each number of steps, followed from step to step.

The numbers are those of the graph that `replay` gives, which is not made for it: a step changes the sums of
the bodies that it stands in, and the cost of what reads its value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from onnxviz.costs.dims import Sizes
from onnxviz.costs.flops import is_if, own_flops
from onnxviz.costs.types import Unknown
from onnxviz.costs.walk import Values, inside, trips
from onnxviz.model import Graph, Node, Value
from onnxviz.rewrites.fold.types import Counts, Step
from onnxviz.scene.functions import MAX_ADDED, expand

Functions = Sequence[tuple[str, Graph]]


def counted(start: Graph, steps: Sequence[Step], end: Graph, functions: Functions = ()) -> tuple[Counts, ...]:
    """Entry k is about the graph after k steps, from `start` to `end`."""
    counter = _Counter(start, end, functions)
    found = [counter.counts()]
    for step in steps:
        counter.take(step)
        found.append(counter.counts())
    return tuple(found)


def held_bytes(graph: Graph) -> int:
    """Bytes of all constants: initializers and outputs of `Constant` nodes, those of bodies included."""
    names = {*graph.initializers}
    found = 0
    for node in graph.nodes:
        if node.is_constant:
            names.update(node.outputs)
        found += sum(held_bytes(body) for _, body in node.subgraphs)
    values = (graph.values.get(name) for name in names)
    return found + sum(value.nbytes or 0 for value in values if value is not None)


@dataclass(eq=False, slots=True)
class _Body:
    """A graph, or a body of `owner`. `flops` is what all in it costs in one run.

    `seen` are its `own` values and those around it. `end` are its own at the end, whose types are known
    throughout (see `replay`), and `ends` those of the bodies in it.
    """

    path: str
    own: dict[str, Value]
    seen: Values
    end: Mapping[str, Value]
    ends: Mapping[str, Mapping[str, Graph]]
    owner: _Entry | None = None
    is_function: bool = False
    entries: list[_Entry] = field(default_factory=list)
    flops: int = 0

    def learn(self, value: Value) -> bool:
        """Take a value, with its type of the end; true where that changes anything."""
        last = self.end.get(value.name)
        if last is not None and last.is_constant == value.is_constant:
            value = last
        if self.own.get(value.name) == value:
            return False
        self.own[value.name] = value
        return True


@dataclass(eq=False, slots=True)
class _Entry:
    """A node where it stands. `own` is its cost without its bodies, None where that is not known."""

    node: Node
    body: _Body
    bodies: list[_Body] = field(default_factory=list)
    own: int | None = 0
    runs: int = 1
    flops: int = 0
    is_gone: bool = False


class _Counter:
    def __init__(self, start: Graph, end: Graph, functions: Functions) -> None:
        self._functions = functions
        self._names = {name for name, _ in functions}
        self._room = MAX_ADDED
        self._sizes = Sizes(None, assume=1)
        self._entries: dict[str, _Entry] = {}
        self._bodies: dict[str, _Body] = {}
        self._readers: dict[str, list[_Entry]] = {}
        self._initializers = set(start.initializers)
        self._nbytes = held_bytes(start)
        self._nodes = self._known = self._unknown = 0
        self._main = self._body("", start, None, end)

    def counts(self) -> Counts:
        """Of the graph as it is now."""
        flops = self._main.flops if self._known or not self._unknown else None
        return Counts(self._nodes, len(self._initializers), self._nbytes, flops, self._unknown)

    def take(self, step: Step) -> None:
        """Go one step on."""
        delta = step.delta
        self._nbytes += step.bytes_after - step.bytes_before
        self._remove(self._entries[step.node])
        body = self._bodies[delta.path]
        learned = [value.name for value in delta.values if body.learn(value)]
        for node in delta.instead:
            self._add(node, body)
        for path, value in delta.added:
            if self._bodies[path].learn(value):
                learned.append(value.name)
            if not path:
                self._initializers.add(value.name)
        self._initializers.difference_update(name for path, name in delta.dropped if not path)
        for entry in {entry: None for name in learned for entry in self._readers.get(name, ())}:
            if not entry.is_gone:
                self._count(entry, -1)
                self._weigh(entry)

    def _body(
        self, path: str, graph: Graph, owner: _Entry | None, end: Graph | None, is_function: bool = False
    ) -> _Body:
        last = end.values if end is not None else {}
        ends = {node.id: dict(node.subgraphs) for node in end.nodes if node.subgraphs} if end else {}
        own = dict(last)
        seen = inside(Graph("", (), own), owner.body.seen) if owner is not None else own
        body = _Body(path, own, seen, last, ends, owner, is_function)
        for value in graph.values.values():
            body.learn(value)
        if owner is not None:
            owner.bodies.append(body)
        if not is_function:
            self._bodies[path] = body
        for node in graph.nodes:
            self._add(node, body)
        return body

    def _add(self, node: Node, body: _Body) -> None:
        """A node and what is in it. What is in functions costs, and does not count as a node."""
        called = () if body.is_function else self._called(node)
        whole = replace(node, subgraphs=(*node.subgraphs, *called)) if called else node
        entry = _Entry(whole, body)
        body.entries.append(entry)
        if not body.is_function:
            self._nodes += 1
            self._entries[node.id] = entry
            for name in dict.fromkeys(node.inputs):
                self._readers.setdefault(name, []).append(entry)
        ends = body.ends.get(node.id, {})
        for name, graph in node.subgraphs:
            path = f"{node.id}/{name if ':' in name else f'{name}:0'}/"
            self._body(path, graph, entry, ends.get(name), body.is_function)
        for _, graph in called:
            self._body("", graph, entry, None, is_function=True)
        self._weigh(entry)

    def _called(self, node: Node) -> tuple[tuple[str, Graph], ...]:
        """The body of the function that a node calls, as `expand` puts it there."""
        if f"{node.domain}.{node.op_type}" not in self._names or self._room <= 0:
            return ()
        shown = expand(Graph("", (replace(node, subgraphs=()),)), self._functions)
        self._room -= shown.node_count() - 1
        return shown.nodes[0].subgraphs

    def _remove(self, entry: _Entry) -> None:
        self._forget(entry)
        entry.body.flops -= entry.flops
        self._sum_up(entry.body.owner)

    def _forget(self, entry: _Entry) -> None:
        entry.is_gone = True
        self._count(entry, -1)
        if not entry.body.is_function:
            self._nodes -= 1
            del self._entries[entry.node.id]
        for body in entry.bodies:
            if not body.is_function:
                del self._bodies[body.path]
            for inner in body.entries:
                if not inner.is_gone:
                    self._forget(inner)

    def _count(self, entry: _Entry, times: int) -> None:
        if entry.node.is_constant:
            return
        if entry.own is None:
            self._unknown += times
        else:
            self._known += times

    def _weigh(self, entry: _Entry) -> None:
        """What a node costs by what is known now."""
        node, seen = entry.node, entry.body.seen
        try:
            entry.own = 0 if node.is_constant else own_flops(node, seen, self._sizes)
        except Unknown:
            entry.own = None
        found = trips(node, seen, self._sizes)
        entry.runs = 1 if found is None else found
        self._count(entry, 1)
        self._sum_up(entry)

    @staticmethod
    def _sum_up(entry: _Entry | None) -> None:
        """The cost of a node with its bodies, and of all around it; of an If the larger branch."""
        while entry is not None:
            bodies = [body.flops for body in entry.bodies]
            inner = max(bodies, default=0) if is_if(entry.node) else sum(bodies) * entry.runs
            total = (entry.own or 0) + inner
            entry.body.flops += total - entry.flops
            entry.flops = total
            entry = entry.body.owner
