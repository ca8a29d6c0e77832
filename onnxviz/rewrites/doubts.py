"""Second looks at a comparison: is a difference the original's own doing, and is agreement more than luck?"""

from __future__ import annotations

from onnxviz.errors import RewriteFailed
from onnxviz.rewrites import differences, nudging, parting
from onnxviz.rewrites.pairing import Comparison
from onnxviz.rewrites.types import FirstDifference, Tolerance

MOST_NUDGED = 64
"""Inputs on which the original is nudged: as many as a flip of one integer in 10,000 needs to show."""


def check_repeatable(comparison: Comparison, attempt: int) -> None:
    """Raise RewriteFailed where the original gives other outputs each time: nothing can be compared."""
    side = comparison.original
    feed, _ = comparison.feed(attempt)
    for name, x, y in zip(side.outputs, side.run(feed), side.run(feed), strict=True):
        allowed = comparison.tolerance(name).rtol
        for pair in differences.pairs(name, x, y):
            if isinstance(pair, differences.Unlike) or differences.gap(*pair).ratio > allowed:
                raise RewriteFailed(
                    side.label,
                    "gives other outputs each time on the same inputs, since it draws random numbers",
                )


def excuse(comparison: Comparison, tries: int) -> Tolerance | None:
    """A wider tolerance, where every output is as near as the original is to itself under rounding.

    None where some output is not, or where that cannot be found out.
    """
    side = comparison.original
    feeds = [comparison.feed(attempt)[0] for attempt in range(min(tries, MOST_NUDGED))]
    moved = nudging.movement(side, feeds, side.outputs)
    if moved is None:
        return None
    widest = Tolerance(0.0)
    for attempt in range(tries):
        first, second = comparison.feed(attempt)
        for name, gap, _ in comparison.gaps(side.run(first), comparison.result.run(second)):
            if isinstance(gap, differences.Unlike):
                return None
            if gap.is_equal or gap.ratio <= comparison.tolerance(name).rtol:
                continue
            if not moved[name].excuses(gap):
                return None
            widest = max(widest, moved[name].tolerance, key=lambda one: one.rtol)
    return widest


def first_difference(comparison: Comparison, attempt: int) -> FirstDifference | None:
    """Where the models part, given that their outputs differ; None where nothing inside could be compared."""
    inside = parting.look_inside(comparison, attempt)
    ends = [name for name in inside.order if name in inside.beyond and name in inside.ends]
    unlike = [name for name in inside.order if name in inside.beyond and name not in inside.explained]
    found = unlike or ends
    return inside.described(found[0]) if found else None


def hidden_difference(comparison: Comparison, attempt: int) -> tuple[int, FirstDifference | None]:
    """How many tensors inside were compared, and the first that differs, given that the outputs agree.

    None where all agree. A tensor that the original, moved by rounding errors, moves as far is no difference.
    """
    inside = parting.look_inside(comparison, attempt)
    unlike = [name for name in inside.order if name in inside.beyond - inside.explained - inside.ends]
    compared = len(inside.gaps.keys() - inside.ends)
    if not unlike:
        return compared, None
    feed, _ = comparison.feed(attempt)
    moved = nudging.movement(comparison.original, [feed], unlike)
    if moved is not None:
        unlike = [name for name in unlike if not moved[name].excuses(inside.gaps[name])]
    return compared, inside.described(unlike[0]) if unlike else None
