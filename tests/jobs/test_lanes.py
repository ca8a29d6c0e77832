"""Lanes are processes of their own: what one does to itself no other one feels."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from onnxviz.errors import BenchFailed, JobCrashed, JobFailed, JobOutOfMemory, JobTimedOut
from onnxviz.jobs import lanes
from onnxviz.jobs.lanes import Lane
from onnxviz.jobs.outcomes import Limits
from tests.jobs.lane_objects import Counting, refusing

Open = Callable[..., Lane]


@pytest.fixture
def opened() -> Iterator[Open]:
    lanes: list[Lane] = []

    def make(start: int = 0, *, limits: Limits | None = None) -> Lane:
        lanes.append(Lane("a lane", Counting, start, limits=limits))
        return lanes[-1]

    yield make
    for lane in lanes:
        lane.close()


def test_an_object_lives_in_its_lane_from_question_to_question(opened: Open) -> None:
    lane = opened(40)
    assert lane.ask("add", 1) == 41
    assert lane.ask("add", 1) == 42


def test_two_lanes_are_two_processes(opened: Open) -> None:
    one, other = opened(), opened()
    assert len({os.getpid(), one.ask("pid"), other.ask("pid")}) == 3
    assert one.ask("pid") == one.pid


def test_what_is_printed_in_a_lane_is_no_answer(opened: Open) -> None:
    assert opened().ask("chatter") == "said"


def test_a_lane_that_crashes_says_how_and_takes_no_other_with_it(opened: Open) -> None:
    one, other = opened(), opened()
    with pytest.raises(JobCrashed, match="SIGSEGV"):
        one.ask("die")
    assert not one.is_open
    with pytest.raises(JobCrashed, match="SIGSEGV"):
        one.ask("add", 1)
    assert other.ask("add", 1) == 1


def test_a_lane_that_was_killed_from_outside_is_said_to_have_died(opened: Open) -> None:
    lane = opened()
    os.kill(lane.pid, signal.SIGKILL)
    with pytest.raises(JobCrashed, match="SIGKILL"):
        lane.ask("add", 1)


def test_a_question_past_its_time_ends_the_lane(opened: Open) -> None:
    lane = opened()
    with pytest.raises(JobTimedOut, match=r"0\.3 s"):
        lane.ask("sleep", 30.0, seconds=0.3)
    assert not lane.is_open


def test_a_lane_past_its_memory_is_ended(opened: Open) -> None:
    lane = opened(limits=Limits(seconds=60, megabytes=200))
    with pytest.raises(JobOutOfMemory, match=r"0\.2 GB"):
        lane.ask("grow", 400)
    assert not lane.is_open


def test_the_peak_of_memory_is_that_of_the_lane_alone(opened: Open) -> None:
    lane, other = opened(), opened()
    before = lane.peak_bytes
    with pytest.raises(JobTimedOut):
        lane.ask("grow", 100, seconds=3.0)
    assert lane.peak_bytes >= before + 90_000_000
    assert other.peak_bytes < before + 50_000_000


def test_an_error_of_the_object_leaves_the_lane_open(opened: Open) -> None:
    lane = opened()
    with pytest.raises(BenchFailed, match="is refused"):
        lane.ask("refuse")
    with pytest.raises(JobFailed, match="ValueError: a stumble"):
        lane.ask("stumble")
    assert lane.ask("add", 1) == 1


def test_an_object_that_cannot_be_made_raises_its_own_error() -> None:
    with pytest.raises(BenchFailed, match="cannot be opened"):
        Lane("a lane", refusing)


def test_a_lane_ends_when_the_process_that_made_it_is_gone() -> None:
    program = (
        "from onnxviz.jobs.lanes import Lane\n"
        "from tests.jobs.lane_objects import Counting\n"
        "import os\n"
        "print(Lane('a lane', Counting, 0).pid, flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    pid = int(done.stdout)
    until = time.monotonic() + 20
    while psutil.pid_exists(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not psutil.pid_exists(pid)


def test_an_answer_that_was_cut_off_is_no_answer() -> None:
    with pytest.raises(EOFError):
        lanes._read(io.BytesIO((9).to_bytes(8, "little") + b"\x80\x05]"))
