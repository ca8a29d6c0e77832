"""Which input and output of one graph is which of the other."""

from __future__ import annotations

from onnxviz.diff.matching import Pairs
from onnxviz.diff.table import MAIN, Table


def pair_ends(a: Table, b: Table, *, named: bool) -> list[tuple[Pairs, Pairs]]:
    """(inputs, outputs) as pairs of positions; two ways where names and positions disagree, names first.

    A runtime feeds and fetches by name, so names go first; whether all of them were renamed, and to one
    another's, only the rest of the graph can tell.
    """
    x, y = a.homes[MAIN], b.homes[MAIN]
    ways = []
    for mine, its in ((x.inputs, y.inputs), (x.outputs, y.outputs)):
        by_place = [(at, at) for at in range(min(len(mine), len(its)))]
        ways.append((_by_name(a, b, mine, its), by_place))
    (inputs, inputs_there), (outputs, outputs_there) = ways
    if not named:
        return [(inputs_there, outputs_there)]
    if (inputs, outputs) == (inputs_there, outputs_there):
        return [(inputs, outputs)]
    return [(inputs, outputs), (inputs_there, outputs_there)]


def _by_name(a: Table, b: Table, mine: tuple[int, ...], its: tuple[int, ...]) -> Pairs:
    """Equal names, the first of each; then what is left, in order: all if as many, else by equal type."""
    places: dict[str, int] = {}
    for at, tensor in enumerate(its):
        places.setdefault(b.names[tensor], at)
    pairs = []
    for at, tensor in enumerate(mine):
        there = places.pop(a.names[tensor], None)
        if there is not None:
            pairs.append((at, there))
    used, taken = {p for p, _ in pairs}, {q for _, q in pairs}
    left = [at for at in range(len(mine)) if at not in used]
    right = [at for at in range(len(its)) if at not in taken]
    if len(left) == len(right):
        pairs += zip(left, right, strict=True)
    else:
        pairs += _by_type(
            [(at, _type(a, mine[at])) for at in left], [(at, _type(b, its[at])) for at in right]
        )
    return sorted(pairs)


def _by_type(left: list[tuple[int, object]], right: list[tuple[int, object]]) -> Pairs:
    waiting: dict[object, list[int]] = {}
    for at, kind in reversed(right):
        waiting.setdefault(kind, []).append(at)
    pairs = []
    for at, kind in left:
        others = waiting.get(kind)
        if others:
            pairs.append((at, others.pop()))
    return pairs


def _type(table: Table, tensor: int) -> object:
    value = table.value(tensor)
    return value.dtype, value.shape
