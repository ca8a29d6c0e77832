"""The whole app where something around it is wrong: one sentence, and it goes on once that is mended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 120


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AppTest]:
    monkeypatch.setenv("ONNXVIZ_STORE", str(tmp_path / "there" / "store"))
    monkeypatch.setattr("sys.argv", ["app.py"])
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    st.cache_resource.clear()


def errors(app: AppTest) -> list[str]:
    return [error.value.replace("\\", "") for error in app.error]


def test_a_setting_that_cannot_be_read_is_one_sentence(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONNXVIZ_MAX_NODES", "many")
    app.run()
    assert not app.exception
    (said,) = errors(app)
    assert said.startswith("ONNXVIZ_MAX_NODES: 'many' is no whole number from 1 on. Set it to")
    monkeypatch.delenv("ONNXVIZ_MAX_NODES")
    app.run()
    assert errors(app) == []
    assert not app.exception


def test_a_store_that_cannot_be_used_is_told_and_used_once_it_can_be(app: AppTest, tmp_path: Path) -> None:
    # A file where its folder should be: nobody can use that, the superuser included.
    (tmp_path / "there").write_text("")
    app.run()
    assert not app.exception
    assert len(errors(app)) == 1
    assert "store" in errors(app)[0]
    (tmp_path / "there").unlink()
    app.run()
    assert not app.exception
    assert errors(app) == []
    assert app.session_state["onnxviz_session"].current is not None


def test_a_store_that_goes_in_mid_session_costs_a_sentence_and_no_restart(
    app: AppTest, tmp_path: Path
) -> None:
    app.run()
    assert not app.exception
    there, away = tmp_path / "there", tmp_path / "away"
    there.rename(away)
    there.write_text("")
    app.switch_page("pages/fold.py").run()
    end = time.monotonic() + DEADLINE_SECONDS
    while not errors(app):
        assert time.monotonic() < end, "the folder is gone, and nobody is told"
        time.sleep(0.1)
        app.run()
    assert not app.exception
    there.unlink()
    away.rename(there)
    app.run()
    assert not app.exception
    assert app.session_state["onnxviz_session"].current is not None
