"""Through nodes that went: what was fused into one node, or taken out between two that stayed."""

from __future__ import annotations

from onnxviz.diff.matching import Accept, Matching
from onnxviz.diff.table import NONE

_LONGEST = 8
"""Nodes that a fusion may join in one: a Conv with its normalization and activation are five or six."""


def pair_through(m: Matching, accept: Accept) -> None:
    """Match makers of what matched nodes read, past nodes of a that have no partner in b, outputs first."""
    waiting = [i for i, j in enumerate(m.to_b) if j != NONE and _has_free_maker(m, j)]
    exits = list(m.exits)
    while waiting or exits:
        if exits:
            pairs = [exits.pop()]
        else:
            i = waiting.pop()
            pairs = list(zip(m.a.sources[i], m.b.sources[m.to_b[i]], strict=False))
        for mine, its in pairs:
            j = NONE if its == NONE else m.b.makers[its]
            start = NONE if mine == NONE else m.a.makers[mine]
            if start == NONE or j == NONE or m.to_a[j] != NONE:
                continue
            i = first_of_op(m, start, m.b.ops[j])
            if i != NONE and accept(i, j):
                m.pair(i, j)
                waiting.append(i)


def first_of_op(m: Matching, last: int, op: int) -> int:
    """The nearest free node of a with this op, going up from `last` along what nothing else reads."""
    node = last
    for _ in range(_LONGEST):
        if m.to_b[node] != NONE:
            break
        if m.a.ops[node] == op:
            return node
        read = next((t for t in m.a.sources[node] if t != NONE and m.a.fixed[t] == NONE), NONE)
        if read == NONE or m.a.makers[read] == NONE or len(m.a.readers[read]) != 1:
            break
        node = m.a.makers[read]
    return NONE


def _has_free_maker(m: Matching, j: int) -> bool:
    makers = (m.b.makers[t] for t in m.b.sources[j] if t != NONE)
    return any(maker != NONE and m.to_a[maker] == NONE for maker in makers)
