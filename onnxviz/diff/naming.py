"""What the names of outputs say, and when to believe them.

Most optimizers keep the names of what they keep. An exporter that numbers its tensors gives the same names to
other tensors after any change of the program. So names are believed as far as they agree with what is known
without them.
"""

from __future__ import annotations

from onnxviz.diff.fusing import first_of_op
from onnxviz.diff.matching import Matching
from onnxviz.diff.merkle import Classes
from onnxviz.diff.table import NONE

_TRUST = 0.9
"""Share of the nodes matched otherwise that must have kept their names."""


def by_name_and_class(m: Matching, a: Classes, b: Classes) -> None:
    """Match nodes of one name that compute the same, or that are used for the same."""
    for i, j in namesakes(m):
        if a.down[i] == b.down[j] or a.up[i] == b.up[j]:
            agree, against = m.agreement(i, j)
            if agree >= against:
                m.pair(i, j)


def names_tell(m: Matching) -> bool:
    """True where the nodes that are matched so far have kept their names, or none is."""
    pairs = [(i, j) for i, j in enumerate(m.to_b) if j != NONE]
    kept = sum(m.a.first_name(i) == m.b.first_name(j) for i, j in pairs)
    return kept >= _TRUST * len(pairs)


def by_name(m: Matching, trusted: bool) -> None:
    """Match nodes of one name whose neighbours speak for it or, with `trusted`, not against it."""
    for i, j in namesakes(m):
        agree, against = m.agreement(i, j)
        if agree >= against and (agree or trusted):
            m.pair(i, j)


def by_last_name(m: Matching) -> None:
    """Match a node that was fused with its readers and took over the name of the last of them.

    The name leads to that last node, and `first_of_op` to the first.
    """
    its = {(m.b.first_name(j), m.b.home_of[j]): j for j in m.left_after()}
    for last in m.left():
        name = m.a.first_name(last)
        j = its.get((name, m.home_image[m.a.home_of[last]]), NONE)
        i = first_of_op(m, last, m.b.ops[j]) if name and j != NONE else NONE
        if i != NONE and m.is_free(i, j):
            agree, against = m.agreement(i, j)
            if agree >= against:
                m.pair(i, j)


def namesakes(m: Matching, *, across: bool = False) -> list[tuple[int, int]]:
    """Free nodes of one op type that make a tensor of one name, in one graph or `across` graphs."""
    its = {(m.b.first_name(j), NONE if across else m.b.home_of[j]): j for j in m.left_after()}
    pairs = []
    for i in m.left():
        name = m.a.first_name(i)
        j = its.get((name, NONE if across else m.home_image[m.a.home_of[i]]), NONE)
        if name and j != NONE and m.a.ops[i] == m.b.ops[j]:
            pairs.append((i, j))
    return pairs
