"""The whole way from a model to what is on the screen, as verbs for a worker of kind "look"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from onnxviz.scene.changes import Changes
from onnxviz.scene.finding.find import Found, around
from onnxviz.scene.finding.focus import Focus
from onnxviz.scene.grouping.hierarchy import depth_of
from onnxviz.scene.grouping.opening import Opening, bounded, depth_now, resolve, tag
from onnxviz.scene.overlays import Overlay, overlay
from onnxviz.scene.pairing import Side
from onnxviz.scene.place import place
from onnxviz.scene.stage import Source, Stage, paired, stage
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


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures of one pair in one state. `whole` has the groups of both models together, and no scene."""

    whole: Picture
    panes: tuple[tuple[Side, Picture], ...]


@dataclass(frozen=True, slots=True)
class Ids:
    """Id on the pictures of a pair -> id in the model before and in that after, of nodes.

    What is not in one of them is not in that model. `status` is that of the pictures: removed, added,
    changed, or `""`.
    """

    before: Mapping[str, str]
    after: Mapping[str, str]
    status: Mapping[str, str]


def picture(source: Source, view: View | None = None) -> Picture:
    """The picture of a stored model, of at most about `MOST_BOXES` boxes.

    Raises RefusedFile when the file cannot be read, LayoutFailed when it cannot be drawn, BadUsage when
    the focus names what is not in the model.
    """
    view = view or View()
    shown = stage(source, view.focus)
    opened, shut, revealed = _opened(shown, view)
    return _drawn(source, shown, view, opened, shut, revealed)


def pictures(source: Source, sides: tuple[Side, ...], view: View | None = None) -> Pictures:
    """Several sides of a pair, with the same groups open in all of them. Raises as `picture` does."""
    view = view or View()
    around = stage(source.on("both"), view.focus)
    opened, shut, revealed = _opened(around, view)
    panes = []
    for side in sides:
        of_side = source.on(side)
        panes.append((side, _drawn(of_side, stage(of_side, view.focus), view, opened, shut, revealed)))
    depth, deepest = depth_now(around.hierarchy, opened), depth_of(around.hierarchy)
    nothing = Scene((), (), 0.0, 0.0, view.direction)
    whole = Picture(around.hierarchy, opened, nothing, depth, deepest, around.note, revealed)
    return Pictures(whole, tuple(panes))


def ids(source: Source) -> Ids:
    """Which node of a pair's pictures is which node of its models."""
    merged = paired(source).merged
    return Ids(merged.before, merged.after, merged.status)


def _opened(shown: Stage, view: View) -> tuple[frozenset[str], int, str]:
    """The groups to open, how many stay closed as there would be too many boxes, and what is revealed."""
    wanted = resolve(shown.hierarchy, "none" if view.coarse else view.opened)
    revealed = _named(shown, view.reveal)
    if revealed and not view.coarse:
        wanted |= around(shown.hierarchy, revealed)
    return *bounded(shown.hierarchy, wanted, MOST_BOXES), revealed


def _drawn(
    source: Source, shown: Stage, view: View, opened: frozenset[str], shut: int, revealed: str
) -> Picture:
    # The digest, and not a name, is what tells the viewer that two scenes show one graph.
    other = f"-{source.before[1]}-{source.side}" if source.before is not None else ""
    title = f"{source.digest}{other}-{view.direction}-{view.focus.to_text() if view.focus else ''}"
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
    if not source.side:
        return stage(source, focus).finder.find(text, ops)
    # In a pair, what either model says of a box counts: the graph of both tells only what is so after, and
    # has names of its own for what went.
    both, before = stage(source.on("both"), focus), stage(source.on("before"), focus)
    changes = both.wiring.changes or Changes()
    gone = {leaf for leaf, status in changes.leaves.items() if status == "removed"}
    found = both.finder.find(text, ops)
    return found.joined(before.finder.find(text, ops), both.wiring.order, gone)


def colours(
    source: Source, kind: str, focus: Focus | None = None, values: Mapping[str, float] | None = None
) -> Overlay:
    """What the overlay `kind` says of every node and group; a symbolic size counts as 1.

    `values` by node id are for the kinds that come from outside.
    """
    shown = stage(source, focus)
    return overlay(kind, shown.graph, shown.hierarchy, values, assume=1)


def _named(shown: Stage, name: str) -> str:
    """The id that `name` is, or whose tag it is; empty where there is none."""
    ids = (*shown.hierarchy.groups, *shown.wiring.nodes, *shown.wiring.ends)
    if name.startswith("~"):
        return next((each for each in ids if tag(each) == name[1:]), "")
    return name if name in ids else ""
