"""What `Workers` does between those who ask and a backend: turns, sharing, leaving, labels, the log."""

from __future__ import annotations

import gc
import logging
import pickle
import weakref
from collections.abc import Iterator

import pytest

from onnxviz.errors import BadUsage, JobCancelled, JobCrashed, JobFailed, JobTimedOut, RewriteFailed
from onnxviz.jobs import Job, Limits, Workers, cache, outcomes, shared
from tests.jobs.scripted import Scripted, wait_until

HOSTILE = "secret_client\n2026 ERROR forged \x1b[31m<b>.onnx"


def verb(name: str = "") -> str:
    """Never called here."""
    return name


class Large:
    """An argument that a test can see go."""

    def __reduce__(self) -> tuple[object, ...]:
        return Large, ()


@pytest.fixture
def backend() -> Scripted:
    return Scripted()


@pytest.fixture
def workers(backend: Scripted) -> Iterator[Workers]:
    made = Workers(backend)
    yield made
    made.close()


def ask(workers: Workers, name: str, **options: object) -> Job[str]:
    """A job of the owner whose letter its name begins with."""
    return workers.submit("rewrite", f"Doing {name}", verb, name, owner=name[0], **options)  # type: ignore[arg-type]


def asked(workers: Workers, backend: Scripted, *names: str) -> list[Job[str]]:
    """Jobs that wait behind one that runs."""
    first = ask(workers, "first")
    wait_until(lambda: backend.running)
    return [first, *(ask(workers, name) for name in names)]


def test_one_person_with_many_jobs_does_not_hold_up_another(workers: Workers, backend: Scripted) -> None:
    jobs = asked(workers, backend, *(f"a{number}" for number in range(100)), "b0")
    for _ in range(3):
        backend.end()
    jobs[-1].result(10)
    assert backend.names[:3] == ["first", "a0", "b0"]


def test_never_more_runs_are_with_the_backend_than_it_takes(workers: Workers, backend: Scripted) -> None:
    backend.room = 2
    jobs = [ask(workers, f"a{number}") for number in range(6)]
    for _ in jobs:
        wait_until(lambda: backend.running)
        assert len(backend.running) <= 2
        backend.end()
    assert [job.result(10) for job in jobs] == [None] * 6


def test_what_waits_is_begun_when_the_backend_takes_more(workers: Workers, backend: Scripted) -> None:
    backend.room = 0
    job = ask(workers, "a")
    assert job.place() == 1
    backend.room = 1
    backend.end("done")
    assert job.result(10) == "done"


def test_a_job_tells_its_place_in_words(workers: Workers, backend: Scripted) -> None:
    first, *others = asked(workers, backend, "a0", "a1", "a2", "b0")
    assert [job.place() for job in (first, *others)] == [0, 1, 3, 4, 2]
    assert [job.progress().text for job in (first, *others)] == [
        "Starting",
        "Waiting: it is next",
        "Waiting: 2 jobs are before it",
        "Waiting: 3 jobs are before it",
        "Waiting: 1 job is before it",
    ]
    backend.running[0].took_up(1)
    backend.running[0].report("Half way", 0.5)
    assert first.progress().text == "Half way"
    others[0].cancel()
    assert [job.place() for job in others] == [0, 1, 3, 2]


def test_a_job_that_is_left_while_it_waits_never_reaches_the_backend(
    workers: Workers, backend: Scripted
) -> None:
    _, waiting, held = asked(workers, backend, "a0", "b0")
    waiting.cancel()
    backend.end()
    backend.end()
    held.result(10)
    assert backend.names == ["first", "b0"]
    assert backend.stopped == []
    with pytest.raises(JobCancelled, match="Doing a0: was cancelled"):
        waiting.result()


def test_a_waiting_job_that_nobody_holds_any_more_leaves_the_queue(
    workers: Workers, backend: Scripted
) -> None:
    _, dropped, held = asked(workers, backend, "a0", "a1")
    del dropped
    gc.collect()
    wait_until(lambda: held.place() == 1)


def test_one_run_is_stopped_only_when_the_last_who_shares_it_leaves(
    workers: Workers, backend: Scripted
) -> None:
    first, second = ask(workers, "a", key="k"), ask(workers, "b", key="k")
    wait_until(lambda: backend.running)
    first.cancel()
    assert backend.stopped == []
    second.cancel()
    assert len(backend.stopped) == 1


