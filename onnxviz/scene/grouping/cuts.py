"""Cut a long run into parts where the fewest tensors cross."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

MAX_MEMBERS = 80
"""Boxes that one group holds at most: `dot` lays out 80 in about 10 ms, and its time grows faster than
the square of the number (measured with Graphviz 16.1)."""

_CUT_COST = 1.0
"""What one more part costs, in crossing tensors: of two equally thin cuttings, the one with fewer parts."""


def live_counts(size: int, spans: Iterable[tuple[int, int]]) -> list[int]:
    """How many tensors are alive before each position, for `spans` of (written at, last read at).

    The result has `size + 1` entries; entry `i` counts the spans with `first < i <= last`.
    """
    change = [0] * (size + 2)
    for first, last in spans:
        if last > first:
            change[first + 1] += 1
            change[last + 1] -= 1
    counts, alive = [], 0
    for position in range(size + 1):
        alive += change[position]
        counts.append(alive)
    return counts


def part_size(members: int) -> int:
    """Largest size of a part: small enough that there are about 20 parts, 80 nodes at most, 6 at least.

    So the first picture of 176 nodes is twenty parts and not three.
    """
    return min(MAX_MEMBERS, max(6, members // 20))


def thinnest_cuts(counts: list[int], largest: int) -> list[int]:
    """Where parts begin: positions `0 = c0 < c1 < …`, with parts of `largest // 3` to `largest` members.

    Minimises the sum of crossing tensors over all cuts: dynamic programming over the end of a part
    with a sliding-window minimum, so linear in the number of members. The last part may be shorter.
    """
    size = len(counts) - 1
    smallest = max(1, largest // 3)
    best = [float("inf")] * (size + 1)
    best[0] = 0.0
    origin = [0] * (size + 1)
    window: deque[int] = deque()
    for end in range(smallest, size):
        start = end - smallest
        if best[start] != float("inf"):
            while window and best[window[-1]] >= best[start]:
                window.pop()
            window.append(start)
        while window and window[0] < end - largest:
            window.popleft()
        if window:
            origin[end] = window[0]
            best[end] = best[window[0]] + _CUT_COST + counts[end]
    cuts = [min(range(max(0, size - largest), size), key=lambda start: (best[start], start), default=0)]
    while cuts[-1] > 0:
        cuts.append(origin[cuts[-1]])
    return cuts[::-1]
