"""From nodes that are matched to their neighbours: same slot, same kind, no other choice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from onnxviz.diff.matching import Accept, Matching
from onnxviz.diff.table import NONE

_ROUNDS = 3
"""What was one of several may be the last one left in the next round; a bound keeps it linear."""


def spread(
    m: Matching, a: list[int], b: list[int], accept: Accept, *, across: bool = False, named: bool = True
) -> None:
    """Match free neighbours of matched nodes whose keys (by node) are equal, where `accept` says so.

    A reader is matched where it is the only one of its key at its slot in its graph (with `across`, in any)
    and, with `named`, by name where there are several; an owner where a node in its bodies is. Linear in the
    edges of free nodes.
    """
    for _ in range(_ROUNDS):
        front = _Front(m, a, b, accept, across, named)
        front.begin()
        front.run()
        if not front.grown or m.is_done():
            return


def spread_from(m: Matching, i: int, a: list[int], b: list[int]) -> None:
    """As `spread`, from one matched node of a alone."""
    front = _Front(m, a, b, m.may_be_home)
    front.take(i)
    front.run()


@dataclass(slots=True)
class _Front:
    """What is matched and has not been asked for its neighbours yet."""

    m: Matching
    a: list[int]
    b: list[int]
    accept: Accept
    across: bool = False
    named: bool = False
    nodes: list[int] = field(default_factory=list)
    tensors: list[int] = field(default_factory=list)
    exits: list[tuple[int, int]] = field(default_factory=list)
    grown: bool = False

    def begin(self) -> None:
        """All that is matched and has a free neighbour."""
        m = self.m
        tensors: dict[int, None] = {}
        nodes: dict[int, None] = {}
        for i in m.left():
            read = (t for t in m.a.sources[i] if t != NONE and m.image[t] != NONE)
            tensors.update(dict.fromkeys(read))
            for tensor in m.a.made[i]:
                if tensor != NONE:
                    nodes.update((r, None) for r, _ in m.a.readers[tensor] if m.to_b[r] != NONE)
            nodes.update((n, None) for at in m.a.bodies[i] for n in m.a.homes[at].nodes if m.to_b[n] != NONE)
        self.tensors, self.nodes = list(tensors), list(nodes)
        self.exits = list(m.exits)

    def run(self) -> None:
        """Until nothing follows any more."""
        m = self.m
        while self.nodes or self.tensors or self.exits:
            if self.exits:
                self._makers(*self.exits.pop())
            elif self.nodes:
                i = self.nodes.pop()
                j = m.to_b[i]
                for mine, its in zip(m.a.sources[i], m.b.sources[j], strict=False):
                    self._makers(mine, its)
                self._owners(i, j)
            else:
                mine = self.tensors.pop()
                for i, j in self._readers(mine, m.image[mine]):
                    self._try(i, j)

    def take(self, i: int) -> None:
        """A node that has just been matched, with what it makes and its bodies."""
        m = self.m
        self.nodes.append(i)
        self.tensors.extend(t for t in m.a.made[i] if t != NONE and m.image[t] != NONE)
        for at in m.a.bodies[i]:
            if m.home_image[at] != NONE:
                home, other = m.a.homes[at], m.b.homes[m.home_image[at]]
                inputs, outputs = m.ends[at]
                self.tensors.extend(home.inputs[p] for p, _ in inputs)
                self.exits.extend((home.outputs[p], other.outputs[q]) for p, q in outputs)

    def _try(self, i: int, j: int) -> None:
        if self.a[i] == self.b[j] and self.m.is_free(i, j) and self.accept(i, j):
            self.m.pair(i, j)
            self.take(i)
            self.grown = True

    def _makers(self, mine: int, its: int) -> None:
        """Match what makes a tensor of a with what makes one of b."""
        m = self.m
        if mine == NONE or its == NONE:
            return
        i, j = m.a.makers[mine], m.b.makers[its]
        if i != NONE and j != NONE and m.a.slots[mine] == m.b.slots[its]:
            self._try(i, j)

    def _owners(self, i: int, j: int) -> None:
        x, y = self.m.a.homes[self.m.a.home_of[i]], self.m.b.homes[self.m.b.home_of[j]]
        if x.owner != NONE and y.owner != NONE and (x.body, x.at) == (y.body, y.at):
            self._try(x.owner, y.owner)

    def _readers(self, mine: int, its: int) -> Iterable[tuple[int, int]]:
        m = self.m
        groups: dict[tuple[int, int, int], list[int]] = {}
        for i, slot in m.a.readers[mine]:
            if m.to_b[i] == NONE:
                groups.setdefault((self.a[i], slot, self._home(i)), []).append(i)
        if not groups:
            return
        others: dict[tuple[int, int, int], list[int]] = {}
        for j, slot in m.b.readers[its]:
            if m.to_a[j] == NONE:
                others.setdefault((self.b[j], slot, self._home_after(j)), []).append(j)
        for key, left in groups.items():
            right = others.get(key)
            if right is not None and len(left) == len(right) == 1:
                yield left[0], right[0]
            elif right is not None and self.named:
                yield from self._by_name(left, right)

    def _home(self, i: int) -> int:
        """The graph of a node of a, as b numbers it; all are one where nodes may move."""
        return NONE if self.across else self.m.home_image[self.m.a.home_of[i]]

    def _home_after(self, j: int) -> int:
        home = self.m.b.home_of[j]
        return NONE if self.across or self.m.home_origin[home] == NONE else home

    def _by_name(self, left: list[int], right: list[int]) -> Iterable[tuple[int, int]]:
        """Those of one name, and then the last ones left, if there is one on each side."""
        m = self.m
        named = {m.b.first_name(j): j for j in right}
        named.pop("", None)
        pairs = [(i, named[name]) for i in left if (name := m.a.first_name(i)) in named]
        yield from pairs
        mine, its = {i for i, _ in pairs}, {j for _, j in pairs}
        rest = [i for i in left if i not in mine], [j for j in right if j not in its]
        if len(rest[0]) == 1 and len(rest[1]) == 1:
            yield rest[0][0], rest[1][0]
