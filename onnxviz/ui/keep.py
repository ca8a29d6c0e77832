"""Choices that outlast a visit to another page.

Streamlit forgets a widget that a run did not draw; writing its value back once a run keeps it.
"""

from __future__ import annotations

import streamlit as st

PREFIX = "keep:"
"""Widgets whose key starts with this keep their value. Not for buttons and uploads."""


def key(name: str, default: object = None) -> str:
    """The key of a widget that keeps its value, which is `default` at first.

    Give the widget no default of its own: Streamlit warns of two.
    """
    full = PREFIX + name
    if default is not None:
        st.session_state.setdefault(full, default)
    return full


def alive() -> None:
    """Call once at the start of each run, before any widget."""
    for key in list(st.session_state):
        if isinstance(key, str) and key.startswith(PREFIX):
            st.session_state[key] = st.session_state[key]
