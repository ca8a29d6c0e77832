"""A model of which nothing folds: why that is, and what to look at next."""

from __future__ import annotations

import streamlit as st

from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.samples.catalog import find
from onnxviz.samples.delivery import Delivery
from onnxviz.samples.options import ExportOptions, complete
from onnxviz.ui import problems
from onnxviz.ui.benchsizes import open_sizes
from onnxviz.ui.exporting import add_export, export_job
from onnxviz.ui.folding import options, words
from onnxviz.ui.folding.remedies import changes_for
from onnxviz.ui.folding.runs import Taken
from onnxviz.ui.session import Session
from onnxviz.ui.text import md
from onnxviz.ui.work import Work

SAMPLE = "constant_math"
"""Three nodes, one of which folds."""


def show(mine: Session, model: Model, taken: Taken) -> None:
    """The reason in a sentence, and buttons: what would free something, a sample where something folds."""
    st.markdown(f"{words.headline(taken.folded)} {md(words.nothing_folds(taken.folded), 600)}")
    sizes = {axis.name: axis.default for axis in open_sizes([model])}
    work: Work[Delivery] = Work("fold:sample")
    sample = find(SAMPLE)
    with st.container(horizontal=True, gap="small"):
        for place, change in enumerate(changes_for(taken.folded.kept, sizes)[:2]):
            st.button(
                md(change.label, 120),
                key=f"fold:nothing:{place}",
                type="primary" if not place else "secondary",
                icon=":material/healing:",
                on_click=options.apply,
                args=(model, change),
            )
        if st.button(
            f"Open the sample {md(sample.title)}", key="fold:nothing:sample", icon=":material/science:"
        ):
            work.start(lambda: _ask(mine))
    delivery = work.show()
    if delivery is None:
        return
    work.clear()
    with problems.shown():
        add_export(mine, sample, complete(sample, ExportOptions()), delivery)
        # The side bar was drawn before it was in the list.
        st.rerun()


def _ask(mine: Session) -> Job[Delivery]:
    sample = find(SAMPLE)
    return export_job(mine.store, sample, ExportOptions(), complete(sample, ExportOptions()))
