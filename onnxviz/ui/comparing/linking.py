"""A link that opens a comparison again: `/compare?model=light_resnet50&with=onnxsim`.

Only what can be made anew has one: a model that comes with the app, and a rewrite of it with the defaults of
an optimizer.
"""

from __future__ import annotations

import streamlit as st

from onnxviz.rewrites.optimizers import OptimizeOptions, names
from onnxviz.ui import frame, viewlink
from onnxviz.ui.comparing.pair import Pair
from onnxviz.ui.session import Session

WITH = "with"
_DONE = "compare:linked"


def link(mine: Session, pair: Pair) -> dict[str, list[str]] | None:
    """The query parameters that open this pair again, None where no link can."""
    known = mine.entries[pair.before.digest].link
    if known is None or not set(known) <= {"model"}:
        return None
    if pair.how.optimizer not in names() or pair.how.options != OptimizeOptions():
        return None
    return known | {WITH: [pair.how.optimizer]}


def forget_others(key: str) -> None:
    """Take another page's view out of the address, or the first picture called `key` would be drawn so."""
    if f"view:{key}" in st.session_state or frame.came_in_by("Compare"):
        return
    for name in viewlink.KEYS:
        if name in st.query_params:
            del st.query_params[name]


def wanted() -> str:
    """The optimizer that the address names, told once in a session and empty ever after.

    An optimizer that is not known is none: then the page offers what it always does.
    """
    if _DONE in st.session_state or not frame.came_in_by("Compare"):
        return ""
    st.session_state[_DONE] = True
    name = st.query_params.get(WITH, "")
    return name if name in names() else ""
