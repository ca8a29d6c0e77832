"""What is marked on a picture: what a search found, and the shades of an overlay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onnxviz import jobs
from onnxviz.errors import OnnxvizError
from onnxviz.scene import overlays
from onnxviz.scene.finding.find import Found, where
from onnxviz.scene.overlays import Overlay
from onnxviz.scene.picture import Picture, colours, search
from onnxviz.scene.stage import Source
from onnxviz.ui import problems, waiting
from onnxviz.ui.messages import Marks, Shades
from onnxviz.ui.viewstate import FAMILY, ViewState
from onnxviz.ui.wire import shown

PATIENCE_SECONDS = 20.0
"""A search takes milliseconds; the first of a large model waits for its index, or for another's picture."""

MOST_HITS = 300
"""Hits that the browser lists; all are counted and marked."""


@dataclass(frozen=True, slots=True)
class Given:
    """An overlay whose values come from the page: one more in the viewer's menu, under `label`.

    `kind` is one of `overlays.OVERLAYS` that is not computed; `digest` names the values. `texts` are by node
    and stand in place of its figure; nodes in `hidden` are not coloured. `ends` name the ends of the scale,
    where that is not a figure.
    """

    kind: str
    label: str
    digest: str
    values: Mapping[str, float]
    note: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    ends: tuple[str, str] | None = None


def found_by(state: ViewState, source: Source) -> Found | None:
    """What the search of `state` finds; None without a search, and where it failed, which is said."""
    if not state.text.strip() and not state.ops:
        return None
    focus = state.view.focus
    job = jobs.submit(
        "look", "Searching", search, source, state.text, state.ops, focus,
        key=("search", source, state.text, state.ops, focus),
    )  # fmt: skip
    waiting.in_place(job, PATIENCE_SECONDS)
    try:
        return job.result(0)
    except OnnxvizError as error:
        problems.show(error)
        return None
    except TimeoutError:
        waiting.not_yet("The search", job, "Type again in a moment")
        return None


def marks(state: ViewState, found: Found | None, drawn: Picture) -> Marks | None:
    """What was found as the viewer of one picture takes it."""
    if found is None:
        return None
    boxes = where(drawn.hierarchy, (box.id for box in drawn.scene.boxes), found.ids)
    hits = tuple((hit.id, shown(hit.title), shown(hit.note)) for hit in found.hits[:MOST_HITS])
    return Marks(state.text, state.ops, found.total, hits, boxes)


def shades(state: ViewState, source: Source, drawn: Picture, given: Given | None = None) -> Shades | None:
    """The overlay of `state` for the boxes of a picture; None for the colours of op families."""
    if state.overlay == FAMILY:
        return None
    if given is not None and given.kind != state.overlay:
        given = None
    found = _overlay(state, source, given)
    if found is None:
        return None
    ids = [box.id for box in drawn.scene.boxes if not box.open]
    if given is None:
        least, most = overlays.scale(found, ids)
        return Shades(found.label, found.note, least, most, overlays.shades(found, ids))
    ids = [box for box in ids if box not in given.hidden]
    least, most = given.ends or overlays.scale(found, ids)
    made = overlays.shades(found, ids)
    told = {box: (share, given.texts.get(box, text)) for box, (share, text) in made.items()}
    note = "; ".join(part for part in (given.note, found.note) if part)
    return Shades(given.label, note, least, most, told)


def _overlay(state: ViewState, source: Source, given: Given | None) -> Overlay | None:
    focus = state.view.focus
    key = ("overlay", source, state.overlay, focus, given.digest if given else "")
    values = given.values if given else None
    job = jobs.submit("look", "Computing the overlay", colours, source, state.overlay, focus, values, key=key)
    waiting.in_place(job, PATIENCE_SECONDS)
    try:
        return job.result(0)
    except OnnxvizError as error:
        problems.show(error)
    except TimeoutError:
        waiting.not_yet("The overlay", job, "Choose it again in a moment")
    return None
