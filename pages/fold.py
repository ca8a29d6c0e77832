"""Fold: constant folding step by step, to watch, to predict, and beside what others fold."""

from __future__ import annotations

import streamlit as st

from onnxviz import jobs
from onnxviz.model import Model
from onnxviz.ui import empty, reopening
from onnxviz.ui.folding import besides, linking, nothing, options, outcome, predicting, runs, watching
from onnxviz.ui.folding.runs import Taken
from onnxviz.ui.session import Session, session
from onnxviz.ui.showing import to_address

PURPOSE = "Constant folding, step by step: what can be computed before any run, what cannot, and why."
VIEW = "fold:view"
WATCH, PREDICT, BESIDE = linking.VIEWS.values()
IN_PLACE, AFTER = "In the model", "What is left"
HEIGHT = 560


def main() -> None:
    """The title with the views and the options, and the view that is chosen."""
    mine = session()
    if reopening.under_way(mine, linking.TITLE, linking.KEYS):
        return
    entry = mine.current
    if entry is None:
        empty.show(linking.TITLE, PURPOSE)
        return
    jobs.warm("fold")
    model = entry.model
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(linking.TITLE, anchor=False, width="content", help=PURPOSE)
        view = _view()
        how = st.container(width="content")
        with st.popover("Options", icon=":material/tune:"):
            asked = options.choose(model)
    with st.container():
        options.changed(model, asked)
        taken = runs.folded(mine, model, asked, watching.PAGE)
    if taken is None:
        return
    if view == WATCH:
        with how:
            in_place = _is_in_place() if taken.folded.steps else True
        _watch(mine, model, taken, entry.link, in_place=in_place)
    elif view == PREDICT:
        predicting.show(taken, model, height=HEIGHT, link=entry.link)
    else:
        besides.show(model, asked)
        if entry.link is not None:
            to_address(entry.link, linking.of_view(view))


def _view() -> str:
    # The widget's own value is gone after a visit to another page.
    st.session_state.setdefault(VIEW, st.session_state.get(f"{VIEW}:kept", linking.wanted_view()))
    chosen = st.segmented_control(
        "View",
        [WATCH, PREDICT, BESIDE],
        required=True,
        key=VIEW,
        label_visibility="collapsed",
        width="content",
    )
    st.session_state[f"{VIEW}:kept"] = chosen or WATCH
    return chosen or WATCH


def _is_in_place() -> bool:
    shown = st.segmented_control(
        "Show",
        [IN_PLACE, AFTER],
        default=IN_PLACE,
        required=True,
        key="fold:how",
        persist_state="session",
        label_visibility="collapsed",
        width="content",
        help="The model as it was, with what folded marked in it; or the graph that is left after each step.",
    )
    return shown != AFTER


def _watch(
    mine: Session, model: Model, taken: Taken, link: dict[str, list[str]] | None, *, in_place: bool
) -> None:
    with st.container():
        if not taken.folded.steps:
            nothing.show(mine, model, taken)
    watching.watch(taken, model, height=HEIGHT, link=link, in_place=in_place)
    outcome.show(mine, model, taken)


main()
