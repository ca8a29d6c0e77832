"""Sums over the groups of a hierarchy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from onnxviz.costs.quantities import LARGEST
from onnxviz.costs.tally import Tally
from onnxviz.scene.types import Hierarchy


@dataclass(frozen=True, slots=True)
class Sums:
    """Values by node id and group id, of the nodes that are in the hierarchy.

    `unknown` counts those without a value among `nodes`, and `partial` are groups that hold some of them
    beside known ones. `apart` groups do not count in the group around them.
    """

    of: dict[str, float]
    partial: frozenset[str]
    apart: frozenset[str]
    unknown: int
    nodes: int


def add_up(made: Tally, hierarchy: Hierarchy) -> Sums:
    """The sum of each group over its nodes and the groups in it; linear in both.

    The hierarchy may hold a part of the nodes only, as that of a focus does.
    """
    home = {node: group.id for group in hierarchy.groups.values() for node in group.nodes}
    apart = frozenset(_bodies(made, hierarchy, home))
    sums: dict[str, float] = {}
    unknown = [home[node] for node in made.unknown if node in home]
    missing: Counter[str] = Counter(unknown)
    known = {node: value for node, value in made.of.items() if node in home}
    for node, value in known.items():
        sums[home[node]] = sums.get(home[node], 0) + value
    for group in reversed(_outside_in(hierarchy)):
        parent = hierarchy.groups[group].parent
        if parent is None or group in apart:
            continue
        if group in sums:
            sums[parent] = sums.get(parent, 0) + sums[group]
        if missing[group]:
            missing[parent] += missing[group]
    for group, surplus in _surplus(made, hierarchy, home).items():
        sums[group] -= surplus
    partial = frozenset(group for group in sums if missing[group])
    of = {key: _real(value) for key, value in (*known.items(), *sums.items())}
    return Sums(of, partial, apart, len(unknown), len(known) + len(unknown))


def _outside_in(hierarchy: Hierarchy) -> list[str]:
    found = [hierarchy.root]
    for group in found:
        found.extend(hierarchy.groups[group].children)
    return found


def _bodies(made: Tally, hierarchy: Hierarchy, home: dict[str, str]) -> Iterator[str]:
    """The groups of the bodies that stand apart: the innermost body around a node that is in it itself."""
    for node in made.apart:
        at: str | None = home.get(node)
        while at is not None and hierarchy.groups[at].kind != "body":
            at = hierarchy.groups[at].parent
        if at is not None:
            yield at


def _surplus(made: Tally, hierarchy: Hierarchy, home: dict[str, str]) -> dict[str, int]:
    """What a group counts too much because several of its nodes read the same constant."""
    found: dict[str, int] = {}
    for elements, readers in made.shared:
        reached: Counter[str] = Counter()
        for node in readers:
            at: str | None = home.get(node)
            while at is not None:
                reached[at] += 1
                at = hierarchy.groups[at].parent
        for group, times in reached.items():
            if times > 1:
                found[group] = found.get(group, 0) + (times - 1) * elements
    return found


def _real(value: float) -> float:
    return float(min(value, LARGEST))
