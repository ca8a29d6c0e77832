"""Tables and words for what the benchmarks find."""

from __future__ import annotations

import math
import os
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns as wide as they must be; numbers to the right, the last column as it is."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    lines = []
    for row in cells:
        first, *middle = (cell.rjust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True))
        lines.append("  ".join([first.strip().ljust(widths[0]), *middle, row[-1]]).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of each figure, over the rounds that have it."""
    names = dict.fromkeys(name for one in rounds for name in one)
    return {name: statistics.median(one[name] for one in rounds if name in one) for name in names}


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0.95) of all are not above: the nearest rank."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def verdict(checks: Iterable[tuple[str, float, float]], unit: str = "s") -> str:
    """In words, whether each (what, found, most) is within its bar."""
    over = [
        f"{what} {found:.3g} {unit}, over {most:g} {unit}" for what, found, most in checks if found > most
    ]
    return f"FAILS: {'; '.join(over)}" if over else "passes"


def seconds(value: Any) -> str:
    """`0.123`, or a dash for what was not measured."""
    return "–" if value is None else f"{value:.3f}"


def load() -> str:
    """How busy the machine is, to print below figures: with others at work they are too high."""
    return f"Load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
