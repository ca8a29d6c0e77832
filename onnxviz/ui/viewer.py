"""The graph viewer: a Streamlit component (v2) that draws a `Scene` and says what a person does to it.

Python and JavaScript share one compact document, `wire`. The frontend is a set of ES modules in
`ui/frontend`; Streamlit takes one string (file paths need an installed package), so `joined` makes one.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from onnxviz.errors import BadUsage
from onnxviz.scene.types import Box, Curve, Scene

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

FRONTEND = Path(__file__).parent / "frontend"
KINDS = ("node", "group", "input", "output", "stub")
STATUSES = ("", "removed", "added", "changed")
MOST_CHARACTERS = 300
"""Of a label that is sent to the browser; names in a model may be megabytes long."""

_IMPORT = re.compile(r'^import\s[^;]*?from\s+"\./([\w-]+\.js)";[ \t]*\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default\b)", re.MULTILINE)
# Control characters, and the marks that reorder text (UAX #9): a name must not rewrite its surroundings.
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_MOST_TEXTS = 8


@dataclass(frozen=True, slots=True)
class ViewerEvent:
    """What the viewer says in one run of the page."""

    selected: str | None = None
    """Id of the box that is selected now. It lasts from run to run; the others are of this run alone."""
    toggled: str | None = None
    """Id of a group that the person just asked to open or close: place a new scene and rerun."""
    wanted: str | None = None
    """Id of a stub's other end that is not in the picture: open the groups around it and select it."""


def viewer(
    scene: Scene, *, key: str, height: int = 620, selected: str | None = None, label: str = "", look: int = 0
) -> ViewerEvent:
    """Draw `scene` in `height` CSS pixels and return what the person did.

    `selected` is a wish: when it differs from the wish of the run before, that box is selected and
    brought into view; otherwise the person's own selection stands. So a page may hold the selection
    (pass back `event.selected`) or leave it to the viewer (pass nothing). `label` names the picture
    for screen readers. Two scenes with the same `title` are states of one graph: what was in view
    stays in view; a scene with another title is shown whole, and so is any when `look` is another number
    than before.
    """
    digest, text = _text(scene)
    selection = _Selection.of(key)
    mounted = _component()(
        key=key,
        data={
            "scene": text,
            "digest": digest,
            "height": height,
            "look": look,
            "label": label or _label(scene),
            "select": selection.wish(selected, _heard(st.session_state.get(key))),
        },
        on_selected_change=_nothing,
        on_toggled_change=_nothing,
        on_wanted_change=_nothing,
    )
    return ViewerEvent(selection.current, _id(mounted.toggled), _id(mounted.wanted))


def wire(scene: Scene) -> dict[str, Any]:
    """`scene` as the compact JSON document that the frontend reads (`decode.js`).

    Columns instead of objects; `text` holds each distinct label once and the columns `titles` and
    `lines` (and the curves' `labels`) hold places in it. `xywh` has four integers a box, in tenths
    of a point; the curves' `xy` has two integers a point, the first of a curve absolute and the
    others differences from the point before, in tenths too; `points` is the number of points of
    each curve. `parents`, `source` and `target` are places in `ids`, or -1; `family` is a place in
    `families`, or -1. Raises `BadUsage` when two boxes share an id.
    """
    place = {box.id: at for at, box in enumerate(scene.boxes)}
    if len(place) != len(scene.boxes):
        raise BadUsage(scene.title or "The scene", "two boxes have the same id", "Give every box its own id")
    text = _Texts()
    families = {name: at for at, name in enumerate(scene.families)}
    boxes = scene.boxes
    return {
        "title": scene.title,
        "size": [_tenths(scene.width), _tenths(scene.height)],
        "families": [_family(name, look) for name, look in scene.families.items()],
        "ids": [box.id for box in boxes],
        "kinds": [KINDS.index(box.kind) for box in boxes],
        "titles": [text.add(box.title) for box in boxes],
        "lines": [[text.add(line) for line in box.lines] for box in boxes],
        "xywh": [_tenths(side) for box in boxes for side in (box.x, box.y, box.w, box.h)],
        "family": [families.get(box.family, -1) for box in boxes],
        "parents": [place.get(box.parent, -1) if box.parent else -1 for box in boxes],
        "open": [at for at, box in enumerate(boxes) if box.kind == "group" and box.open],
        "counts": [box.count for box in boxes],
        "status": [_status(box) for box in boxes],
        "jumps": {str(at): box.jump for at, box in enumerate(boxes) if box.jump},
        "curves": _curves(scene.curves, place, text),
        "text": text.all,
    }


