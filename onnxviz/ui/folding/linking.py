"""A link that opens the page Fold as it is: `/fold?model=start&view=predict`, `/fold?step=12`."""

from __future__ import annotations

import streamlit as st

from onnxviz.ui import frame, viewlink

VIEW, STEP, QUESTION = "view", "step", "question"
TITLE = "Fold"
KEYS = (VIEW, STEP, QUESTION)
VIEWS = {"watch": "Watch", "predict": "Predict", "beside": "Beside others"}
"""In a link -> on the page."""

_DONE = "fold:linked"
_NUMBERS = "fold:linked-numbers"
_MOST_DIGITS = 6


def wanted_view() -> str:
    """The view that the address names, in the words of the page; the first for any other."""
    _come_in()
    return VIEWS.get(st.query_params.get(VIEW, ""), VIEWS["watch"])


def wanted_number(name: str) -> int | None:
    """The step or question that the address names; told once in a session, and None ever after."""
    numbers: dict[str, int] = st.session_state.get(_NUMBERS, {})
    return numbers.pop(name, None)


def of_view(view: str) -> dict[str, str]:
    """What the address says of a view of the page."""
    name = next(name for name, shown in VIEWS.items() if shown == view)
    return {} if name == "watch" else {VIEW: name}


def of_question(number: int) -> dict[str, str]:
    """What the address says of a question, counted from 0."""
    return of_view(VIEWS["predict"]) | ({QUESTION: str(number + 1)} if number else {})


def _come_in() -> None:
    """Read the address once. Another page's is taken away, or the first picture would be drawn so."""
    if _DONE in st.session_state:
        return
    st.session_state[_DONE] = True
    if not frame.came_in_by(TITLE):
        for name in (*viewlink.KEYS, *KEYS):
            if name in st.query_params:
                del st.query_params[name]
        return
    texts = {name: st.query_params.get(name, "") for name in (STEP, QUESTION)}
    st.session_state[_NUMBERS] = {
        name: int(text) for name, text in texts.items() if text.isdecimal() and len(text) <= _MOST_DIGITS
    }
