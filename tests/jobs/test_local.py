"""Worker processes and a full disk, a cleared folder, a kill at a bad moment: one error, then all works."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import psutil
import pytest

from onnxviz.errors import JobCrashed, JobFailed
from onnxviz.jobs import Job, Limits, LocalPools, Workers, local
from onnxviz.jobs.carried import Carried
from onnxviz.jobs.execution import Run
from onnxviz.jobs.folder import JobFolder
from onnxviz.jobs.mailbox import Mailbox, PartsWriter
from tests.jobs import verbs
from tests.jobs.scripted import wait_until


@pytest.fixture(scope="module")
def pools() -> LocalPools:
    return LocalPools(lean=True)


@pytest.fixture(scope="module")
def workers(pools: LocalPools) -> Iterator[Workers]:
    made = Workers(pools)
    yield made
    made.close()


def works(workers: Workers) -> bool:
    return workers.submit("bench", "Adding", verbs.add, 2, 3).result(60) == 5


def kill_worker(job: Job[Any]) -> None:
    pid = job.worker_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid))


@pytest.mark.parametrize(
    ("verb", "args", "sentence"),
    [
        (verbs.leave_no_room, (300, 1_000), "Doing: its result could not be written: File too large"),
        (
            verbs.hand_over_without_room,
            (),
            "Doing: a part of its result could not be written: File too large",
        ),
        (verbs.leave_without_room, (), "Doing: what it worked out could not be kept: File too large"),
    ],
)
def test_a_full_disk_costs_one_error_and_a_job_after_it_one_at_most(
    verb: object, args: tuple[int, ...], sentence: str, workers: Workers, pools: LocalPools
) -> None:
    job: Job[object] = workers.submit("bench", "Doing", verb, *args)  # type: ignore[arg-type]
    with pytest.raises(JobFailed, match=sentence):
        job.result(60)
    assert not list(pools.folder.glob("*.part"))
    kill_worker(job)
    assert works(workers)


def test_a_disk_without_any_room_is_told_and_ends_no_pool(workers: Workers) -> None:
    job = workers.submit("bench", "Filling", verbs.leave_no_room, 0, 0)
    with pytest.raises(JobFailed, match="Filling: its result could not be written"):
        job.result(60)
    with pytest.raises(JobFailed, match="Adding: its worker could not begin: File too large") as caught:
        works(workers)
    assert "must be there and have room" in caught.value.remedy
    kill_worker(job)
    assert works(workers)


def test_a_call_that_cannot_be_written_is_told(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("onnxviz.jobs.mailbox.write_whole", full)
        with pytest.raises(JobFailed, match="Adding: could not be handed to a worker: No space left"):
            works(workers)
    assert works(workers)


def test_a_folder_that_is_cleared_in_mid_run_costs_one_error(workers: Workers, pools: LocalPools) -> None:
    with pytest.raises(JobFailed, match="Clearing: its result could not be written: No such file"):
        workers.submit("bench", "Clearing", verbs.clear_folder, str(pools.folder)).result(60)
    assert works(workers)
    assert pools.folder.stat().st_mode & 0o077 == 0


def test_a_folder_that_somebody_put_in_place_of_ours_is_not_used(
    workers: Workers, pools: LocalPools, tmp_path: Path
) -> None:
    assert works(workers)
    moved = pools.folder.rename(tmp_path / "moved")
    pools.folder.symlink_to(tmp_path)
    with pytest.raises(JobFailed, match="belongs to somebody else"):
        works(workers)
    pools.folder.unlink()
    moved.rename(pools.folder)
    assert works(workers)


def test_what_a_killed_worker_left_half_written_is_swept(workers: Workers, pools: LocalPools) -> None:
    job = workers.submit("bench", "Leaving", verbs.die_while_leaving)
    with pytest.raises(JobCrashed, match="SIGKILL"):
        job.result(60)
    wait_until(lambda: not list(pools.folder.glob("*.part")))
    assert not (pools.folder / f"worker-{job.worker_pid()}.log").exists()


def test_nothing_of_a_run_stays_in_the_folder(workers: Workers, pools: LocalPools) -> None:
    assert workers.submit("look", "Counting", verbs.hand_over, 2, 0.0).result(60) == "done"
    assert {file.suffix for file in pools.folder.iterdir()} <= {".log"}


def test_a_long_result_comes_whole(workers: Workers) -> None:
    assert len(workers.submit("bench", "Returning", verbs.long_result, 30_000_000).result(60)) == 30_000_000


@pytest.mark.parametrize("argument", [lambda: 1, verbs.Unloadable()])
def test_an_argument_that_cannot_travel_is_one_error(argument: object, workers: Workers) -> None:
    with pytest.raises(JobFailed, match=r"Adding: (cannot be sent to a worker|could not be handed on)"):
        workers.submit("bench", "Adding", verbs.add, argument, 1).result(60)
    assert works(workers)


def test_a_worker_that_does_not_come_for_its_job_is_replaced(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm = workers.submit("bench", "Adding", verbs.add, 1, 1)
    warm.result(60)
    pid = warm.worker_pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(local, "AGAIN_SECONDS", 0.2)
    monkeypatch.setattr(local, "UNTAKEN_SECONDS", 1.0)
    job = workers.submit("bench", "Adding", verbs.add, 2, 3)
    wait_until(lambda: not psutil.pid_exists(pid))
    monkeypatch.undo()
    assert job.result(60) == 5


def test_a_worker_that_is_gone_without_a_word_ends_its_run(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = workers.submit("bench", "Sleeping", verbs.sleep_long)
    wait_until(job.started)
    monkeypatch.setattr(local, "LOST_SECONDS", 0.2)
    monkeypatch.setattr(Carried, "is_gone", lambda _: True)
    with pytest.raises(JobCrashed, match="Sleeping: its worker process died"):
        job.result(30)


def test_leaving_a_job_that_no_worker_took_keeps_the_worker(workers: Workers, tmp_path: Path) -> None:
    warm = workers.submit("bench", "Adding", verbs.add, 1, 1)
    warm.result(60)
    pid = warm.worker_pid()
    assert pid is not None
    trace = tmp_path / "trace"
    os.kill(pid, signal.SIGSTOP)
    try:
        job = workers.submit("bench", "Counting", verbs.count_to, str(trace))
        wait_until(lambda: job.place() == 0)
        time.sleep(0.2)
        job.cancel()
    finally:
        os.kill(pid, signal.SIGCONT)
    after = workers.submit("bench", "Adding", verbs.add, 2, 3)
    assert after.result(60) == 5
    assert after.worker_pid() == pid
    assert not trace.exists()


def test_a_run_begins_anew_where_its_pool_broke_as_a_whole(workers: Workers, pools: LocalPools) -> None:
    job = workers.submit("bench", "Counting", verbs.hand_over, 2, 0.5)
    wait_until(lambda: len(job.parts()) == 2)
    (carried,) = pools._running.values()
    carried.inner = broken = Future[bool]()
    broken.set_exception(BrokenProcessPool("All workers expired"))
    pools._settle(carried, broken)
    assert (job.started(), job.parts()) == (False, [])
    assert job.result(60) == "done"
    assert job.parts() == [{"number": 0}, {"number": 1}]


def test_a_pool_that_breaks_again_and_again_is_one_error(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Future[bool]:
        future = Future[bool]()
        future.set_exception(BrokenProcessPool("All workers expired"))
        return future

    with monkeypatch.context() as patched:
        patched.setattr("onnxviz.jobs.pebbles.Pools.ask", broken)
        with pytest.raises(JobCrashed, match=r"Adding: its worker process died \(before it began\)"):
            works(workers)
    assert works(workers)


def test_a_run_that_begins_anew_is_not_taken_for_the_program_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    monkeypatch.setattr(psutil.Process, "kill", lambda process: killed.append(process.pid))
    run = Run("look", Limits(60, 0), None)
    carried = Carried(run, Mailbox(tmp_path / "1"))
    assert not carried.is_gone()
    run.took_up(os.getpid())
    assert not carried.is_gone()
    assert killed == [os.getpid()], "what is larger than its limit is killed once it is known"


def test_after_a_part_that_found_no_room_the_others_are_read(tmp_path: Path) -> None:
    write, box = PartsWriter(tmp_path / "1"), Mailbox(tmp_path / "1")
    write("first")
    room = (tmp_path / "1.parts").stat().st_size + 100
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        with pytest.raises(JobFailed, match="a part of its result could not be written"):
            write(bytes(1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    write("last")
    assert list(box.new_parts()) == ["first", "last"]


def test_when_the_watch_over_runs_fails_the_next_run_has_another(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = LocalPools(lean=True)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr(watched, "_watch_while_running", lambda: 1 / 0)
    watched._watch()
    wait_until(lambda: not watched._watching)
    monkeypatch.undo()
    made = Workers(watched)
    assert works(made)
    made.close()


def test_what_a_killed_program_left_goes_when_the_next_one_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    running = JobFolder()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    killed = running.path.with_name(running.path.name.replace(f"-{os.getpid()}-", f"-{gone.pid}-"))
    elsewhere = tmp_path / f"onnxviz-jobs.tmp-00000000-{gone.pid}-x"
    linked = tmp_path / f"{killed.name}x"
    for folder in (killed, elsewhere):
        folder.mkdir()
        (folder / "1.call").write_bytes(b"x")
    linked.symlink_to(elsewhere)
    JobFolder()
    assert not killed.exists()
    assert running.path.is_dir()
    assert (elsewhere / "1.call").exists(), "of another machine that shares the folder"
    assert linked.is_symlink()


def test_long_work_gives_way_to_what_a_click_waits_for() -> None:
    full = Workers(LocalPools())
    try:
        quick = full.submit("look", "Asking", verbs.niceness).result(60)
        assert full.submit("fold", "Asking", verbs.niceness).result(60) > quick == os.nice(0)
    finally:
        full.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries give memory back in their own ways")
def test_memory_that_a_job_let_go_of_goes_back_to_the_system(workers: Workers) -> None:
    most = workers.submit("bench", "Filling", verbs.fill_and_pin).result(60)
    assert workers.submit("bench", "Looking", verbs.resident).result(60) < most - 80_000_000
