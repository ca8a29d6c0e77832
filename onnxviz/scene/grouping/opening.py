"""Which groups are open: chosen by a word, written into a link, and kept within bounds."""

from __future__ import annotations

import hashlib
import re

from onnxviz.scene.grouping.hierarchy import depth_of, first_open, open_all, open_to_depth
from onnxviz.scene.types import Hierarchy

Opening = str
"""`first`, `all`, `none` or a depth such as `2`; then `+TAG…` and `-TAG…` for single groups (see `spell`)."""

WORDS = ("first", "all", "none")

_SPELLED = re.compile(r"(first|all|none|\d{1,3})((?:[+-][0-9a-f]{8}){0,400})")
_TAGS = re.compile(r"([+-])([0-9a-f]{8})")

MOST_TAGS = 400
"""Single groups that a link names: 400 make 3,600 characters, and browsers and proxies take about 8,000."""


def is_opening(text: str) -> bool:
    """True for what `resolve` understands."""
    return _SPELLED.fullmatch(text) is not None


def resolve(hierarchy: Hierarchy, which: Opening | frozenset[str]) -> frozenset[str]:
    """The ids of the open groups, the outermost among them; tags of groups that are not here are ignored.

    Text that is no opening counts as `first`.
    """
    if not isinstance(which, str):
        return which | {hierarchy.root}
    found = _SPELLED.fullmatch(which)
    base, tags = (found[1], found[2]) if found else ("first", "")
    opened = set(_base(hierarchy, base))
    if tags:
        by_tag = {tag(group): group for group in hierarchy.groups}
        for sign, name in _TAGS.findall(tags):
            if name in by_tag:
                (opened.add if sign == "+" else opened.discard)(by_tag[name])
    return frozenset(opened | {hierarchy.root})


def spell(hierarchy: Hierarchy, opened: frozenset[str]) -> Opening:
    """The shortest opening that `resolve`s to `opened`.

    Beyond `MOST_TAGS` single groups, the nearest word alone.
    """
    words = [*WORDS, *(str(depth) for depth in range(1, depth_of(hierarchy)))]
    bases = {word: _base(hierarchy, word) for word in words}
    nearest = min(bases, key=lambda word: len(bases[word] ^ opened))
    more = sorted(opened - bases[nearest] - {hierarchy.root})
    less = sorted(bases[nearest] - opened - {hierarchy.root})
    if len(more) + len(less) > MOST_TAGS:
        return nearest
    return "".join([nearest, *(f"+{tag(g)}" for g in more), *(f"-{tag(g)}" for g in less)])


def tag(name: str) -> str:
    """Eight hexadecimal digits for an id: of 1,000 groups, two share one with a chance of 1 to 8,600."""
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def levels(hierarchy: Hierarchy) -> dict[str, int]:
    """Group -> how many groups are around it."""
    found = {hierarchy.root: 0}
    outside_in = [hierarchy.root]
    for group in outside_in:
        for child in hierarchy.groups[group].children:
            found[child] = found[group] + 1
            outside_in.append(child)
    return found


def depth_now(hierarchy: Hierarchy, opened: frozenset[str]) -> int:
    """The depth to which `opened` is open, all of it and no more; -1 where it is mixed."""
    level = levels(hierarchy)
    visible = {group for group in opened if group in level}
    deepest = max((level[group] for group in visible), default=0)
    wanted = {group for group, at in level.items() if at <= deepest}
    return deepest if wanted == visible | {hierarchy.root} else -1


def bounded(hierarchy: Hierarchy, opened: frozenset[str], most: int) -> tuple[frozenset[str], int]:
    """Those of `opened` that fit into `most` boxes, outer ones first, and how many stay closed for it."""
    kept = {hierarchy.root}
    boxes = _members(hierarchy, hierarchy.root)
    shut = 0
    waiting = [hierarchy.root]
    for group in waiting:
        for child in hierarchy.groups[group].children:
            if child not in opened:
                continue
            if boxes + _members(hierarchy, child) > most:
                shut += 1
                continue
            boxes += _members(hierarchy, child)
            kept.add(child)
            waiting.append(child)
    return frozenset(kept), shut


def _base(hierarchy: Hierarchy, word: str) -> frozenset[str]:
    if word == "first":
        return first_open(hierarchy)
    if word == "all":
        return open_all(hierarchy)
    return open_to_depth(hierarchy, 0 if word == "none" else int(word))


def _members(hierarchy: Hierarchy, group: str) -> int:
    found = hierarchy.groups[group]
    return len(found.children) + len(found.nodes)
