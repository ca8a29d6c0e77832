"""Jobs on two machines with a real scheduler: files and results travel, machines die, the scheduler goes."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from onnxviz import intake
from onnxviz.bench import runner
from onnxviz.bench.types import Plan
from onnxviz.cli import main
from onnxviz.delivery import receive
from onnxviz.errors import BadUsage, JobCancelled, JobCrashed, JobFailed, JobTimedOut, RewriteFailed
from onnxviz.jobs import Job, Limits, Workers, machines, shutdown
from onnxviz.jobs.cluster import ClusterBackend
from onnxviz.reading import read_model
from onnxviz.rewrites.fold import fold_into_store
from onnxviz.samples.catalog import START
from onnxviz.store import Store, Stored
from onnxviz.ui.session import Session
from tests.jobs import cluster_verbs, verbs
from tests.jobs.clusters import ROOT, Cluster, is_gone, wait_until

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    made.start_scheduler()
    for name in ("a", "b"):
        made.start_machine(name)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def store(cluster: Cluster) -> Store:
    return Store(cluster.store("home"))


@pytest.fixture(scope="module")
def backend(cluster: Cluster, store: Store) -> ClusterBackend:
    return ClusterBackend(cluster.address, lean=True, store=store)


@pytest.fixture(scope="module")
def workers(backend: ClusterBackend) -> Iterator[Workers]:
    made = Workers(backend)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def both(cluster: Cluster, backend: ClusterBackend) -> None:
    wait_until(lambda: backend.machines() == ("a", "b"))


@pytest.fixture(scope="module")
def start(store: Store) -> Stored:
    return store.add({"model.onnx": START}, "model.onnx", hold=True)


def pid_of(job: Job[Any]) -> int:
    wait_until(job.parts)
    return int(job.parts()[0])


def place_of(job: Job[Any]) -> str:
    return job._run.place


def test_a_rewrite_comes_home_and_is_received(workers: Workers, store: Store, start: Stored) -> None:
    before = read_model(start.path, "start", start.digest)
    job = workers.submit("fold", "Folding", fold_into_store, before, store.root, store.cap_bytes)
    found = job.result(120)
    after = receive(store, found.after)
    assert place_of(job) in ("a", "b")
    assert found.before == before
    assert Path(after.path).parent == store.path(after.digest).parent
    assert read_model(Path(after.path), after.name, after.digest).graph == after.graph
    assert workers.submit("look", "Looking", verbs.add, 1, 2).result(60) == 3


def test_what_was_left_on_a_machine_can_be_taken_at_home_and_on_the_other(
    workers: Workers, cluster: Cluster, start: Stored
) -> None:
    name = workers.submit("fold", "Leaving", cluster_verbs.leave_path, str(start.path), machine="a").result(
        60
    )
    assert workers.is_left(name)
    assert workers.submit("look", "Taking", cluster_verbs.look_up, name).result(60) == str(start.path)
    there = workers.submit("fold", "Taking", cluster_verbs.look_up, name, machine="b")
    # The machine says its own path, which is in its store, and so it is ours when it arrives.
    assert there.result(60) == str(start.path)


def test_a_model_is_sent_once_to_each_machine(
    workers: Workers, backend: ClusterBackend, cluster: Cluster, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    ask = backend._link.ask

    async def listening(machine: Any, method: str, *args: object) -> Any:
        asked.append((machine.name, method))
        return await ask(machine, method, *args)

    monkeypatch.setattr(backend._link, "ask", listening)
    stored = store.add({"model.onnx": 9_000_000 * b"m", "w.bin": b"weights"}, "model.onnx", hold=True)
    for machine in ("a", "b", "a", "b"):
        job = workers.submit("fold", "Reading", cluster_verbs.read_size, str(stored.path), machine=machine)
        assert job.result(60) == 9_000_000
    sent = [machine for machine, method in asked if method == "take"]
    assert [sent.count(machine) for machine in ("a", "b")] == [4, 4]
    assert stored.digest in Store(cluster.store("a"))


def test_progress_and_parts_arrive_while_it_runs(workers: Workers) -> None:
    job = workers.submit("fold", "Working", cluster_verbs.tell_pid, 0.5)
    wait_until(lambda: job.progress().text == "Working")
    assert job.progress().fraction == 0.5
    assert job.result(60) == pid_of(job)


def test_cancel_ends_the_process_on_the_machine(workers: Workers) -> None:
    job = workers.submit("fold", "Working", cluster_verbs.tell_pid, 600)
    pid = pid_of(job)
    job.cancel()
    with pytest.raises(JobCancelled):
        job.result()
    wait_until(lambda: is_gone(pid))
    assert workers.submit("fold", "Adding", verbs.add, 1, 2, machine=place_of(job)).result(60) == 3


def test_the_jobs_of_a_program_that_is_gone_end(cluster: Cluster, store: Store) -> None:
    other = ClusterBackend(cluster.address, lean=True, store=store)
    gone = Workers(other)
    wait_until(other.machines)
    job = gone.submit("fold", "Working", cluster_verbs.tell_pid, 600)
    pid = pid_of(job)
    gone.close()
    with pytest.raises(JobCancelled):
        job.result(60)
    wait_until(lambda: is_gone(pid))


def test_errors_come_back_as_what_they_are(workers: Workers) -> None:
    with pytest.raises(RewriteFailed, match="has no nodes") as known:
        workers.submit("fold", "Failing", verbs.fail_typed).result(60)
    assert known.value.detail == "raw words"
    with pytest.raises(JobTimedOut, match=r"Sleeping: took longer than its limit of 0\.5 s"):
        workers.submit("fold", "Sleeping", verbs.sleep_long, limits=Limits(seconds=0.5)).result(60)
    with pytest.raises(JobCrashed, match="Crashing: its worker process died"):
        workers.submit("fold", "Crashing", verbs.crash).result(60)


def test_a_file_outside_of_the_store_keeps_a_job_at_home(workers: Workers, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"12345")
    job = workers.submit("fold", "Reading", cluster_verbs.read_size, str(tmp_path / "m.onnx"))
    assert (job.result(60), place_of(job)) == (5, "")
    with pytest.raises(BadUsage, match="is not in the store"):
        workers.submit(
            "fold", "Reading", cluster_verbs.read_size, str(tmp_path / "m.onnx"), machine="a"
        ).result(60)


def test_a_benchmark_runs_on_the_machine_that_is_named_and_else_here(workers: Workers, start: Stored) -> None:
    plan = Plan((("start", str(start.path)),), seconds=0.2)
    jobs = {name: workers.submit("bench", "Measuring", runner.run, plan, machine=name) for name in ("b", "")}
    for name, job in jobs.items():
        (found,) = job.result(120).measurements
        assert found.error == ""
        assert found.times_s
        assert found.configuration.path == str(start.path)
        assert place_of(job) == name


@pytest.fixture
def shared(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The program's own workers are those of the cluster."""
    monkeypatch.setenv("ONNXVIZ_SCHEDULER", cluster.address)
    monkeypatch.setenv("ONNXVIZ_STORE", str(cluster.store("home")))
    shutdown()
    st.cache_resource.clear()
    yield
    shutdown()
    st.cache_resource.clear()


