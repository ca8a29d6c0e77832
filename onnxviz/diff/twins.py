"""Nodes that look alike: which of them is which, one choice at a time.

Where several nodes of each graph have one key, the first choice is free and the next ones follow from
it, so each choice is spread to its neighbours before another is made (individualisation and refinement, B. D.
McKay and A. Piperno, "Practical graph isomorphism, II", 2014, without the search behind it: choices are
never taken back, which keeps it linear and may miss a correspondence in graphs built for that).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from onnxviz.diff.matching import Accept, Matching
from onnxviz.diff.spread import spread_from
from onnxviz.diff.table import NONE, Table, crossings

Signature = tuple[int, ...]
"""A key, the graph and the tensors that a node reads, numbered as in b."""

_OMITTED, _UNKNOWN, _CONSTANT = -3, -4, -5


@dataclass(slots=True)
class _Alike:
    """Free nodes of b with one signature, in file order."""

    nodes: list[int] = field(default_factory=list)
    by_name: dict[str, int] = field(default_factory=dict)
    begin: int = 0


def pair_alike(m: Matching, a: list[int], b: list[int], *, choose: bool) -> None:
    """Match free nodes of equal key, in the same graph, that read the same tensors.

    By name, and with `choose` in file order where no name tells.
    """
    wanted = {a[i] for i in m.left()}
    alike: dict[Signature, _Alike] = {}
    for j in m.left_after():
        if b[j] in wanted:
            found = alike.setdefault((b[j], m.b.home_of[j], *_read(m.b, j, b)), _Alike())
            found.nodes.append(j)
            found.by_name.setdefault(m.b.first_name(j), j)
    if not alike:
        return
    for i in m.left():
        if m.to_b[i] != NONE:
            # A choice made for another node has settled this one.
            continue
        group = alike.get((a[i], m.home_image[m.a.home_of[i]], *_read(m.a, i, a, m.image)))
        j = _pick(m, group, i, choose=choose) if group is not None else NONE
        if j != NONE:
            m.pair(i, j)
            spread_from(m, i, a, b)


def pair_in_order(m: Matching, accept: Accept) -> None:
    """Match free nodes that have the same label, constants, and labels around them, in file order.

    The last resort, for what was changed at both ends and lost its names: each choice is spread at once.
    """
    alike: dict[object, _Alike] = {}
    for j in m.left_after():
        alike.setdefault(_surroundings(m.b, j, m.b.home_of[j]), _Alike()).nodes.append(j)
    for i in m.left():
        group = alike.get(_surroundings(m.a, i, m.home_image[m.a.home_of[i]])) if m.to_b[i] == NONE else None
        j = _pick(m, group, i, choose=True) if group is not None else NONE
        if j != NONE and accept(i, j):
            m.pair(i, j)
            spread_from(m, i, m.a.labels, m.b.labels)


def _surroundings(table: Table, node: int, home: int) -> object:
    labels, makers, fixed = table.labels, table.makers, table.fixed
    above = [
        _OMITTED if t == NONE else _CONSTANT - fixed[t] if fixed[t] != NONE else labels[makers[t]]
        for t in table.sources[node]
        if t == NONE or fixed[t] != NONE or makers[t] != NONE
    ]
    below = {(labels[r], slot) for t in table.made[node] if t != NONE for r, slot in table.readers[t]}
    return (home, labels[node], tuple(above), tuple(sorted(below)))


def _pick(m: Matching, group: _Alike, i: int, *, choose: bool) -> int:
    name = m.a.first_name(i)
    named = group.by_name.get(name, NONE) if name else NONE
    if named != NONE and m.to_a[named] == NONE:
        return named
    if not choose:
        return NONE
    while group.begin < len(group.nodes):
        j = group.nodes[group.begin]
        group.begin += 1
        if m.to_a[j] == NONE:
            return j
    return NONE


def _read(table: Table, node: int, keys: list[int], image: list[int] | None = None) -> Signature:
    """What a node and its bodies read, with the tensors' images where there are any; constants by value."""

    def number(tensor: int) -> int:
        if tensor == NONE:
            return _OMITTED
        if table.fixed[tensor] != NONE:
            return _CONSTANT - table.fixed[tensor]
        if image is None:
            return tensor
        return image[tensor] if image[tensor] != NONE else _UNKNOWN

    read = tuple(map(number, table.sources[node]))
    if not table.bodies[node]:
        return read
    inner = sorted((keys[reader], slot, number(t)) for reader, slot, t in crossings(table).get(node, ()))
    return (*read, *(part for one in inner for part in one))
