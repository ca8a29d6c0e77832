"""Simplify: optimizers on the current model, alone or side by side, and what they changed."""

from __future__ import annotations

import streamlit as st

from onnxviz import jobs
from onnxviz.model import Model
from onnxviz.ui import empty
from onnxviz.ui.optimizing import choosing, results, runs, stepping, together
from onnxviz.ui.optimizing.choosing import Asked
from onnxviz.ui.session import Session, session
from onnxviz.ui.text import md

PURPOSE = "Run optimizers on a model, and see what they removed and whether it is still the same function."
VIEW = "simplify:view"
IN_ONE_GO, STEPS = "In one go", "Step by step"


def main() -> None:
    """Options, the button, and the results or the steps."""
    mine = session()
    runs.sweep(mine)
    stepping.sweep(mine)
    entry = mine.current
    if entry is None:
        empty.show("Simplify", PURPOSE)
        return
    jobs.warm("rewrite")
    model = entry.model
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title("Simplify", anchor=False, width="content")
        view = _view()
    st.markdown(f"{PURPOSE} Now: **{md(model.name)}**")
    if view == STEPS:
        stepping.show(mine, model)
    else:
        _in_one_go(mine, model)


def _view() -> str:
    chosen = st.segmented_control(
        "How",
        [IN_ONE_GO, STEPS],
        default=IN_ONE_GO,
        required=True,
        key=VIEW,
        persist_state="session",
        label_visibility="collapsed",
        width="content",
    )
    return chosen or IN_ONE_GO


def _in_one_go(mine: Session, model: Model) -> None:
    asked = choosing.choose(model)
    with st.container(horizontal=True, gap="small"):
        pressed = st.button("Simplify", type="primary", icon=":material/compress:", disabled=asked is None)
        if st.button(
            "Watch folding alone, step by step", type="tertiary", icon=":material/slow_motion_video:"
        ):
            st.switch_page("pages/fold.py")
    if pressed and asked is not None:
        runs.start(mine, model, asked)
    _results(mine, model, asked)


def _results(mine: Session, model: Model, asked: Asked | None) -> None:
    found = runs.of(model)
    if any(_has_changed(run, asked) for run in found):
        st.warning("This result was made with other options.", icon=":material/history:")
    if len(found) == 1:
        results.show(mine, model, found[0])
    elif found:
        together.show(mine, model, found)


def _has_changed(run: runs.Run, asked: Asked | None) -> bool:
    """Whether the options now are others than those of this run; which optimizers are chosen is no option."""
    if asked is None or run.name not in asked.names:
        return asked is None
    return runs.options_for(run.name, asked.options).key() != run.options.key()


main()
