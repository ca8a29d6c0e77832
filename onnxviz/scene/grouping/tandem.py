"""Tandem repeats in a sequence of numbers: `a x y x y x y b` holds `(x y)` three times in a row.

Equal pieces are named as in Karp, Miller and Rosenberg, "Rapid identification of repeated patterns in
strings, trees and arrays" (STOC 1972): pieces of 2k symbols are pairs of pieces of k symbols. How far back a
piece was last seen proposes periods; a streak of `s[i] == s[i + p]` at least `p` long proves one (a "maximal
repetition", Kolpakov and Kucherov, FOCS 1999). Runs are collapsed from the shortest period up and the
shorter sequence is searched again, which gives repeats of repeats: a run-length grammar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]

MAX_ROUNDS = 24
"""Times that the sequence is searched and collapsed. The models of the corpus need 2 to 5; a bound, since
each search may cost a pass for every power of two."""

MAX_TRIES = 48
"""Periods that are proposed and tried in one search: a pass over the sequence each."""


@dataclass(frozen=True, slots=True)
class Run:
    """The same word several times in a row; or once, where the word makes a run elsewhere.

    Each of `parts` is one occurrence: numbers of symbols, and runs in their place.
    """

    parts: tuple[tuple[int | Run, ...], ...]

    @property
    def first(self) -> int:
        """Place of the first symbol."""
        item = self.parts[0][0]
        return item if isinstance(item, int) else item.first

    @property
    def last(self) -> int:
        """Place of the last symbol."""
        item = self.parts[-1][-1]
        return item if isinstance(item, int) else item.last


@dataclass(slots=True)
class _Search:
    symbols: Numbers
    items: list[int | Run]
    firsts: Numbers
    """Place of each item's first symbol in the whole sequence."""
    names: dict[tuple[int, ...], int] = field(default_factory=dict)
    fresh: int = 0


def collapse(symbols: Sequence[int], cost: Sequence[int]) -> list[int | Run]:
    """The sequence with its tandem repeats collapsed, as places of symbols and runs in their order.

    A run of `x y x y x` may start at either letter: the one where `cost`, summed over the places where its
    parts begin, is least (`cost` has one entry more than `symbols`); of equals the first.
    Deterministic; about `len(symbols)` times its logarithm in practice, and bounded by `MAX_ROUNDS` times
    `MAX_TRIES` passes.
    """
    size = len(symbols)
    numbers = np.asarray(symbols, dtype=np.int64)
    search = _Search(numbers, list(range(size)), np.arange(size + 1), {}, int(max(symbols, default=0)) + 1)
    weights = np.asarray(cost, dtype=np.int64)
    for _ in range(MAX_ROUNDS):
        runs = _shortest(search.symbols)
        if not runs:
            break
        _replace(search, runs, weights)
    return search.items


def _shortest(symbols: Numbers) -> list[tuple[int, int, int]]:
    """All runs of the shortest period, as (start, end, period), none over another."""
    for tried, period in enumerate(_periods(symbols)):
        if tried == MAX_TRIES:
            break
        found: list[tuple[int, int, int]] = []
        for start, end in _streaks(symbols[:-period] == symbols[period:], period):
            begin = max(start, found[-1][1]) if found else start
            if end + period - begin >= 2 * period:
                found.append((begin, end + period, period))
        if found:
            return found
    return []


def _periods(symbols: Numbers) -> Iterator[int]:
    """Periods that a run may have, ascending.

    A run of period p in [k, 2k) holds at least p - k + 1 pieces of length k that were last seen p before,
    unless its word repeats within itself.
    """
    size = len(symbols)
    names, length = np.unique(symbols, return_inverse=True)[1], 1
    while 2 * length <= size:
        order = np.argsort(names, kind="stable")
        same = names[order[1:]] == names[order[:-1]]
        if not same.any():
            return
        back = (order[1:] - order[:-1])[same]
        counts = np.bincount(back[back < 2 * length], minlength=2 * length)
        for period in range(length, min(2 * length, size // 2 + 1)):
            if counts[period] >= period - length + 1:
                yield period
        names = np.unique(names[:-length] * size + names[length:], return_inverse=True)[1]
        length *= 2


def _streaks(equal: npt.NDArray[np.bool_], least: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each stretch of True that is at least `least` long."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], equal, [False])).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    long = ends - starts >= least
    yield from zip(starts[long].tolist(), ends[long].tolist(), strict=True)


def _replace(search: _Search, runs: Sequence[tuple[int, int, int]], cost: Numbers) -> None:
    """Put one item in the place of each run, and of its word where it stands alone."""
    spans: list[tuple[int, int, int]] = []
    for begin, end, period in runs:
        start = begin + _offset(cost, search.firsts, begin, end, period)
        spans.append((start, start + (end - start) // period * period, period))
        word = tuple(search.symbols[start : start + period].tolist())
        search.names.setdefault(word, search.fresh + len(search.names))
    spans += list(_alone(search.symbols, spans))
    _put(search, sorted(spans))


def _alone(symbols: Numbers, runs: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Where the word of one of the runs, which are all of one period, occurs outside them."""
    period = runs[0][2]
    pieces = _pieces(symbols, period)
    here = np.isin(pieces, pieces[[start for start, _, _ in runs]])
    for start, stop, _ in runs:
        here[max(0, start - period + 1) : stop] = False
    after = 0
    for start in np.flatnonzero(here).tolist():
        if start >= after:
            after = start + period
            yield start, after, period


def _pieces(symbols: Numbers, length: int) -> Numbers:
    """A number for the piece of this length from each place on; equal pieces have equal numbers."""
    names, known = np.unique(symbols, return_inverse=True)[1], 1
    while known < length:
        step = min(known, length - known)
        names = np.unique(names[:-step] * len(symbols) + names[step:], return_inverse=True)[1]
        known += step
    return names


def _put(search: _Search, spans: Sequence[tuple[int, int, int]]) -> None:
    symbols, items, firsts = search.symbols, search.items, search.firsts
    fresh: list[int | Run] = []
    kept = np.ones(len(symbols), dtype=np.bool_)
    done = 0
    for start, stop, period in spans:
        name = search.names[tuple(symbols[start : start + period].tolist())]
        fresh += items[done:start]
        if stop - start > 1:
            fresh.append(Run(tuple(tuple(items[at : at + period]) for at in range(start, stop, period))))
        else:
            fresh.append(items[start])
        kept[start + 1 : stop] = False
        symbols[start] = name
        done = stop
    search.items = fresh + items[done:]
    search.symbols = symbols[kept]
    search.firsts = firsts[np.append(kept, True)]


def _offset(cost: Numbers, firsts: Numbers, begin: int, end: int, period: int) -> int:
    slack = (end - begin) % period
    sums = [int(cost[firsts[begin + o : end + 1 : period]].sum()) for o in range(slack + 1)]
    return sums.index(min(sums))
