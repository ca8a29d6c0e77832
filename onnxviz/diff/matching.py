"""Which node is which so far, and how well two nodes' surroundings agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from onnxviz.diff.table import NONE, Table

Pairs = list[tuple[int, int]]

Accept = Callable[[int, int], bool]

_FEW = 16
"""Readers that are asked: a tensor may have thousands, and a few say enough."""

_END = -2


@dataclass(slots=True)
class Matching:
    """A growing one-to-one relation between the nodes, tensors and bodies of two graphs.

    `to_b` and `to_a` are by node; `image` and `origin` by tensor of a and of b; `home_image` and
    `home_origin` by home. `NONE` is not matched yet. Constants that no node makes get an image only once
    all nodes are matched.
    """

    a: Table
    b: Table
    to_b: list[int] = field(init=False)
    to_a: list[int] = field(init=False)
    image: list[int] = field(init=False)
    origin: list[int] = field(init=False)
    home_image: list[int] = field(init=False)
    home_origin: list[int] = field(init=False)
    ends: dict[int, tuple[Pairs, Pairs]] = field(default_factory=dict)
    """Home of a -> pairs of positions of its inputs, and of its outputs."""
    exits: Pairs = field(default_factory=list)
    """Tensors that matched graphs give out at matched positions."""
    exits_of: tuple[dict[int, set[int]], dict[int, set[int]]] = field(default_factory=lambda: ({}, {}))
    """Tensor of a, and of b -> places in `exits`."""

    def __post_init__(self) -> None:
        self.to_b = [NONE] * len(self.a.nodes)
        self.to_a = [NONE] * len(self.b.nodes)
        self.image = [NONE] * len(self.a.names)
        self.origin = [NONE] * len(self.b.names)
        self.home_image = [NONE] * len(self.a.homes)
        self.home_origin = [NONE] * len(self.b.homes)

    def settle(self, mine: int, its: int, inputs: Pairs, outputs: Pairs) -> None:
        """Home `mine` of a is home `its` of b, with these ends (positions) in common."""
        self.home_image[mine], self.home_origin[its] = its, mine
        self.ends[mine] = (inputs, outputs)
        a, b = self.a.homes[mine], self.b.homes[its]
        for p, q in inputs:
            self.tie(a.inputs[p], b.inputs[q])
        for p, q in outputs:
            self.exits_of[0].setdefault(a.outputs[p], set()).add(len(self.exits))
            self.exits_of[1].setdefault(b.outputs[q], set()).add(len(self.exits))
            self.exits.append((a.outputs[p], b.outputs[q]))

    def pair(self, i: int, j: int) -> None:
        """Node `i` of a is node `j` of b, and so are their bodies, if they have the same ones."""
        self.to_b[i] = j
        self.to_a[j] = i
        for mine, its in zip(self.a.made[i], self.b.made[j], strict=False):
            if mine != NONE and its != NONE:
                self.tie(mine, its)
        if not self.a.bodies[i] or not self.has_same_bodies(i, j):
            return
        for p, q in zip(self.a.bodies[i], self.b.bodies[j], strict=True):
            x, y = self.a.homes[p], self.b.homes[q]
            # What flows into and out of a body is told by position.
            inputs, outputs = (
                [(at, at) for at in range(min(len(mine), len(its)))]
                for mine, its in ((x.inputs, y.inputs), (x.outputs, y.outputs))
            )
            self.settle(p, q, inputs, outputs)

    def has_same_bodies(self, i: int, j: int) -> bool:
        """True where two nodes have bodies of the same names."""
        names = (name for name, _ in self.a.nodes[i].subgraphs)
        return list(names) == [name for name, _ in self.b.nodes[j].subgraphs]

    def tie(self, mine: int, its: int) -> None:
        """Tensor `mine` of a is tensor `its` of b."""
        self.image[mine] = its
        self.origin[its] = mine

    def is_free(self, i: int, j: int) -> bool:
        """True where neither has a partner."""
        return self.to_b[i] == NONE and self.to_a[j] == NONE

    def is_at_home(self, i: int, j: int) -> bool:
        """True where the graphs in which they stand are matched with each other."""
        return self.home_image[self.a.home_of[i]] == self.b.home_of[j]

    def may_be_home(self, i: int, j: int) -> bool:
        """`is_at_home`, or the graphs are matched with none so far."""
        image, origin = self.home_image[self.a.home_of[i]], self.home_origin[self.b.home_of[j]]
        return image == self.b.home_of[j] or (image == NONE and origin == NONE)

    def left(self) -> list[int]:
        """Nodes of a without a partner, in file order."""
        return [i for i, j in enumerate(self.to_b) if j == NONE]

    def left_after(self) -> list[int]:
        """Nodes of b without a partner, in file order."""
        return [j for j, i in enumerate(self.to_a) if i == NONE]

    def is_done(self) -> bool:
        """True where one side has no node left."""
        return NONE not in self.to_b or NONE not in self.to_a

    def same(self, mine: int, its: int) -> bool:
        """True where a tensor of a and one of b are the same, or constants of equal value."""
        if mine == NONE or its == NONE:
            return mine == its
        if self.image[mine] == its:
            return True
        return self.a.certain[mine] and self.a.fixed[mine] == self.b.fixed[its]

    def agreement(self, i: int, j: int) -> tuple[int, int]:
        """(for, against): neighbours of `i` that are, and that are not, neighbours of `j` at the same slot.

        Neighbours that are not matched say nothing, nor do constants: a 1 is added in many places.
        """
        agree = contradict = 0
        for mine, its in zip(self.a.sources[i], self.b.sources[j], strict=False):
            verdict = self._tensors(mine, its)
            agree += verdict > 0
            contradict += verdict < 0
        for mine, its in zip(self.a.made[i], self.b.made[j], strict=False):
            if mine != NONE and its != NONE:
                found, missed = self._readers(mine, its)
                agree += found
                contradict += missed
        return agree, contradict

    def _tensors(self, mine: int, its: int) -> int:
        if mine == NONE or its == NONE or (self.a.fixed[mine] != NONE and self.b.fixed[its] != NONE):
            return 0
        if self.image[mine] == its:
            return 1
        return -1 if self.image[mine] != NONE and self.origin[its] != NONE else 0

    def _readers(self, mine: int, its: int) -> tuple[int, int]:
        wanted = {(self.to_b[r], slot) for r, slot in self.a.readers[mine][:_FEW] if self.to_b[r] != NONE} | {
            (_END, at) for at in self.exits_of[0].get(mine, ())
        }
        if not wanted:
            return 0, 0
        there = set(self.b.readers[its][: 4 * _FEW]) | {(_END, at) for at in self.exits_of[1].get(its, ())}
        found = len(wanted & there)
        return found, len(wanted) - found


def pair_alone(m: Matching, a: list[int], b: list[int], accept: Accept) -> None:
    """Pair the nodes whose key no other free node of their graph has, where `accept` says so."""
    mine, its = _alone(m.to_b, a), _alone(m.to_a, b)
    for key, i in mine.items():
        j = its.get(key, NONE)
        if i != NONE and j != NONE and accept(i, j):
            m.pair(i, j)


def _alone(taken: Iterable[int], keys: list[int]) -> dict[int, int]:
    """Key -> the one free node that has it, or `NONE` where there are several."""
    found: dict[int, int] = {}
    for node, (partner, key) in enumerate(zip(taken, keys, strict=True)):
        if partner == NONE:
            found[key] = NONE if key in found else node
    return found
