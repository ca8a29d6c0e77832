"""Compare with one model in the session: ways to get a second, each one click away."""

from __future__ import annotations

import streamlit as st

from onnxviz.model import Model
from onnxviz.rewrites.optimizers import DEFAULT, OptimizeOptions
from onnxviz.rewrites.reasons import How
from onnxviz.rewrites.types import Rewrite
from onnxviz.samples.wheel import wheel_models
from onnxviz.ui import problems
from onnxviz.ui.comparing import choosing, linking
from onnxviz.ui.comparing.joining import join, optimizing
from onnxviz.ui.session import Entry, Session, open_wheel_model
from onnxviz.ui.text import md, nodes
from onnxviz.ui.work import Work

READY = "light_resnet50"
"""A real model of 415 nodes, two thirds of which fold."""


_WORK = "compare:offer"
_OF = "compare:offer-of"
"""(digest, optimizer) of the model that is being simplified here, until that has come to its end."""


def is_due(mine: Session) -> bool:
    """Whether there is no second model yet, or one is being made here."""
    return len(mine.entries) < 2 or _OF in st.session_state


def show(mine: Session) -> None:
    """What is missing, and the ways. Runs the page again once there are two models."""
    entry = mine.current
    assert entry is not None
    work: Work[Rewrite] = Work(_WORK)
    linked = linking.wanted()
    if linked:
        _begin(mine, entry.model, work, linked)
    rewrite = work.show()
    if work.running():
        return
    digest, name = st.session_state.pop(_OF, ("", DEFAULT))
    if rewrite is not None:
        work.clear()
        with problems.shown():
            _joined(mine, mine.entries.get(digest), rewrite, name)
    if len(mine.entries) < 2:
        _offer(mine, entry.model, work)
    elif st.button("Compare what is here", icon=":material/compare:", key="compare:go-on"):
        work.clear()
        st.rerun()


def _joined(mine: Session, source: Entry | None, rewrite: Rewrite, name: str) -> None:
    if source is None:
        st.info("The model was removed from the list meanwhile.", icon=":material/delete:")
        return
    after = join(mine, source.model, rewrite, How(name, OptimizeOptions()))
    if after.digest != source.model.digest:
        choosing.select(source.model.digest, after.digest)
        st.rerun()
    st.info(f"{name} gave back the same file to the byte.", icon=":material/equal:")


def _offer(mine: Session, model: Model, work: Work[Rewrite]) -> None:
    st.info(
        f"There is only one model here: {md(model.name, 80)}, {nodes(model.graph.node_count())}. "
        "To compare, there must be a second one.",
        icon=":material/info:",
    )
    with st.container(horizontal=True):
        if st.button(
            f"Simplify {md(model.name, 40)} now",
            type="primary",
            icon=":material/compress:",
            key="compare:now",
        ):
            _begin(mine, model, work)
        ready = next((one for one in wheel_models() if one.id == READY), None)
        is_here = mine.entries[model.digest].link == {"model": [READY]}
        if (
            ready is not None
            and not is_here
            and st.button(
                f"Open a ready pair: {ready.title}, before and after onnxsim",
                icon=":material/auto_awesome:",
                key="compare:ready",
            )
        ):
            with problems.shown():
                # It may be open already, under another name.
                _begin(mine, open_wheel_model(mine, READY).model, work)
        if st.button("Choose an optimizer", icon=":material/tune:", key="compare:choose"):
            st.switch_page("pages/simplify.py")
        if st.button("Open another model", icon=":material/folder_open:", key="compare:open"):
            st.switch_page("pages/open.py")
    st.caption(
        "“Simplify now” runs onnxsim with its defaults and brings you back here. The model that you have "
        "stays as it is."
    )


def instead(mine: Session) -> None:
    """A way on, where the two that are compared have nothing to do with each other."""
    entry = mine.current
    if entry is not None and st.button(
        f"Simplify {md(entry.model.name, 40)} and compare with the result",
        icon=":material/compress:",
        key="compare:instead",
    ):
        _begin(mine, entry.model, Work(_WORK))


def _begin(mine: Session, model: Model, work: Work[Rewrite], name: str = DEFAULT) -> None:
    st.session_state[_OF] = model.digest, name
    work.start(lambda: optimizing(mine.store, name, model, OptimizeOptions()))
    st.rerun()
