"""A model's graph on a page: the viewer, what is selected beside it, and the jobs behind both."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from onnxviz import jobs
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.scene.picture import Picture, picture
from onnxviz.scene.stage import Source
from onnxviz.ui import details, problems, viewlink
from onnxviz.ui.inspect import breaches
from onnxviz.ui.marking import Given, found_by, marks, shades
from onnxviz.ui.messages import Picks, Play
from onnxviz.ui.saving import save
from onnxviz.ui.showing import again, asked, controls, drawn, heard, limits, state_of, to_address
from onnxviz.ui.text import plain
from onnxviz.ui.viewer import ViewerEvent, send_again, viewer
from onnxviz.ui.viewstate import ViewState


def graph_view(
    model: Model,
    key: str,
    *,
    height: int = 640,
    inspect: Literal["side", "below"] = "side",
    like: Model | None = None,
    link: dict[str, list[str]] | None = None,
    given: Given | None = None,
) -> None:
    """Draw `model`, with what is selected described beside or below it.

    `like` is the model that it is a rewrite of: its scopes stand in for those that the rewrite lost.
    `link` are the query parameters that open this model again: the address then names the view as well.
    `given` is an overlay from the page.
    """
    send_again(f"viewer:{key}")
    _graph_view(model, key, height, inspect, like, link, given)


def ready(
    model: Model,
    key: str,
    seconds: float,
    *,
    like: Model | None = None,
    link: dict[str, list[str]] | None = None,
) -> bool:
    """Begin to draw what `graph_view` of the same arguments will show; True when it is there in `seconds`."""
    state, source = state_of(key, model.digest, link), _source(model, like)
    return asked(state, key, lambda: ask(model, state, source)).ready(seconds)


def _source(model: Model, like: Model | None) -> Source:
    other = (like.path, like.digest) if like is not None and like.digest != model.digest else None
    return Source(model.path, model.digest, other)


@problems.fragment
def _graph_view(
    model: Model,
    key: str,
    height: int,
    inspect: Literal["side", "below"],
    like: Model | None,
    link: dict[str, list[str]] | None,
    given: Given | None,
) -> None:
    state = state_of(key, model.digest, link)
    source = _source(model, like)
    is_new = drawn(state, key, lambda: ask(model, state, source), state.take)
    if state.shown is None:
        return
    # A wish is for the picture that was asked for with it, and is said once.
    wish = state.wish if is_new else None
    with st.container():
        going = breaches.listing(model, key)
    side = inspect == "side"
    picture_place, text_place = st.columns([8, 3]) if side else (st.container(), st.container())
    with picture_place:
        event = draw(state, source, model, f"viewer:{key}", height, wish, given=given)
    if going:
        state.show_box(going)
    if heard(state, event, lambda asked: save(state, source, model, asked)) or going:
        again()
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
        again()
    if link is not None:
        to_address(link, viewlink.write(state, event.selected))


def ask(model: Model, state: ViewState, source: Source) -> Job[Picture]:
    """Begin to draw what `state` wants of a model."""
    view = state.wanted
    key = ("picture", source, view)
    return jobs.submit("look", f"Drawing {model.name}", picture, source, view, limits=limits(), key=key)


def draw(
    state: ViewState,
    source: Source,
    model: Model,
    key: str,
    height: int,
    wish: str | None,
    *,
    play: Play | None = None,
    picks: Picks | None = None,
    given: Given | None = None,
) -> ViewerEvent:
    """Put the picture that `state` shows into the viewer called `key`, with its tool bar and its marks."""
    assert state.shown is not None
    with st.container():
        found, colours = (
            marks(state, found_by(state, source), state.shown),
            shades(state, source, state.shown, given),
        )
    event = viewer(
        state.shown.scene,
        key=key,
        height=height,
        selected=wish,
        label=f"Graph of {plain(model.name)}",
        look=state.shown_look,
        controls=controls(state, model.graph.op_counts(), state.shown.scene.notes, given),
        marks=found,
        shades=colours,
        download=state.download,
        play=play,
        picks=picks,
    )
    # A file is sent once: it may be megabytes, and later messages are about other things.
    state.download = None
    state.granted(wish)
    return event
