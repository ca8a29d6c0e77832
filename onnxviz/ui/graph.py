"""A model's graph on a page: the viewer, its buttons, and the groups that are open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.errors import StreamlitAPIException

from onnxviz import jobs
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.scene.picture import Opening, Picture, picture
from onnxviz.scene.types import Direction, Hierarchy
from onnxviz.ui import details
from onnxviz.ui.text import plain
from onnxviz.ui.viewer import viewer
from onnxviz.ui.work import Work

PATIENCE_SECONDS = 5.0
"""A picture is usually there within a second; the one before stays while it is drawn."""


@dataclass(slots=True)
class _View:
    """What one viewer shows of one model; kept while a person goes to other pages."""

    digest: str
    opened: frozenset[str] | Opening = "first"
    direction: Direction = "TB"
    wish: str | None = None
    look: int = 0
    """Counts the times that everything changed, when the view starts afresh."""
    shown: Picture | None = None
    shown_look: int = 0
    """`look` of the picture that is shown: the one before may still stand while the next is drawn."""
    asked: tuple[object, ...] | None = None


@st.fragment
def graph_view(
    model: Model,
    key: str,
    *,
    height: int = 640,
    inspect: Literal["side", "below"] = "side",
    like: Model | None = None,
) -> None:
    """Draw `model`, with what is selected described beside or below it.

    `like` is the model that it is a rewrite of: its scopes stand in for those that the rewrite lost.
    """
    view = _view_of(model, key)
    _buttons(view, key)
    work: Work[Picture] = Work(f"picture:{key}", PATIENCE_SECONDS)
    request = (view.digest, view.opened, view.direction)
    if view.asked != request:
        view.asked = request
        work.start(lambda: _ask(model, view, like))
    drawn = work.show()
    if drawn is not None:
        view.shown, view.shown_look = drawn, view.look
    if view.shown is None:
        return
    # A wish is for the picture that was asked for with it, and is said once.
    wish = view.wish if drawn is not None else None
    view.wish = None if wish else view.wish
    picture_place, text_place = st.columns([3, 1]) if inspect == "side" else (st.container(), st.container())
    with picture_place:
        event = viewer(
            view.shown.scene,
            key=f"viewer:{key}",
            height=height,
            selected=wish,
            label=f"Graph of {plain(model.name)}",
            look=view.shown_look,
        )
    hierarchy = view.shown.hierarchy
    if event.toggled in hierarchy.groups:
        view.opened = view.shown.opened ^ {event.toggled}
        _again()
    if event.wanted:
        view.opened = view.shown.opened | _around(hierarchy, event.wanted)
        view.wish = event.wanted
        _again()
    with text_place:
        details.show(model, hierarchy, event.selected)


def _view_of(model: Model, key: str) -> _View:
    state_key = f"view:{key}:{model.digest}"
    if state_key not in st.session_state:
        st.session_state[state_key] = _View(model.digest)
    found: _View = st.session_state[state_key]
    # Another model may have been in this place since: its picture must be asked for anew.
    if st.session_state.get(f"view:{key}") != model.digest:
        st.session_state[f"view:{key}"] = model.digest
        found.asked = None
    return found


def _buttons(view: _View, key: str) -> None:
    with st.container(horizontal=True, gap="small"):
        if st.button("Overview", key=f"{key}:first", help="Open as many groups as fit a view"):
            view.opened, view.look = "first", view.look + 1
        if st.button("Open all", key=f"{key}:all", help="Open every group"):
            view.opened, view.look = "all", view.look + 1
        if st.button("Close all", key=f"{key}:none", help="Close every group"):
            view.opened, view.look = "none", view.look + 1
        label = "Left to right" if view.direction == "TB" else "Top to bottom"
        if st.button(label, key=f"{key}:turn", help="Turn the picture"):
            view.direction = "LR" if view.direction == "TB" else "TB"
            _again()


def _ask(model: Model, view: _View, like: Model | None) -> Job[Picture]:
    source = (like.path, like.digest) if like is not None and like.digest != model.digest else None
    return jobs.submit(
        "look",
        f"Drawing {model.name}",
        picture,
        model.path,
        model.digest,
        view.opened,
        view.direction,
        source,
        key=("picture", model.digest, view.opened, view.direction, source),
    )


def _around(hierarchy: Hierarchy, box: str) -> frozenset[str]:
    """The groups that must be open for a box to be in the picture."""
    parent: str | None = next(
        (group.id for group in hierarchy.groups.values() if box in group.nodes or box in group.children), None
    )
    found = set()
    while parent is not None:
        found.add(parent)
        parent = hierarchy.groups[parent].parent
    return frozenset(found)


def _again() -> None:
    """Run this fragment once more, or the page where a fragment alone cannot be."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:
        st.rerun()
