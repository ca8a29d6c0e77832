"""Two models in one set of groups: the merged graph of a diff, and each side of it under the same ids.

A picture of one side and one of both have the same ids for what is the same, so what is open, selected,
found or in focus is one thing for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from onnxviz.diff.changes import contradict
from onnxviz.diff.merging import Body, Merged, merge
from onnxviz.diff.types import Diff
from onnxviz.model import Graph
from onnxviz.scene.changes import Changes, tallied
from onnxviz.scene.finding.restrict import restrict
from onnxviz.scene.grouping.hierarchy import arrange
from onnxviz.scene.labels import node_lines
from onnxviz.scene.types import Hierarchy
from onnxviz.scene.wires import Wiring, number, renamed, wire

Side = Literal["before", "after", "both"]

MOST_WAS = 2
"""Lines that one box has for what a node was before: the panel has the whole of it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One side, or both: a graph with the ids of the picture, its wires and its groups."""

    graph: Graph
    wiring: Wiring
    hierarchy: Hierarchy


@dataclass(frozen=True, slots=True)
class Pair:
    """The parts of a pair by side. `merged` says which node of a picture is which node of a model."""

    merged: Merged
    parts: Mapping[Side, Part]


def pair(before: Graph, after: Graph, diff: Diff) -> Pair:
    """Two graphs with functions in place and the diff of these; linear."""
    merged = merge(before, after, diff)
    whole = wire(merged.graph)
    mine = {its: name for name, its in merged.before.items()}
    graphs: dict[Side, Graph] = {"before": _with_ids(before, mine), "after": after, "both": merged.graph}
    sides = {
        "before": _aligned(wire(graphs["before"]), whole, merged.bodies),
        "after": _aligned(wire(after), whole, {}),
    }
    known = {(w.source, w.target) for w in sides["after"].wires}
    gone = [w for w in sides["before"].wires if (w.source, w.target) not in known]
    whole.wires = sides["after"].wires + gone
    whole.order = number(whole)
    hierarchy = arrange(merged.graph, wiring=whole)
    leaves = merged_status(merged, whole, sides)
    order = tuple(sorted(leaves, key=whole.order.__getitem__))
    changes = Changes(leaves, _lines(sides), tallied(hierarchy, leaves, whole.nodes), order)
    told = replace(changes, was=_was(sides, leaves))
    parts: dict[Side, Part] = {"both": Part(merged.graph, replace(whole, changes=told), hierarchy)}
    for side in ("before", "after"):
        wiring = replace(sides[side], order=whole.order, changes=changes)
        own, groups = restrict(wiring, hierarchy, wiring.body_of.keys())
        parts[side] = Part(graphs[side], own, groups)
    return Pair(merged, parts)


def merged_status(merged: Merged, whole: Wiring, sides: Mapping[str, Wiring]) -> dict[str, str]:
    """Leaf -> status, of those that are no `Constant` and did not stay as they were."""
    found = {leaf: merged.status[leaf] for leaf in whole.nodes if merged.status[leaf]}
    for leaf in whole.ends:
        was, now = sides["before"].ends.get(leaf), sides["after"].ends.get(leaf)
        if was is None or now is None:
            found[leaf] = "added" if was is None else "removed"
        elif was.value is not None and now.value is not None and contradict(was.value, now.value):
            found[leaf] = "changed"
    return found


def _lines(sides: Mapping[str, Wiring]) -> dict[tuple[str, str], str]:
    was, now = ({(w.source, w.target) for w in sides[side].wires} for side in ("before", "after"))
    return dict.fromkeys(was - now, "removed") | dict.fromkeys(now - was, "added")


def _was(sides: Mapping[str, Wiring], leaves: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What the boxes of changed nodes say in the graph before, and do not say in that after."""
    found: dict[str, tuple[str, ...]] = {}
    for leaf, status in leaves.items():
        before, after = (sides[side].nodes.get(leaf) for side in ("before", "after"))
        if status != "changed" or before is None or after is None:
            continue
        was, now = (
            node_lines(node, side.constants.get(leaf, ()))
            for node, side in ((before, sides["before"]), (after, sides["after"]))
        )
        op = (before.qualified_op,) if before.qualified_op != after.qualified_op else ()
        found[leaf] = (*op, *(line for line in was if line not in now))[:MOST_WAS]
    return found


def _with_ids(graph: Graph, ids: Mapping[str, str]) -> Graph:
    nodes = tuple(
        replace(
            node,
            id=ids[node.id],
            subgraphs=tuple((name, _with_ids(body, ids)) for name, body in node.subgraphs),
        )
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes)


def _aligned(
    side: Wiring, whole: Wiring, bodies: Mapping[Body, tuple[Body, tuple[int, ...], tuple[int, ...]]]
) -> Wiring:
    """`side` with the ids that its bodies and ends have in `whole`; its nodes have them already."""
    here, there = _bodies(side), _bodies(whole)
    ids: dict[str, str] = {}
    ends, all_ends = _ends(side), _ends(whole)
    for place, body in here.items():
        other, inputs, outputs = bodies.get(place, (place, None, None))
        ids[body] = there[other]
        for is_input, places in ((True, inputs), (False, outputs)):
            known = all_ends.get((there[other], is_input), [])
            for at, end in enumerate(ends.get((body, is_input), [])):
                ids[end] = known[at if places is None else places[at]]
    return renamed(side, ids)


def _bodies(wiring: Wiring) -> dict[Body, str]:
    found: dict[Body, str] = {("", 0): ""}
    for owner, bodies in wiring.bodies_of().items():
        found.update({(owner, at): body.id for at, body in enumerate(bodies)})
    return found


def _ends(wiring: Wiring) -> dict[tuple[str, bool], list[str]]:
    """(body, whether inputs) -> ids, in the order of the graph."""
    found: dict[tuple[str, bool], list[str]] = {}
    for end in wiring.ends.values():
        found.setdefault((end.body, end.is_input), []).append(end.id)
    return found
