"""The page Simplify, step by step."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.simplifying import DEADLINE_SECONDS, Open, errors, lines, names, opened, press


def watched(app: AppTest) -> AppTest:
    """Go to the steps, press the button and wait."""
    app.segmented_control(key="simplify:view").set_value("Step by step").run()
    press(app, "Watch onnxsim's passes")
    digest = app.session_state["onnxviz_session"].current_digest
    end = time.monotonic() + DEADLINE_SECONDS
    while f"work:simplify:watch:{digest}" in app.session_state:
        assert time.monotonic() < end, "the job did not end"
        if "error" in app.session_state[f"work:simplify:watch:{digest}"]:
            break
        time.sleep(0.1)
        app.run()
    assert not app.exception
    return app


def headings(app: AppTest) -> list[str]:
    return [one.value.replace("\\", "") for one in app.subheader]


def test_the_steps_of_onnxsim_are_gone_through_with_buttons_and_slider(open_page: Open) -> None:
    app = watched(open_page("simplify").run())
    assert any(
        "21 → 10 nodes" in line and "same number of nodes of each op type" in line for line in lines(app)
    )
    table = next(frame.value for frame in app.dataframe if "Pass" in frame.value.columns)
    assert headings(app) == [f"Step 1 of {len(table)}: {table['Pass'][0]} · 21 nodes"]
    fusing = list(table["Pass"]).index("fuse_bn_into_conv")
    for _ in range(fusing):
        press(app, "Next")
    assert headings(app) == [f"Step {fusing + 1} of {len(table)}: fuse_bn_into_conv · 21 → 18 nodes"]
    assert any(line.startswith("BatchNormalization −3") for line in lines(app))
    app.slider[0].set_value(0).run()
    assert headings(app) == ["The original: 21 nodes"]
    assert next(button for button in app.button if button.label == "Previous").disabled
    app.slider[0].set_value(len(table)).run()
    assert headings(app)[0].endswith(" 10 nodes")
    assert next(button for button in app.button if button.label == "Next").disabled
    assert names(app) == ["Start here"]


def test_what_was_watched_on_a_model_that_is_removed_is_let_go(open_page: Open) -> None:
    app = watched(open_page("simplify").run())
    session = app.session_state["onnxviz_session"]
    (seen,) = app.session_state["simplify:watched"].values()
    assert seen.watched.after.digest in session.held
    session.remove(session.current_digest)
    app.run()
    assert app.session_state["simplify:watched"] == {}
    assert set(session.held) == set()


def test_other_sizes_than_those_of_the_steps_are_pointed_out(open_page: Open) -> None:
    app = watched(open_page("simplify").run())
    assert not app.warning
    next(one for one in app.number_input if one.label == "batch").set_value(2).run()
    assert [warning.value for warning in app.warning] == ["These steps were watched with other sizes."]


def test_a_model_that_onnxsim_leaves_as_it_is_has_no_steps(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = '<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y) { y = Relu(x) }'
    app = watched(opened(open_page, monkeypatch, tmp_path, text))
    assert any("No pass changed anything" in line for line in lines(app))
    assert not app.slider


def test_a_model_that_cannot_be_watched_is_one_sentence(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = '<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y) { y = Add(x, nothing) }'
    app = watched(opened(open_page, monkeypatch, tmp_path, text))
    assert len(errors(app)) == 1
    assert "the Add that makes 'y' reads 'nothing', which nothing makes" in errors(app)[0]
    assert not app.slider
