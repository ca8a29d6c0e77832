"""The layout of one group as a question and its answer, and an answer of our own.

Everything here runs from top to bottom; `place` swaps the axes for a picture from left to right.
Units are points, y down, the origin at the upper left corner of the content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]

NODE_GAP = 22.0
RANK_GAP = 36.0
"""Room between boxes side by side, and between rows: one edge label of 10 points fits."""


@dataclass(frozen=True, slots=True)
class Link:
    """A line between two items by number. `tail_at`/`head_at` in 0..1 is where along the side, or None."""

    tail: int
    head: int
    tail_at: float | None = None
    head_at: float | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Items to place. The numbers in `first` and `last` are ports: they belong on the outer rows."""

    sizes: tuple[Point, ...]
    links: tuple[Link, ...]
    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Solution:
    """`centers` of the items; `lines` as cubic Béziers (1 + 3n points), one for each link."""

    centers: tuple[Point, ...]
    lines: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def layered(problem: Problem) -> Solution:
    """Rows by longest path, each row centred, straight lines: for when the engine gives no answer."""
    rows = _rows(problem)
    widths = [sum(problem.sizes[i][0] for i in row) + NODE_GAP * (len(row) - 1) for row in rows]
    width = max(widths, default=0.0)
    centers: list[Point] = [(0.0, 0.0)] * len(problem.sizes)
    top = 0.0
    for row, used in zip(rows, widths, strict=True):
        tall = max(problem.sizes[i][1] for i in row)
        left = (width - used) / 2
        for i in row:
            centers[i] = (left + problem.sizes[i][0] / 2, top + tall / 2)
            left += problem.sizes[i][0] + NODE_GAP
        top += tall + RANK_GAP
    lines = tuple(straight(*_ends(problem, centers, link)) for link in problem.links)
    return Solution(tuple(centers), lines, width, max(0.0, top - RANK_GAP))


def straight(start: Point, end: Point) -> tuple[Point, ...]:
    """A Bézier that leaves and arrives along the y axis."""
    middle = (start[1] + end[1]) / 2
    return start, (start[0], middle), (end[0], middle), end


def ranks(count: int, links: Sequence[tuple[int, int]]) -> list[int]:
    """Longest-path rank of items `0 … count - 1`, for links with tail < head only.

    An item that nothing leads to is moved down to just above its first reader.
    """
    rank = [0] * count
    led = [False] * count
    for tail, head in sorted(links):
        rank[head] = max(rank[head], rank[tail] + 1)
        led[head] = True
    lowest: dict[int, int] = {}
    for tail, head in links:
        lowest[tail] = min(lowest.get(tail, rank[head]), rank[head])
    for item, first_reader in lowest.items():
        if not led[item]:
            rank[item] = first_reader - 1
    return rank


def _rows(problem: Problem) -> list[list[int]]:
    count = len(problem.sizes)
    ports = {*problem.first, *problem.last}
    rank = ranks(count, [(k.tail, k.head) for k in problem.links if k.tail < k.head])
    middle: dict[int, list[int]] = {}
    for item in range(count):
        if item not in ports:
            middle.setdefault(rank[item], []).append(item)
    rows = [middle[r] for r in sorted(middle)]
    return [row for row in (list(problem.first), *rows, list(problem.last)) if row]


def _ends(problem: Problem, centers: Sequence[Point], link: Link) -> tuple[Point, Point]:
    (tx, ty), (tw, th) = centers[link.tail], problem.sizes[link.tail]
    (hx, hy), (hw, hh) = centers[link.head], problem.sizes[link.head]
    tail_x = tx if link.tail_at is None else tx + (link.tail_at - 0.5) * tw
    head_x = hx if link.head_at is None else hx + (link.head_at - 0.5) * hw
    return (tail_x, ty + th / 2), (head_x, hy - hh / 2)
