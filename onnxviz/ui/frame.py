"""What is around every page, and on which of them a person came in."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from onnxviz import settings
from onnxviz.errors import BadUsage
from onnxviz.ui import logs, presence, problems, server

_STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding: 2.6rem 2.5rem 3rem; max-width: 1800px; }
</style>"""

_FIRST = "onnxviz:first-page"
_SIGHT = "onnxviz:first-sight"


def prepare() -> None:
    """Before all else: logs, and the watch over who is connected.

    A setting that cannot be read ends the run with a sentence, now and not in mid-work.
    """
    try:
        settings.check()
        logs.begin()
    except BadUsage as error:
        problems.show(error)
        st.stop()
    presence.here()


def begin(page: StreamlitPage) -> None:
    """Less room above and beside a page than Streamlit leaves: a picture needs it."""
    server.undelayed()
    st.session_state[_SIGHT] = _FIRST not in st.session_state and page.title == "Explore"
    st.session_state.setdefault(_FIRST, page.title)
    st.html(_STYLE)


def is_first_sight() -> bool:
    """Whether a session begins with this run, on the page with the picture: nothing is on the screen yet."""
    return bool(st.session_state.get(_SIGHT, False))


def came_in_by(title: str) -> bool:
    """Whether the session began on the page of this title: only then is the address that of a link to it.

    Streamlit keeps the query parameters when a person goes from page to page.
    """
    return bool(st.session_state.get(_FIRST, title) == title)
