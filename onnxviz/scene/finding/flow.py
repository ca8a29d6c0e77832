"""What feeds what, control-flow bodies included: the directed graph behind a focus.

A control-flow node stands at two points: where it takes its inputs, and where it gives its outputs.

1. Its body lies between them: every leaf in it comes after the first point and before the second. So a
   body is part of its node: what feeds the node feeds the body, and what the body makes the node makes.
2. What lies in one branch does not feed the other one: from the second point nothing leads back to the
   first.

So the points of a valid model form no cycle, and one of an invalid model does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from onnxviz.scene.types import Hierarchy
from onnxviz.scene.wires import Wiring

Points = set[int]


class Flow:
    """The points of all leaves, as numbers, and the steps between them. Built in one pass over the wires."""

    def __init__(self, wiring: Wiring) -> None:
        self._leaves = [*wiring.nodes, *wiring.ends]
        self._last = {leaf: number for number, leaf in enumerate(self._leaves)}
        self._first: dict[str, int] = {}
        for body in wiring.bodies.values():
            if body.owner in self._last and body.owner not in self._first:
                self._first[body.owner] = len(self._leaves)
                self._leaves.append(body.owner)
        self._after: list[list[int]] = [[] for _ in self._leaves]
        self._before: list[list[int]] = [[] for _ in self._leaves]
        for wire in wiring.wires:
            if wire.target in self._last and wire.source in self._last:
                self._join(self._last[wire.source], self._taking(wire.target))
        for owner, first in self._first.items():
            self._join(first, self._last[owner])
        for leaf, body_id in wiring.body_of.items():
            owner = wiring.bodies[body_id].owner if body_id else ""
            if owner in self._first:
                self._join(self._first[owner], self._taking(leaf))
                self._join(self._last[leaf], self._last[owner])

    def _taking(self, leaf: str) -> int:
        return self._first.get(leaf, self._last[leaf])

    def _join(self, before: int, after: int) -> None:
        self._after[before].append(after)
        self._before[after].append(before)

    def points(self, leaves: Iterable[str]) -> Points:
        """Both points of a control-flow node, the one of any other leaf."""
        found = {self._last[leaf] for leaf in leaves}
        return found | {
            self._first[self._leaves[point]] for point in found if self._leaves[point] in self._first
        }

    def leaves(self, points: Iterable[int]) -> set[str]:
        """The leaves that stand at these points."""
        return {self._leaves[point] for point in points}

    def fed_by(self, points: Points) -> Points:
        """`points`, and all that anything flows to from them."""
        return _reached(points, self._after)

    def feeding(self, points: Points) -> Points:
        """`points`, and all that anything flows from to them."""
        return _reached(points, self._before)

    def shortest(self, start: Points, end: Points) -> Points:
        """The points of a shortest connection whichever way things flow, both ends included; else nothing."""
        came: dict[int, int] = dict.fromkeys(sorted(start), -1)
        queue = list(came)
        for point in queue:
            if point in end:
                found = set()
                while point >= 0:
                    found.add(point)
                    point = came[point]
                return found
            for near in (*self._after[point], *self._before[point]):
                if near not in came:
                    came[near] = point
                    queue.append(near)
        return set()


def _reached(start: Points, steps: Sequence[Sequence[int]]) -> Points:
    found = set(start)
    stack = list(start)
    while stack:
        for near in steps[stack.pop()]:
            if near not in found:
                found.add(near)
                stack.append(near)
    return found


def leaves_in(wiring: Wiring, hierarchy: Hierarchy, item: str) -> frozenset[str]:
    """The leaf itself, or all leaves in a group, inputs and outputs of bodies too; empty if unknown."""
    if item in wiring.nodes or item in wiring.ends:
        return frozenset((item,))
    if item not in hierarchy.groups:
        return frozenset()
    inside = [item]
    for group in inside:
        inside.extend(hierarchy.groups[group].children)
    found = {node for group in inside for node in hierarchy.groups[group].nodes}
    held = {"", *inside} if item == hierarchy.root else set(inside)
    found.update(end.id for end in wiring.ends.values() if end.body in held)
    return frozenset(leaf for leaf in found if leaf in wiring.body_of)


def bodies_around(wiring: Wiring, leaves: Iterable[str]) -> set[str]:
    """The bodies that hold any of the leaves, at whatever depth."""
    found: set[str] = set()
    for leaf in leaves:
        body = wiring.body_of[leaf]
        while body and body not in found:
            found.add(body)
            body = wiring.body_of.get(wiring.bodies[body].owner, "")
    return found


def with_owners(wiring: Wiring, leaves: Iterable[str]) -> frozenset[str]:
    """`leaves`, and the control-flow nodes whose bodies they are in: a body is reached through its node."""
    kept = frozenset(leaves)
    owners = (wiring.bodies[body].owner for body in bodies_around(wiring, kept))
    return kept | {owner for owner in owners if owner in wiring.nodes}
