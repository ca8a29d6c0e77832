"""What every place on a page with a graph does: keep its view, wait for its picture, obey its viewer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st
from streamlit.errors import StreamlitAPIException

from onnxviz import jobs
from onnxviz.errors import JobCrashed, JobOutOfMemory, JobTimedOut, OnnxvizError
from onnxviz.jobs import Job, Limits
from onnxviz.scene.finding.find import HELP
from onnxviz.scene.overlays import OVERLAYS
from onnxviz.ui import viewlink
from onnxviz.ui.marking import Given
from onnxviz.ui.messages import Controls
from onnxviz.ui.text import plain
from onnxviz.ui.viewer import ViewerEvent
from onnxviz.ui.viewstate import ViewState, obey
from onnxviz.ui.work import Work

T = TypeVar("T")

PATIENCE_SECONDS = 5.0
"""A picture is usually there within a second; the one before stays while it is drawn."""

PICTURE_SECONDS = 60.0
"""Deadline of a picture; a coarser one is drawn instead of one that passes it."""

_COARSE = "This picture is a coarse one: the one that was asked for could not be drawn in time or memory."


def limits() -> Limits:
    """What a picture may cost."""
    return Limits(seconds=min(PICTURE_SECONDS, jobs.Limits().seconds))


def state_of(key: str, digest: str, link: Mapping[str, list[str]] | None) -> ViewState:
    """The view that this place keeps of what `digest` names; with a `link`, at first the address's."""
    state_key = f"view:{key}:{digest}"
    if state_key not in st.session_state:
        # The address speaks of one model: the first that this place shows in the session.
        first = link is not None and f"view:{key}" not in st.session_state
        parameters = st.query_params.to_dict() if first else {}
        st.session_state[state_key] = viewlink.read(digest, parameters)
    found: ViewState = st.session_state[state_key]
    # Another model may have been in this place since: its picture must be asked for anew.
    if st.session_state.get(f"view:{key}") != digest:
        st.session_state[f"view:{key}"] = digest
        found.asked = None
    return found


def forget(key: str, digest: str) -> None:
    """Drop the view, and its picture, of what will not be shown in this place again."""
    st.session_state.pop(f"view:{key}:{digest}", None)


def asked(state: ViewState, key: str, ask: Callable[[], Job[T]]) -> Work[T]:
    """The work that draws what is wanted: begun where it was not."""
    work: Work[T] = Work(f"picture:{key}", PATIENCE_SECONDS)
    if state.asked != state.wanted:
        state.asked = state.wanted
        work.start(ask)
    return work


def drawn(state: ViewState, key: str, ask: Callable[[], Job[T]], take: Callable[[T], None]) -> bool:
    """Ask for the picture that is wanted and take it in; True when it is the one that is shown now."""
    work = asked(state, key, ask)
    # In a place of its own, empty or not: the viewer below must not move, or it would be another one.
    with st.container():
        found = work.show(instead=lambda error: _coarser(state, error))
    if found is not None:
        take(found)
    elif state.asked != state.wanted:
        again()
    return found is not None


def _coarser(state: ViewState, error: OnnxvizError) -> bool:
    """Want less where a picture was too much for its deadline or memory; True when that can help."""
    if state.view.coarse or not isinstance(error, JobTimedOut | JobOutOfMemory | JobCrashed):
        return False
    state.view, state.reveal = replace(state.view, coarse=True), ""
    return True


def controls(
    state: ViewState, ops: Mapping[str, int], notes: tuple[str, ...], given: Given | None = None
) -> Controls:
    """What the tool bar says; `notes` are those of the scene, `given` is an overlay from the page."""
    assert state.shown is not None
    kinds = [(each.id, each.label, each.help) for each in OVERLAYS.values() if each.computed]
    if given is not None:
        kinds.insert(0, (given.kind, given.label, given.note))
    return Controls(
        depth=state.shown.depth,
        deepest=state.shown.deepest,
        direction=state.view.direction,
        undo=bool(state.past),
        redo=bool(state.future),
        focus=plain(state.shown.focus, 400),
        overlays=tuple(kinds),
        overlay=state.overlay,
        help=HELP,
        ops=tuple((plain(op, 80), count) for op, count in ops.items()),
        notes=(_COARSE, *notes) if state.view.coarse else notes,
    )


def heard(
    state: ViewState, event: ViewerEvent, save: Callable[[Mapping[str, Any]], None] | None = None
) -> bool:
    """Take in what the person did; True when the page must be run once more for it."""
    assert state.shown is not None
    changed = False
    for told in event.take():
        if told.name == "toggled" and told.value.get("id") in state.shown.hierarchy.groups:
            state.toggle(told.value["id"])
            changed = True
        elif told.name == "wanted" and isinstance(told.value.get("id"), str):
            state.show_box(told.value["id"])
            changed = True
        elif told.name == "asked" and told.value.get("command") == "save" and save is not None:
            save(told.value)
            changed = True
        elif told.name == "asked":
            changed |= obey(state, told.value)
    return changed


def to_address(link: Mapping[str, list[str]], view: Mapping[str, str]) -> None:
    """Have the address bar reopen what is shown."""
    wanted = {**link, **{name: [value] for name, value in view.items()}}
    if wanted != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(wanted)


def again() -> None:
    """Run this fragment once more, or the page where a fragment alone cannot be."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:
        st.rerun()
