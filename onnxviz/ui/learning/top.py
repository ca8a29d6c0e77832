"""A lesson begins at its top, wherever the one before was left."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import streamlit as st

from onnxviz.ui.wire import FRONTEND

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


def show(lesson_id: str) -> None:
    """Scroll up when this is another lesson than in the run before. Call it in the same place in each run."""
    _component()(key="learn-top", data={"page": lesson_id})


@cache
def _component() -> ComponentRenderer:
    script = (FRONTEND / "top.js").read_text(encoding="utf-8")
    return st.components.v2.component("onnxviz_top", js=script)
