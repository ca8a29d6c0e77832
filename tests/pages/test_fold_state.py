"""The page Fold, from one folding to another: nothing of the one before is left where it does not belong."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from onnxviz.errors import JobCancelled
from onnxviz.ui.folding.playing import Player
from tests.pages.folding import MIXED, NOTHING, Open, given, labels, lines, press, settled

HUGE = """
<ir_version: 8, opset_import: ["": 17]>
g (float[n] x) => (float[m, k] y) <int64[2] shape = {1000000, 2000}> {
    ones = ConstantOfShape(shape)
    y = Add(x, ones)
}
"""
"""A constant of 8 GB, which no file of ONNX can hold in one tensor."""


def player(app: AppTest) -> Player:
    """The player of the folding that is shown."""
    found: Player = app.session_state[f"fold:page:player:{app.session_state['fold:taken']['page'].id}"]
    return found


def sized(app: AppTest, batch: int | None) -> AppTest:
    """Give the open size of `MIXED` a number, or take it back."""
    next(one for one in app.number_input if one.label == "batch").set_value(batch)
    return settled(app)


def test_a_folding_that_is_shown_again_stands_where_it_was_left(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, MIXED, step="2"))
    sized(app, 1)
    player(app).go(8)
    app.run()
    assert [one.value for one in app.subheader] == ["Step 8 of 8 :gray[· wave 4]"]
    sized(app, None)
    assert [one.value for one in app.subheader] == ["Step 2 of 4 :gray[· wave 2]"]


def test_what_was_picked_in_one_question_is_not_picked_in_another(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, MIXED, view="predict"))
    # As a click in the picture has it.
    app.session_state["viewer:fold:predict:ear"].picked.current = ("six", "twelve")
    app.run()
    assert any("2 of 10 nodes picked" in line for line in lines(app))
    sized(app, 1)
    assert any("0 of 10 nodes picked" in line for line in lines(app))
    sized(app, None)
    assert any("2 of 10 nodes picked" in line for line in lines(app))


def test_a_link_to_a_question_asks_that_question(open_page: Open) -> None:
    app = settled(open_page("fold", model="light_resnet50", view="predict"))
    press(app, "Next question")
    asked = [box.label for box in app.checkbox]
    assert app.query_params["question"] == "2"
    again = settled(open_page("fold", model="light_resnet50", view="predict", question="2"))
    assert [box.label for box in again.checkbox] == asked


def test_a_value_that_no_file_can_hold_is_not_offered_to_be_stored(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, HUGE))
    assert any(line.startswith("**Nothing folds** of 2 nodes") for line in lines(app))
    assert not any(label.startswith("Let a tensor add") for label in labels(app))


def test_a_result_is_called_after_the_model_of_this_session(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, MIXED))
    session = app.session_state["onnxviz_session"]
    session.rename(session.current_digest, "mine")
    # What another session folded under a name of its own is taken from the cache.
    sized(app, 1)
    sized(app, None)
    assert app.session_state["fold:taken"]["page"].folded.after.name == "mine · fold"


def test_a_question_that_was_cancelled_can_be_asked_for_again(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, MIXED, view="predict"))
    taken = app.session_state["fold:taken"]["page"]
    app.session_state["fold:rounds"][f"page:{taken.id}"].question = None
    app.session_state["fold:question-of"] = (taken.id, 0)
    app.session_state["work:fold:question"] = {"error": JobCancelled("The question", "was cancelled")}
    app.run()
    assert not app.checkbox
    press(app, "Choose a question again")
    assert len(app.checkbox) == 10


def test_the_picture_of_a_question_is_dropped_with_the_question(open_page: Open) -> None:
    app = settled(open_page("fold", model="light_resnet50", view="predict"))
    for _ in range(3):
        press(app, "Next question")
    id_ = app.session_state["fold:taken"]["page"].id
    views = [f"view:fold:predict:{id_}:{number}" for number in range(4)]
    assert [name in app.session_state for name in views] == [False, False, False, True]


def test_a_folded_model_that_is_taken_off_the_list_can_still_be_downloaded(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, MIXED))
    press(app, "Keep the folded model")
    session = app.session_state["onnxviz_session"]
    after = app.session_state["fold:taken"]["page"].folded.after
    session.remove(after.digest)
    assert after.digest in session.held
    settled(app)
    assert "Keep the folded model" in labels(app)


def page_with_two_foldings() -> None:
    import streamlit as st

    from onnxviz.ui.folding.watching import fold_view
    from onnxviz.ui.session import session

    mine = session()
    assert mine.current is not None
    for key in ("first", "second"):
        fold_view(mine, mine.current.model, key)
        ear = st.session_state.get(f"viewer:fold:{key}:ear")
        if ear is not None:
            ear.selection.hear("six")


def test_two_foldings_on_a_page_tell_of_the_same_node(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given(open_page, monkeypatch, tmp_path, MIXED)
    app = settled(AppTest.from_function(page_with_two_foldings, default_timeout=90))
    app.run()
    app.run()
    assert not app.exception
    assert labels(app).count("Go to step 1") == 2


def test_an_answer_that_picks_nothing_where_nothing_folds_ends_the_picking_too(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = settled(given(open_page, monkeypatch, tmp_path, NOTHING, view="predict"))
    assert app.session_state["viewer:fold:predict:ear"].picked.serial is not None
    press(app, "Reveal")
    assert app.session_state["viewer:fold:predict:ear"].picked.serial is None
    press(app, "Ask again")
    assert app.session_state["viewer:fold:predict:ear"].picked.serial is not None
