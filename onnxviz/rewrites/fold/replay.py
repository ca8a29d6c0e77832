"""The graph after any number of steps, from the start and the steps' deltas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from onnxviz.errors import BadUsage
from onnxviz.model import Graph, Node, Value
from onnxviz.rewrites.fold.types import Folded, Step


def replay(folded: Folded, count: int) -> Graph:
    """The graph after the first `count` steps; types that are known at the end are known throughout.

    `replay(folded, len(folded.steps)) == folded.after.graph`. Raises BadUsage for a count that is out of
    range.
    """
    if not 0 <= count <= len(folded.steps):
        raise BadUsage("The step", f"is {count}", f"Give 0 to {len(folded.steps)}")
    return after_steps(folded.start, folded.steps[:count], folded.after.graph)


def after_steps(start: Graph, steps: Sequence[Step], end: Graph | None = None) -> Graph:
    """`start` after `steps`, with the types of `end` where it has a tensor of that name."""
    changes = _Changes()
    for step in steps:
        changes.take(step)
    return _rebuilt(start, "", changes, end)


@dataclass(slots=True)
class _Changes:
    """All that some steps change; paths are prefixes of node ids, "" for the main graph."""

    instead: dict[str, tuple[Node, ...]] = field(default_factory=dict)
    """Node id -> what came in its place."""
    later: dict[str, list[tuple[Node, ...]]] = field(default_factory=dict)
    """The same for a node that had the id of the one before it, in turn. Few have: a list for each step
    would set off collections of garbage, which cost more than the rest."""
    added: dict[str, dict[str, Value]] = field(default_factory=dict)
    dropped: dict[str, set[str]] = field(default_factory=dict)
    values: dict[str, dict[str, Value]] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        delta = step.delta
        if step.node in self.instead:
            self.later.setdefault(step.node, []).append(delta.instead)
        else:
            self.instead[step.node] = delta.instead
        for path, value in delta.added:
            self.added.setdefault(path, {})[value.name] = value
        for path, name in delta.dropped:
            self.dropped.setdefault(path, set()).add(name)
        if delta.values:
            self.values.setdefault(delta.path, {}).update((value.name, value) for value in delta.values)

    def followed(self, node: Node) -> list[Node]:
        """What stands for a node now: itself, nothing, or what came in its place and has not folded since."""
        found = []
        stack = [(node, 0)]
        while stack:
            node, turn = stack.pop()
            places = (self.instead[node.id], *self.later.get(node.id, ())) if node.id in self.instead else ()
            if turn == len(places):
                found.append(node)
            else:
                new = reversed(places[turn])
                stack.extend((each, turn + 1 if each.id == node.id else 0) for each in new)
        return found


def _rebuilt(graph: Graph, path: str, changes: _Changes, end: Graph | None) -> Graph:
    nodes: list[Node] = []
    ends = {node.id: dict(node.subgraphs) for node in end.nodes if node.subgraphs} if end is not None else {}
    for given in graph.nodes:
        places = changes.instead.get(given.id)
        if places is None:
            nodes.append(_with_bodies(given, changes, ends))
        elif places:
            nodes += [_with_bodies(node, changes, ends) for node in changes.followed(given)]
    added, dropped = changes.added.get(path, {}), changes.dropped.get(path, set())
    names = dict.fromkeys((*graph.initializers, *added))
    initializers = tuple(name for name in names if name not in dropped)
    result = Graph(graph.name, tuple(nodes), {}, graph.inputs, graph.outputs, initializers)
    result.values.update(_values(graph, result, added, changes.values.get(path, {}), end))
    return result


def _with_bodies(node: Node, changes: _Changes, ends: dict[str, dict[str, Graph]]) -> Node:
    if not node.subgraphs:
        return node
    end = ends.get(node.id, {})
    bodies = []
    for name, body in node.subgraphs:
        key = name if ":" in name else f"{name}:0"
        bodies.append((name, _rebuilt(body, f"{node.id}/{key}/", changes, end.get(name))))
    return replace(node, subgraphs=tuple(bodies))


def _values(
    graph: Graph, result: Graph, added: dict[str, Value], more: dict[str, Value], end: Graph | None
) -> dict[str, Value]:
    """The values of the names that are there, as well as they are known."""
    there = {*result.inputs, *result.initializers, *result.outputs}
    for node in result.nodes:
        there.update(node.outputs)
        there.update(node.inputs)
    kinds = {**graph.values, **more, **added}
    final = end.values if end is not None else {}
    # A file may note types of what nothing makes.
    there.update(graph.values.keys() & final.keys())
    found = {}
    for name in there:
        now, last = kinds.get(name), final.get(name)
        if last is not None and (now is None or last.is_constant == now.is_constant):
            found[name] = last
        elif now is not None:
            found[name] = now
    return found
