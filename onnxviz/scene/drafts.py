"""Groups while they are being made: scopes become groups, small ones go, long ones are cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from onnxviz.scene.cuts import MAX_MEMBERS, live_counts, part_size, thinnest_cuts
from onnxviz.scene.families import family_of
from onnxviz.scene.text import shorten
from onnxviz.scene.wires import Wiring, unique


@dataclass(slots=True)
class Draft:
    """A group that still changes. `members` are ids of leaves and groups, in topological order."""

    id: str
    title: str
    kind: str
    parent: str | None
    members: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Drafts:
    """All groups being made. `taken` are the ids in use, so that no group is named like a node."""

    root: str
    wiring: Wiring
    taken: set[str]
    groups: dict[str, Draft] = field(default_factory=dict)
    _modules: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, group: str, member: str) -> None:
        """Append a member."""
        self.groups[group].members.append(member)

    def module(self, base: str, scope: Sequence[str], types: Sequence[str]) -> str:
        """The group of `scope` inside `base`, made on first use together with those around it."""
        parent = base
        for level, part in enumerate(scope):
            known = self._modules.get((parent, part))
            if known is None:
                path = part if parent == base == self.root else f"{parent}/{part}"
                known = unique(f"module:{path}" if parent == base == self.root else path, self.taken)
                kind = types[level] if level < len(types) and types[level] else "module"
                self.groups[known] = Draft(known, shorten(part, 60) or "(no name)", shorten(kind, 40), parent)
                self._modules[parent, part] = known
                self.add(parent, known)
            parent = known
        return parent

    def inside_out(self) -> list[str]:
        """Group ids, every group after those inside it."""
        found = [self.root]
        for group in found:
            found.extend(m for m in self.groups[group].members if m in self.groups)
        return found[::-1]


_OWN = ("body", "model", "inputs", "outputs", "part", "function")
"""Kinds that are no modules: never dissolved or merged."""


def fold_small(drafts: Drafts) -> None:
    """Dissolve modules that hold one thing: a node moves up, a group takes the joined name.

    What the root holds alone becomes the root's content, so that no picture is one box.
    """
    for group in drafts.inside_out():
        d = drafts.groups[group]
        members: list[str] = []
        for member in d.members:
            inner = drafts.groups.get(member)
            if inner is None or inner.kind in _OWN or len(inner.members) != 1:
                members.append(member)
                continue
            only = inner.members[0]
            kept = drafts.groups.get(only)
            del drafts.groups[member]
            members.append(only)
            if kept is not None:
                kept.parent = group
                if kept.kind not in _OWN:
                    kept.title = _joined(inner.title, kept.title)
        d.members = members
    root = drafts.groups[drafts.root]
    while len(root.members) == 1 and (only_child := drafts.groups.get(root.members[0])) is not None:
        if only_child.kind in _OWN:
            break
        root.members = only_child.members
        root.title = _joined(root.title, only_child.title)
        del drafts.groups[only_child.id]
        for member in root.members:
            if member in drafts.groups:
                drafts.groups[member].parent = drafts.root


def _joined(outer: str, inner: str) -> str:
    parts = [*outer.split(" › "), *inner.split(" › ")]
    return " › ".join(parts if len(parts) <= 3 else [parts[0], "…", parts[-1]])


def cut_long(drafts: Drafts) -> None:
    """Cut every group with more than `MAX_MEMBERS` members into parts, and parts of parts."""
    for group in drafts.inside_out():
        spans: list[tuple[int, int]] | None = None
        while len(drafts.groups[group].members) > MAX_MEMBERS:
            spans = spans if spans is not None else _spans(drafts, group)
            starts = _cut(drafts, group, spans)
            place = {s: i for i, s in enumerate(starts)}
            at, part_of = -1, []
            for position in range(starts[-1] + MAX_MEMBERS + 1):
                at = place.get(position, at)
                part_of.append(at)
            spans = [(part_of[a], part_of[b]) for a, b in spans if part_of[a] != part_of[b]]


def _cut(drafts: Drafts, group: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    """Replace the members by parts; returns where each part begins among the old members."""
    d = drafts.groups[group]
    members = d.members
    starts = thinnest_cuts(live_counts(len(members), spans), part_size(len(members)))
    d.members = []
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(members)], strict=True), 1):
        held = members[start:end]
        part = unique(f"{group}/part:{number}", drafts.taken)
        title = f"{_gist(drafts, held)}, part {number}"
        drafts.groups[part] = Draft(part, title, "part", group, held)
        d.members.append(part)
        for member in held:
            if member in drafts.groups:
                drafts.groups[member].parent = part
    return starts


def _spans(drafts: Drafts, group: str) -> list[tuple[int, int]]:
    """(position of the writer, of the last reader) among the members, for each tensor between two of them."""
    position: dict[str, int] = {}
    stack = [(member, place) for place, member in enumerate(drafts.groups[group].members)]
    while stack:
        member, place = stack.pop()
        position[member] = place
        if member in drafts.groups:
            stack.extend((inner, place) for inner in drafts.groups[member].members)
    last: dict[tuple[str, str], int] = {}
    for w in drafts.wiring.wires:
        if w.source in position and w.target in position:
            key = (w.source, w.value)
            last[key] = max(last.get(key, 0), position[w.target])
    return [(position[source], place) for (source, _), place in last.items() if place > position[source]]


def _gist(drafts: Drafts, members: Sequence[str]) -> str:
    """`Conv-Relu-Add`: up to three frequent ops that tell something, in the order in which they come."""
    counts: Counter[str] = Counter()
    stack = list(reversed(members))
    while stack:
        member = stack.pop()
        if member in drafts.groups:
            stack.extend(reversed(drafts.groups[member].members))
        elif member in drafts.wiring.nodes:
            counts[drafts.wiring.nodes[member].op_type] += 1
    telling = sorted(counts, key=lambda op: (family_of(op) in _PLAIN, -counts[op]))[:3]
    while len(telling) > 1 and sum(map(len, telling)) > _GIST_CHARS:
        telling.pop()
    return "-".join(shorten(op, 20) for op in counts if op in telling) or "nodes"


_PLAIN = ("constant", "shape", "custom")
"""Families that tell least about what a part does."""

_GIST_CHARS = 24
