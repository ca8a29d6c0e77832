"""Groups for repeated blocks, where a file has no scopes to group by.

`blocks` finds them in the nodes that data flows through. The nodes that prepare a weight or
compute a shape then join the block that reads them, and all of it becomes groups: a family (`Conv-Relu-Add
×16`, kind `"repeat"`) with its blocks in it (`Conv-Relu-Add 3/16`, kind `"block"`), or one group for what is
long and does not repeat (kind `"part"`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from onnxviz.scene.grouping.blocks import Block, blocks_of
from onnxviz.scene.grouping.cuts import MAX_MEMBERS
from onnxviz.scene.grouping.drafts import Draft, Drafts, gist
from onnxviz.scene.grouping.spine import Flow, flow, spine_of
from onnxviz.scene.wires import unique

MIN_MEMBERS = 40
"""A file without scopes that has no more members than this is shown as it is: a first picture of AlexNet."""

REPEATED = 1 / 3
"""Less of the spine than this in families is chance. Measured: parts of real models where something repeats
0.42 to 1, random graphs of 2 to 20 ops mostly 0 to 0.25, rarely 0.45."""

CROWDED = 24
"""With more loose members than this in a picture that has families, chains of them become groups too."""

MIN_PART = 6
"""Members of the smallest of those."""

WHOLE = {"repeat": 14, "block": 40}
"""A family, or a block, with no more nodes than this has no groups inside."""


def group_repeats(drafts: Drafts) -> None:
    """Put repeated blocks into groups: in a file without scopes, and in every group that is too long."""
    bare = not any(node.scope for node in drafts.wiring.nodes.values())
    groups = drafts.inside_out()
    for group in groups:
        d = drafts.groups[group]
        least = MIN_MEMBERS if bare and d.kind in ("model", "body") else MAX_MEMBERS
        if len(d.members) > least and d.kind != "repeat":
            groups += _group(drafts, d)


@dataclass(slots=True)
class _Tree:
    """Blocks by number, 0 being all of the group; `home` is the block of each member."""

    blocks: list[Block]
    above: list[int]
    depth: list[int]
    home: list[int]
    kept: list[int] = field(default_factory=list)
    """Numbers of the blocks that become groups, outer ones first."""
    names: dict[int, str] = field(default_factory=dict)
    """Number -> id of the group."""

    def common(self, a: int, b: int) -> int:
        """The smallest block around both."""
        while a != b:
            if self.depth[a] >= self.depth[b]:
                a = self.above[a]
            else:
                b = self.above[b]
        return a


def _group(drafts: Drafts, d: Draft) -> list[str]:
    """The ids of the groups that it made."""
    found = _flow(drafts, d)
    spine = spine_of(found)
    blocks = blocks_of(spine)
    repeated = sum(block.end - block.start for block in blocks if block.kind == "repeat")
    if repeated < REPEATED * len(spine.places):
        return []
    tree = _tree(blocks, spine.places, found.size)
    _settle(tree, found, spine.places)
    _dissolve(tree)
    _write(drafts, d, tree)
    _part_loose(drafts, d.id, CROWDED)
    for number in tree.kept:
        if tree.blocks[number].kind == "repeat":
            _part_loose(drafts, tree.names[number], MIN_PART)
    return [tree.names[number] for number in tree.kept]


def _flow(drafts: Drafts, d: Draft) -> Flow:
    position = drafts.positions(d.id)
    kinds: dict[int, tuple[object, ...]] = {}
    for number, member in enumerate(d.members):
        if member in drafts.groups and drafts.groups[member].kind not in ("inputs", "outputs"):
            nodes = (drafts.wiring.nodes.get(leaf) for leaf in drafts.below(member))
            kinds[number] = (drafts.groups[member].kind, frozenset(n.op_type for n in nodes if n is not None))
    return flow(d.members, drafts.wiring.nodes, kinds, position, drafts.into)


def _tree(blocks: Sequence[Block], places: Sequence[int], size: int) -> _Tree:
    tree = _Tree([Block(0, len(places), "")], [0], [0], [-1] * size)
    stack = [(block, 0) for block in reversed(blocks)]
    while stack:
        block, above = stack.pop()
        number = len(tree.blocks)
        tree.blocks.append(block)
        tree.above.append(above)
        tree.depth.append(tree.depth[above] + 1)
        for place in range(block.start, block.end):
            tree.home[places[place]] = number
        stack.extend((inner, number) for inner in reversed(block.inner))
    for place in places:
        tree.home[place] = max(tree.home[place], 0)
    return tree


def _settle(tree: _Tree, found: Flow, places: Sequence[int]) -> None:
    """A home for what is not in the spine: the smallest block around its readers.

    A smaller block that both feeds it and reads it, through whatever else, has it instead, so that no line
    runs back: blocks are pieces of a topological order, and so no two blocks then wait for each other.
    """
    carriers = {member: place for place, member in enumerate(places)}
    rest = [member for member in range(found.size) if member not in carriers]
    readers: dict[int, list[int]] = {member: [] for member in rest}
    for writer, reader in zip(found.writers, found.readers, strict=True):
        if writer in readers:
            readers[writer].append(reader)
    first = dict(carriers)
    for member in reversed(rest):
        homes = {tree.home[reader] for reader in readers[member] if tree.home[reader] >= 0}
        home = min(homes, default=0)
        for other in homes:
            home = tree.common(home, other)
        tree.home[member] = home
        first[member] = min((first.get(r, len(places)) for r in readers[member]), default=len(places))
    last = dict(carriers)
    for member in rest:
        last[member] = max((last.get(source, -1) for source in found.sources(member)), default=-1)
        if 0 <= last[member] < first[member] < len(places):
            ends = (tree.home[places[last[member]]], tree.home[places[first[member]]])
            tree.home[member] = max(tree.home[member], tree.common(*ends))


def _dissolve(tree: _Tree) -> None:
    """Take the groups out of small families and blocks. Blocks come after those around them."""
    total = [0] * len(tree.blocks)
    for home in tree.home:
        total[home] += 1
    for number in range(len(total) - 1, 0, -1):
        total[tree.above[number]] += total[number]
    into = list(range(len(total)))
    for number in range(1, len(total)):
        above = tree.above[number]
        if into[above] != above or total[above] <= WHOLE.get(tree.blocks[above].kind, 0):
            into[number] = into[above]
    tree.home = [into[home] for home in tree.home]
    tree.kept = [number for number in range(1, len(total)) if into[number] == number]


def _write(drafts: Drafts, d: Draft, tree: _Tree) -> None:
    """Replace the members of the group by groups."""
    names = tree.names
    names[0] = d.id
    for number in tree.kept:
        block, above = tree.blocks[number], names[tree.above[number]]
        names[number] = unique(f"{above}/{block.kind}:{block.number or number}", drafts.taken)
        drafts.groups[names[number]] = Draft(names[number], "", block.kind, above)
    held: dict[int, list[tuple[int, str]]] = {number: [] for number in names}
    for place, (member, home) in enumerate(zip(d.members, tree.home, strict=True)):
        held[home].append((place, member))
    for number in (*reversed(tree.kept), 0):
        content = sorted(held[number])
        drafts.settle(names[number], [member for _, member in content])
        if number:
            held[tree.above[number]].append((content[0][0], names[number]))
    _name(drafts, tree)


def _name(drafts: Drafts, tree: _Tree) -> None:
    """Titles, outer groups first: the blocks of a family share its gist."""
    said: dict[int, str] = {}
    for number in tree.kept:
        block, above = tree.blocks[number], tree.above[number]
        if tree.blocks[above].kind == "repeat":
            said[number] = said[above]
        else:
            members = _sample(drafts.groups[tree.names[number]].members)
            said[number] = gist(drafts, members, f" {block.count}/{block.count}")
        count = f"×{block.count}" if block.kind == "repeat" else f"{block.number}/{block.count}"
        title = f"{said[number]} {count}" if block.count else said[number]
        drafts.groups[tree.names[number]].title = title


def _sample(members: Sequence[str]) -> Sequence[str]:
    """Enough to tell a family's gist: all of a few, else the first, the middle and the last ones."""
    if len(members) <= MAX_MEMBERS:
        return members
    half = len(members) // 2
    return (*members[:2], *members[half : half + 2], *members[-2:])


