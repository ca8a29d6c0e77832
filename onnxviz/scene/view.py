"""What is in view for a choice of open groups: frames, their items, and the box that shows each leaf."""

from __future__ import annotations

from dataclasses import dataclass, field

from onnxviz.errors import LayoutFailed
from onnxviz.scene.text import clean
from onnxviz.scene.types import Hierarchy
from onnxviz.scene.wires import Wiring

Segment = tuple[str, str, str, str]
"""(tail item, tail port, head item, head port). An empty item is the frame's own border; a port is the id
of the source box, and empty at an item that is not an open group."""


@dataclass(slots=True)
class Frame:
    """An open group: its items in topological order, segments in order of appearance, and ports."""

    id: str
    items: list[str] = field(default_factory=list)
    segments: dict[Segment, None] = field(default_factory=dict)
    entering: dict[str, None] = field(default_factory=dict)
    leaving: dict[str, None] = field(default_factory=dict)
    rank: dict[str, int] = field(default_factory=dict)
    depth: int = 0
    """Number of ranks."""
    virtual: int = 0
    readers: dict[str, int] = field(default_factory=dict)
    """Item -> number of items that read it."""


def look(
    wiring: Wiring, hierarchy: Hierarchy, opened: frozenset[str]
) -> tuple[dict[str, Frame], dict[str, str], dict[str, str]]:
    """Frames, parent of each visible box, and leaf -> visible box.

    Raises `LayoutFailed` when the hierarchy is that of another graph.
    """
    _check(wiring, hierarchy)
    frames: dict[str, Frame] = {}
    parent: dict[str, str] = {}
    visible: dict[str, str] = {}
    stack = [(hierarchy.root, "")]
    while stack:
        group, closed = stack.pop()
        inner = hierarchy.groups[group]
        is_frame = not closed and (group in opened or group == hierarchy.root)
        if is_frame:
            frames[group] = Frame(group)
        shown_as = "" if is_frame else closed or group
        for member in (*inner.nodes, *inner.children):
            if is_frame:
                parent[member] = group
                frames[group].items.append(member)
            visible[member] = shown_as or member
        stack.extend((child, shown_as) for child in reversed(inner.children))
    _put_ends(wiring, hierarchy, frames, parent, visible)
    order = _orders(wiring, hierarchy)
    for frame in frames.values():
        frame.items.sort(key=lambda item: order.get(item, 0))
    return frames, parent, visible


def _check(wiring: Wiring, hierarchy: Hierarchy) -> None:
    held = [node for group in hierarchy.groups.values() for node in group.nodes]
    nodes = {node for node in held if node not in wiring.ends}
    missing = min(nodes ^ wiring.nodes.keys(), default=None)
    if missing is not None or len(held) != len(set(held)):
        raise LayoutFailed(
            f"The groups of {hierarchy.groups[hierarchy.root].title}",
            f"they belong to another graph: node {clean(missing or held[0])[:60]} is not in both",
            "Arrange the graph again.",
        )


def _put_ends(
    wiring: Wiring,
    hierarchy: Hierarchy,
    frames: dict[str, Frame],
    parent: dict[str, str],
    visible: dict[str, str],
) -> None:
    """Graph inputs and outputs that no group holds stand in the root, a body's in the body."""
    for end in wiring.ends.values():
        if end.id in visible:
            continue
        home = end.body if end.body in hierarchy.groups else hierarchy.root
        if home in frames:
            frames[home].items.append(end.id)
            parent[end.id] = home
            visible[end.id] = end.id
        else:
            visible[end.id] = visible[home]


def _orders(wiring: Wiring, hierarchy: Hierarchy) -> dict[str, float]:
    """Topological position of leaves, and of groups: that of their first leaf."""
    order: dict[str, float] = dict(wiring.order)
    outside_in = [hierarchy.root]
    for group in outside_in:
        outside_in.extend(hierarchy.groups[group].children)
    for group in reversed(outside_in):
        inner = hierarchy.groups[group]
        first = min((order.get(m, 0.0) for m in (*inner.nodes, *inner.children)), default=-1.0)
        owner = wiring.bodies[group].owner if group in wiring.bodies else None
        order[group] = order.get(owner, 0.0) + 0.5 if owner is not None else first
    return order
