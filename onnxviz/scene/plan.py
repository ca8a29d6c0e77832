"""What is in view and which lines are drawn, before anything has a place.

For a choice of open groups: the visible box of each leaf, the frames (open groups) with their items,
and for each pair of boxes that exchange tensors either a path of segments, one in every frame it passes,
or a pair of stubs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from onnxviz.scene.layout import ranks
from onnxviz.scene.types import Hierarchy
from onnxviz.scene.view import Frame, Segment, look
from onnxviz.scene.wires import Wiring, unique

FAR_RANKS = 12
"""A line over more ranks than this ends in stubs. Long enough for the skip of a residual block (4 to 9
ranks in ResNet, 9 to 12 in an encoder layer); `dot` puts a virtual node on each rank that a line passes."""

HUB_READERS = 5
HUB_RANKS = 3
"""An item with more readers than that keeps only its near lines: an attention mask that goes to each of
twelve layers otherwise pushes them off their column."""

VIRTUAL_PER_ITEM = 3
"""Virtual nodes that one frame may have, for each item: beyond it the longest lines become stubs."""

LINES_PER_ITEM = 4
"""Lines of one frame, for each item: a denser picture is no longer read, and `dot` slows with the square."""

MAX_PORTS = 16
"""Ports on one side of a frame."""

MAX_IN_STUBS = 2
"""Stubs that lead to one box; more become one stub with several ends."""


@dataclass(slots=True)
class Relation:
    """Everything that flows from box `source` to box `target`, in wire order."""

    source: str
    target: str
    values: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    path: list[tuple[str, Segment]] = field(default_factory=list)
    """(frame, segment) from the source to the target."""
    status: str = ""
    """As of a wire: that of all that flows here, where it is the same for all."""


@dataclass(slots=True)
class Stub:
    """A line's end far from the other one: at `box`, standing for the boxes in `ends`."""

    id: str
    box: str
    outgoing: bool
    ends: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    status: str = ""


@dataclass(slots=True)
class Plan:
    """Frames by group id, outermost first; relations that are drawn; stubs by id."""

    frames: dict[str, Frame]
    parent: dict[str, str]
    """Visible box (or frame) -> frame around it."""
    relations: list[Relation]
    stubs: dict[str, Stub]


def plan(wiring: Wiring, hierarchy: Hierarchy, opened: Iterable[str]) -> Plan:
    """Decide what is drawn. Linear in wires times the depth of the hierarchy."""
    frames, parent, visible = look(wiring, hierarchy, frozenset(opened))
    relations = _relations(wiring, visible)
    found = Plan(frames, parent, [], {})
    for relation in relations:
        relation.path = _path(found, relation)
    _rank_items(found, relations)
    keep: list[Relation] = []
    far: list[Relation] = []
    for relation in sorted(relations, key=lambda r: _longest(found, r)):
        (keep if _room(found, relation) else far).append(relation)
    place = {(r.source, r.target): i for i, r in enumerate(relations)}
    found.relations = sorted(keep, key=lambda r: place[r.source, r.target])
    _add_stubs(found, sorted(far, key=lambda r: place[r.source, r.target]))
    return found


def _relations(wiring: Wiring, visible: dict[str, str]) -> list[Relation]:
    found: dict[tuple[str, str], Relation] = {}
    lines = wiring.changes.lines if wiring.changes is not None else {}
    for w in wiring.wires:
        source, target = visible.get(w.source, ""), visible.get(w.target, "")
        if not source or not target or source == target:
            continue
        status = lines.get((w.source, w.target), "") if lines else ""
        relation = found.setdefault((source, target), Relation(source, target, status=status))
        relation.status = status if status == relation.status else ""
        if w.value not in relation.values[-64:]:
            relation.values.append(w.value)
            relation.labels.append(w.label)
    return list(found.values())


def _path(found: Plan, relation: Relation) -> list[tuple[str, Segment]]:
    up = _around(found, relation.source)
    down = _around(found, relation.target)
    while len(up) > 1 and len(down) > 1 and up[-2] == down[-2]:
        up.pop()
        down.pop()
    port = relation.source
    path: list[tuple[str, Segment]] = []
    inner, open_port = relation.source, ""
    for frame in up[:-1]:
        path.append((frame, (inner, open_port, "", port)))
        inner, open_port = frame, port
    across, across_port = (down[-2], port) if len(down) > 1 else (relation.target, "")
    path.append((up[-1], (inner, open_port, across, across_port)))
    for level in range(len(down) - 2, -1, -1):
        head, head_port = (down[level - 1], port) if level else (relation.target, "")
        path.append((down[level], ("", port, head, head_port)))
    return path


def _around(found: Plan, box: str) -> list[str]:
    """Frames around a box, from the inside out."""
    chain = []
    at = found.parent.get(box)
    while at is not None:
        chain.append(at)
        at = found.parent.get(at)
    return chain


