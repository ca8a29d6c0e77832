"""Which node of one graph is which of the other.

In the order of how much each kind of evidence says:

1. equal down and up classes (`merkle`): the same value, used for the same;
2. the same output name, where one of the two classes agrees;
3. an equal class of one kind that no other node has, then what follows from it by slot;
4. label and constant values that no other node has (weights tell the layers of a network apart);
5. neighbours of matched nodes at the same slot: equal label, then equal op type;
6. the same name with a neighbourhood that does not speak against it; the name of the last of the nodes
   that were fused (`naming`), or the same op beyond nodes that went (`fusing`);
7. look-alikes in file order, an op that was exchanged between neighbours that stayed, and last what moved to
   another body.

Like GumTree, large identical parts come first and what lies between them is matched by its surroundings
(J.-R. Falleri et al., "Fine-grained and accurate source code differencing", ASE 2014); unlike a syntax
tree, an ONNX graph can be entered from both ends. Each step is linear in nodes and edges, but for sorting
the readers of a tensor. Operands are not taken to commute: `Add(a, b)` and `Add(b, a)` differ in two slots,
since which operand is which is what a reader of a diff wants to know when it changed.
"""

from __future__ import annotations

from onnxviz.diff.ends import pair_ends
from onnxviz.diff.fusing import pair_through
from onnxviz.diff.matching import Matching, pair_alone
from onnxviz.diff.merkle import Classes, classes, shared
from onnxviz.diff.naming import by_last_name, by_name, by_name_and_class, names_tell, namesakes
from onnxviz.diff.spread import spread
from onnxviz.diff.table import MAIN, NONE, Table
from onnxviz.diff.twins import pair_alike, pair_in_order


def match(a: Table, b: Table, *, named_ends: bool) -> Matching:
    """The matching of two graphs. `named_ends`: inputs and outputs have names that count, as those of the
    main graph have; those of functions go by position."""
    best: tuple[Classes, Classes] | None = None
    ends: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    most = -1
    for inputs, outputs in pair_ends(a, b, named=named_ends):
        found = classes(a, b, inputs, outputs)
        count = shared(found[0].both, found[1].both)
        if count > most:
            best, most, ends = found, count, (inputs, outputs)
    assert best is not None
    m = Matching(a, b)
    m.settle(MAIN, MAIN, *ends)
    _stay(m, *best)
    if not m.is_done():
        _move(m, *best)
    return m


def identical(a: Table, b: Table) -> Matching:
    """The matching of a graph with itself."""
    m = Matching(a, b)
    home = a.homes[MAIN]
    inputs, outputs = ([(at, at) for at in range(len(ends))] for ends in (home.inputs, home.outputs))
    m.settle(MAIN, MAIN, inputs, outputs)
    for i in range(len(a.nodes)):
        m.pair(i, i)
    return m


def _stay(m: Matching, a: Classes, b: Classes) -> None:
    """Match nodes within graphs that are matched."""

    def is_plausible(i: int, j: int) -> bool:
        agree, against = m.agreement(i, j)
        return agree >= against and m.is_at_home(i, j)

    pair_alone(m, a.both, b.both, m.may_be_home)
    spread(m, a.both, b.both, m.may_be_home, named=False)
    pair_alike(m, a.both, b.both, choose=True)
    if m.is_done():
        return
    by_name_and_class(m, a, b)
    for mine, its in ((a.down, b.down), (a.up, b.up)):
        pair_alone(m, mine, its, m.may_be_home)
        spread(m, mine, its, m.is_at_home)
    pair_alike(m, a.down, b.down, choose=False)
    pair_alone(m, a.anchors, b.anchors, lambda i, j: a.anchors[i] != m.a.labels[i] and m.may_be_home(i, j))
    trusted = names_tell(m)
    for keys in ((m.a.labels, m.b.labels), (m.a.ops, m.b.ops)):
        spread(m, *keys, is_plausible)
        by_name(m, trusted)
    by_last_name(m)
    pair_through(m, is_plausible)
    spread(m, m.a.ops, m.b.ops, is_plausible)
    pair_alike(m, a.down, b.down, choose=True)
    spread(m, m.a.ops, m.b.ops, is_plausible)
    pair_in_order(m, is_plausible)
    _exchanged(m)


def _exchanged(m: Matching) -> None:
    """An op for another: what it reads and what reads it stayed, and agrees at every slot."""

    def sits_in_place(i: int, j: int) -> bool:
        mine, its = m.a.sources[i], m.b.sources[j]
        above = len(mine) == len(its) and all(map(m.same, mine, its))
        return above and m.is_at_home(i, j) and _has_same_readers(m, i, j)

    spread(m, [0] * len(m.a.ops), [0] * len(m.b.ops), sits_in_place)


def _has_same_readers(m: Matching, i: int, j: int) -> bool:
    mine = {(m.to_b[r], slot) for t in m.a.made[i] if t != NONE for r, slot in m.a.readers[t]}
    its = {(r, slot) for t in m.b.made[j] if t != NONE for r, slot in m.b.readers[t]}
    given_out = [
        {at for t in made if t != NONE for at in exits.get(t, ())}
        for made, exits in zip((m.a.made[i], m.b.made[j]), m.exits_of, strict=True)
    ]
    return mine == its and given_out[0] == given_out[1] and bool(mine or given_out[0])


def _move(m: Matching, a: Classes, b: Classes) -> None:
    """Match what went from one graph with what came in another, by what it computes and where that leads."""
    if len(m.a.homes) == len(m.b.homes) == 1:
        return

    def anywhere(i: int, j: int) -> bool:
        agree, against = m.agreement(i, j)
        return agree >= against and not m.is_at_home(i, j)

    pair_alone(m, a.down, b.down, anywhere)
    for i, j in namesakes(m, across=True):
        if m.a.labels[i] == m.b.labels[j] and anywhere(i, j):
            m.pair(i, j)
    spread(m, m.a.labels, m.b.labels, anywhere, across=True)
