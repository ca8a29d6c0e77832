"""Jobs end in a result or in one typed error, and the next job runs: with real processes."""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from onnxviz.errors import (
    JobCancelled,
    JobCrashed,
    JobFailed,
    JobOutOfMemory,
    JobTimedOut,
    OnnxvizError,
    RewriteFailed,
)
from onnxviz.jobs import Job, Limits, Workers
from onnxviz.jobs import worker as worker_module
from tests.jobs import verbs


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def started_pid(job: Job[Any]) -> int:
    wait_until(job.worker_pid)
    pid = job.worker_pid()
    assert pid is not None
    return pid


def next_job_works(workers: Workers) -> bool:
    return workers.submit("bench", "Adding", verbs.add, 2, 3).result(60) == 5


def test_a_job_returns_what_its_verb_returns(workers: Workers) -> None:
    assert workers.submit("bench", "Adding", verbs.add, 1, b=2).result(60) == 3


def test_progress_reaches_the_one_who_waits(workers: Workers) -> None:
    job = workers.submit("bench", "Sleeping", verbs.sleep_long)
    wait_until(lambda: job.progress().text == "Sleeping")
    assert job.progress().fraction == 0.25
    assert job.started()
    job.cancel()


def test_a_cancelled_job_says_so_and_its_worker_is_gone(workers: Workers) -> None:
    job = workers.submit("bench", "Sleeping", verbs.sleep_long)
    pid = started_pid(job)
    job.cancel()
    with pytest.raises(JobCancelled, match="Sleeping: was cancelled"):
        job.result(10)
    wait_until(lambda: not psutil.pid_exists(pid))
    assert next_job_works(workers)


def test_a_job_cancelled_while_it_waits_never_runs(workers: Workers, tmp_path: Path) -> None:
    first = workers.submit("bench", "Sleeping", verbs.sleep_long)
    started_pid(first)
    trace = tmp_path / "trace"
    second = workers.submit("bench", "Counting", verbs.count_to, str(trace))
    assert second.progress().text == "Waiting: it is next"
    second.cancel()
    first.cancel()
    assert next_job_works(workers)
    assert not trace.exists()


def test_a_worker_killed_in_mid_job_costs_one_clear_error(workers: Workers) -> None:
    job = workers.submit("bench", "Simplifying resnet", verbs.sleep_long)
    os.kill(started_pid(job), signal.SIGKILL)
    with pytest.raises(JobCrashed, match=r"Simplifying resnet: its worker process died \(SIGKILL\)"):
        job.result(30)
    assert next_job_works(workers)


def test_a_worker_killed_while_idle_costs_nothing(workers: Workers) -> None:
    pid = workers.submit("bench", "Printing", verbs.print_noise).result(60)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    assert next_job_works(workers)


def test_a_crash_in_native_code_brings_its_last_words(workers: Workers) -> None:
    job = workers.submit("bench", "Crashing", verbs.crash)
    with pytest.raises(JobCrashed, match="SIGABRT") as caught:
        job.result(60)
    assert "native words before the end" in caught.value.detail
    assert next_job_works(workers)


def test_a_job_past_its_deadline_is_stopped(workers: Workers) -> None:
    job = workers.submit("bench", "Sleeping", verbs.sleep_long, limits=Limits(seconds=0.5))
    with pytest.raises(JobTimedOut, match=r"longer than its limit of 0\.5 s"):
        job.result(60)
    assert next_job_works(workers)


def test_a_job_past_its_memory_cap_is_stopped(workers: Workers) -> None:
    job = workers.submit("bench", "Eating", verbs.eat_memory, 20_000, limits=Limits(megabytes=400))
    with pytest.raises(JobOutOfMemory, match=r"memory limit of 0\.4 GB"):
        job.result(60)
    assert next_job_works(workers)


def test_a_typed_error_arrives_whole(workers: Workers) -> None:
    with pytest.raises(RewriteFailed) as caught:
        workers.submit("bench", "Failing", verbs.fail_typed).result(60)
    assert str(caught.value) == "model.onnx: has no nodes. Choose another."
    assert caught.value.detail == "raw words"


def test_any_other_error_becomes_one_sentence_with_the_rest_folded_away(workers: Workers) -> None:
    with pytest.raises(JobFailed) as caught:
        workers.submit("bench", "Failing", verbs.fail_untyped).result(60)
    assert str(caught.value) == "Failing: failed: ValueError: broken pipe dream."
    assert "Traceback" in caught.value.detail


def test_a_result_that_cannot_travel_is_a_typed_error(workers: Workers) -> None:
    with pytest.raises(JobFailed):
        workers.submit("bench", "Returning", verbs.unpicklable).result(60)
    assert next_job_works(workers)


def test_a_worker_does_not_import_the_main_script(workers: Workers) -> None:
    assert workers.submit("bench", "Looking", verbs.main_module).result(60) == "None"


