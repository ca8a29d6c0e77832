"""Who waits for a job sees their place in line, in place as well as beside a bar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from onnxviz.errors import JobFailed
from onnxviz.jobs import Job, Workers, shared
from onnxviz.ui import waiting
from tests.jobs.scripted import Scripted, wait_until


def verb() -> None:
    """Never called here."""


class Place:
    """Where a caption goes on a page; each look at the job ends one that runs."""

    def __init__(self, backend: Scripted) -> None:
        self.backend = backend
        self.said: list[str] = []

    def caption(self, text: str) -> None:
        self.said.append(text.replace("\\", "").split(" ·")[0])
        if self.backend.running:
            self.backend.end()

    def empty(self) -> None:
        self.said.append("")


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    backend = Scripted()
    workers = Workers(backend)
    monkeypatch.setattr(shared, "_default", workers)
    monkeypatch.setattr(shared, "_asker", None)
    monkeypatch.setattr(shared, "_waiter", None)
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.05)
    yield backend
    workers.close()


@pytest.fixture
def place(backend: Scripted, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place(backend)
    monkeypatch.setattr("onnxviz.ui.waiting.st.empty", lambda: place)
    monkeypatch.setattr(waiting, "get_script_run_ctx", lambda suppress_warning: object())
    return place


def ask(backend: Scripted, count: int) -> list[Job[Any]]:
    jobs: list[Job[Any]] = [shared.submit("rewrite", f"Doing {number}", verb) for number in range(count)]
    wait_until(lambda: backend.running)
    return jobs


def test_who_waits_in_place_sees_their_place_move_up(backend: Scripted, place: Place) -> None:
    *_, last = ask(backend, 3)
    waiting.in_place(last)
    assert last.done()
    expected = ["Waiting: 1 job is before it", "Waiting: it is next", "Starting", ""]
    assert [one.removeprefix(":material/hourglass: ") for one in dict.fromkeys(place.said)] == expected


def test_who_asks_and_waits_at_once_sees_it_too_and_gets_the_error(backend: Scripted, place: Place) -> None:
    shared.wait_with(waiting.in_place)
    held = ask(backend, 1)
    backend.end()
    backend.refusing = JobFailed("", "no room")
    with pytest.raises(JobFailed, match="Drawing: no room"):
        shared.run("rewrite", "Drawing", verb)
    assert held[0].done()


def test_outside_of_a_page_nothing_is_shown(backend: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxviz.ui.waiting.st.empty", lambda: pytest.fail("nobody looks"))
    job = ask(backend, 1)[0]
    waiting.in_place(job, 0.01)
    assert not job.done()


def test_what_was_not_done_in_time_says_why(backend: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        "onnxviz.ui.waiting.st.warning", lambda text, icon: said.append(text.replace("\\", ""))
    )
    waiting.not_yet("The search", ask(backend, 4)[3], "Type again in a moment")
    assert said == ["The search is not done yet (Waiting: 2 jobs are before it). Type again in a moment."]


def test_a_wait_takes_no_room_of_its_own_on_a_page_that_has_a_spot_for_it(
    backend: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Place] = []

    def empty() -> Place:
        made.append(Place(backend))
        return made[-1]

    monkeypatch.setattr("onnxviz.ui.waiting.st.empty", empty)
    monkeypatch.setattr(waiting, "get_script_run_ctx", lambda suppress_warning: object())
    with waiting.reserved():
        for job in ask(backend, 2):
            waiting.in_place(job)
        assert len(made) == 1
        with waiting.reserved():
            waiting.in_place(ask(backend, 1)[0])
        assert [len(place.said) > 1 for place in made] == [True, True]
    assert [place.said[-1] for place in made] == ["", ""]