def test_a_shared_run_counts_at_the_earliest_place_of_those_who_wait(
    workers: Workers, backend: Scripted
) -> None:
    _, _, _, late = asked(workers, backend, "a0", "a1", "a2")
    slow = ask(workers, "a3", key="k")
    assert (slow.place(), late.place()) == (4, 3)
    ask_too = ask(workers, "b0", key="k")
    assert (slow.place(), ask_too.place(), late.place()) == (2, 2, 4)
    ask_too.cancel()
    assert (slow.place(), late.place()) == (4, 3)


def test_each_who_shares_a_run_reads_their_own_label(workers: Workers, backend: Scripted) -> None:
    mine = workers.submit("rewrite", "Simplifying secret.onnx", verb, key="k", owner="a")
    other = workers.submit("rewrite", "Simplifying toy.onnx", verb, key="k", owner="b")
    assert (mine.label, other.label) == ("Simplifying secret.onnx", "Simplifying toy.onnx")
    backend.end(error=outcomes.timed_out(Limits(seconds=5)))
    for job in (mine, other):
        with pytest.raises(JobTimedOut) as caught:
            job.result(10)
        assert str(caught.value).startswith(f"{job.label}: took longer than its limit of 5 s")


def test_what_a_verb_names_itself_stays(workers: Workers, backend: Scripted) -> None:
    job = ask(workers, "a")
    backend.end(error=RewriteFailed("the model", "has no nodes"))
    with pytest.raises(RewriteFailed, match="the model: has no nodes"):
        job.result(10)


def test_a_closed_tab_frees_its_jobs_and_no_others(workers: Workers, backend: Scripted) -> None:
    running = ask(workers, "a0")
    wait_until(lambda: backend.running)
    waiting, alone = ask(workers, "a1"), ask(workers, "b0")
    together, also = ask(workers, "a2", key="k"), ask(workers, "b1", key="k")
    workers.drop_owner("a")
    for job in (running, waiting):
        with pytest.raises(JobCancelled, match="its tab was closed or lost its connection"):
            job.result(10)
    for job, value in ((alone, "alone"), (also, "both")):
        backend.end(value)
        assert job.result(10) == value
    assert together.result(10) == "both"
    assert backend.names == ["a0", "b0", "a2"]


def test_who_was_dropped_can_ask_again_and_old_handles_take_nothing_away(
    workers: Workers, backend: Scripted
) -> None:
    old = ask(workers, "a", key="k")
    wait_until(lambda: backend.running)
    workers.drop_owner("a")
    again = ask(workers, "a", key="k")
    old.cancel()
    del old
    gc.collect()
    backend.end("there")
    assert again.result(10) == "there"


