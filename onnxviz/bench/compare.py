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
    good = [one for one in measurements if one.times_s]
    if not measurements:
        return ()
    base = _settings(measurements[0].configuration)
    found = []
    for b in good:
        for a in good:
            pairs = list(zip(_settings(a.configuration), _settings(b.configuration), base, strict=True))
            changed = [(left, start) for left, right, start in pairs if left != right]
            if len(changed) == 1 and changed[0][0] == changed[0][1]:
                found.append(compare(a, b, seed))
    return tuple(found)


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
