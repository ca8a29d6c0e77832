"""An error is something to show: one sentence, with the technical words folded away below."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from onnxviz.errors import JobCancelled, OnnxvizError
from onnxviz.ui.text import md


def show(error: OnnxvizError) -> None:
    """The sentence, and the detail in a fold-out. A cancelled job is no error but news."""
    if isinstance(error, JobCancelled):
        st.info(md(str(error)), icon=":material/cancel:")
        return
    st.error(md(str(error), 1000), icon=":material/error:")
    if error.detail:
        with st.expander("Technical details"):
            st.code(error.detail[-8000:], language=None)


@contextmanager
def shown() -> Iterator[None]:
    """Show an `OnnxvizError` of the enclosed code where it happens, and go on."""
    try:
        yield
    except OnnxvizError as error:
        show(error)
