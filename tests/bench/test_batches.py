"""A batch is the size of the first axis of every input that leaves it open, whatever it is called."""

from __future__ import annotations

import pytest

from onnxviz.bench import feeds
from onnxviz.bench.feeds import Input
from onnxviz.bench.types import Plan
from onnxviz.errors import BenchFailed
from tests.bench.test_runner import measured, script


def shapes(inputs: list[Input], batch: int, dims: dict[str, int] | None = None) -> list[tuple[int, ...]]:
    return [array.shape for array in feeds.make(inputs, 0, dims, batch).values()]


@pytest.mark.parametrize("name", ["batch", "N", "unk__7", "batch size", None, "", -1])
def test_the_first_axis_may_have_any_name_or_none(name: str | int | None) -> None:
    assert shapes([Input("x", 1, (name, 3))], 8) == [(8, 3)]


def test_a_size_that_others_share_is_the_batch_everywhere() -> None:
    inputs = [Input("x", 1, ("n", 3)), Input("y", 1, ("n", "n")), Input("z", 1, (2, "n"))]
    assert shapes(inputs, 4) == [(4, 3), (4, 4), (2, 4)]


def test_an_input_with_a_fixed_first_axis_keeps_it_beside_one_that_is_open() -> None:
    assert shapes([Input("x", 1, (None, 3)), Input("table", 1, (10, 3))], 4) == [(4, 3), (10, 3)]


def test_a_size_that_was_given_by_name_goes_first() -> None:
    assert shapes([Input("x", 1, ("n", 3))], 4, {"n": 2}) == [(2, 3)]


def test_a_scalar_has_no_batch() -> None:
    assert shapes([Input("x", 1, ("n",)), Input("scale", 1, ())], 4) == [(4,), ()]


def test_the_batch_that_is_fixed_may_be_asked_for_and_no_other() -> None:
    assert shapes([Input("x", 1, (1, 3))], 1) == [(1, 3)]
    with pytest.raises(BenchFailed, match="the model's batch is fixed at 1"):
        shapes([Input("x", 1, (1, 3))], 8)


@pytest.mark.parametrize("inputs", [[], [Input("x", 1, ())]])
def test_without_a_first_axis_there_is_no_batch(inputs: list[Input]) -> None:
    with pytest.raises(BenchFailed, match="no input has a first axis"):
        shapes(inputs, 8)


def test_a_model_whose_batch_is_fixed_is_a_row_with_the_reason() -> None:
    def reader(path: str) -> tuple[Input, ...]:
        return (Input("x", 1, (1, 3) if path == "fixed.onnx" else ("n", 3)),)

    played = script(fixed=0.1, open=0.1)
    plan = Plan((("fixed", "fixed.onnx"), ("open", "open.onnx")), batches=(1, 8), seconds=3.0)
    rows = {one.label: one for one in measured(played, plan, reader).measurements}
    assert "batch is fixed at 1" in rows["fixed on cpu, batch 8"].error
    assert all(one.times_s for label, one in rows.items() if label != "fixed on cpu, batch 8")
    assert {feed["x"].shape for feed in played.feeds} == {(1, 3), (8, 3)}
