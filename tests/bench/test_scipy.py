"""The statistics against SciPy's, which others have checked."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from onnxviz.bench import statistics

FLOATS = statistics.Floats

RESAMPLES = 4000

SAMPLES = {
    "normal": lambda random, n: random.normal(1.0, 0.05, n),
    "skewed": lambda random, n: random.lognormal(0.0, 0.2, n),
    "two speeds": lambda random, n: np.where(random.random(n) < 0.3, 1.5, 1.0) * random.normal(1, 0.01, n),
}


def drawn(kind: str, seed: int, n: int) -> FLOATS:
    return np.asarray(SAMPLES[kind](np.random.default_rng(seed), n))


def log_ratio(a: FLOATS, b: FLOATS, axis: int = -1) -> FLOATS:
    return np.asarray(np.log(np.median(a, axis=axis)) - np.log(np.median(b, axis=axis)))


def bootstrap(a: FLOATS, b: FLOATS, *, paired: bool, confidence: float = 0.95) -> tuple[float, float]:
    found = stats.bootstrap(
        (a, b),
        log_ratio,
        paired=paired,
        method="percentile",
        n_resamples=RESAMPLES,
        confidence_level=confidence,
        rng=np.random.default_rng(7),
    ).confidence_interval
    return float(np.exp(found.low)), float(np.exp(found.high))


@pytest.mark.parametrize("q", [0.0, 0.25, 0.5, 0.9, 0.99, 1.0])
@pytest.mark.parametrize("n", [1, 2, 5, 6, 50, 501])
def test_a_quantile_is_scipys_of_definition_7(n: int, q: float) -> None:
    times_s = drawn("skewed", n, n)
    expected = stats.mstats.mquantiles(times_s, [q], alphap=1, betap=1)[0]
    assert statistics.quantile(list(times_s), q) == pytest.approx(float(expected))


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_spread_is_scipys_interquartile_range_over_the_median(kind: str) -> None:
    times_s = drawn(kind, 1, 101)
    expected = stats.iqr(times_s) / np.median(times_s)
    assert statistics.spread(list(times_s)) == pytest.approx(float(expected))


@pytest.mark.parametrize("n", [12, 40, 200])
@pytest.mark.parametrize("kind", SAMPLES)
def test_an_interval_of_rounds_run_by_turns_holds_scipys_paired_one(kind: str, n: int) -> None:
    """Ours spans a second interval as well, that of the ratios within rounds: it is never narrower."""
    a, b = drawn(kind, 1, n) * 1.1, drawn(kind, 2, n)
    ours = statistics.ratio_interval(
        statistics.by_round(list(a), 1), statistics.by_round(list(b), 1), resamples=RESAMPLES
    )
    low, high = bootstrap(a, b, paired=True)
    assert ours is not None
    slack = 0.1 * (high - low)
    assert ours[0] <= low + slack
    assert ours[1] >= high - slack


@pytest.mark.parametrize("n", [12, 40, 200])
@pytest.mark.parametrize("kind", SAMPLES)
def test_an_interval_of_rounds_run_apart_is_scipys(kind: str, n: int) -> None:
    a, b = drawn(kind, 3, n) * 1.1, drawn(kind, 4, n + 3)
    ours = statistics.independent_interval(
        statistics.by_round(list(a), 1), statistics.by_round(list(b), 1), resamples=RESAMPLES
    )
    low, high = bootstrap(a, b, paired=False)
    assert ours is not None
    # Both are drawn at random, and the ends of few rounds lie on a few order statistics.
    slack = 0.15 * (high - low)
    assert ours == pytest.approx((low, high), abs=slack)


def test_the_confidence_is_that_of_scipy_too() -> None:
    a, b = drawn("normal", 5, 60) * 1.1, drawn("normal", 6, 60)
    ours = statistics.independent_interval(
        statistics.by_round(list(a), 1),
        statistics.by_round(list(b), 1),
        confidence=0.8,
        resamples=RESAMPLES,
    )
    low, high = bootstrap(a, b, paired=False, confidence=0.8)
    assert ours == pytest.approx((low, high), abs=0.15 * (high - low))


def test_an_interval_covers_the_true_ratio_as_often_as_it_says() -> None:
    """Of 200 intervals with 95 % confidence, fewer than `least` cover it once in 10,000 times."""
    random = np.random.default_rng(8)
    hits = 0
    for _ in range(200):
        a, b = random.normal(1.1, 0.05, (2, 40)) * np.array([[1.0], [1 / 1.1]])
        found = statistics.ratio_interval(
            statistics.by_round(list(a), 1), statistics.by_round(list(b), 1), resamples=400
        )
        assert found is not None
        hits += found[0] <= 1.1 <= found[1]
    least = stats.binom.ppf(1e-4, 200, 0.95)
    assert hits >= least
