"""How a model of the session came about from another, so that its reasons can be looked for."""

from __future__ import annotations

import streamlit as st

from onnxviz.rewrites.reasons import How

_KEY = "compare:how"


def remember(before_digest: str, after_digest: str, how: How) -> None:
    """Note that `how` made the one model of the other."""
    known: dict[tuple[str, str], How] = st.session_state.setdefault(_KEY, {})
    known[before_digest, after_digest] = how


def recall(before_digest: str, after_digest: str) -> How:
    """How the one model was made of the other, as far as that is known."""
    known: dict[tuple[str, str], How] = st.session_state.get(_KEY, {})
    return known.get((before_digest, after_digest), How())
