"""A model's graph on a page: the viewer, what is selected beside it, and the jobs behind both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import streamlit as st
from streamlit.errors import StreamlitAPIException

from onnxviz import jobs
from onnxviz.errors import JobCrashed, JobOutOfMemory, JobTimedOut, OnnxvizError
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.scene.finding.find import HELP
from onnxviz.scene.overlays import OVERLAYS
from onnxviz.scene.picture import Picture, picture
from onnxviz.scene.stage import Source
from onnxviz.ui import details, viewlink
from onnxviz.ui.marking import marks, shades
from onnxviz.ui.messages import Controls
from onnxviz.ui.saving import save
from onnxviz.ui.text import plain
from onnxviz.ui.viewer import ViewerEvent, send_again, viewer
from onnxviz.ui.viewstate import ViewState, obey
from onnxviz.ui.work import Work

PATIENCE_SECONDS = 5.0
"""A picture is usually there within a second; the one before stays while it is drawn."""

PICTURE_SECONDS = 60.0
"""Deadline of a picture; a coarser one is drawn instead of one that passes it."""

_COARSE = "This picture is a coarse one: the one that was asked for could not be drawn in time or memory."


def graph_view(
    model: Model,
    key: str,
    *,
    height: int = 640,
    inspect: Literal["side", "below"] = "side",
    like: Model | None = None,
    link: dict[str, list[str]] | None = None,
) -> None:
    """Draw `model`, with what is selected described beside or below it.

    `like` is the model that it is a rewrite of: its scopes stand in for those that the rewrite lost.
    `link` are the query parameters that open this model again: the address then names the view as well.
    """
    send_again(f"viewer:{key}")
    _graph_view(model, key, height, inspect, like, link)


@st.fragment
def _graph_view(
    model: Model,
    key: str,
    height: int,
    inspect: Literal["side", "below"],
    like: Model | None,
    link: dict[str, list[str]] | None,
) -> None:
    state = _state_of(model, key, link)
    other = (like.path, like.digest) if like is not None and like.digest != model.digest else None
    source = Source(model.path, model.digest, other)
    drawn = _drawn(state, source, model, key)
    if state.shown is None:
        return
    # A wish is for the picture that was asked for with it, and is said once.
    wish = state.wish if drawn else None
    state.wish = None if wish else state.wish
    side = inspect == "side"
    picture_place, text_place = st.columns([8, 3]) if side else (st.container(), st.container())
    with picture_place:
        event = _viewer(state, source, model, key, height, wish)
    with text_place:
        going = details.show(
            model,
            state.shown.hierarchy,
            event.selected,
            key=f"inspect:{key}",
            scene=state.shown.scene,
            height=height if side else None,
        )
    if going:
        state.show_box(going)
    if _heard(state, event, source, model) or going:
        _again()
    if link is not None:
        _to_address(link, viewlink.write(state, event.selected))


def _state_of(model: Model, key: str, link: dict[str, list[str]] | None) -> ViewState:
    state_key = f"view:{key}:{model.digest}"
    if state_key not in st.session_state:
        # The address speaks of one model: the first that this place shows in the session.
        first = link is not None and f"view:{key}" not in st.session_state
        parameters = st.query_params.to_dict() if first else {}
        st.session_state[state_key] = viewlink.read(model.digest, parameters)
    found: ViewState = st.session_state[state_key]
    # Another model may have been in this place since: its picture must be asked for anew.
    if st.session_state.get(f"view:{key}") != model.digest:
        st.session_state[f"view:{key}"] = model.digest
        found.asked = None
    return found


def _drawn(state: ViewState, source: Source, model: Model, key: str) -> bool:
    """Ask for the picture that is wanted and take it in; True when it is the one that is shown now."""
    work: Work[Picture] = Work(f"picture:{key}", PATIENCE_SECONDS)
    if state.asked != state.wanted:
        state.asked = state.wanted
        work.start(lambda: _ask(model, state, source))
    # In a place of its own, empty or not: the viewer below must not move, or it would be another one.
    with st.container():
        drawn = work.show(instead=lambda error: _coarser(state, error))
    if drawn is not None:
        state.take(drawn)
    elif state.asked != state.wanted:
        _again()
    return drawn is not None


def _coarser(state: ViewState, error: OnnxvizError) -> bool:
    """Want less where a picture was too much for its deadline or memory; True when that can help."""
    if state.view.coarse or not isinstance(error, JobTimedOut | JobOutOfMemory | JobCrashed):
        return False
    state.view, state.reveal = replace(state.view, coarse=True), ""
    return True


def _ask(model: Model, state: ViewState, source: Source) -> Job[Picture]:
    view = state.wanted
    limits = jobs.Limits(seconds=min(PICTURE_SECONDS, jobs.Limits().seconds))
    key = ("picture", source, view)
    return jobs.submit("look", f"Drawing {model.name}", picture, source, view, limits=limits, key=key)


def _viewer(
    state: ViewState, source: Source, model: Model, key: str, height: int, wish: str | None
) -> ViewerEvent:
    assert state.shown is not None
    with st.container():
        found, colours = marks(state, source), shades(state, source)
    # A file is sent once: it may be megabytes, and later messages are about other things.
    download, state.download = state.download, None
    return viewer(
        state.shown.scene,
        key=f"viewer:{key}",
        height=height,
        selected=wish,
        label=f"Graph of {plain(model.name)}",
        look=state.shown_look,
        controls=_controls(state, model),
        marks=found,
        shades=colours,
        download=download,
    )


def _controls(state: ViewState, model: Model) -> Controls:
    assert state.shown is not None
    notes = (_COARSE, *state.shown.scene.notes) if state.view.coarse else state.shown.scene.notes
    return Controls(
        depth=state.shown.depth,
        deepest=state.shown.deepest,
        direction=state.view.direction,
        undo=bool(state.past),
        redo=bool(state.future),
        focus=plain(state.shown.focus, 400),
        overlays=tuple((each.id, each.label, each.help) for each in OVERLAYS.values() if each.computed),
        overlay=state.overlay,
        help=HELP,
        ops=tuple((plain(op, 80), count) for op, count in model.graph.op_counts().items()),
        notes=notes,
    )


def _heard(state: ViewState, event: ViewerEvent, source: Source, model: Model) -> bool:
    """Take in what the person did; True when the page must be run once more for it."""
    assert state.shown is not None
    changed = False
    if event.toggled in state.shown.hierarchy.groups:
        state.toggle(event.toggled or "")
        changed = True
    if event.wanted:
        state.show_box(event.wanted)
        changed = True
    asked: dict[str, Any] = dict(event.asked)
    if asked.get("command") == "save":
        save(state, source, model, asked)
        return True
    return obey(state, asked) or changed


def _to_address(link: dict[str, list[str]], view: dict[str, str]) -> None:
    """Have the address bar reopen what is shown."""
    wanted = link | {name: [value] for name, value in view.items()}
    if wanted != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(wanted)


def _again() -> None:
    """Run this fragment once more, or the page where a fragment alone cannot be."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:
        st.rerun()
