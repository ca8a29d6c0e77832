from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onnxviz.bench import statistics

times = st.floats(1e-6, 10.0)
rounds = st.integers(statistics.MIN_ROUNDS, 12)


def pairs() -> st.SearchStrategy[tuple[list[float], list[float]]]:
    return rounds.flatmap(
        lambda n: st.tuples(st.lists(times, min_size=n, max_size=n), st.lists(times, min_size=n, max_size=n))
    )


def interval(a: list[float], b: list[float], seed: int = 0) -> tuple[float, float]:
    found = statistics.ratio_interval(statistics.by_round(a, 1), statistics.by_round(b, 1), seed=seed)
    assert found is not None
    return found


@given(st.lists(times, min_size=statistics.MIN_ROUNDS, max_size=12))
@settings(deadline=None, max_examples=30)
def test_a_model_does_not_differ_from_itself(a: list[float]) -> None:
    low, high = interval(a, a)
    assert low <= 1 <= high
    assert not statistics.differs((low, high))


@given(pairs(), st.sampled_from([1e-3, 0.5, 2.0, 1000.0]))
@settings(deadline=None, max_examples=30)
def test_the_unit_of_time_does_not_change_the_ratio(
    pair: tuple[list[float], list[float]], scale: float
) -> None:
    a, b = pair
    assert interval([scale * t for t in a], [scale * t for t in b]) == pytest.approx(interval(a, b), rel=1e-9)


@given(pairs())
@settings(deadline=None, max_examples=30)
def test_swapping_the_two_inverts_the_interval(pair: tuple[list[float], list[float]]) -> None:
    a, b = pair
    low, high = interval(a, b)
    assert interval(b, a) == pytest.approx((1 / high, 1 / low), rel=1e-9)


@given(pairs(), st.integers(0, 100))
@settings(deadline=None, max_examples=20)
def test_the_same_seed_gives_the_same_interval(pair: tuple[list[float], list[float]], seed: int) -> None:
    assert interval(*pair, seed=seed) == interval(*pair, seed=seed)


@given(st.lists(times, min_size=1, max_size=40), st.floats(0, 1))
def test_a_quantile_lies_between_the_fastest_and_the_slowest(a: list[float], q: float) -> None:
    found = statistics.quantile(a, q)
    assert found is not None
    assert min(a) * (1 - 1e-12) <= found <= max(a) * (1 + 1e-12)


def test_quantiles_interpolate_between_order_statistics_as_definition_7_says() -> None:
    assert statistics.quantile([1.0, 2.0, 3.0, 4.0], 0.9) == pytest.approx(3.7)
    assert statistics.quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert statistics.quantile([], 0.5) is None


def test_a_true_difference_is_found_and_its_size_is_covered() -> None:
    random = np.random.default_rng(1)
    a, b = random.normal(1.2, 0.03, 60), random.normal(1.0, 0.03, 60)
    low, high = interval(list(a), list(b))
    assert low < 1.2 < high
    assert statistics.differs((low, high))


def test_equal_distributions_are_rarely_told_apart() -> None:
    random = np.random.default_rng(2)
    draws = [random.lognormal(0, 0.1, (2, 30)) for _ in range(100)]
    false_alarms = sum(statistics.differs(interval(list(a), list(b))) for a, b in draws)
    assert false_alarms <= 5


def test_a_machine_that_is_slow_by_turns_makes_no_difference_between_equals() -> None:
    random = np.random.default_rng(3)
    slow = np.where(random.random(30) < 0.5, 4.0, 1.0)
    a, b = slow * random.normal(1, 0.02, 30), slow * random.normal(1, 0.02, 30)
    assert not statistics.differs(interval(list(a), list(b)))


def test_below_six_rounds_there_is_no_interval_and_the_words_say_so() -> None:
    five = statistics.by_round([1.0] * 5, 1)
    assert statistics.ratio_interval(five, five) is None
    assert statistics.words(1.3, None) == "too few rounds to tell (about 1.30x)"


def test_an_incomplete_last_round_is_left_out() -> None:
    assert statistics.by_round([1.0, 2.0, 3.0, 4.0, 5.0], 2).tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("ratio", "interval", "words"),
    [
        (1.18, (1.15, 1.21), "1.18x faster (1.15 to 1.21)"),
        (0.8, (0.78, 0.82), "1.25x slower (1.22 to 1.28)"),
        (1.005, (0.99, 1.02), "no significant difference (0.99 to 1.02)"),
        (1.006, (1.003, 1.009), "no significant difference (1.00 to 1.01)"),
        (1.05, (1.005, 1.2), "no significant difference (1.00 to 1.20)"),
    ],
)
def test_the_verdict_is_in_words(ratio: float, interval: tuple[float, float], words: str) -> None:
    assert statistics.words(ratio, interval) == words


def test_only_runs_beyond_the_outer_fence_are_outliers() -> None:
    assert statistics.far_out([1.0, 1.1, 1.2, 1.3, 1.4, 9.0]) == (9.0,)
    assert statistics.far_out([1.0, 1.1, 1.2, 1.3, 1.4]) == ()
    assert statistics.far_out([]) == ()


def test_the_spread_is_the_middle_half_over_the_median() -> None:
    assert statistics.spread([1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx(2 / 3)
    assert statistics.spread([]) == 0.0
