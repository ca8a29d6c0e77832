"""What a person does on the page Fold under Streamlit's test driver, and what can be seen of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import parser
from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]
DEADLINE_SECONDS = 120

MIXED = """
<ir_version: 8, opset_import: ["": 17]>
g (float[batch, 3] x) => (float[n, m] y)
<int64 two = {2}, int64 three = {3}, int64 zero = {0}, int64[1] rest = {-1}, int64[1] axes = {0}> {
    six = Mul(two, three)
    twelve = Add(six, six)
    wide = Unsqueeze(twelve, axes)
    sizes = Shape(x)
    rows = Gather(sizes, zero)
    high = Unsqueeze(rows, axes)
    shape = Concat<axis = 0>(high, rest)
    flat = Reshape(x, shape)
    cut = Cast<to = 1>(wide)
    y = Mul(flat, cut)
}
"""
"""Four nodes that fold in four waves, four that wait for `batch`, and two that depend on x."""

NOTHING = """
<ir_version: 8, opset_import: ["": 17]>
g (float[4] X) => (float[4] Y) <float two = {2.0}, float three = {3.0}> {
    double = Mul(X, two)
    Y = Add(double, three)
}
"""
"""Y = X * 2 + 3."""


def given(open_page: Open, monkeypatch: pytest.MonkeyPatch, folder: Path, text: str, **link: str) -> AppTest:
    """The page with a model, written as text, that is named on the command line; not yet run."""
    path = folder / "given.onnx"
    onnx.save(parser.parse_model(text), path)
    monkeypatch.setattr("sys.argv", ["app.py", str(path)])
    return open_page("fold", **link)


def settled(app: AppTest) -> AppTest:
    """The page once nothing is waited for any more."""
    app.run()
    end = time.monotonic() + DEADLINE_SECONDS
    while _waits(app):
        assert time.monotonic() < end, "the job did not end"
        time.sleep(0.1)
        app.run()
    assert not app.exception
    return app


def _waits(app: AppTest) -> bool:
    state = app.session_state
    if any(key in state and "job" in state[key] for key in _WORKS):
        return True
    return "fold:beside" in state and bool(state["fold:beside"].waiting)


_PLACES = ("fold:page", "fold:agreement", "fold:question", "fold:sample", "picture:fold:page")
_WORKS = [f"work:{name}" for name in (*_PLACES, "picture:viewer:fold:predict")]


def lines(app: AppTest) -> list[str]:
    """All Markdown of the page, without its escapes."""
    return [one.value.replace("\\", "") for one in app.markdown]


def press(app: AppTest, label: str) -> AppTest:
    """A button by its label."""
    next(button for button in app.button if button.label.replace("\\", "") == label).click()
    return settled(app)


def labels(app: AppTest) -> list[str]:
    """Of all buttons."""
    return [button.label.replace("\\", "") for button in app.button]


def table(app: AppTest, column: str) -> list[dict[str, object]]:
    """The rows of the table that has this column."""
    frame = next(one.value for one in app.dataframe if column in one.value.columns)
    return list(frame.to_dict("records"))