def _part_loose(drafts: Drafts, group: str, crowded: int) -> None:
    """What is left beside the families as groups too, if there are more than `crowded` such nodes."""
    d = drafts.groups[group]
    loose = sum(member not in drafts.groups for member in d.members)
    if not crowded < loose < len(d.members):
        return
    members: list[str] = []
    for is_group, run in groupby(d.members, key=lambda member: member in drafts.groups):
        for held in [list(run)] if is_group else _pieces(drafts, list(run)):
            if is_group or len(held) < MIN_PART:
                members += held
                continue
            part = unique(f"{group}/part:{len(members)}", drafts.taken)
            drafts.groups[part] = Draft(part, gist(drafts, held), "part", group, held)
            members.append(part)
    d.members = members


def _pieces(drafts: Drafts, members: Sequence[str]) -> list[list[str]]:
    """The members by connected component, each in order."""
    lead = {member: member for member in members}

    def leader(member: str) -> str:
        while lead[member] != member:
            lead[member] = member = lead[lead[member]]
        return member

    for member in members:
        for w in drafts.into.get(member, ()):
            if w.source in lead:
                lead[leader(w.source)] = leader(member)
    pieces: dict[str, list[str]] = {}
    for member in members:
        pieces.setdefault(leader(member), []).append(member)
    return list(pieces.values())
