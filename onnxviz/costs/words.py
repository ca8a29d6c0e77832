"""A cost and its derivation as lines of plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onnxviz.costs.quantities import quantity
from onnxviz.costs.types import Cost
from onnxviz.scene.text import shorten

_MOST_SHAPES = 8
_MOST_NAMES = 6
_EXACT = 10**15
"""Numbers below are written out beside the rounded one."""


def derivation(cost: Cost, unit: str, assume: int | None = None, runs: int = 1) -> Iterator[str]:
    """Value or reason, runs, formula, sizes, assumptions and source, a line each where there is one.

    `assume` and `runs` are those of the overlay. Names from the model are cleaned and bounded, not escaped.
    """
    if cost.amount is None:
        yield f"Not known: {cost.reason}"
    else:
        exact = f" ({cost.amount:,})" if 1000 <= cost.amount < _EXACT else ""
        yield quantity(cost.amount, unit) + exact
        if runs != 1:
            yield f"In each of {runs:,} runs: {quantity(cost.amount * runs, unit)} in all"
    if cost.formula:
        yield f"Formula: {cost.formula}"
    if cost.sizes:
        yield "With " + ", ".join(_shape(name, shape) for name, shape in cost.sizes[:_MOST_SHAPES])
    if cost.assumed:
        yield assumption(cost.assumed, assume)
    if cost.source:
        yield f"Source: {cost.source}"


def assumption(names: Sequence[str], assume: int | None) -> str:
    """`symbolic sizes taken as 1: batch, sequence`; an empty name stands for those without one."""
    named = [name for name in names if name]
    listed = listing(named)
    if "" in names:
        listed += ", and those without a name" if listed else "all, and none has a name"
    return f"symbolic sizes taken as {assume}: {listed}"


def listing(names: Sequence[str]) -> str:
    """The first few, and how many more."""
    more = len(names) - _MOST_NAMES
    shown = ", ".join(shorten(name, 40) for name in names[:_MOST_NAMES])
    return f"{shown} and {more:,} more" if more > 0 else shown


def _shape(name: str, shape: tuple[int, ...]) -> str:
    return f"{shorten(name, 40)} {shorten('×'.join(map(str, shape)), 60) or 'of one number'}"
