"""What a diff says of a picture: the status of its leaves, its lines and its groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from onnxviz.scene.types import Hierarchy

SIGNS = {"removed": "−", "added": "+", "changed": "~"}
"""Stands beside the colour wherever a status is shown: one reader in twelve does not tell red from green."""


_TALLY = re.compile("[−+~][0-9,]+( [−+~][0-9,]+)*")


def is_tally(line: str) -> bool:
    """Whether a label line is a `Tally.text`."""
    return _TALLY.fullmatch(line) is not None


def status_of(part: str) -> str:
    """What a part of it, such as `−12`, counts."""
    return next(status for status, sign in SIGNS.items() if part.startswith(sign))


class Tally(NamedTuple):
    """Nodes in a group, of `total` in both graphs."""

    removed: int = 0
    added: int = 0
    changed: int = 0
    total: int = 0

    @property
    def status(self) -> str:
        """What a group is as a whole: gone or new where all of it is, changed where anything in it is."""
        if self.total and self.removed == self.total:
            return "removed"
        if self.total and self.added == self.total:
            return "added"
        return "changed" if self.removed or self.added or self.changed else ""

    @property
    def text(self) -> str:
        """`−12 +3 ~2`; empty where nothing changed."""
        counts = (("removed", self.removed), ("added", self.added), ("changed", self.changed))
        return " ".join(f"{SIGNS[status]}{count:,}" for status, count in counts if count)


@dataclass(frozen=True, slots=True)
class Changes:
    """`leaves` has the status of nodes, inputs and outputs by id, and `lines` that of (source, target).

    What is not there has not changed. `groups` counts the nodes of both graphs in each group.
    """

    leaves: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[tuple[str, str], str] = field(default_factory=dict)
    groups: Mapping[str, Tally] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    """The keys of `leaves` in topological order."""
    was: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of both graphs in one: label lines that a changed node had in the graph before and has no more."""


def tallied(hierarchy: Hierarchy, leaves: Mapping[str, str], nodes: Iterable[str]) -> dict[str, Tally]:
    """The nodes below each group by status; linear. Of `hierarchy.groups[...].nodes` only `nodes` count."""
    counted = frozenset(nodes)
    outside_in = [hierarchy.root]
    for group in outside_in:
        outside_in.extend(hierarchy.groups[group].children)
    found: dict[str, Tally] = {}
    for group in reversed(outside_in):
        inner = hierarchy.groups[group]
        held = [leaves.get(node, "") for node in inner.nodes if node in counted]
        below = [found[child] for child in inner.children]
        found[group] = Tally(
            held.count("removed") + sum(each.removed for each in below),
            held.count("added") + sum(each.added for each in below),
            held.count("changed") + sum(each.changed for each in below),
            len(held) + sum(each.total for each in below),
        )
    return found
