"""A graph on this page begins with the colours that it is there for."""

from __future__ import annotations

import streamlit as st

from onnxviz.model import Model
from onnxviz.ui.showing import state_of


def begin_with(key: str, model: Model, overlay: str) -> None:
    """Choose `overlay` for a model that the place `key` has not shown yet; later the choice is a person's."""
    if f"view:{key}:{model.digest}" not in st.session_state:
        state_of(key, model.digest, None).overlay = overlay
