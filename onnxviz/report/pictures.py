"""The pictures of a report: both models in one graph, and each alone, all with the same ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onnxviz.progress import report
from onnxviz.scene.grouping.opening import bounded, resolve
from onnxviz.scene.pairing import Pair, Part, Side
from onnxviz.scene.place import place
from onnxviz.scene.types import Hierarchy, Scene

SIDES: tuple[tuple[Side, str], ...] = (("both", "Both in one"), ("before", "Before"), ("after", "After"))

MOST_BOXES = 6_000
"""Of a picture in which all groups that hold changes are open: with its lines some 2 MB."""

PLACE_SECONDS = 10.0
"""To place one picture; what is left then stands in plain rows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture: as it is first seen and, where that is more, with every group open that holds changes.

    `boxes` has, for each node, the place of the box in the last scene that is or holds it.
    """

    name: str
    scenes: tuple[Scene, ...]
    boxes: Mapping[str, int]


def pictures(pair: Pair) -> tuple[Shown, ...]:
    """In the order of `SIDES`. Raises LayoutFailed where nothing can be drawn."""
    return tuple(_shown(pair.parts[side], side, name) for side, name in SIDES)


def _shown(part: Part, side: Side, name: str) -> Shown:
    report(f"Drawing: {name.lower()}")
    hierarchy = part.hierarchy
    first = resolve(hierarchy, "first")
    groups = part.wiring.changes.groups if part.wiring.changes else {}
    holding = {group for group in hierarchy.groups if group in groups and groups[group].status}
    wanted = first | _with_parents(hierarchy, holding)
    opened, _ = bounded(hierarchy, wanted, MOST_BOXES)
    # Its title is what tells the viewer that the scenes are states of one graph.
    scenes = [
        place(part.wiring, hierarchy, each, title=side, seconds=PLACE_SECONDS)
        for each in ([first, opened] if opened - first else [first])
    ]
    return Shown(name, tuple(scenes), _boxes(hierarchy, scenes[-1]))


def _with_parents(hierarchy: Hierarchy, groups: set[str]) -> frozenset[str]:
    found: set[str] = set()
    for group in groups:
        at: str | None = group
        while at is not None and at not in found:
            found.add(at)
            at = hierarchy.groups[at].parent
    return frozenset(found)


def _boxes(hierarchy: Hierarchy, scene: Scene) -> dict[str, int]:
    places = {box.id: at for at, box in enumerate(scene.boxes)}
    found: dict[str, int] = {}
    outside_in = [(hierarchy.root, -1)]
    for group, around in outside_in:
        inner = hierarchy.groups[group]
        here = places.get(group, around)
        # What lies in a closed group is in no scene: the group stands for it.
        found.update((node, places.get(node, here)) for node in inner.nodes)
        outside_in.extend((child, here) for child in inner.children)
    return found
