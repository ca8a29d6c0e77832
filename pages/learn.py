"""Learn: ten short lessons on ONNX and constant folding, which run the real thing."""

from __future__ import annotations

import streamlit as st

from onnxviz.ui.learning import contents, lesson, progress, top
from onnxviz.ui.learning.style import STYLE
from onnxviz.ui.session import session


def main() -> None:
    """The list of lessons, and the one that is open."""
    mine = session()
    st.html(STYLE)
    opened = progress.current()
    top.show(opened.id)
    progress.to_address(opened)
    if progress.was_unknown():
        st.warning("The link names a lesson that there is none of.", icon=":material/link:")
    with st.sidebar:
        contents.show(opened)
    lesson.show(mine, opened)


main()