def _rank_items(found: Plan, relations: Iterable[Relation]) -> None:
    links: dict[str, dict[tuple[str, str], None]] = {frame: {} for frame in found.frames}
    for relation in relations:
        for at, (tail, _, head, _) in relation.path:
            if tail and head:
                links[at][tail, head] = None
    for frame_id, frame in found.frames.items():
        number = {item: i for i, item in enumerate(_sorted(frame.items, links[frame_id]))}
        pairs = [(number[a], number[b]) for a, b in links[frame_id] if number[a] < number[b]]
        rank = ranks(len(frame.items), pairs)
        frame.rank = {item: rank[i] for item, i in number.items()}
        for tail, _ in links[frame_id]:
            frame.readers[tail] = frame.readers.get(tail, 0) + 1
        frame.depth = max(rank, default=0) + 1
        frame.items.sort(key=lambda item: (frame.rank[item], number[item]))


def _sorted(items: Sequence[str], links: Iterable[tuple[str, str]]) -> list[str]:
    """Topological order; of those that are ready the first in `items`, and in a cycle the first of all.

    Groups can form cycles even though nodes cannot (a module called twice, with others in between).
    """
    place = {item: i for i, item in enumerate(items)}
    waits = dict.fromkeys(items, 0)
    readers: dict[str, list[str]] = {}
    for tail, head in links:
        waits[head] += 1
        readers.setdefault(tail, []).append(head)
    ready = [place[item] for item in items if not waits[item]]
    heapify(ready)
    rest = iter(items)
    done: dict[str, None] = {}
    while len(done) < len(items):
        item = items[heappop(ready)] if ready else next(i for i in rest if i not in done)
        if item in done:
            continue
        done[item] = None
        for head in readers.get(item, ()):
            waits[head] -= 1
            if not waits[head] and head not in done:
                heappush(ready, place[head])
    return list(done)


def _spans(found: Plan, relation: Relation) -> list[tuple[str, Segment, int]]:
    """Ranks that each segment passes; 0 or less where it would run upwards."""
    spans = []
    for frame_id, segment in relation.path:
        frame = found.frames[frame_id]
        start = frame.rank[segment[0]] if segment[0] else -1
        end = frame.rank[segment[2]] if segment[2] else frame.depth
        spans.append((frame_id, segment, end - start))
    return spans


def _longest(found: Plan, relation: Relation) -> int:
    return max(span for _, _, span in _spans(found, relation))


def _room(found: Plan, relation: Relation) -> bool:
    """Take room for a relation in every frame that it passes, or in none."""
    spans = _spans(found, relation)
    for frame_id, segment, span in spans:
        frame = found.frames[frame_id]
        hub = frame.readers.get(segment[0], 0) > HUB_READERS
        if span < 1 or span > (HUB_RANKS if hub else FAR_RANKS):
            return False
        items = len(frame.items) + 4
        fresh = segment not in frame.segments
        if fresh and span > 1 and frame.virtual + span - 1 > VIRTUAL_PER_ITEM * items:
            return False
        if fresh and len(frame.segments) >= LINES_PER_ITEM * items:
            return False
        if not segment[0] and segment[1] not in frame.entering and len(frame.entering) >= MAX_PORTS:
            return False
        if not segment[2] and segment[3] not in frame.leaving and len(frame.leaving) >= MAX_PORTS:
            return False
    for frame_id, segment, span in spans:
        frame = found.frames[frame_id]
        if segment not in frame.segments:
            frame.segments[segment] = None
            frame.virtual += span - 1
        if not segment[0]:
            frame.entering[segment[1]] = None
        if not segment[2]:
            frame.leaving[segment[3]] = None
    return True


def _add_stubs(found: Plan, far: Iterable[Relation]) -> None:
    into: dict[str, list[Relation]] = {}
    out: dict[str, list[Relation]] = {}
    for relation in far:
        out.setdefault(relation.source, []).append(relation)
        into.setdefault(relation.target, []).append(relation)
    taken = set(found.parent)
    for box, relations in out.items():
        _add_stub(found, Stub(unique(f"stub:out:{box}", taken), box, True), relations)
    for box, relations in into.items():
        apart = [[r] for r in relations] if len(relations) <= MAX_IN_STUBS else [relations]
        for number, ends in enumerate(apart):
            _add_stub(found, Stub(unique(f"stub:in{number}:{box}", taken), box, False), ends)


def _add_stub(found: Plan, stub: Stub, relations: Iterable[Relation]) -> None:
    for relation in relations:
        stub.status = relation.status if not stub.ends or relation.status == stub.status else ""
        stub.ends.append(relation.target if stub.outgoing else relation.source)
        for value, label in zip(relation.values, relation.labels, strict=True):
            if value not in stub.values[-64:]:
                stub.values.append(value)
                stub.labels.append(label)
    found.stubs[stub.id] = stub
    home = found.parent[stub.box]
    found.parent[stub.id] = home
    frame = found.frames[home]
    frame.items.append(stub.id)
    ends = (stub.box, "", stub.id, "") if stub.outgoing else (stub.id, "", stub.box, "")
    frame.segments[ends] = None
