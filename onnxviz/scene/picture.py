"""The whole way from a model to what is on the screen, as verbs for a worker of kind "look"."""

from __future__ import annotations

from dataclasses import dataclass, replace

from onnxviz.scene.finding.find import Found, around
from onnxviz.scene.finding.focus import Focus
from onnxviz.scene.grouping.hierarchy import depth_of
from onnxviz.scene.grouping.opening import Opening, bounded, depth_now, resolve, tag
from onnxviz.scene.overlays import Overlay, overlay
from onnxviz.scene.place import place
from onnxviz.scene.stage import Source, Stage, stage
from onnxviz.scene.types import Direction, Hierarchy, Scene

MOST_BOXES = 20_000
"""Boxes that one picture in a browser has at most: with them a frame takes about 60 ms while all are in
view, and the message is 6 MB."""

PLACE_SECONDS = 8.0
"""Time to place a picture for a person who waits; what is left then stands in plain rows."""


@dataclass(frozen=True, slots=True)
class View:
    """What to draw of a model: which groups are open, which way it runs, and what is in focus.

    `reveal` is the id of a box (or its `opening.tag`, after `~`) around which groups are opened as well.
    `coarse` asks for the picture that can always be drawn: closed, in plain rows.
    """

    opened: Opening | frozenset[str] = "first"
    direction: Direction = "TB"
    focus: Focus | None = None
    reveal: str = ""
    coarse: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A scene, with the groups that it was made from and those of them that are open.

    `depth` is the level to which groups are open, -1 where that is mixed, and `deepest` the last level.
    `focus` says what is shown when it is not the whole. `revealed` is the id of the box that was to be
    revealed, empty where it is not here.
    """

    hierarchy: Hierarchy
    opened: frozenset[str]
    scene: Scene
    depth: int = 0
    deepest: int = 0
    focus: str = ""
    revealed: str = ""


def picture(source: Source, view: View | None = None) -> Picture:
    """The picture of a stored model, of at most about `MOST_BOXES` boxes.

    Raises RefusedFile when the file cannot be read, LayoutFailed when it cannot be drawn, BadUsage when
    the focus names what is not in the model.
    """
    view = view or View()
    shown = stage(source, view.focus)
    wanted = resolve(shown.hierarchy, "none" if view.coarse else view.opened)
    revealed = _named(shown, view.reveal)
    if revealed and not view.coarse:
        wanted |= around(shown.hierarchy, revealed)
    opened, shut = bounded(shown.hierarchy, wanted, MOST_BOXES)
    # The digest, and not a name, is what tells the viewer that two scenes show one graph.
    title = f"{source.digest}-{view.direction}-{view.focus.to_text() if view.focus else ''}"
    seconds = 0.0 if view.coarse else PLACE_SECONDS
    scene = place(shown.wiring, shown.hierarchy, opened, view.direction, title, seconds)
    if shut:
        note = f"{shut:,} groups stay closed: one picture has at most {MOST_BOXES:,} boxes. Open them singly."
        scene = replace(scene, notes=(note, *scene.notes))
    depth = depth_now(shown.hierarchy, opened)
    return Picture(shown.hierarchy, opened, scene, depth, depth_of(shown.hierarchy), shown.note, revealed)


def search(source: Source, text: str, ops: tuple[str, ...] = (), focus: Focus | None = None) -> Found:
    """What `text` finds in the graph, or in the part in focus; only nodes of the types `ops` where given.

    The query language is that of `onnxviz.scene.finding.query`.
    """
    return stage(source, focus).finder.find(text, ops)


def colours(source: Source, kind: str, focus: Focus | None = None) -> Overlay:
    """What the overlay `kind` says of every node and group; a symbolic size counts as 1."""
    shown = stage(source, focus)
    return overlay(kind, shown.graph, shown.hierarchy, assume=1)


def _named(shown: Stage, name: str) -> str:
    """The id that `name` is, or whose tag it is; empty where there is none."""
    ids = (*shown.hierarchy.groups, *shown.wiring.nodes, *shown.wiring.ends)
    if name.startswith("~"):
        return next((each for each in ids if tag(each) == name[1:]), "")
    return name if name in ids else ""
