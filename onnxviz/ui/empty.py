"""A page with nothing to show: what it is for, and a sample one click away."""

from __future__ import annotations

import streamlit as st

from onnxviz.ui import problems
from onnxviz.ui.session import open_start, session


def show(title: str, purpose: str) -> None:
    """The title, one line on what the page is for, and ways to go on."""
    st.title(title)
    st.markdown(purpose)
    st.info("No model is open.", icon=":material/info:")
    sample, other, _ = st.columns([1, 1, 3])
    if sample.button("Open a sample", type="primary", key=f"empty:{title}", width="stretch"):
        with problems.shown():
            open_start(session())
            st.rerun()
    if other.button("Export or upload one", key=f"empty:{title}:open", width="stretch"):
        st.switch_page("pages/open.py")
