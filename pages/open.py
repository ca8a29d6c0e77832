"""Open: export a sample, upload a model, name a file on this machine, or choose among those that are open."""

from __future__ import annotations

import streamlit as st

from onnxviz import jobs
from onnxviz.ui import exporting, models, opening, problems, uploading
from onnxviz.ui.local import is_local
from onnxviz.ui.session import session

STORY = (
    "Train a model in one framework, export it once, run it anywhere: ONNX is the one file between many "
    "frameworks and many devices."
)


def main() -> None:
    """The story in a line, then the ways to a model."""
    mine = session()
    st.title("Open", anchor=False)
    st.caption(STORY)
    if mine.problem is not None:
        problems.show(mine.problem)
        mine.problem = None
    ways = {"Export a sample": exporting.show, "Upload": uploading.show}
    if is_local():
        ways[opening.LABEL] = opening.show
    ways["In this session"] = models.show
    for tab, show in zip(st.tabs(list(ways)), ways.values(), strict=True):
        with tab:
            show(mine)
    # Importing torch takes seconds, which pass while a person reads.
    jobs.warm("torch")


main()
