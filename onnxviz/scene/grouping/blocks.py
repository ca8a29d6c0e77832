"""Which pieces of a sequence of nodes are blocks, and which blocks are a family.

The sequence (see `spine`) is cut into atoms (see `atoms`); tandem repeats of kinds of atoms (see `tandem`)
become families of blocks, where they are of a size that helps a reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from onnxviz.scene.grouping.atoms import Atom, atoms_of
from onnxviz.scene.grouping.spine import Spine
from onnxviz.scene.grouping.tandem import Run, collapse

MIN_BLOCK = 3
"""Nodes of the spine in the smallest block (Conv, BatchNormalization, Relu)."""

MIN_FAMILY = 6
"""Nodes of the spine in all blocks of a family together."""

UNLIKE = 3
"""Blocks of one family differ in size by this factor at most."""

LONE = 8
"""An atom of this many nodes may be a group of its own: it has its like elsewhere, or is half of a long block
(the attention of a transformer's layer)."""

ALIKE = 4
"""Equal chains between families are blocks too from this many nodes on (DenseNet's transitions)."""

FLAT = 30
"""Repeats of repeats stay side by side in the picture while they are no more boxes than this."""


@dataclass(slots=True)
class Block:
    """A piece of the spine, `start` to before `end`, that becomes a group.

    `kind` is `"repeat"` for a family of `count` blocks, `"block"` for the `number`-th of them, `"part"` for
    what does not repeat.
    """

    start: int
    end: int
    kind: str
    number: int = 0
    count: int = 0
    inner: list[Block] = field(default_factory=list)


def blocks_of(spine: Spine) -> list[Block]:
    """The outermost blocks of a sequence, in order; empty where nothing repeats."""
    size = len(spine.places)
    if size < MIN_FAMILY:
        return []
    atoms = atoms_of(spine.tokens, spine.live)
    # Of equally thin places, a block begins where its residual branches off.
    cost = [spine.alive[at] * 16 - min(spine.forks[at], 8) for at in (*(a.start for a in atoms), size)]
    planner = _Planner(atoms, spine)
    found = planner.top(collapse([atom.kind for atom in atoms], cost))
    return _numbered(found, atoms, spine.tokens)


@dataclass(frozen=True, slots=True)
class _Planner:
    atoms: Sequence[Atom]
    spine: Spine
    worth: dict[int, bool] = field(default_factory=dict)
    nested: dict[int, bool] = field(default_factory=dict)
    """What `_worth` and `_nested` found, by the id of a run: runs live as long as the search."""

    def top(self, items: Sequence[int | Run]) -> list[Block]:
        """The blocks of the outermost level: repeats of repeats are taken apart while there is room."""
        flat = self._short(self._apart(items))
        while True:
            outer = [i for i, item in enumerate(flat) if isinstance(item, Run) and self._nested(item)]
            if not outer:
                break
            largest = max(outer, key=lambda i: self._size(flat[i]))
            content = self._apart(self._content(flat[largest]))
            tried = self._short((*flat[:largest], *content, *flat[largest + 1 :]))
            if self._crowded(tried):
                break
            flat = tried
        return list(self.blocks(flat))

    def _short(self, items: Iterable[int | Run]) -> list[int | Run]:
        """Without most of what becomes no block: a chain counts once, however long it is."""
        found: list[int | Run] = []
        chain = 0
        for item in items:
            loose = self._size(item) < LONE and (
                isinstance(item, int) or not (self._worth(item) or self._nested(item))
            )
            chain = chain + 1 if loose else 0
            if chain <= ALIKE:
                found.append(item)
        return found

    def _apart(self, items: Iterable[int | Run]) -> Iterator[int | Run]:
        """The items, with what is in it in place of a run that is no family itself."""
        for item in items:
            if isinstance(item, Run) and not self._worth(item) and self._nested(item):
                yield from self._apart(self._content(item))
            else:
                yield item

    @staticmethod
    def _content(item: int | Run) -> Iterator[int | Run]:
        return (inner for part in item.parts for inner in part) if isinstance(item, Run) else iter((item,))

    def blocks(self, items: Sequence[int | Run]) -> Iterator[Block]:
        """A block for each item that is worth one; what is in the others comes in their place."""
        for item in items:
            if isinstance(item, int):
                if self._size(item) >= LONE:
                    yield Block(*self._range(item), "part")
            elif self._worth(item):
                yield from self._families(item)
            elif self._nested(item):
                yield from self.blocks(list(self._content(item)))

    def _families(self, run: Run) -> Iterator[Block]:
        """One family, or one for each stage: a stage begins with a block that makes the picture smaller."""
        blocks = [self._block(part) for part in run.parts]
        halving = [i for i, b in enumerate(blocks) if i and any(self.spine.halves[b.start : b.end])]
        stages = halving if len(halving) + 1 <= len(blocks) / 2 else []
        for first, last in zip([0, *stages], [*stages, len(blocks)], strict=True):
            held = blocks[first:last]
            for number, block in enumerate(held, 1):
                block.number, block.count = number, len(held)
            if len(held) == 1:
                held[0].number = held[0].count = 0
                yield held[0]
                continue
            yield Block(held[0].start, held[-1].end, "repeat", 0, len(held), held)

    def _block(self, part: Sequence[int | Run]) -> Block:
        start, end = self._range(part[0])[0], self._range(part[-1])[1]
        return Block(start, end, "block", 0, 0, list(self.blocks(part)) if len(part) > 1 else [])

    def _worth(self, run: Run) -> bool:
        known = self.worth.get(id(run))
        if known is None:
            sizes = [self._range(part[-1])[1] - self._range(part[0])[0] for part in run.parts]
            least = MIN_BLOCK if len(sizes) > 1 else MIN_FAMILY
            known = min(sizes) >= least and sum(sizes) >= MIN_FAMILY and max(sizes) <= UNLIKE * min(sizes)
            self.worth[id(run)] = known
        return known

    def _nested(self, run: Run) -> bool:
        """Whether there is a family inside."""
        known = self.nested.get(id(run))
        if known is None:
            inner = [item for item in self._content(run) if isinstance(item, Run)]
            known = any(self._worth(item) or self._nested(item) for item in inner)
            self.nested[id(run)] = known
        return known

    def _crowded(self, items: Sequence[int | Run]) -> bool:
        """Whether the items become more than about `FLAT` boxes; a chain between blocks counts once."""
        boxes, chain = 0, 0
        for item in items:
            if self._size(item) >= LONE or (isinstance(item, Run) and self._worth(item)):
                boxes, chain = boxes + 1, 0
            else:
                chain += self._size(item)
                boxes += chain <= ALIKE
            if boxes > FLAT:
                return True
        return False

    def _range(self, item: int | Run) -> tuple[int, int]:
        first, last = (item, item) if isinstance(item, int) else (item.first, item.last)
        return self.atoms[first].start, self.atoms[last].end

    def _size(self, item: int | Run) -> int:
        start, end = self._range(item)
        return end - start


def _numbered(blocks: list[Block], atoms: Sequence[Atom], tokens: Sequence[int]) -> list[Block]:
    """With the chains and atoms beside the families that are alike as blocks `1/3`, `2/3`, `3/3`."""
    kinds = {(atom.start, atom.end): atom.kind for atom in atoms}
    alike: dict[object, list[Block]] = {}
    for block in (*blocks, *_between(blocks, len(tokens))):
        if block.kind == "part":
            span = (block.start, block.end)
            alike.setdefault(kinds.get(span, tuple(tokens[block.start : block.end])), []).append(block)
    chains: list[Block] = []
    for same in alike.values():
        for number, block in enumerate(same, 1):
            if len(same) > 1:
                block.kind, block.number, block.count = "block", number, len(same)
                chains.append(block)
    return sorted({id(b): b for b in (*blocks, *chains)}.values(), key=lambda b: b.start)


def _between(blocks: Sequence[Block], size: int) -> Iterator[Block]:
    ends = [0, *(b.end for b in blocks)]
    starts = [*(b.start for b in blocks), size]
    for start, end in zip(ends, starts, strict=True):
        if end - start >= ALIKE:
            yield Block(start, end, "part")
