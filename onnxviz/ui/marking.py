"""What is marked on a picture: what a search found, and the shades of an overlay."""

from __future__ import annotations

import streamlit as st

from onnxviz import jobs
from onnxviz.errors import OnnxvizError
from onnxviz.scene import overlays
from onnxviz.scene.finding.find import Found, where
from onnxviz.scene.overlays import Overlay
from onnxviz.scene.picture import colours, search
from onnxviz.scene.stage import Source
from onnxviz.ui import problems
from onnxviz.ui.messages import Marks, Shades
from onnxviz.ui.viewstate import FAMILY, ViewState
from onnxviz.ui.wire import shown

PATIENCE_SECONDS = 20.0
"""A search takes milliseconds; the first of a large model waits for its index, or for another's picture."""

MOST_HITS = 300
"""Hits that the browser lists; all are counted and marked."""


def marks(state: ViewState, source: Source) -> Marks | None:
    """What the search of `state` finds, as the viewer takes it; None without a search."""
    if not state.text.strip() and not state.ops:
        return None
    focus = state.view.focus
    try:
        found: Found = jobs.submit(
            "look", "Searching", search, source, state.text, state.ops, focus,
            key=("search", source, state.text, state.ops, focus),
        ).result(PATIENCE_SECONDS)  # fmt: skip
    except OnnxvizError as error:
        problems.show(error)
        return None
    except TimeoutError:
        st.warning("The search waits for other work. Type again in a moment.", icon=":material/hourglass:")
        return None
    assert state.shown is not None
    boxes = where(state.shown.hierarchy, (box.id for box in state.shown.scene.boxes), found.ids)
    hits = tuple((hit.id, shown(hit.title), shown(hit.note)) for hit in found.hits[:MOST_HITS])
    return Marks(state.text, state.ops, found.total, hits, boxes)


def shades(state: ViewState, source: Source) -> Shades | None:
    """The overlay of `state` for the boxes in view; None for the colours of op families."""
    if state.overlay == FAMILY:
        return None
    focus = state.view.focus
    try:
        found: Overlay = jobs.submit(
            "look", "Computing the overlay", colours, source, state.overlay, focus,
            key=("overlay", source, state.overlay, focus),
        ).result(PATIENCE_SECONDS)  # fmt: skip
    except OnnxvizError as error:
        problems.show(error)
        return None
    except TimeoutError:
        st.warning(
            "The overlay waits for other work. Choose it again in a moment.", icon=":material/hourglass:"
        )
        return None
    assert state.shown is not None
    ids = [box.id for box in state.shown.scene.boxes if not box.open]
    least, most = overlays.scale(found, ids)
    return Shades(found.label, found.note, least, most, overlays.shades(found, ids))
