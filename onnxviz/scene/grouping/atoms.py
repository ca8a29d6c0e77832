"""Atoms: the pieces of a sequence of nodes that are cut where the fewest tensors are alive.

A residual block becomes one atom, a chain one for each node. An atom with one tensor in and one out is a
single-entry single-exit region (Johnson, Pearson and Pingali, "The program structure tree", PLDI 1994).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]

MIN_BAG = 4
"""Nodes from which on atoms are compared by the bag of their operators; smaller ones must be equal."""

SAME = 2 / 3
"""Common part of two bags of operators, by Jaccard's index, from which on they are one kind. Blocks that
halve the picture against their neighbours: ResNet 0.82, ShuffleNet 0.77, Inception v2 0.68. Attention against
the feed-forward half of a layer: 0.2."""

SAME_CHAIN = 0.75
"""The same for a piece of a chain, which may begin anywhere (MobileNet's blocks without a residual: 0.89)."""

MIN_CHAIN_BAG = 6
"""Nodes of the smallest atom that a piece of a chain may be like."""

MAX_KINDS = 48
MAX_TYPES = 256
"""Kinds that an atom is compared with, and different atoms that are compared, the most frequent first."""

RECUT = 8
"""An atom of so many nodes that nothing is like is cut again inside: a skip of a U-Net spans half of it."""

_ROUNDS = 12
"""Times that atoms are cut again: twice the depth of a deep U-Net."""


@dataclass(frozen=True, slots=True)
class Atom:
    """`start` to before `end` in the sequence. Atoms of one `kind` are alike."""

    start: int
    end: int
    kind: int

    @property
    def size(self) -> int:
        return self.end - self.start


def atoms_of(tokens: Sequence[int], live: Sequence[int]) -> list[Atom]:
    """Atoms of a sequence; `live` are the tensors alive before each place, and after the last."""
    counts = np.asarray(live, dtype=np.int64)
    pieces = _cut(counts, 0, len(tokens))
    for _ in range(_ROUNDS):
        atoms = _named(pieces, tokens)
        seen = Counter(atom.kind for atom in atoms)
        again = {atom.start for atom in atoms if atom.size >= RECUT and seen[atom.kind] == 1}
        if not again:
            break
        pieces = [p for a, b in pieces for p in (_cut(counts, a, b) if a in again else [(a, b)])]
    return _absorb(_named(pieces, tokens), tokens)


def _named(pieces: Sequence[tuple[int, int]], tokens: Sequence[int]) -> list[Atom]:
    # A number stands for itself: most atoms are single nodes, and tuples of one would double the time.
    names: dict[int | tuple[int, ...], int] = {}
    types = [names.setdefault(tokens[a] if b - a == 1 else tuple(tokens[a:b]), len(names)) for a, b in pieces]
    kinds = _kinds(types, [(name,) if isinstance(name, int) else name for name in names])
    return [Atom(a, b, kinds[kind]) for (a, b), kind in zip(pieces, types, strict=True)]


def _cut(live: Numbers, start: int, end: int) -> list[tuple[int, int]]:
    inside = live[start + 1 : end]
    if not len(inside):
        return [(start, end)]
    cuts = [start, *(np.flatnonzero(inside == inside.min()) + start + 1).tolist(), end]
    return list(pairwise(cuts))


def _kinds(types: Sequence[int], contents: Sequence[tuple[int, ...]]) -> list[int]:
    """Kind of each type of atom: its own number, or that of a more frequent one that is nearly the same."""
    kinds = list(range(len(contents)))
    counts = Counter(types)
    long = [kind for kind in counts if len(contents[kind]) >= MIN_BAG]
    long.sort(key=lambda kind: (-counts[kind], kind))
    known: list[tuple[int, Counter[int]]] = []
    for kind in long[:MAX_TYPES]:
        bag = Counter(contents[kind])
        same = next((other for other, have in known if _jaccard(bag, have) >= SAME), None)
        if same is not None:
            kinds[kind] = same
        elif len(known) < MAX_KINDS:
            known.append((kind, bag))
    return kinds


def _jaccard(a: Counter[int], b: Counter[int]) -> float:
    """Common part of two bags; 0 where their sizes alone rule out that they are the same kind."""
    if min(a.total(), b.total()) < SAME * max(a.total(), b.total()):
        return 0.0
    common = (a & b).total()
    return common / (a.total() + b.total() - common)


def _absorb(atoms: Sequence[Atom], tokens: Sequence[int]) -> list[Atom]:
    """Pieces of chains beside atoms of a kind that they are like become such atoms themselves.

    A block without its residual falls into single nodes: every second of MobileNet's.
    """
    counts = Counter(atom.kind for atom in atoms)
    models: dict[int, Sequence[int]] = {}
    for atom in atoms:
        if atom.size >= MIN_CHAIN_BAG and counts[atom.kind] > 1:
            models.setdefault(atom.kind, tokens[atom.start : atom.end])
    done: list[Atom] = []
    chain: list[Atom] = []
    for atom in atoms:
        if atom.size < MIN_BAG:
            chain.append(atom)
            continue
        done += _absorbed(chain, tokens, models.get(atom.kind), atom.kind, backwards=True)
        done.append(atom)
        chain = []
    last = done[-1].kind if done else -1
    return done + _absorbed(chain, tokens, models.get(last), last, backwards=False)


def _absorbed(
    chain: list[Atom], tokens: Sequence[int], model: Sequence[int] | None, kind: int, *, backwards: bool
) -> list[Atom]:
    """The chain with the pieces at its end (or beginning) that are like `model` joined, again and again."""
    if model is None:
        return chain
    rest = chain[::-1] if backwards else chain[:]
    joined: list[Atom] = []
    while (taken := _alike(rest, tokens, model, backwards=backwards)) > 0:
        piece = rest[:taken]
        del rest[:taken]
        joined.append(Atom(min(a.start for a in piece), max(a.end for a in piece), kind))
    found = joined + rest
    return found[::-1] if backwards else found


def _alike(chain: Sequence[Atom], tokens: Sequence[int], model: Sequence[int], *, backwards: bool) -> int:
    """How many atoms from the first on are most like `model` and begin like it; 0 if not alike enough."""
    bag, total = Counter(model), len(model)
    seen: Counter[int] = Counter()
    size, common = 0, 0
    best, taken = 0.0, 0
    for number, atom in enumerate(chain, 1):
        for token in tokens[atom.start : atom.end]:
            size += 1
            seen[token] += 1
            common += seen[token] <= bag[token]
        if size > 2 * total:
            break
        alike = common / (size + total - common)
        first = atom if backwards else chain[0]
        if alike >= SAME_CHAIN and alike > best and tokens[first.start] == model[0]:
            best, taken = alike, number
    return taken
