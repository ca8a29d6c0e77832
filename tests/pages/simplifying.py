"""What a person does on the Simplify page under Streamlit's test driver, and what can be seen of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import parser
from streamlit.testing.v1 import AppTest

from onnxviz.ui.optimizing.runs import Run

Open = Callable[..., AppTest]
DEADLINE_SECONDS = 120


def runs_of(app: AppTest) -> list[Run]:
    """The runs on the current model."""
    digest = app.session_state["onnxviz_session"].current_digest
    if "simplify:runs" not in app.session_state:
        return []
    found: list[Run] = app.session_state["simplify:runs"].get(digest, [])
    return found


def press(app: AppTest, label: str) -> AppTest:
    """A button by its label."""
    return next(button for button in app.button if button.label == label).click().run()


def settled(app: AppTest) -> AppTest:
    """The page once all runs are done."""
    end = time.monotonic() + DEADLINE_SECONDS
    while any(run.job is not None for run in runs_of(app)):
        assert time.monotonic() < end, "the job did not end"
        time.sleep(0.1)
        app.run()
    assert not app.exception
    return app


def errors(app: AppTest) -> list[str]:
    """Its error messages, without escapes."""
    return [error.value.replace("\\", "") for error in app.error]


def figures(app: AppTest) -> dict[str, str]:
    """Its large figures by label."""
    return {metric.label: metric.value for metric in app.metric}


def names(app: AppTest) -> list[str]:
    """The models of the session, in order."""
    return [entry.model.name for entry in app.session_state["onnxviz_session"].entries.values()]


def opened(open_page: Open, monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> AppTest:
    """The page with a model, written as text, that is named on the command line."""
    path = folder / "given.onnx"
    onnx.save(parser.parse_model(text), path)
    monkeypatch.setattr("sys.argv", ["app.py", str(path)])
    return open_page("simplify").run()


def choose(app: AppTest, *optimizers: str) -> AppTest:
    """Have these optimizers chosen and no others."""
    return app.pills(key="simplify:optimizers").set_value(list(optimizers)).run()


def lines(app: AppTest) -> list[str]:
    """All Markdown of the page, without its escapes."""
    return [one.value.replace("\\", "") for one in app.markdown]


def keys(app: AppTest) -> set[str]:
    """Of all buttons."""
    return {str(button.key) for button in app.button}