@pytest.mark.usefixtures("shared")
def test_a_shell_measures_a_file_on_every_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", str(START), "--machines", "all", "--seconds", "0.3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told["machines"]] == ["a", "b"]
    for one in told["machines"]:
        assert one["environment"]["onnxruntime"]
        assert one["result"]["results"][0]["samples_s"]
    first, second = told["compared"]
    assert (first["machine"], first["ratio"], second["machine"]) == ("a", None, "b")
    assert second["ratio"] == pytest.approx(first["median_s"] / second["median_s"])
    assert "cannot run by turns" in told["note"]
    assert main(["bench", str(START), "--machines", "a,c"]) == 2


@pytest.mark.usefixtures("shared")
def test_the_page_shows_machines_side_by_side(backend: ClusterBackend) -> None:
    app = AppTest.from_file(str(ROOT / "pages" / "benchmark.py"), default_timeout=60).run()
    mine: Session = app.session_state["onnxviz_session"]
    mine.add(intake.take_path(mine.store, START), "A sample")
    wait_until(lambda: machines() == ("a", "b"))

    def settled(condition: Callable[[], object]) -> None:
        wait_until(lambda: app.run() and condition())
        assert not app.exception

    settled(lambda: [one for one in app.button if one.label == "Measure" and not one.disabled])
    app.select_slider[0].set_value(1).run()
    next(one for one in app.button if one.label == "Measure").click().run()
    settled(lambda: [each for each in app.table if "Machine" in each.value])
    assert "Machines side by side" in [one.value for one in app.subheader]
    table = next(each.value for each in app.table if "Machine" in each.value)
    assert list(table["Machine"]) == ["a", "b"]
    assert "Against a" in table.columns
    assert list(app.pills(key="benchmark:machines").options) == ["a", "b", "This machine"]


def test_a_machine_that_is_not_there_is_said_to_be_not_there(workers: Workers) -> None:
    with pytest.raises(JobFailed, match="there is no machine c in the cluster"):
        workers.submit("bench", "Adding", verbs.add, 1, 2, machine="c").result(60)


def test_a_job_is_finished_by_the_other_when_its_machine_is_killed(
    workers: Workers, backend: ClusterBackend, cluster: Cluster
) -> None:
    pinned = workers.submit("bench", "Measuring", cluster_verbs.tell_pid, 600, machine="a")
    pid_of(pinned)
    # Both have the same room for it, and then the first is taken.
    job = workers.submit("fold", "Working", cluster_verbs.tell_pid, 1)
    first = pid_of(job)
    assert place_of(job) == "a"
    cluster.kill("a")
    second = job.result(60)
    assert second != first
    assert place_of(job) == "b"
    assert job.parts() == [second]
    wait_until(lambda: is_gone(first))
    with pytest.raises(JobFailed, match="the machine a left the cluster in mid-job"):
        pinned.result(60)
    cluster.start_machine("a")


def test_without_its_scheduler_all_goes_on_here_and_returns_when_it_is_back(
    workers: Workers, backend: ClusterBackend, cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    job = workers.submit("fold", "Working", cluster_verbs.tell_pid, 2)
    there = pid_of(job)
    cluster.kill("scheduler")
    assert job.result(60) != there
    assert place_of(job) == ""
    assert f"The scheduler of the cluster at {cluster.address} does not answer" in backend.note()
    assert f"the cluster at {cluster.address} does not answer: it went away" in caplog.text
    assert workers.submit("fold", "Adding", verbs.add, 1, 2).result(60) == 3
    cluster.start_scheduler()
    wait_until(lambda: backend.machines() == ("a", "b"))
    assert backend.note() == ""
    job = workers.submit("fold", "Working", cluster_verbs.tell_pid, 0)
    assert job.result(60)
    assert place_of(job) in ("a", "b")
