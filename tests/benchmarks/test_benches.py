"""The parts of the benchmark's benchmarks that decide something."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx.reference
import pytest

from onnxviz.bench.types import Comparison
from tests.benchmarks import chains
from tests.benchmarks.truth import Found, allowed
from tests.benchmarks.verdicts import SLOWER_BLOCKS, questions

PLACE = Path("model.onnx")


def test_a_longer_chain_is_the_shorter_one_with_more_of_the_same_blocks() -> None:
    short, long = chains.chain(chains.BLOCKS, 3), chains.chain(SLOWER_BLOCKS, 3)
    onnx.checker.check_model(long, full_check=True)
    assert len(long.graph.node) * 10 == len(short.graph.node) * 11
    assert long.graph.node[: len(short.graph.node)] == short.graph.node[:]
    assert long.graph.initializer[: chains.BLOCKS] == short.graph.initializer[:]


def test_numbers_neither_die_out_nor_grow_along_a_chain() -> None:
    model = chains.chain(chains.BLOCKS, 4)
    x = chains.example(4)
    (found,) = onnx.reference.ReferenceEvaluator(model).run(None, {"x": x})
    y = np.asarray(found)
    assert 0.1 < float(abs(y).mean() / abs(x).mean()) < 10


@pytest.mark.parametrize(
    ("seconds", "bar"),
    [(0.00005, 0.03), (0.0002, 0.03), (0.010, 0.01), (1.0, 0.01), (0.0002**0.5 * 0.010**0.5, 0.0003**0.5)],
)
def test_the_bar_of_truth_goes_from_3_per_cent_to_1(seconds: float, bar: float) -> None:
    assert allowed(seconds) == pytest.approx(bar, rel=0.01)


def test_a_ratio_of_truth_is_that_of_medians_or_of_the_fast_runs() -> None:
    found = Found(bare_s=tuple(range(1, 11)), ours_s=tuple(range(2, 21, 2)))
    assert found.ratio() == found.ratio(0.1) == 2


def test_a_verdict_counts_as_false_when_it_claims_a_difference_and_as_found_when_it_says_slower() -> None:
    same, slower = questions(PLACE, PLACE).values()
    faster = Comparison("a", "b", 1.1, (1.05, 1.15), "")
    much_slower = Comparison("a", "b", 0.9, (0.87, 0.93), "")
    neither = Comparison("a", "b", 1.0, (0.99, 1.02), "")
    assert [same.counts(one) for one in (faster, much_slower, neither)] == [True, True, False]
    assert [slower.counts(one) for one in (faster, much_slower, neither)] == [False, True, False]


def test_five_false_claims_of_a_hundred_pass_and_six_do_not() -> None:
    same, slower = questions(PLACE, PLACE).values()
    assert same.passes(5, 100)
    assert not same.passes(6, 100)
    assert slower.passes(95, 100)
    assert not slower.passes(94, 100)
