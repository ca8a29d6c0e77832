"""The app under Streamlit's own test driver, with a store and workers of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., AppTest]]:
    """`open_page("simplify", model="light_resnet50")`: a page under a link, not yet run."""
    monkeypatch.setenv("ONNXVIZ_STORE", str(tmp_path / "store"))
    monkeypatch.setattr("sys.argv", ["app.py"])
    st.cache_resource.clear()

    def opened(name: str, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=90)
        for key, value in parameters.items():
            app.query_params[key] = value
        return app

    yield opened
    st.cache_resource.clear()
