"""Figures of a tensor, gathered piece by piece, so that no more than one piece is in memory."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from onnxviz.inspecting.contents import Array

MOST_BINS = 40
MOST_DISTINCT = 256
"""Different values that are counted: all of an 8-bit type."""

Number = int | float


@dataclass(frozen=True, slots=True)
class Histogram:
    """`counts[i]` finite values lie in `edges[i]` to `edges[i + 1]`, the last edge included."""

    counts: tuple[int, ...]
    edges: tuple[float, ...]


@dataclass(slots=True)
class Moments:
    """Count, range, mean and spread of the finite values, and counts of the others.

    `m2` is the sum of squared differences from the mean. Pieces are joined by the pairwise formula of
    Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances",
    Stanford STAN-CS-79-773 (1979).
    """

    finite: int = 0
    mean: float = 0.0
    m2: float = 0.0
    low: Number | None = None
    high: Number | None = None
    zeros: int = 0
    nans: int = 0
    infinities: int = 0

    @property
    def std(self) -> float:
        """Of the population, as numpy's `std`: the divisor is the count."""
        return math.sqrt(self.m2 / self.finite) if self.finite else math.nan

    def add(self, values: Array) -> None:
        """Take in a piece, in a type of numpy's own; of complex numbers the magnitudes are meant."""
        values = _real(values)
        self.zeros += int(np.count_nonzero(values == 0))
        finite = finite_of(values)
        if len(finite) < len(values):
            nans = int(np.count_nonzero(np.isnan(values)))
            self.nans += nans
            self.infinities += len(values) - len(finite) - nans
        if not len(finite):
            return
        low, high = finite.min().item(), finite.max().item()
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)
        with np.errstate(over="ignore", invalid="ignore"):
            wide = finite.astype(np.float64)
            mean = float(wide.mean())
            wide -= mean
            self._join(len(wide), mean, float(np.dot(wide, wide)))

    def add_zeros(self, count: int) -> None:
        """Take in zeros that nobody stored."""
        if count:
            self.zeros += count
            self.low = 0 if self.low is None else min(self.low, 0)
            self.high = 0 if self.high is None else max(self.high, 0)
            self._join(count, 0.0, 0.0)

    def _join(self, count: int, mean: float, m2: float) -> None:
        total = self.finite + count
        delta = mean - self.mean
        self.mean += delta * count / total
        self.m2 += m2 + delta * delta * self.finite * count / total
        self.finite = total


@dataclass(slots=True)
class Distinct:
    """The different values, until there are more than `MOST_DISTINCT`. All NaN are one value."""

    seen: Array | None = field(default=None)
    many: bool = False

    @property
    def count(self) -> int | None:
        """Different values, or None for more than `MOST_DISTINCT`."""
        return None if self.many else 0 if self.seen is None else len(self.seen)

    def add(self, values: Array) -> None:
        """Take in a piece."""
        if self.many or not len(values):
            return
        # Sorting a piece takes a hundred times as long as this look at its beginning.
        head = np.unique(values[: 4 * MOST_DISTINCT])
        new = head if len(head) > MOST_DISTINCT else np.unique(values)
        self.seen = new if self.seen is None else np.unique(np.concatenate([self.seen, new]))
        self.many = len(self.seen) > MOST_DISTINCT


def finite_of(values: Array) -> Array:
    """The finite values; all of an integer type."""
    if values.dtype.kind != "f":
        return values
    mask = np.isfinite(values)
    return values if mask.all() else values[mask]


def edges_of(low: Number, high: Number, count: int, *, whole: bool) -> tuple[float, ...]:
    """Bin edges over `low..high`: a bin a number for few whole numbers, else about the square root of
    `count`, and never more than `MOST_BINS`."""
    if whole and high - low < MOST_BINS:
        return tuple(float(low) - 0.5 + step for step in range(int(high - low) + 2))
    if low == high:
        return float(low), float(high)
    bins = min(MOST_BINS, max(1, math.isqrt(count - 1) + 1))
    # Each end apart, since their difference may be beyond a float's range.
    between = (float(low) * (1 - step / bins) + float(high) * (step / bins) for step in range(1, bins))
    return float(low), *between, float(high)


def histogram(pieces: Iterable[Array], moments: Moments, more_zeros: int, *, whole: bool) -> Histogram | None:
    """The second pass: how the finite values are spread; None where there are none.

    `whole` says that the type is one of integers. `more_zeros` are values of zero beside the pieces.
    """
    if moments.low is None or moments.high is None:
        return None
    edges = edges_of(moments.low, moments.high, moments.finite, whole=whole)
    borders = np.asarray(edges)
    counts = np.zeros(len(edges) - 1, dtype=np.int64)
    for piece in pieces:
        counts += _counted(finite_of(_real(piece)), borders)
    if more_zeros:
        counts[_places(np.zeros(1), borders)] += more_zeros
    return Histogram(tuple(counts.tolist()), edges)


def _counted(values: Array, borders: Array) -> Array:
    counts: Array = np.bincount(_places(values.astype(np.float64), borders), minlength=len(borders) - 1)
    return counts


def _places(values: Array, borders: Array) -> Array:
    """The bin of each value, found by its distance from the first edge and mended at the bins' edges,
    where rounding may put it one too low or too high (as `numpy.histogram` does)."""
    bins = len(borders) - 1
    # Halves, since the whole range may be beyond a float's.
    width = borders[-1] / 2 - borders[0] / 2
    scale = bins / width if width > 0 else 0.0
    if not np.isfinite(scale):
        places: Array = np.clip(np.searchsorted(borders, values, side="right") - 1, 0, bins - 1)
        return places
    found: Array = ((values / 2 - borders[0] / 2) * scale).astype(np.intp)
    np.clip(found, 0, bins - 1, out=found)
    found -= values < borders[found]
    found += (values >= borders[found + 1]) & (found < bins - 1)
    np.clip(found, 0, bins - 1, out=found)
    return found


def _real(values: Array) -> Array:
    if values.dtype.kind == "c":
        magnitudes: Array = np.abs(values)
        return magnitudes
    return values.view(np.uint8) if values.dtype.kind == "b" else values
