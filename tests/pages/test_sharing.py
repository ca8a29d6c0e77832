"""What is computed once for all who have a model is told nobody's name for it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from onnxviz.jobs import Workers
from tests.pages import folding, simplifying

NAME = "alpha-secret"
OF_THE_JOB = ("limits", "still_good", "machine", "owner")
"""Options of `submit` that do not reach the verb."""

Open = Callable[..., AppTest]


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Every verb whose result was shared, and whether anything that it got held the name.

    A result under a key that has the name in it is shared with those alone who call the model so too.
    """
    found: dict[str, bool] = {}
    submit = Workers.submit

    def spying(
        self: Workers, kind: Any, label: str, function: Any, *args: Any, key: Any = None, **options: Any
    ) -> Any:
        if key is not None and NAME not in repr(key):
            given = {name: value for name, value in options.items() if name not in OF_THE_JOB}
            told = NAME.encode() in pickle.dumps((args, given))
            found[function.__name__] = found.get(function.__name__, False) or told
        return submit(self, kind, label, function, *args, key=key, **options)

    monkeypatch.setattr(Workers, "submit", spying)
    return found


def named(app: AppTest) -> AppTest:
    """The page with the sample under a name of one's own."""
    app.run()
    session = app.session_state["onnxviz_session"]
    session.rename(session.current_digest, NAME)
    return app.run()


def test_no_optimizer_or_pass_is_told_a_name(open_page: Open, shared: dict[str, bool]) -> None:
    app = named(open_page("simplify"))
    simplifying.settled(simplifying.press(app, "Simplify"))
    assert simplifying.names(app) == [NAME, f"{NAME} · onnxsim"]
    app.segmented_control(key="simplify:view").set_value("Step by step").run()
    simplifying.press(app, "Watch onnxsim's passes")
    assert not app.exception
    assert {"optimize_into_store", "watch_into_store"} <= set(shared)
    assert not any(shared.values()), shared


def test_no_comparison_or_search_for_reasons_is_told_a_name(open_page: Open, shared: dict[str, bool]) -> None:
    app = named(open_page("compare"))
    simplifying.press(app, f"Simplify {NAME} now".replace("-", r"\-"))
    for _ in range(600):
        if "explain_models" in shared:
            break
        app.run()
    assert not app.exception
    assert {"diff_models", "pictures", "explain_models"} <= set(shared)
    assert not any(shared.values()), shared


def test_no_folding_is_told_a_name(open_page: Open, shared: dict[str, bool]) -> None:
    folding.settled(named(open_page("fold", view="beside")))
    assert {"fold_into_store", "column"} <= set(shared)
    assert not any(shared.values()), shared


def test_reading_and_drawing_are_told_no_name(open_page: Open, shared: dict[str, bool]) -> None:
    app = named(open_page("explore"))
    assert not app.exception
    assert {"read_model", "picture"} <= set(shared)
    assert not any(shared.values()), shared