def test_only_so_many_jobs_of_one_person_may_wait(
    workers: Workers, backend: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONNXVIZ_MAX_WAITING", "2")
    held = asked(workers, backend, "a0", "a1")
    with pytest.raises(JobFailed, match="Doing a2: was not begun, since 2 others that you asked for wait"):
        ask(workers, "a2").result(10)
    assert ask(workers, "b0").place() == 2
    assert workers.submit("rewrite", "The program's own", verb).place()
    held[1].cancel()
    assert ask(workers, "a2").place()


@pytest.mark.parametrize("name", ["ONNXVIZ_JOB_SECONDS", "ONNXVIZ_JOB_MEGABYTES", "ONNXVIZ_MAX_WAITING"])
def test_a_setting_that_cannot_be_read_is_told(
    name: str, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "many")
    with pytest.raises(BadUsage, match=f"{name}: 'many' is no whole number"):
        ask(workers, "a")


@pytest.mark.parametrize(
    "error", [OSError("Too many open files"), RuntimeError("no more"), ValueError("odd")]
)
def test_whatever_the_backend_refuses_with_the_next_job_runs(
    error: Exception, workers: Workers, backend: Scripted
) -> None:
    backend.refusing = error
    with pytest.raises(JobFailed, match=f"no worker process could be started: {error}"):
        ask(workers, "a").result(10)
    backend.refusing = None
    job = ask(workers, "a")
    backend.end("fine")
    assert job.result(10) == "fine"


def test_a_result_that_cannot_be_read_here_is_one_error(workers: Workers, backend: Scripted) -> None:
    job = ask(workers, "a")
    wait_until(lambda: backend.running)
    backend._futures[backend.running.pop()].set_result(b"no pickle")
    with pytest.raises(JobFailed, match="Doing a: could not be handed on"):
        job.result(10)


def test_closing_ends_what_waits_and_takes_nothing_more(workers: Workers, backend: Scripted) -> None:
    _, waiting = asked(workers, backend, "a0")
    workers.close()
    with pytest.raises(JobCancelled):
        waiting.result(10)
    with pytest.raises(JobFailed, match="the program ends"):
        ask(workers, "b").result(10)


def test_a_run_that_is_over_holds_nothing_that_was_sent_along(workers: Workers, backend: Scripted) -> None:
    large = Large()
    gone = weakref.ref(large)
    job = workers.submit("rewrite", "Doing", verb, large)
    del large
    backend.end("small")
    assert job.result(10) == "small"
    gc.collect()
    wait_until(lambda: gone() is None)


def test_an_error_that_was_raised_holds_no_frames_of_who_caught_it(
    workers: Workers, backend: Scripted
) -> None:
    job = ask(workers, "a")
    backend.end(error=RewriteFailed("m", "c"))

    def catch() -> weakref.ref[Large]:
        local = Large()
        with pytest.raises(RewriteFailed):
            job.result(10)
        return weakref.ref(local)

    seen = catch()
    gc.collect()
    assert seen() is None


def test_results_are_kept_within_a_bound_of_bytes(
    workers: Workers, backend: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 1_000)

    def computed(key: str, nbytes: int) -> bool:
        """Whether the backend had to be asked."""
        job = workers.submit("rewrite", "Doing", verb, key=key)
        if job.done():
            return False
        backend.end(bytes(nbytes))
        assert len(job.result(10)) == nbytes
        return True

    assert [computed(key, 400) for key in ("x", "y", "x", "z")] == [True, True, False, True]
    assert [computed(key, 400) for key in ("x", "z", "y")] == [False, False, True]
    assert [computed("large", 2_000) for _ in range(2)] == [True, True]
    assert not computed("y", 400)
    assert workers._cache.nbytes <= 1_000


def test_the_number_of_results_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_RESULTS", 2)
    kept = cache.ResultCache()
    for key in "xyz":
        kept.put(key, key, 10)
    kept.put("z", "newer", 30)
    assert [kept.get(key, lambda _: True) for key in "xyz"] == [cache.MISSING, "y", "newer"]
    assert kept.nbytes == 40
    assert kept.get("z", lambda _: False) is cache.MISSING
    assert kept.nbytes == 10


def test_the_log_has_one_line_for_each_run_and_no_word_of_a_person(
    workers: Workers, backend: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    endings = [
        None,
        RewriteFailed(HOSTILE, HOSTILE, HOSTILE, detail=HOSTILE),
        JobFailed("", f"failed: {HOSTILE}"),
        JobCrashed("", HOSTILE),
    ]
    with caplog.at_level(logging.DEBUG, logger="onnxviz.jobs"):
        for error in endings:
            job = workers.submit("rewrite", HOSTILE, verb, HOSTILE, key=HOSTILE, owner=HOSTILE)
            wait_until(lambda: backend.running)
            backend.running[0].took_up(4711)
            backend.running[0].report(HOSTILE, None)
            backend.running[0].hand_over(HOSTILE)
            backend.running[0].peak_bytes = 123_400_000
            backend.end(HOSTILE, error)
            wait_until(job.done)
            workers._cache = cache.ResultCache()
        waiting = asked(workers, backend, "a0")[1]
        waiting.cancel()
    lines = [record.getMessage() for record in caplog.records]
    found = [line.split(" outcome=")[1].split()[0] for line in lines]
    assert found == ["done", "RewriteFailed", "JobFailed", "JobCrashed", "cancelled"]
    assert [record.levelname for record in caplog.records] == ["INFO"] * 3 + ["WARNING", "INFO"]
    for line in lines:
        assert "secret" not in line
        assert "forged" not in line
        assert line.isprintable()
        assert line.startswith(f"kind=rewrite verb={__name__}.verb ")
    assert "pid=4711 peak_mb=123 " in lines[0]


def test_a_job_of_the_shared_workers_is_of_the_one_who_asks_there(
    workers: Workers, backend: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "_default", workers)
    monkeypatch.setattr(shared, "_asker", None)
    assert shared.owner_of() == ""
    shared.ask_as(lambda: "somebody")
    job = shared.submit("rewrite", "Doing", verb)
    shared.drop_owner("somebody")
    with pytest.raises(JobCancelled):
        job.result(10)


def test_errors_of_a_run_survive_the_way_to_another_machine() -> None:
    error = pickle.loads(pickle.dumps(outcomes.crashed("SIGKILL", "last words")))
    assert outcomes.named(error, "Doing it").subject == "Doing it"
    assert error.detail == "last words"
