"""`apply` and `invert`: a diff is enough to make one graph from the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from onnxviz.diff.types import Diff, Match, Names
from onnxviz.errors import BadUsage
from onnxviz.model import Graph, Node, Value


def invert(diff: Diff) -> Diff:
    """The diff from the graph after to the graph before: `invert(diff(a, b)) == diff(b, a)`."""
    return diff.inverted()


def apply(graph: Graph, diff: Diff) -> Graph:
    """The graph after, made from the graph before. Raises `BadUsage` where the diff is not one of `graph`."""
    record = diff.record
    _check((graph.name, graph.inputs, graph.outputs, graph.initializers), _written(diff))
    if len(graph.nodes) != len(diff.matched) + len(diff.removed):
        raise _foreign()
    for place, node in zip(record.removed_at, diff.removed, strict=True):
        _check(graph.nodes[place], node)
    nodes: list[Node | None] = [None] * (len(diff.matched) + len(diff.added))
    for match in diff.matched:
        nodes[match.places[1]] = _patched(graph.nodes[match.places[0]], match)
    for place, node in zip(record.added_at, diff.added, strict=True):
        nodes[place] = node
    return Graph(
        record.name[1],
        tuple(node for node in nodes if node is not None),
        _values(graph.values, diff),
        record.inputs[1],
        record.outputs[1],
        record.initializers[1],
    )


def apply_to_functions(functions: tuple[tuple[str, Graph], ...], diff: Diff) -> dict[str, Graph]:
    """The functions of the model after, by key, from those of the model before. Raises `BadUsage`."""
    mine = dict(functions)
    made: dict[str, Graph] = {}
    for function in diff.functions:
        if function.diff is not None:
            if function.key not in mine:
                raise _foreign()
            made[function.key] = apply(mine[function.key], function.diff)
        elif function.after is not None:
            made[function.key] = function.after
    return made


def _written(diff: Diff) -> tuple[str, Names, Names, Names]:
    record = diff.record
    return record.name[0], record.inputs[0], record.outputs[0], record.initializers[0]


def _values(values: dict[str, Value], diff: Diff) -> dict[str, Value]:
    made = dict(values)
    for name, before, after in diff.record.values:
        _check(made.get(name), before)
        if after is None:
            del made[name]
        else:
            made[name] = after
    return made


def _patched(node: Node, match: Match) -> Node:
    _check(node.id, match.before)
    fields: dict[str, Any] = {}
    for patch in match.patches:
        _check(getattr(node, patch.field), patch.before)
        fields[patch.field] = patch.after
    if match.bodies:
        pairs = zip(node.subgraphs, match.bodies, strict=True)
        fields["subgraphs"] = tuple((name, apply(body, inner)) for (_, body), (name, inner) in pairs)
    return replace(node, **fields) if fields else node


def _check(there: object, expected: object) -> None:
    if there != expected:
        raise _foreign()


def _foreign() -> BadUsage:
    return BadUsage("The diff", "is not one of this graph", "Apply it to the graph that it was made from")
