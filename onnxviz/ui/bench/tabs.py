"""The tabs below a result; only the open one is drawn, in a fragment of its own."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from onnxviz.ui import problems
from onnxviz.ui.bench import agreed, assigned, profiled, views
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.session import Session

Tab = Callable[[Session, Shown], None]


@problems.fragment
def show(mine: Session, shown: Shown) -> None:
    """Every tab that has something to say about this result."""
    contents = _contents(shown)
    found = st.tabs(list(contents), key="benchmark:tabs", on_change="rerun")
    for tab, draw in zip(found, contents.values(), strict=True):
        if tab.open:
            with tab:
                draw(mine, shown)


def _contents(shown: Shown) -> dict[str, Tab]:
    several = len(shown.result.measurements) > 1
    tabs: dict[str, Tab] = {"Every run": views.runs, "By round": views.rounds}
    if several:
        tabs["Side by side"] = views.matrix
    if len({one.model for one in shown.timed}) > 1:
        tabs["Time against nodes"] = views.sizes
    tabs["First answer"] = views.phases
    tabs["Which provider ran what"] = assigned.show
    tabs["Where the time goes"] = profiled.show
    tabs["Do they agree?"] = agreed.show
    return tabs
