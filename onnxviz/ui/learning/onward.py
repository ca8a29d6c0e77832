"""From a graph of a lesson to the other pages, where it is then the session's current model."""

from __future__ import annotations

import streamlit as st

from onnxviz.lessons.types import Lesson
from onnxviz.model import Model
from onnxviz.ui import problems
from onnxviz.ui.session import Entry, Session
from onnxviz.ui.text import md

PAGES = (
    ("Explore", ":material/account_tree:", "pages/explore.py"),
    ("Fold", ":material/auto_awesome_motion:", "pages/fold.py"),
    ("Simplify", ":material/compress:", "pages/simplify.py"),
)
"""What a button says, its icon, and where it goes."""


def graph(mine: Session, lesson: Lesson, model: Model, key: str) -> None:
    """A button for each page that shows one model."""
    for name, icon, page in PAGES:
        if _button(name, icon, f"Open {md(model.name)} in {name}", f"{key}:{name}"):
            with problems.shown():
                _add(mine, lesson, model)
                st.switch_page(page)


def pair(mine: Session, lesson: Lesson, before: Model, after: Model, key: str) -> None:
    """Buttons for the model before, and one to where the two are compared."""
    graph(mine, lesson, before, key)
    if _button("Compare", ":material/compare:", "Open both in Compare", f"{key}:Compare"):
        with problems.shown():
            _add(mine, lesson, before)
            _add(mine, lesson, after, before.digest)
            st.session_state["compare:before"] = before.digest
            st.session_state["compare:after"] = after.digest
            st.switch_page("pages/compare.py")


def _button(name: str, icon: str, help_text: str, key: str) -> bool:
    return st.button(name, key=key, type="tertiary", icon=icon, help=help_text, width="content")


def _add(mine: Session, lesson: Lesson, model: Model, parent: str | None = None) -> Entry:
    return mine.add(model, f"From the lesson “{lesson.title}”", parent)
