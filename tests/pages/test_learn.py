"""The page Learn."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from onnxviz import jobs
from onnxviz.jobs import Progress
from onnxviz.lessons import catalog
from onnxviz.ui.learning import runs
from tests.lessons.sample import FIRST, HOSTILE, LESSONS
from tests.pages.simplifying import DEADLINE_SECONDS, errors, names, press

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def lessons(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lessons that have everything that one can have."""
    monkeypatch.setattr(catalog, "lessons", lambda: LESSONS)


def learning(open_page: Open, **link: str) -> AppTest:
    return settled(open_page("learn", **link).run())


def settled(app: AppTest) -> AppTest:
    """The page once none of its experiments runs."""
    end = time.monotonic() + DEADLINE_SECONDS
    works = [f"work:learn:{FIRST.id}-{name}" for name in (*FIRST.experiments(), "third")]
    while any(work in app.session_state and "job" in app.session_state[work] for work in works):
        assert time.monotonic() < end, "a job did not end"
        time.sleep(0.1)
        app.run()
    assert not app.exception
    return app


def lines(app: AppTest) -> list[str]:
    """Its sentences, without escapes."""
    return [each.value.replace("\\", "") for each in (*app.markdown, *app.caption)]


def rows(app: AppTest) -> list[str]:
    """The buttons of the list of lessons."""
    return [button.label for button in app.sidebar.button if (button.key or "").startswith("learn:go:")]


def test_a_visit_begins_with_the_first_lesson_and_nothing_done(open_page: Open) -> None:
    app = learning(open_page)
    assert [title.value for title in app.title] == ["Folding two numbers"]
    assert rows(app) == [
        "1 · Folding two numbers :gray[3\u00a0min]",
        "2 · What is constant? :gray[2\u00a0min]",
    ]
    assert app.query_params["lesson"] == "first_lesson"
    assert "Hello Ada!" in lines(app)
    assert not any(line.startswith("2 ×") for line in lines(app))


def test_an_experiment_runs_with_what_was_chosen_and_is_remembered(open_page: Open) -> None:
    app = learning(open_page)
    app.slider[0].set_value(4).run()
    assert "six = 2 * 4" in [code.value for code in app.code]
    settled(press(app, "Multiply"))
    assert "2 × 4 = 8, said softly." in lines(app)
    assert "six = Mul(two, three)\n    = 2 * 4" in [code.value for code in app.code]
    app.slider[0].set_value(5).run()
    assert not any(line.startswith("2 ×") for line in lines(app)), "what another choice gave is not shown"
    app.slider[0].set_value(4).run()
    assert "2 × 4 = 8, said softly." in lines(app)
    press(press(app, "Next lesson"), "Previous lesson")
    settled(app)
    assert "2 × 4 = 8, said softly." in lines(app), "another lesson was looked at meanwhile"
    assert names(app) == ["Start here"], "its models are not in the session's list"


def test_a_table_shows_hostile_names_as_they_are(open_page: Open) -> None:
    app = settled(press(learning(open_page), "Multiply"))
    table = next(line for line in lines(app) if line.startswith("| Model"))
    assert table.splitlines()[1:3] == ["| :-- | --: | --: |", "| before | 2,000 | 0.5 |"]
    settled(press(app, "Count"))
    assert f"**{HOSTILE}**" in [line.replace("\u2060", "") for line in lines(app)]
    assert not any(f"**{HOSTILE}**" in each.value for each in app.caption), "its marks are escaped"


def test_an_experiment_builds_on_what_was_chosen_for_the_one_before(open_page: Open) -> None:
    app = learning(open_page)
    assert "“Multiply two constants” is run first." in lines(app)
    settled(press(app, "Count"))
    assert "Found 2 nodes, said softly." in lines(app)
    app.segmented_control[0].set_value("loudly").run()
    settled(press(app, "Multiply"))
    app.run()
    assert not any(line.startswith("Found") for line in lines(app)), "that was found in other files"
    settled(press(app, "Count"))
    assert "Found 2 nodes, said loudly." in lines(app)


