"""A scene as the frontend takes it: one compact document, and the modules that draw it as one text.

No Streamlit here: a saved page is made of the same parts in a worker.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from onnxviz.errors import BadUsage
from onnxviz.scene.types import Box, Curve, Scene

FRONTEND = Path(__file__).parent / "frontend"
KINDS = ("node", "group", "input", "output", "stub")
STATUSES = ("", "removed", "added", "changed")
MOST_CHARACTERS = 300
"""Of a label that is sent to the browser; names in a model may be megabytes long."""

_IMPORT = re.compile(r'^import\s[^;]*?from\s+"\./([\w-]+\.js)";[ \t]*\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default\b)", re.MULTILINE)
# Control characters, and the marks that reorder text (UAX #9): a name must not rewrite its surroundings.
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


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
        "flagged": [at for at, box in enumerate(boxes) if box.flagged],
        "jumps": {str(at): box.jump for at, box in enumerate(boxes) if box.jump},
        "curves": _curves(scene.curves, place, text),
        "compares": scene.compares,
        "changes": list(scene.changes),
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


def _status(of: Box | Curve) -> int:
    return STATUSES.index(of.status) if of.status in STATUSES else 0


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
        "status": [_status(curve) for curve in curves],
        "xy": steps,
    }
