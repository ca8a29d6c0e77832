"""The whole way from a model to what is on the screen, as one verb for a worker of kind "look"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from onnxviz.errors import BadUsage
from onnxviz.model import Graph
from onnxviz.reading import read_model
from onnxviz.scene.dot import to_dot
from onnxviz.scene.draw import to_svg
from onnxviz.scene.functions import expand
from onnxviz.scene.hierarchy import arrange, first_open, open_all
from onnxviz.scene.place import place
from onnxviz.scene.scopes import with_scopes_of
from onnxviz.scene.types import Direction, Hierarchy, Scene

Opening = Literal["first", "all", "none"]
FORMATS = (".svg", ".gv", ".dot")

_REMEMBERED_MODELS = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """A scene, with the groups that it was made from and those of them that are open."""

    hierarchy: Hierarchy
    opened: frozenset[str]
    scene: Scene


def opening(hierarchy: Hierarchy, which: Opening) -> frozenset[str]:
    """The groups to open: those of a first picture, every one, or none but the outermost."""
    if which == "all":
        return open_all(hierarchy)
    return first_open(hierarchy) if which == "first" else frozenset((hierarchy.root,))


def picture(
    path: str,
    digest: str,
    opened: frozenset[str] | Opening = "first",
    direction: Direction = "TB",
    like: tuple[str, str] | None = None,
) -> Picture:
    """The picture of a stored model; `opened` are group ids, or how to choose them.

    `like` is (path, digest) of the model that it is a rewrite of, whose scopes it may have lost.

    Raises RefusedFile when the file cannot be read, LayoutFailed when it cannot be drawn.
    """
    graph, hierarchy = _arranged(path, digest, like)
    chosen = opening(hierarchy, opened) if isinstance(opened, str) else opened
    # The digest, and not a name, is what tells the viewer that two scenes show one graph.
    scene = place(graph, hierarchy, chosen, direction, title=f"{digest}-{direction}")
    return Picture(hierarchy, chosen, scene)


def render(
    path: str, out: str, opened: Opening = "first", direction: Direction = "TB", *, dark: bool = False
) -> dict[str, object]:
    """Draw the model at `path` into the file `out`: SVG, or DOT text for `.gv` and `.dot`.

    Returns what was drawn: boxes, curves, and the width and height in points (not for DOT).
    """
    target = Path(out)
    if target.suffix not in FORMATS:
        raise BadUsage(target.name, "is not a format that can be drawn", f"Use one of {', '.join(FORMATS)}")
    model = read_model(Path(path))
    graph = expand(model.graph, model.functions)
    hierarchy = arrange(graph)
    chosen = opening(hierarchy, opened)
    if target.suffix != ".svg":
        target.write_text(to_dot(graph, hierarchy, chosen, direction, model.name), encoding="utf-8")
        return {"path": out, "nodes": model.graph.node_count()}
    scene = place(graph, hierarchy, chosen, direction, title=model.name)
    target.write_text(to_svg(scene, dark), encoding="utf-8")
    return {
        "path": out,
        "nodes": model.graph.node_count(),
        "boxes": len(scene.boxes),
        "curves": len(scene.curves),
        "width": round(scene.width),
        "height": round(scene.height),
    }


@lru_cache(maxsize=_REMEMBERED_MODELS)
def _arranged(path: str, digest: str, like: tuple[str, str] | None) -> tuple[Graph, Hierarchy]:
    """Opening one more group should not read and cut the model again."""
    model = read_model(Path(path), digest=digest)
    graph = expand(model.graph, model.functions)
    if like is not None:
        original = read_model(Path(like[0]), digest=like[1])
        graph = with_scopes_of(graph, expand(original.graph, original.functions))
    return graph, arrange(graph)
