"""What is marked on a picture: what a search found, and the shades of an overlay."""

from __future__ import annotations

import streamlit as st

from onnxviz import jobs
from onnxviz.errors import OnnxvizError
from onnxviz.scene import overlays
from onnxviz.scene.finding.find import Found, where
from onnxviz.scene.overlays import Overlay
from onnxviz.scene.picture import Picture, colours, search
from onnxviz.scene.stage import Source
from onnxviz.ui import problems
from onnxviz.ui.messages import Marks, Shades
from onnxviz.ui.viewstate import FAMILY, ViewState
from onnxviz.ui.wire import shown

PATIENCE_SECONDS = 20.0
"""A search takes milliseconds; the first of a large model waits for its index, or for another's picture."""

MOST_HITS = 300
"""Hits that the browser lists; all are counted and marked."""


def found_by(state: ViewState, source: Source) -> Found | None:
    """What the search of `state` finds; None without a search, and where it failed, which is said."""
    if not state.text.strip() and not state.ops:
        return None
    focus = state.view.focus
    try:
        return jobs.submit(
            "look", "Searching", search, source, state.text, state.ops, focus,
            key=("search", source, state.text, state.ops, focus),
        ).result(PATIENCE_SECONDS)  # fmt: skip
    except OnnxvizError as error:
        problems.show(error)
        return None
    except TimeoutError:
        st.warning("The search waits for other work. Type again in a moment.", icon=":material/hourglass:")
        return None


def marks(state: ViewState, found: Found | None, drawn: Picture) -> Marks | None:
    """What was found as the viewer of one picture takes it."""
    if found is None:
        return None
    boxes = where(drawn.hierarchy, (box.id for box in drawn.scene.boxes), found.ids)
    hits = tuple((hit.id, shown(hit.title), shown(hit.note)) for hit in found.hits[:MOST_HITS])
    return Marks(state.text, state.ops, found.total, hits, boxes)


def shades(state: ViewState, source: Source, drawn: Picture) -> Shades | None:
    """The overlay of `state` for the boxes of a picture; None for the colours of op families."""
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
    ids = [box.id for box in drawn.scene.boxes if not box.open]
    least, most = overlays.scale(found, ids)
    return Shades(found.label, found.note, least, most, overlays.shades(found, ids))
