"""Open: export a sample, upload a model, or choose among those of the session."""

from __future__ import annotations

import streamlit as st

from onnxviz import jobs
from onnxviz.ui import exporting, models, problems, uploading
from onnxviz.ui.session import session

STORY = (
    "Train a model in one framework, export it once, run it anywhere: ONNX is the one file between many "
    "frameworks and many devices."
)


def main() -> None:
    """The story in a line, then three ways to a model."""
    mine = session()
    st.title("Open", anchor=False)
    st.caption(STORY)
    if mine.problem is not None:
        problems.show(mine.problem)
        mine.problem = None
    export, upload, here = st.tabs(["Export a sample", "Upload", "In this session"])
    with export:
        exporting.show(mine)
    with upload:
        uploading.show(mine)
    with here:
        models.show(mine)
    # Importing torch takes seconds, which pass while a person reads.
    jobs.warm("torch")


main()
