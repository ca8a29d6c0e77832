"""Pictures to take away, as verbs for a worker of kind "look". No Streamlit here."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from onnxviz.errors import BadUsage
from onnxviz.scene.dot import to_dot
from onnxviz.scene.draw import to_svg
from onnxviz.scene.grouping.opening import resolve
from onnxviz.scene.picture import View
from onnxviz.scene.place import place
from onnxviz.scene.stage import Source, stage
from onnxviz.scene.types import Scene
from onnxviz.ui.page import to_html

Format = Literal["svg", "html", "dot"]

MIME: dict[str, str] = {"svg": "image/svg+xml", "html": "text/html", "dot": "text/vnd.graphviz"}

FORMATS: dict[str, Format] = {".svg": "svg", ".html": "html", ".gv": "dot", ".dot": "dot"}
"""Ending of a file -> what is written into it."""


def take_away(source: Source, view: View, what: Format, title: str, *, dark: bool = False) -> str:
    """The text of an SVG, HTML or DOT file of a view of a stored model, of all of it however large.

    Raises as `onnxviz.scene.picture.picture` does.
    """
    return _drawn(source, view, what, title, dark)[0]


def render(path: str, out: str, view: View | None = None, *, dark: bool = False) -> dict[str, object]:
    """Draw the model at `path` into the file `out`, in the format that its ending says (`FORMATS`).

    Returns what was drawn: nodes of the model, boxes, curves, width and height in points (0 for DOT).
    """
    target = Path(out)
    if target.suffix not in FORMATS:
        raise BadUsage(target.name, "is not a format that can be drawn", f"Use one of {', '.join(FORMATS)}")
    source, view = Source.of_file(Path(path)), view or View()
    text, scene = _drawn(source, view, FORMATS[target.suffix], Path(path).stem, dark)
    target.write_text(text, encoding="utf-8")
    shown = stage(source, view.focus)
    return {
        "path": out,
        "nodes": shown.graph.node_count(),
        "boxes": len(scene.boxes),
        "curves": len(scene.curves),
        "width": round(scene.width),
        "height": round(scene.height),
        "focus": shown.note,
    }


def _drawn(source: Source, view: View, what: Format, title: str, dark: bool) -> tuple[str, Scene]:
    """The file's text, and the scene in it; an empty scene for DOT, which has no places."""
    shown = stage(source, view.focus)
    opened = resolve(shown.hierarchy, view.opened)
    if what == "dot":
        text = to_dot(shown.wiring, shown.hierarchy, opened, view.direction, title)
        return text, Scene((), (), 0.0, 0.0)
    scene = place(shown.wiring, shown.hierarchy, opened, view.direction, title)
    return to_html(scene, title) if what == "html" else to_svg(scene, dark), scene
