"""The statistics of run times: quantiles, outliers, and a bootstrap interval for a ratio of medians.

Medians, since run times are skewed to the right and a few slow runs should not decide. A ratio, since
that is what a person asks ("how many times faster?").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MIN_ROUNDS = 6
"""Below six independent rounds no interval can hold a median with 95 % confidence: the whole range of n
samples covers it with probability 1 - 2^(1-n), which is 0.9375 for n = 5 and 0.969 for n = 6
(David and Nagaraja, Order Statistics, 3rd ed., section 7.1)."""

MARGIN = 0.01
"""A difference must be larger than this part to count. Two sessions of one and the same model differ by about
half a per cent for as long as they live, by where their weights lie in memory (Mytkowicz et al.,
"Producing Wrong Data Without Doing Anything Obviously Wrong!", ASPLOS 2009; 20 pairs of SqueezeNet
sessions here: the quiet ones had ratios of 0.995 to 1.010, with intervals as narrow as 0.012)."""

RESAMPLES = 2000
"""Efron and Tibshirani (An Introduction to the Bootstrap, 1993, chapter 13) ask for 1,000 or more for
percentile intervals."""

FAR_OUT = 3.0
"""Tukey's outer fence, in interquartile ranges from the quartile (Exploratory Data Analysis, 1977, 2D)."""


def quantile(times_s: Sequence[float], q: float) -> float | None:
    """The `q` quantile (0..1), interpolated between order statistics; None without samples.

    Definition 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American
    Statistician 50 (1996), which is NumPy's and R's default.
    """
    if not times_s:
        return None
    return float(np.quantile(np.asarray(times_s, dtype=np.float64), q, method="linear"))


def spread(times_s: Sequence[float]) -> float:
    """Interquartile range over the median: how noisy the runs are, without regard to a few outliers."""
    low, middle, high = (quantile(times_s, q) or 0.0 for q in (0.25, 0.5, 0.75))
    return (high - low) / middle if middle > 0 else 0.0


def far_out(times_s: Sequence[float]) -> tuple[float, ...]:
    """The runs slower than Tukey's outer fence, Q3 + 3 (Q3 - Q1)."""
    low, high = quantile(times_s, 0.25), quantile(times_s, 0.75)
    if low is None or high is None:
        return ()
    fence = high + FAR_OUT * (high - low)
    return tuple(time for time in times_s if time > fence)


def by_round(times_s: Sequence[float], runs_per_round: int) -> Floats:
    """Times as rounds × runs; a last round that is not complete is left out."""
    rounds = len(times_s) // runs_per_round
    return np.asarray(times_s[: rounds * runs_per_round], dtype=np.float64).reshape(rounds, runs_per_round)


def ratio_interval(
    a: Floats, b: Floats, *, seed: int = 0, confidence: float = 0.95, resamples: int = RESAMPLES
) -> tuple[float, float] | None:
    """The bootstrap interval of median(a) / median(b); None below `MIN_ROUNDS` rounds.

    `a` and `b` are seconds, rounds × runs. Whole rounds are drawn, since runs that follow each other are
    alike, and the same rounds of both, since they met the same disturbances (a cluster bootstrap of
    pairs: Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8). Two
    percentile intervals (Efron) are taken from the draws, one of the ratio of the medians of all runs, one of
    the median ratio within a round, and the result spans both: on a machine that is fast and slow by
    turns the first alone jumps, and found differences between a model and itself. Quantiles are taken of
    logarithms, so that swapping a and b inverts the interval exactly.
    """
    rounds = min(len(a), len(b))
    if rounds < MIN_ROUNDS:
        return None
    a, b = a[:rounds], b[:rounds]
    draws = np.random.default_rng(seed).integers(0, rounds, size=(resamples, rounds))
    # In slices: 2,000 draws of 5,000 runs at once would take 160 MB.
    pooled = [np.log(_medians(a, part)) - np.log(_medians(b, part)) for part in np.array_split(draws, 20)]
    within = (np.log(np.median(a, axis=1)) - np.log(np.median(b, axis=1)))[draws]
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    logs = (np.concatenate(pooled), np.median(within, axis=1))
    lows, highs = zip(*(np.quantile(log, tails, method="linear") for log in logs), strict=True)
    return float(np.exp(min(lows))), float(np.exp(max(highs)))


def independent_interval(
    a: Floats, b: Floats, *, seed: int = 0, confidence: float = 0.95, resamples: int = RESAMPLES
) -> tuple[float, float] | None:
    """The bootstrap interval of median(a) / median(b) of two that were not run by turns; as `ratio_interval`.

    Rounds of each are drawn on their own, and the percentile interval (Efron) is that of the ratios.
    """
    if min(len(a), len(b)) < MIN_ROUNDS:
        return None
    random = np.random.default_rng(seed)
    logs = [np.log(_drawn(one, random, resamples)) for one in (a, b)]
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    low, high = np.quantile(logs[0] - logs[1], tails, method="linear")
    return float(np.exp(low)), float(np.exp(high))


def median_interval(
    times: Floats, *, seed: int = 0, confidence: float = 0.95, resamples: int = RESAMPLES
) -> tuple[float, float] | None:
    """The bootstrap interval in seconds of the median of `times` (rounds × runs); None below `MIN_ROUNDS`
    rounds. Whole rounds are drawn, as in `ratio_interval`."""
    if len(times) < MIN_ROUNDS:
        return None
    drawn = _drawn(times, np.random.default_rng(seed), resamples)
    low, high = np.quantile(drawn, ((1 - confidence) / 2, (1 + confidence) / 2), method="linear")
    return float(low), float(high)


def _drawn(rounds: Floats, random: np.random.Generator, resamples: int) -> Floats:
    draws = random.integers(0, len(rounds), size=(resamples, len(rounds)))
    return np.concatenate([_medians(rounds, part) for part in np.array_split(draws, 20)])


def _medians(rounds: Floats, draws: NDArray[np.int64]) -> Floats:
    return np.asarray(np.median(rounds[draws].reshape(len(draws), -1), axis=1), dtype=np.float64)


def differs(interval: tuple[float, float] | None) -> bool:
    """Whether the whole interval of a ratio lies beyond `MARGIN`."""
    return interval is not None and (interval[0] > 1 + MARGIN or interval[1] < 1 / (1 + MARGIN))


def words(ratio: float, interval: tuple[float, float] | None) -> str:
    """`1.18x faster (1.15 to 1.21)`, `1.30x slower (…)`, `no significant difference (0.99 to 1.02)`."""
    if interval is None:
        return f"too few rounds to tell (about {ratio:.2f}x)"
    low, high = interval
    if not differs(interval):
        return f"no significant difference ({low:.2f} to {high:.2f})"
    if high < 1:
        return f"{1 / ratio:.2f}x slower ({1 / high:.2f} to {1 / low:.2f})"
    return f"{ratio:.2f}x faster ({low:.2f} to {high:.2f})"
