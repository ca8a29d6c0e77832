"""Put the laid-out groups together: frames into frames, segments into whole lines.

Runs in the axes of `layout` (top to bottom); `scene` swaps them at the end for left to right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from onnxviz.scene.boxes import HEADER, Boxes
from onnxviz.scene.dot import edge_label
from onnxviz.scene.families import legend
from onnxviz.scene.layout import Link, Point, Problem, Solution
from onnxviz.scene.plan import Plan, Relation, Stub
from onnxviz.scene.types import Box, Curve, Direction, Scene
from onnxviz.scene.view import Segment

PAD = 14.0
"""Room between a frame and its content, in points."""

_PORT_SIZE = (0.72, 0.72)
_CORNER = 8.0
"""A line meets a box at least this far from its corner."""


_UPRIGHT = 0.4
"""Share of a piece over which a line at a port runs along the y axis, so that it has no kink there."""


@dataclass(slots=True)
class _Settled:
    """A frame's content in its own coordinates, the origin at the frame's upper left corner."""

    width: float
    height: float
    corners: dict[str, Point] = field(default_factory=dict)
    lines: dict[Segment, tuple[Point, ...]] = field(default_factory=dict)
    ports_in: dict[str, float] = field(default_factory=dict)
    ports_out: dict[str, float] = field(default_factory=dict)
    """Port -> x on the upper or lower side."""


class Composer:
    """Feed it every frame from the inside out: `problem`, then `settle`; then ask for the `scene`."""

    def __init__(self, view: Plan, boxes: Boxes, direction: Direction) -> None:
        self._view = view
        self._boxes = boxes
        self._direction = direction
        self._made: dict[str, Box] = {}
        self._settled: dict[str, _Settled] = {}
        self._numbers: dict[str, dict[str, int]] = {}

    def problem(self, frame_id: str) -> Problem:
        """What the engine is to place for this frame."""
        frame = self._view.frames[frame_id]
        stubs = self._view.stubs
        before = [i for i in frame.items if i in stubs and not stubs[i].outgoing]
        after = [i for i in frame.items if i in stubs and stubs[i].outgoing]
        items = [*before, *(i for i in frame.items if i not in stubs), *after]
        numbers = {item: n for n, item in enumerate(items)}
        sizes = [self._size(item) for item in items]
        first = {port: len(sizes) + n for n, port in enumerate(frame.entering)}
        last = {port: len(sizes) + len(first) + n for n, port in enumerate(frame.leaving)}
        sizes += [_PORT_SIZE] * (len(first) + len(last))
        links = []
        for tail, tail_port, head, head_port in frame.segments:
            start = numbers[tail] if tail else first[tail_port]
            end = numbers[head] if head else last[head_port]
            links.append(Link(start, end, self._at(tail, tail_port, "out"), self._at(head, head_port, "in")))
        self._numbers[frame_id] = numbers
        return Problem(tuple(sizes), tuple(links), tuple(first.values()), tuple(last.values()))

    def settle(self, frame_id: str, solution: Solution) -> None:
        """Take the answer: the frame's size, and where all its content is."""
        frame = self._view.frames[frame_id]
        box = self._boxes.frame(frame_id)
        root = frame_id not in self._view.parent
        left = top = PAD
        if not root:
            left, top = (PAD + HEADER, PAD) if self._direction == "LR" else (PAD, PAD + HEADER)
        least_w, least_h = self._turned(box.w, box.h)
        width = max(solution.width + left + PAD, 0 if root else least_w)
        height = max(solution.height + top + PAD, 0 if root else least_h)
        left += (width - left - PAD - solution.width) / 2
        done = _Settled(width, height)
        numbers = self._numbers.pop(frame_id)
        for item, number in numbers.items():
            (x, y), (w, h) = solution.centers[number], self._size(item)
            done.corners[item] = (left + x - w / 2, top + y - h / 2)
        count = len(numbers)
        for number, port in enumerate(frame.entering, count):
            done.ports_in[port] = left + solution.centers[number][0]
        for number, port in enumerate(frame.leaving, count + len(frame.entering)):
            done.ports_out[port] = left + solution.centers[number][0]
        self._settled[frame_id] = done
        for segment, line in zip(frame.segments, solution.lines, strict=True):
            shifted = tuple((left + x, top + y) for x, y in line)
            done.lines[segment] = self._snapped(done, segment, shifted)

    def scene(self, title: str) -> Scene:
        """Everything in the coordinates of the picture."""
        origin = self._origins()
        frames = [self._frame_box(f, origin[f]) for f in self._view.frames if f in self._view.parent]
        boxes = [self._placed(item, origin) for frame in self._view.frames.values() for item in frame.items]
        items = [b for b in boxes if b is not None]
        root = self._settled[next(iter(self._view.frames))]
        width, height = self._turned(root.width, root.height)
        return Scene(
            (*frames, *items),
            tuple(self._curves(origin)),
            round(width, 1),
            round(height, 1),
            self._direction,
            title,
            legend(b.family for b in items),
        )

    def _size(self, item: str) -> Point:
        if item in self._settled:
            return self._settled[item].width, self._settled[item].height
        box = self._made.get(item) or self._made.setdefault(item, self._boxes.make(item))
        return self._turned(box.w, box.h)

    def _turned(self, x: float, y: float) -> Point:
        return (y, x) if self._direction == "LR" else (x, y)

    def _at(self, item: str, port: str, side: str) -> float | None:
        if not item or not port:
            return None
        inner = self._settled[item]
        return (inner.ports_out if side == "out" else inner.ports_in)[port] / inner.width

    def _snapped(self, done: _Settled, segment: Segment, line: tuple[Point, ...]) -> tuple[Point, ...]:
        """Ends moved onto the exact sides and ports; what `dot` draws beyond its ends is drawn in."""
        tail, tail_port, head, head_port = segment
        points = list(line)
        points[0] = self._anchor(done, tail, tail_port, points[0], "out")
        points[-1] = self._anchor(done, head, head_port, points[-1], "in")
        low, high = points[0][1], points[-1][1]
        points[1:-1] = [(x, min(max(y, low), high)) for x, y in points[1:-1]]
        if tail_port:
            points[1] = (points[0][0], max(points[1][1], low + (points[3][1] - low) * _UPRIGHT))
        if head_port:
            points[-2] = (points[-1][0], min(points[-2][1], high - (high - points[-4][1]) * _UPRIGHT))
        return tuple(points)

    def _anchor(self, done: _Settled, item: str, port: str, near: Point, side: str) -> Point:
        if not item:
            x = (done.ports_in if side == "out" else done.ports_out)[port]
            return x, near[1]
        left, top = done.corners[item]
        width, height = self._size(item)
        y = top + height if side == "out" else top
        if port:
            inner = self._settled[item]
            return left + (inner.ports_out if side == "out" else inner.ports_in)[port], y
        room = min(_CORNER, width / 2)
        return min(max(near[0], left + room), left + width - room), y

    def _origins(self) -> dict[str, Point]:
        origin: dict[str, Point] = {}
        for frame in self._view.frames:
            around = self._view.parent.get(frame)
            if around is None:
                origin[frame] = (0.0, 0.0)
            else:
                (x, y), (dx, dy) = origin[around], self._settled[around].corners[frame]
                origin[frame] = (x + dx, y + dy)
        return origin

    def _frame_box(self, frame: str, at: Point) -> Box:
        x, y = self._turned(*at)
        w, h = self._turned(self._settled[frame].width, self._settled[frame].height)
        box = self._boxes.frame(frame)
        return replace(box, x=round(x, 1), y=round(y, 1), w=round(w, 1), h=round(h, 1))

    def _placed(self, item: str, origin: dict[str, Point]) -> Box | None:
        if item in self._settled:
            return None
        box = self._made[item]
        (ox, oy), (cx, cy) = origin[box.parent or ""], self._settled[box.parent or ""].corners[item]
        x, y = self._turned(ox + cx, oy + cy)
        return replace(box, x=round(x, 1), y=round(y, 1))

    def _curves(self, origin: dict[str, Point]) -> Iterable[Curve]:
        for relation in self._view.relations:
            points = self._joined(relation.path, origin)
            yield self._curve(relation.source, relation.target, points, relation)
        for stub in self._view.stubs.values():
            source, target = (stub.box, stub.id) if stub.outgoing else (stub.id, stub.box)
            home = self._view.parent[stub.id]
            points = self._joined([(home, (source, "", target, ""))], origin)
            yield self._curve(source, target, points, stub)

    def _curve(self, source: str, target: str, points: list[Point], flow: Relation | Stub) -> Curve:
        turned = tuple((round(x, 1), round(y, 1)) for x, y in (self._turned(*p) for p in points))
        kept = tuple(v for v in flow.values if v)
        label = edge_label(flow.labels)
        return Curve(f"{source} → {target}", source, target, turned, label, kept, flow.status)

    def _joined(self, path: list[tuple[str, Segment]], origin: dict[str, Point]) -> list[Point]:
        """One Bézier from the source to the target; borders of frames are crossed straight."""
        points: list[Point] = []
        for frame, segment in path:
            ox, oy = origin[frame]
            line = [(ox + x, oy + y) for x, y in self._settled[frame].lines[segment]]
            if points:
                (ax, ay), (bx, by) = points[-1], line[0]
                third = ((bx - ax) / 3, (by - ay) / 3)
                points += [(ax + third[0], ay + third[1]), (bx - third[0], by - third[1])]
            points += line
        return points
