"""Rows that were laid out lower than they are get their true height back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from onnxviz.scene.dot import told_height
from onnxviz.scene.layout import Point, Problem, Solution

Cubic = tuple[Point, Point, Point, Point]

_SAMPLES = 8
_HALVINGS = 16
"""A crossing is found to 1 / (8 * 2 ** 16) of a piece: far below a point."""


def stretched(
    problem: Problem, centers: tuple[Point, ...], lines: tuple[tuple[Point, ...], ...], width: float
) -> Solution:
    """Give rows their true height back, see `dot.told_height`; row by row, and lines move along."""
    rows: dict[float, list[int]] = {}
    for item, (_, y) in enumerate(centers):
        rows.setdefault(round(y), []).append(item)
    knots: list[tuple[float, float]] = []
    added = 0.0
    bottom = 0.0
    for y in sorted(rows):
        told = max(told_height(problem.sizes[i][1]) for i in rows[y])
        true = max(problem.sizes[i][1] for i in rows[y])
        center = centers[rows[y][0]][1]
        top = max(center - told / 2, bottom)
        bottom = max(center + told / 2, top)
        knots += [(top, top + added), (bottom, top + added + (bottom - top) + (true - told))]
        added += true - told
    height = knots[-1][1]
    if added < 0.5:
        return Solution(centers, lines, width, height)
    bands = Bands(knots)
    return Solution(
        tuple((x, bands.of(y, y)) for x, y in centers),
        tuple(_bent(line, bands) for line in lines),
        width,
        height,
    )


class Bands:
    """A piecewise linear map of y through `knots` (from, to), of slope 1 outside them."""

    def __init__(self, knots: list[tuple[float, float]]) -> None:
        self._from = [a for a, _ in knots]
        self._to = [b for _, b in knots]

    def between(self, low: float, high: float) -> list[float]:
        """Knots strictly between two heights."""
        return [y for y in self._from[bisect_right(self._from, low) :] if y < high]

    def of(self, y: float, where: float) -> float:
        """Image of `y` under the linear map of the band that holds `where`."""
        place = bisect_right(self._from, where)
        if place in (0, len(self._from)):
            at = min(place, len(self._from) - 1)
            return y - self._from[at] + self._to[at]
        a, b = self._from[place - 1], self._from[place]
        share = (y - a) / (b - a) if b > a else 0.0
        return self._to[place - 1] + share * (self._to[place] - self._to[place - 1])


def _bent(line: tuple[Point, ...], bands: Bands) -> tuple[Point, ...]:
    """A Bézier under the map: exact, since it is cut at the bands' borders and each part maps linearly.

    Mapping control points across a border makes loops instead.
    """
    points: list[Point] = []
    for start in range(0, len(line) - 1, 3):
        for part in _cut((line[start], line[start + 1], line[start + 2], line[start + 3]), bands):
            middle = _at(part, 0.5)[1]
            mapped = [(x, bands.of(y, middle)) for x, y in part]
            points += mapped[1:] if points else mapped
    return tuple(points)


def _cut(cubic: Cubic, bands: Bands) -> Iterator[Cubic]:
    heights = [y for _, y in cubic]
    borders = bands.between(min(heights), max(heights))
    crossings = sorted({t for border in borders for t in _crossings(cubic, border)})
    done = 0.0
    for t in crossings:
        first, cubic = _split(cubic, (t - done) / (1 - done))
        done = t
        yield first
    yield cubic


def _crossings(cubic: Cubic, height: float) -> Iterator[float]:
    """Parameters in 0..1, both ends left out, at which the curve passes a height."""
    for step in range(_SAMPLES):
        low, high = step / _SAMPLES, (step + 1) / _SAMPLES
        above = _at(cubic, low)[1] < height
        if above == (_at(cubic, high)[1] < height):
            continue
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if (_at(cubic, middle)[1] < height) == above:
                low = middle
            else:
                high = middle
        if 1e-4 < high < 1 - 1e-4:
            yield high


def _split(cubic: Cubic, t: float) -> tuple[Cubic, Cubic]:
    """De Casteljau's subdivision."""
    a, b, c, d = cubic
    ab, bc, cd = _mix(a, b, t), _mix(b, c, t), _mix(c, d, t)
    abc, bcd = _mix(ab, bc, t), _mix(bc, cd, t)
    middle = _mix(abc, bcd, t)
    return (a, ab, abc, middle), (middle, bcd, cd, d)


def _at(cubic: Cubic, t: float) -> Point:
    return _split(cubic, t)[0][3]


def _mix(a: Point, b: Point, t: float) -> Point:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t
