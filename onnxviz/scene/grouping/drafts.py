"""Groups while they are being made: scopes become groups, small ones go, long ones are cut."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from onnxviz.scene.families import family_of
from onnxviz.scene.grouping.cuts import MAX_MEMBERS, live_counts, part_size, thinnest_cuts
from onnxviz.scene.labels import MAX_TEXT, TITLE_SIZE
from onnxviz.scene.text import shorten, text_width
from onnxviz.scene.wires import Wire, Wiring, unique


@dataclass(slots=True)
class Draft:
    """A group that still changes. `members` are ids of leaves and groups, in topological order."""

    id: str
    title: str
    kind: str
    parent: str | None
    members: list[str] = field(default_factory=list)


@dataclass
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

    @cached_property
    def into(self) -> dict[str, list[Wire]]:
        """Leaf or body -> the wires that end there."""
        found: dict[str, list[Wire]] = {}
        for w in self.wiring.wires:
            found.setdefault(w.target, []).append(w)
        return found

    def positions(self, group: str) -> dict[str, int]:
        """Number of the member that each leaf and group below belongs to."""
        position: dict[str, int] = {}
        for number, member in enumerate(self.groups[group].members):
            position[member] = number
            if member in self.groups:
                position.update(dict.fromkeys(self.below(member), number))
        return position

    def below(self, member: str) -> Iterator[str]:
        """Everything inside a group, in order; nothing for a leaf."""
        stack = list(reversed(self.groups[member].members)) if member in self.groups else []
        while stack:
            inner = stack.pop()
            yield inner
            if inner in self.groups:
                stack.extend(reversed(self.groups[inner].members))

    def settle(self, group: str, members: list[str]) -> None:
        """Give a group these members."""
        self.groups[group].members = members
        for member in members:
            if member in self.groups:
                self.groups[member].parent = group

    def inside_out(self) -> list[str]:
        """Group ids, every group after those inside it."""
        found = [self.root]
        for group in found:
            found.extend(m for m in self.groups[group].members if m in self.groups)
        return found[::-1]


_OWN = ("body", "model", "inputs", "outputs", "part", "repeat", "block", "function")
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
        title = _range_title(drafts, held) or f"{gist(drafts, held, ', part 80')}, part {number}"
        drafts.groups[part] = Draft(part, title, "part", group, held)
        d.members.append(part)
        for member in held:
            if member in drafts.groups:
                drafts.groups[member].parent = part
    return starts


_FIRST = re.compile(r"(.+) (\d+)(?:–\d+)?/(\d+)")
_LAST = re.compile(r"(.+) (?:\d+–)?(\d+)/(\d+)")


def _range_title(drafts: Drafts, members: Sequence[str]) -> str:
    """`Conv-Relu 1–8/96` for blocks of a family, `layer.0 … layer.9` for modules; else nothing."""
    if len(members) < 2 or not all(member in drafts.groups for member in members):
        return ""
    kinds = {drafts.groups[member].kind for member in members}
    a, b = drafts.groups[members[0]].title, drafts.groups[members[-1]].title
    first, last = _FIRST.fullmatch(a), _LAST.fullmatch(b)
    if kinds <= {"block", "part"} and first and last and (first[1], first[3]) == (last[1], last[3]):
        return f"{first[1]} {first[2]}–{last[2]}/{last[3]}"
    return "" if kinds & set(_OWN) else f"{shorten(a, 14)} … {shorten(b, 14)}"


def _spans(drafts: Drafts, group: str) -> list[tuple[int, int]]:
    """(position of the writer, of the last reader) among the members, for each tensor between two of them."""
    position = drafts.positions(group)
    last: dict[tuple[str, str], int] = {}
    for leaf, place in position.items():
        for w in drafts.into.get(leaf, ()):
            if w.source in position:
                key = (w.source, w.value)
                last[key] = max(last.get(key, 0), place)
    return [(position[source], place) for (source, _), place in last.items() if place > position[source]]


def gist(drafts: Drafts, members: Sequence[str], suffix: str = "") -> str:
    """`Conv-Relu-Add`: up to three ops that tell what the members are for, in the order in which they come.

    The most frequent linear or recurrent op, then activations, then the op that joins branches last; as
    many as fit a title together with `suffix`, which is not part of the result.
    """
    counts: Counter[str] = Counter()
    joins = ""
    for member in (m for top in members for m in (top, *drafts.below(top))):
        node = drafts.wiring.nodes.get(member)
        if node is not None:
            counts[shorten(node.op_type, 20)] += 1
            if node.op_type in _JOINS and len(drafts.into.get(member, ())) > 1:
                joins = node.op_type
    rank = {op: 1 if op == "Clip" else _RANK.get(family_of(op), 2) for op in counts}
    ranked = sorted(counts, key=lambda op: (rank[op], -counts[op]))
    telling = [op for op in ranked if rank[op] == 0][:1] + [op for op in ranked if rank[op] == 1][:2]
    if joins and joins not in telling and telling:
        telling.append(joins)
    telling = list(dict.fromkeys([*telling, *ranked]))[:3]
    while len(telling) > 1 and text_width("-".join(telling) + suffix, TITLE_SIZE) > MAX_TEXT:
        telling.pop()
    return "-".join(op for op in counts if op in telling) or "nodes"


_JOINS = ("Add", "Sum", "Concat", "Mul")
_RANK = {"linear": 0, "sequence": 0, "activation": 1, "constant": 3, "shape": 3, "custom": 3}
"""Families by how much they tell about what a part does; all others come third."""
