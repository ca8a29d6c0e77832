"""A whole benchmark in which the process of one configuration goes wrong: the others get their times."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import psutil
import pytest
from onnx import parser

from onnxviz.bench import feeds, live, places, runner
from onnxviz.bench.types import Configuration, Measurement, Plan
from onnxviz.jobs.lanes import Lane
from onnxviz.jobs.outcomes import Limits
from onnxviz.progress import listening
from tests.bench.lane_timings import Misbehaving

MODEL = '<ir_version: 8, opset_import: ["": 17]> g (float[n, 4] x) => (float[n, 4] y) { y = Relu(x) }'

Make = Callable[[Configuration, tuple[feeds.Input, ...], Plan, str], places.Place]


def lanes() -> list[psutil.Process]:
    """The processes of sessions that are still there."""
    return [each for each in psutil.Process().children() if "lanes" in " ".join(each.cmdline())]


@pytest.fixture
def path(tmp_path: Path) -> str:
    onnx.save(parser.parse_model(MODEL), tmp_path / "m.onnx")
    return str(tmp_path / "m.onnx")


def with_doomed(path: str, doomed: Make) -> tuple[Measurement, Measurement]:
    """A real model and one that goes wrong, measured together."""

    def opener(
        cell: Configuration, inputs: tuple[feeds.Input, ...], plan: Plan, provider: str
    ) -> places.Place:
        make = doomed if cell.model == "doomed" else places.in_a_process
        return make(cell, inputs, plan, provider)

    parts: list[object] = []
    with listening(lambda text, fraction: None, parts.append):
        result = runner.run(Plan((("good", path), ("doomed", path)), seconds=1.0), opener=opener)
    good, bad = result.measurements
    assert good.times_s
    assert not good.error
    assert good.rounds > 3, "what the other wasted is no time of this one"
    assert bad.times_s == ()
    assert result.comparisons == result.agreements == ()
    assert any(isinstance(part, live.Failed) for part in parts)
    assert not lanes()
    return good, bad


@pytest.mark.parametrize(
    ("how", "limits", "words"),
    [
        ("crash", None, "SIGABRT"),
        ("hang", Limits(seconds=1), "took longer than its limit of 1 s"),
        ("grow", Limits(seconds=60, megabytes=400), "grew past its memory limit of 0.4 GB"),
        ("slip", None, "ZeroDivisionError: one over none"),
    ],
)
def test_what_goes_wrong_in_one_process_is_its_rows_reason(
    path: str, how: str, limits: Limits | None, words: str
) -> None:
    def doomed(cell: Configuration, *_: Any) -> places.Place:
        return Lane(cell.label, Misbehaving, how, limits=limits)

    _, bad = with_doomed(path, doomed)
    assert words in bad.error
    assert "doomed on cpu" in bad.error


def test_a_process_that_is_killed_from_outside_is_a_row_with_the_reason(path: str) -> None:
    class Killed:
        def __init__(self, lane: Lane) -> None:
            self.lane = lane
            self.visits = 0

        @property
        def peak_bytes(self) -> int:
            return self.lane.peak_bytes

        def ask(self, name: str, *args: Any) -> Any:
            self.visits += name == "visit"
            if self.visits == 3:
                os.kill(self.lane.pid, signal.SIGKILL)
            return self.lane.ask(name, *args)

        def close(self) -> None:
            self.lane.close()

    def doomed(*args: Any) -> places.Place:
        lane = places.in_a_process(*args)
        assert isinstance(lane, Lane)
        return Killed(lane)

    _, bad = with_doomed(path, doomed)
    assert "SIGKILL" in bad.error
    assert bad.peak_bytes > 0


def test_a_session_that_cannot_be_made_leaves_the_others_alone(path: str, tmp_path: Path) -> None:
    odd = tmp_path / "odd.onnx"
    onnx.save(parser.parse_model(MODEL.replace("Relu", "Nothing")), odd)
    good, bad = runner.run(Plan((("good", path), ("odd", str(odd))), seconds=0.4)).measurements
    assert good.times_s
    assert bad.error.startswith("odd on cpu: ")
    assert not lanes()