def joined(folder: Path = FRONTEND, main: str = "main.js") -> str:
    """The ES modules below `main` as one module: each file once, after those that it imports.

    Only `import {a, b} from "./x.js";` and `export` in front of a declaration are understood, and
    all top-level names share one scope. Raises `BadUsage` where modules import each other in a ring.
    """
    parts: list[str] = []
    state: dict[str, bool] = {}

    def visit(name: str) -> None:
        if name in state:
            if not state[name]:
                raise BadUsage(name, "the module imports itself", "Break the ring")
            return
        state[name] = False
        source = (folder / name).read_text(encoding="utf-8")
        for needed in _IMPORT.findall(source):
            visit(needed)
        state[name] = True
        parts.append(f"// {name}\n{_EXPORT.sub('', _IMPORT.sub('', source))}")

    visit(main)
    return "\n".join(parts)


@cache
def _component() -> ComponentRenderer:
    css = (FRONTEND / "viewer.css").read_text(encoding="utf-8")
    return st.components.v2.component("onnxviz_viewer", js=joined(), css=css)


class _Texts:
    """Every distinct label once, cleaned for the screen."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._place: dict[str, int] = {}

    def add(self, label: str) -> int:
        place = self._place.get(label)
        if place is None:
            place = self._place[label] = len(self.all)
            self.all.append("\n".join(shown(row) for row in label[: 4 * MOST_CHARACTERS].split("\n")))
        return place


def shown(label: str) -> str:
    """`label` as one line that is safe to show: no control or reordering characters, bounded."""
    clean = _UNSHOWN.sub(" ", label).strip()
    return clean if len(clean) <= MOST_CHARACTERS else f"{clean[: MOST_CHARACTERS - 1]}…"


def _tenths(points: float) -> int:
    return round(points * 10)


def _status(box: Box) -> int:
    return STATUSES.index(box.status) if box.status in STATUSES else 0


def _family(name: str, look: dict[str, str]) -> list[str]:
    return [name, look.get("label", name), look.get("sign", ""), look.get("light", ""), look.get("dark", "")]


def _curves(curves: tuple[Curve, ...], place: dict[str, int], text: _Texts) -> dict[str, list[int]]:
    steps: list[int] = []
    for curve in curves:
        x = y = 0
        for point in curve.points:
            to_x, to_y = _tenths(point[0]), _tenths(point[1])
            steps += (to_x - x, to_y - y)
            x, y = to_x, to_y
    return {
        "source": [place.get(curve.source, -1) for curve in curves],
        "target": [place.get(curve.target, -1) for curve in curves],
        "points": [len(curve.points) for curve in curves],
        "labels": [text.add(curve.label) for curve in curves],
        "xy": steps,
    }


_texts: OrderedDict[int, tuple[Scene, str, str]] = OrderedDict()
_texts_lock = threading.Lock()


def _text(scene: Scene) -> tuple[str, str]:
    """Digest and JSON text of a scene. Kept for the last few, since a page shows one many times over."""
    with _texts_lock:
        known = _texts.get(id(scene))
        if known is not None and known[0] is scene:
            _texts.move_to_end(id(scene))
            return known[1], known[2]
    text = json.dumps(wire(scene), separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    with _texts_lock:
        _texts[id(scene)] = (scene, digest, text)
        while len(_texts) > _MOST_TEXTS:
            _texts.popitem(last=False)
    return digest, text


@dataclass(slots=True)
class _Selection:
    """Who said last what is selected: the page (a wish, with a serial number) or the person.

    The wish that is sent to the browser changes only with the page's, so that a click does not send
    the whole scene back: an unchanged message goes over the wire as a reference.
    """

    current: str | None = None
    wished: str | None = None
    sent: str | None = None
    serial: int = 0

    @classmethod
    def of(cls, key: str) -> _Selection:
        found = st.session_state.setdefault(f"{key}:selection", cls())
        assert isinstance(found, cls)
        return found

    def wish(self, selected: str | None, heard: tuple[bool, str | None]) -> dict[str, Any]:
        """Take in the page's wish and what the browser said in this run; returns what to send."""
        said, told = heard
        if said:
            self.current = told
        elif selected not in (None, self.wished, self.current):
            self.current = self.sent = selected
            self.serial += 1
        self.wished = selected
        return {"id": self.sent, "serial": self.serial}


def _heard(state: Any) -> tuple[bool, str | None]:
    """Whether the browser spoke of the selection in this run, and the id that it named."""
    if state is None:
        return False, None
    said = state.get("selected")
    if isinstance(said, dict):
        return True, _id(said)
    toggled = state.get("toggled")
    if isinstance(toggled, dict) and "selected" in toggled:
        return True, toggled["selected"] if isinstance(toggled["selected"], str) else None
    return False, None


def _id(said: Any) -> str | None:
    named = said.get("id") if isinstance(said, dict) else None
    return named if isinstance(named, str) else None


def _label(scene: Scene) -> str:
    count = len(scene.boxes)
    name = f"Graph {shown(scene.title)}" if scene.title else "Graph"
    return f"{name}: {count} {'box' if count == 1 else 'boxes'}. Press ? for keys; a list of boxes follows."


def _nothing() -> None:
    """Streamlit reports only events that have a callback."""