def test_only_what_was_not_run_yet_is_run_before(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    third = replace(FIRST.experiments()["count"], id="third", button="Count again", needs="count")
    lesson = replace(FIRST, parts=(*FIRST.parts, third))
    monkeypatch.setattr(catalog, "lessons", lambda: (lesson,))
    app = learning(open_page)
    assert "“Multiply two constants” and “Count the nodes” are run first." in lines(app)
    app.segmented_control[0].set_value("loudly").run()
    settled(press(app, "Multiply"))
    assert lines(app).count("“Count the nodes” is run first.") == 1
    settled(press(app, "Count again"))
    assert "Found 2 nodes, said loudly." in lines(app)


def test_what_runs_at_once_runs_again_for_another_choice(open_page: Open) -> None:
    app = learning(open_page)
    app.selectbox[0].set_value("Eve").run()
    assert "Hello Eve!" in lines(settled(app))


def test_an_experiment_that_fails_is_one_sentence_and_the_lesson_goes_on(open_page: Open) -> None:
    app = settled(press(learning(open_page), "Break it"))
    assert errors(app) == ["The experiment: gave up. Try something else."]
    assert "its log" in [code.value for code in app.code]
    settled(press(app, "Multiply"))
    assert "2 × 3 = 6, said softly." in lines(app)


def test_a_wrong_answer_is_replied_to_and_a_right_one_ticks_the_lesson_off(open_page: Open) -> None:
    app = learning(open_page)
    check = next(button for button in app.button if button.label == "Check")
    assert check.disabled
    answer = app.main.radio[0]
    press(answer.set_value(1).run(), "Check")
    assert [warning.value for warning in app.warning] == ["One of them had constant inputs alone. Try again."]
    app.main.radio[0].set_value(0).run()
    assert not app.warning, "the reply was to another answer"
    press(app, "Check")
    assert [success.value for success in app.success] == ["The product is a constant."]
    icons = [button.proto.icon for button in app.sidebar.button if (button.key or "").startswith("learn:go:")]
    assert icons == [":material/check_circle:", ":material/circle:"]
    press(app, "Next lesson")
    assert [title.value for title in app.title] == ["What is constant?"]
    assert app.query_params["lesson"] == "second_lesson"
    press(app, "Previous lesson")
    assert [success.value for success in app.success] == ["The product is a constant."], (
        "it is still answered"
    )


def test_a_question_with_several_right_answers_wants_all_of_them(open_page: Open) -> None:
    app = learning(open_page, lesson="second_lesson")
    first, _, third = app.checkbox
    press(first.check().run(), "Check")
    assert [warning.value for warning in app.warning] == ["One right answer is missing. Try again."]
    press(third.check().run(), "Check")
    assert len(app.success) == 1


def test_a_lesson_that_there_is_none_of_opens_the_first(open_page: Open) -> None:
    app = learning(open_page, lesson="**nothing**")
    assert [warning.value for warning in app.warning] == ["The link names a lesson that there is none of."]
    assert [title.value for title in app.title] == [FIRST.title]
    app.run()
    assert not app.warning


def test_a_model_that_the_store_let_go_of_is_made_again_when_asked_for(open_page: Open) -> None:
    app = settled(press(learning(open_page), "Multiply"))
    session = app.session_state["onnxviz_session"]
    ran = next(ran for ran in app.session_state["learn:ran"].values() if ran.models)
    digest = ran.models["after"].digest
    (session.store.root / digest[:2] / digest).rename(session.store.root / "gone")
    app.run()
    assert not any(line.startswith("2 ×") for line in lines(app))
    settled(press(app, "Multiply"))
    assert "2 × 3 = 6, said softly." in lines(app)


def test_what_runs_at_once_runs_once_more_where_its_result_is_not_kept(open_page: Open) -> None:
    app = learning(open_page)
    app.session_state["learn:ran"].clear()
    app.run()
    assert "Hello Ada!" in lines(settled(app))


def test_a_model_that_is_taken_off_the_list_stays_in_its_lesson(open_page: Open) -> None:
    app = settled(press(learning(open_page), "Multiply"))
    session = app.session_state["onnxviz_session"]
    ran = next(ran for ran in app.session_state["learn:ran"].values() if ran.models)
    model = ran.models["after"]
    session.add(model, "Opened from the lesson")
    session.remove(model.digest)
    assert model.digest in session.held
    assert "2 × 3 = 6, said softly." in lines(app.run())


def test_only_so_many_runs_are_remembered_and_held(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_RUNS", 2)
    app = settled(press(learning(open_page), "Multiply"))
    session = app.session_state["onnxviz_session"]
    settled(press(app, "Count"))
    again = app.session_state["learn:ran"]
    (counted,) = (ran.models[HOSTILE] for ran in again.values() if HOSTILE in ran.models)
    assert len(again) == 2
    assert counted.digest in session.held
    app.slider[0].set_value(4).run()
    settled(press(app, "Multiply"))
    assert "2 × 4 = 8, said softly." in lines(app)
    assert len(app.session_state["learn:ran"]) == 2
    assert not any(HOSTILE in ran.models for ran in app.session_state["learn:ran"].values())


def test_runs_with_large_models_go_sooner(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_BYTES", 1)
    monkeypatch.setattr(runs, "LEAST_RUNS", 2)
    app = settled(press(learning(open_page), "Multiply"))
    settled(press(app, "Count"))
    assert len(app.session_state["learn:ran"]) == 2


def test_a_first_run_may_be_that_of_another_session_and_a_second_is_a_new_one(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[Hashable] = []
    submit = jobs.submit

    def noted(kind: Any, label: str, *args: Any, **options: Any) -> Any:
        if label == "Multiply two constants":
            keys.append(options["key"])
        return submit(kind, label, *args, **options)

    monkeypatch.setattr(jobs, "submit", noted)
    app = settled(press(learning(open_page), "Multiply"))
    settled(press(app, "Multiply"))
    assert keys[0] is not None
    assert keys[1:] == [None]


def test_an_experiment_waits_for_the_one_that_it_needs(open_page: Open) -> None:
    app = learning(open_page)
    work = f"work:learn:{FIRST.id}-multiply"
    app.session_state[work] = {"job": _Unfinished()}
    app.run()
    count = next(button for button in app.button if button.label == "Count")
    assert count.disabled
    assert "“Multiply two constants” is running." in lines(app)


class _Unfinished:
    """A job that goes on and on."""

    label = "Multiplying"

    def result(self, timeout: float) -> None:
        raise TimeoutError

    def progress(self) -> Progress:
        return Progress("At it", 0.5, 1.0)

    def cancel(self) -> None:
        """Nobody waits for it."""
