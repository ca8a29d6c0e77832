"""Where a leaf or group is: the groups around it, and which box of a picture shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onnxviz.scene.types import Hierarchy
from onnxviz.scene.wires import Wiring

Parents = Mapping[str, str]
"""Leaf or group -> the group that it is in; all but the outermost group have one."""


def parents(hierarchy: Hierarchy, wiring: Wiring | None = None) -> Parents:
    """The group around each node, end and group: one pass over `hierarchy`, for many questions later.

    Inputs and outputs that no group holds are in their body, or in the outermost group. They are in the
    result where `wiring` is given; `home` works them out from their ids otherwise.
    """
    found: dict[str, str] = {}
    if wiring is not None:
        found.update(
            (end.id, end.body if end.body in hierarchy.groups else hierarchy.root)
            for end in wiring.ends.values()
        )
    for group in hierarchy.groups.values():
        found.update(dict.fromkeys(group.nodes, group.id))
        found.update(dict.fromkeys(group.children, group.id))
    return found


def home(hierarchy: Hierarchy, known: Parents, item: str) -> str | None:
    """The group that `item` is in; None for the outermost group and for what is in no group."""
    if item in known or item == hierarchy.root:
        return known.get(item)
    if item.startswith(_END_MARKS):
        return hierarchy.root
    for mark in _END_MARKS:
        # The body's id may have the mark in it, and so may the name of the end.
        at = item.rfind(f"/{mark}")
        while at >= 0:
            if item[:at] in hierarchy.groups:
                return item[:at]
            at = item.rfind(f"/{mark}", 0, at)
    return None


_END_MARKS = ("in:", "out:")
"""Ids of inputs and outputs are `in:NAME`, or `BODY/in:NAME` within a body."""


def around(hierarchy: Hierarchy, box_id: str, known: Parents | None = None) -> frozenset[str]:
    """The groups that must be open for a box to be in the picture, the outermost one included.

    Empty for the outermost group itself and for an id that is not of this hierarchy. With `known`
    (`parents(hierarchy)`) it takes as many steps as groups are around the box.
    """
    known = known if known is not None else parents(hierarchy)
    found = set()
    at = home(hierarchy, known, box_id)
    while at is not None:
        found.add(at)
        at = known.get(at)
    return frozenset(found)


def where(
    hierarchy: Hierarchy, scene_box_ids: Iterable[str], ids: Iterable[str], known: Parents | None = None
) -> dict[str, int]:
    """Box of the picture -> how many of `ids` it shows: those it is itself, or that are in it.

    A box that is not in the picture is shown by the closed group around it; what the picture does not have
    at all (a focus hides it) is left out. In the order of `ids`. Linear in boxes and ids.
    """
    known = known if known is not None else parents(hierarchy)
    boxes = frozenset(scene_box_ids)
    shown_by: dict[str, str | None] = {}
    counts: dict[str, int] = {}
    for item in ids:
        passed: list[str] = []
        at: str | None = item
        while at is not None and at not in boxes and at not in shown_by:
            passed.append(at)
            at = known.get(at) or (home(hierarchy, known, at) if at == item else None)
        box = shown_by.get(at, at) if at is not None else None
        shown_by.update(dict.fromkeys(passed, box))
        if box is not None:
            counts[box] = counts.get(box, 0) + 1
    return counts
