"""Which measurements are worth comparing, and what the comparison says."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

from onnxviz.bench import statistics
from onnxviz.bench.types import Comparison, Configuration, Measurement


def with_baseline(measurements: Sequence[Measurement], seed: int = 0) -> tuple[Comparison, ...]:
    """Every pair that differs in exactly one setting, in which the first of the pair has the baseline's.

    The baseline of a setting is its value in the first measurement: so each model is compared with the
    first model on each provider, each provider with the first provider for each model, and so on.
    """
    by_cell = {one.configuration: one for one in measurements}
    return tuple(
        compare(by_cell[a], by_cell[b], seed)
        for a, b in pairs([one.configuration for one in measurements])
        if by_cell[a].times_s and by_cell[b].times_s
    )


def pairs(cells: Sequence[Configuration]) -> list[tuple[Configuration, Configuration]]:
    """The pairs that `with_baseline` compares, whether or not they have times."""
    if not cells:
        return []
    base = _settings(cells[0])
    found = []
    for b in cells:
        for a in cells:
            settings = zip(_settings(a), _settings(b), base, strict=True)
            changed = [(left, start) for left, right, start in settings if left != right]
            if len(changed) == 1 and changed[0][0] == changed[0][1]:
                found.append((a, b))
    return found


def _settings(cell: Configuration) -> tuple[Hashable, ...]:
    return cell.model, cell.provider, cell.level, cell.threads, cell.dims, cell.batch, cell.options


def compare(a: Measurement, b: Measurement, seed: int = 0) -> Comparison:
    """How `b` does against `a`; both have times."""
    interval = statistics.ratio_interval(
        statistics.by_round(a.times_s, a.runs_per_round),
        statistics.by_round(b.times_s, b.runs_per_round),
        seed=seed,
    )
    ratio = (a.median_s or 0.0) / (b.median_s or math.inf)
    return Comparison(a.label, b.label, ratio, interval, statistics.words(ratio, interval))
