"""A link that names a sample and a view of it: the sample is exported anew, then the view is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import streamlit as st

from onnxviz.errors import OnnxvizError
from onnxviz.samples.delivery import Delivery
from onnxviz.samples.options import ExportOptions
from onnxviz.ui import frame, link, problems, viewlink
from onnxviz.ui.exporting import add_export, export_job
from onnxviz.ui.session import Session
from onnxviz.ui.text import md
from onnxviz.ui.work import Work

_CHOICE = "reopening:choice"
_DONE = "reopening:done"


def under_way(mine: Session, page: str = "Explore", own: Sequence[str] = ()) -> bool:
    """Export the sample that the address names, once in a session; True while that goes on, with progress.

    `page` is the title of the page that asks, and `own` are parameters in the address of that page's own.
    What the link gets wrong is told in a sentence, and its default taken.
    """
    if _DONE in st.session_state or not frame.came_in_by(page):
        return False
    work: Work[Delivery] = Work("reopening", 0.2)
    if _CHOICE not in st.session_state and not _begin(mine, work, own):
        st.session_state[_DONE] = True
        return False
    choice: link.Choice = st.session_state[_CHOICE]
    if work.running():
        st.caption(f"The link names a sample, which PyTorch exports now: {md(choice.sample.title)}")
    delivery = work.show()
    if work.running():
        return True
    st.session_state[_DONE] = True
    if delivery is not None:
        with problems.shown():
            add_export(mine, choice.sample, choice.options, delivery)
        work.clear()
        # The side bar was drawn before there was a model.
        st.rerun()
    return False


def _begin(mine: Session, work: Work[Delivery], own: Sequence[str]) -> bool:
    foreign = ("model", *viewlink.KEYS, *own)
    given = {key: st.query_params.get_all(key) for key in st.query_params if key not in foreign}
    if "sample" not in given:
        return False
    try:
        choice = link.read(given)
    except OnnxvizError as error:
        problems.show(error)
        return False
    if choice.problem is not None:
        st.warning(f"In the link, {md(str(choice.problem))} The rest was taken over.", icon=":material/link:")
    st.session_state[_CHOICE] = choice
    asked = ExportOptions(**asdict(choice.options))
    work.start(lambda: export_job(mine.store, choice.sample, asked, choice.options))
    return True