def test_what_a_verb_prints_stays_out_of_our_output(
    workers: Workers, capfd: pytest.CaptureFixture[str]
) -> None:
    workers.submit("bench", "Printing", verbs.print_noise).result(60)
    out, err = capfd.readouterr()
    assert "noise" not in out + err


def test_a_cached_result_is_not_computed_again(workers: Workers, tmp_path: Path) -> None:
    trace = str(tmp_path / "trace")
    first = workers.submit("bench", "Counting", verbs.count_to, trace, key=("count", trace))
    second = workers.submit("bench", "Counting", verbs.count_to, trace, key=("count", trace))
    assert first.result(60) == second.result(60) == 1
    third = workers.submit("bench", "Counting", verbs.count_to, trace, key=("count", trace))
    assert third.done()
    assert third.result() == 1


def test_a_cached_result_that_is_no_longer_good_is_computed_again(workers: Workers, tmp_path: Path) -> None:
    trace = str(tmp_path / "trace")
    key = ("count", trace)
    workers.submit("bench", "Counting", verbs.count_to, trace, key=key).result(60)
    again = workers.submit("bench", "Counting", verbs.count_to, trace, key=key, still_good=lambda _: False)
    assert again.result(60) == 2


def test_a_failure_is_not_cached(workers: Workers) -> None:
    for _ in range(2):
        with pytest.raises(RewriteFailed):
            workers.submit("bench", "Failing", verbs.fail_typed, key="fails").result(60)


def test_cancelling_one_of_two_who_wait_leaves_the_other_its_result(workers: Workers, tmp_path: Path) -> None:
    trace = str(tmp_path / "trace")
    first = workers.submit("bench", "Counting", verbs.count_to, trace, key=("shared", trace))
    second = workers.submit("bench", "Counting", verbs.count_to, trace, key=("shared", trace))
    first.cancel()
    assert second.result(60) == 1
    with pytest.raises(JobCancelled):
        first.result()


def test_a_job_withdrawn_before_it_ran_leaves_no_result_in_the_cache(
    workers: Workers, tmp_path: Path
) -> None:
    first = workers.submit("bench", "Sleeping", verbs.sleep_long)
    started_pid(first)
    key = ("withdrawn", str(tmp_path))
    trace = str(tmp_path / "trace")
    workers.submit("bench", "Counting", verbs.count_to, trace, key=key).cancel()
    first.cancel()
    assert next_job_works(workers)
    assert workers.submit("bench", "Counting", verbs.count_to, trace, key=key).result(60) == 1


def test_a_job_that_nobody_holds_any_more_is_stopped(workers: Workers) -> None:
    job = workers.submit("bench", "Sleeping", verbs.sleep_long)
    pid = started_pid(job)
    del job
    gc.collect()
    wait_until(lambda: not psutil.pid_exists(pid))
    assert next_job_works(workers)


def test_a_worker_that_cannot_be_started_is_one_error_and_not_a_wait(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr("onnxviz.jobs.pebbles.Pools.ask", refuse)
        with pytest.raises(JobFailed, match="no worker process could be started: Too many open files"):
            workers.submit("bench", "Adding", verbs.add, 1, 1, key="unstartable").result(5)
    assert workers.submit("bench", "Adding", verbs.add, 1, 1, key="unstartable").result(60) == 2


def test_closing_leaves_no_process_behind() -> None:
    own = Workers()
    pid = own.submit("bench", "Printing", verbs.print_noise).result(60)
    own.close()
    wait_until(lambda: not psutil.pid_exists(pid))


def test_every_kind_of_worker_names_modules_that_exist() -> None:
    for names in worker_module.WARM_UP.values():
        for name in names:
            module, _, function = name.partition(":")
            found = importlib.import_module(module)
            assert not function or callable(getattr(found, function))


@pytest.mark.parametrize("kind", [OnnxvizError, RewriteFailed, JobTimedOut])
def test_errors_survive_pickling(kind: type[OnnxvizError]) -> None:
    error = pickle.loads(pickle.dumps(kind("a", "b", "c", detail="d")))
    assert type(error) is kind
    assert (error.subject, error.cause, error.remedy, error.detail) == ("a", "b", "c", "d")


def test_parts_are_there_before_the_result_and_after_it(workers: Workers) -> None:
    job = workers.submit("look", "Counting", verbs.hand_over, 3, 1.5)
    wait_until(lambda: len(job.parts()) == 3)
    assert not job.done()
    assert job.result(30) == "done"
    assert job.parts() == [{"number": number} for number in range(3)]


def test_parts_of_a_job_that_did_not_end_well_are_kept(workers: Workers) -> None:
    job = workers.submit("look", "Counting", verbs.hand_over, 2, 60.0, limits=Limits(seconds=1.5))
    with pytest.raises(JobTimedOut):
        job.result(30)
    assert job.parts() == [{"number": 0}, {"number": 1}]


def test_a_verb_that_nobody_listens_to_hands_over_nothing() -> None:
    assert verbs.hand_over(2, 0.0) == "done"
