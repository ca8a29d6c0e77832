"""Focus: the part of a graph around one box, what feeds it, what it feeds, or what lies between two.

`members` says which leaves that is, `restrict` cuts wiring and hierarchy down to them, and `hidden` counts
what is cut off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from onnxviz.errors import BadUsage
from onnxviz.scene.finding.flow import Flow, Points, bodies_around, leaves_in, with_owners
from onnxviz.scene.finding.restrict import hidden, restrict
from onnxviz.scene.finding.rows import title_of
from onnxviz.scene.text import shorten
from onnxviz.scene.types import Hierarchy
from onnxviz.scene.wires import Wiring

__all__ = ["Focus", "Focused", "Kind", "hidden", "members", "restrict"]

Kind = Literal["neighbours", "ancestors", "descendants", "path", "changes"]

MAX_STEPS = 99
"""Steps that a link may ask for; more than one can follow in a picture by far."""

_MARK = "~"
"""Between the parts of a focus as text: rare in names, and it stands in a link as it is (RFC 3986, 2.3)."""


@dataclass(frozen=True, slots=True)
class Focus:
    """What to look at. `node` is the id of a leaf or of a group, whose leaves then count as one.

    `steps` is for neighbours and changes, and `other` (a leaf or group too) for a path. `changes` is all that
    two graphs do not share, with what is around it; it needs no `node`.
    """

    kind: Kind
    node: str
    steps: int = 1
    other: str = ""

    @classmethod
    def on_changes(cls, steps: int) -> Focus:
        """What changed, and what is up to `steps` tensors away from it; 0 is the changes alone."""
        return cls("changes", "", steps)

    def to_text(self) -> str:
        """`neighbours~2~conv1`, `path~a~b`; `from_text` undoes it, but for what the kind does not use."""
        parts: tuple[str, ...] = (self.kind, _escaped(self.node))
        if self.kind == "neighbours":
            parts = (self.kind, str(self.steps), _escaped(self.node))
        elif self.kind == "changes":
            parts = (self.kind, str(self.steps))
        elif self.kind == "path":
            parts = (*parts, _escaped(self.other))
        return _MARK.join(parts)

    @classmethod
    def from_text(cls, text: object) -> Focus | None:
        """The focus that a link names; None for anything else."""
        kind, *rest = text.split(_MARK) if isinstance(text, str) else ("",)
        parts = [_plain(part) for part in rest]
        if not all(parts):
            return None
        if kind == "neighbours" and len(parts) == 2 and parts[0].isdecimal() and len(parts[0]) < 3:
            steps = int(parts[0])
            return cls("neighbours", parts[1], steps) if 1 <= steps <= MAX_STEPS else None
        if kind == "changes" and len(parts) == 1 and parts[0].isdecimal() and len(parts[0]) < 3:
            return cls.on_changes(int(parts[0]))
        if kind == "path" and len(parts) == 2:
            return cls("path", parts[0], other=parts[1])
        found = next((k for k in get_args(Kind) if k == kind and k in ("ancestors", "descendants")), None)
        return cls(found, parts[0]) if found is not None and len(parts) == 1 else None


def _escaped(name: str) -> str:
    return name.replace("%", "%25").replace(_MARK, "%7E")


def _plain(text: str) -> str:
    return text.replace("%7E", _MARK).replace("%25", "%")


@dataclass(frozen=True, slots=True)
class Focused:
    """The leaves to keep, and a sentence that says which these are, and how many of how many."""

    leaves: frozenset[str]
    note: str


def members(wiring: Wiring, hierarchy: Hierarchy, focus: Focus) -> Focused:
    """The leaves of a focus; linear in wires. What was asked about is among them.

    Neighbours are those that are at most `steps` tensors away, whichever way these flow. Ancestors are all
    that feeds the box, through however many others, and descendants all that it feeds. A path is everything
    on any directed path from one end to the other, whichever comes first; where there is none, a shortest
    connection. A control-flow body is part of its node (see `flow`), and a node whose body holds any leaf
    that is kept is kept. Raises BadUsage when an id is not of this graph.
    """
    if focus.kind == "changes":
        return _changed(wiring, focus.steps)
    start = _leaves(wiring, hierarchy, focus.node)
    name = _title(wiring, hierarchy, focus.node)
    if focus.kind == "neighbours":
        kept = _near(wiring, start, focus.steps)
        steps = f"{focus.steps} step{'s' if focus.steps != 1 else ''}"
        return _focused(wiring, kept, f"{name} and its neighbours up to {steps} away")
    flow = Flow(wiring)
    points = flow.points(start)
    if focus.kind == "ancestors":
        return _focused(wiring, flow.leaves(flow.feeding(points)), f"{name} and all that feeds it")
    if focus.kind == "descendants":
        return _focused(wiring, flow.leaves(flow.fed_by(points)), f"{name} and all that it feeds")
    end = flow.points(_leaves(wiring, hierarchy, focus.other))
    other = _title(wiring, hierarchy, focus.other)
    kept, words = _between(flow, points, end)
    return _focused(wiring, kept, words.format(a=name, b=other))


def _changed(wiring: Wiring, steps: int) -> Focused:
    if wiring.changes is None:
        raise BadUsage("The changes", "there is no other graph to tell them from", "Compare two models.")
    around = f" and what is up to {steps} step{'s' if steps != 1 else ''} away" if steps else ""
    start = frozenset(wiring.changes.order)
    return _focused(wiring, _near(wiring, start, steps), f"What changed{around}")


def _leaves(wiring: Wiring, hierarchy: Hierarchy, item: str) -> frozenset[str]:
    found = leaves_in(wiring, hierarchy, item)
    if not found:
        cause = "holds nothing" if item in hierarchy.groups else "is not in this graph"
        raise BadUsage(
            shorten(item, 60) or "Nothing", f"{cause}, so it cannot be in focus", "Show the whole graph."
        )
    return found


def _focused(wiring: Wiring, kept: Iterable[str], words: str) -> Focused:
    leaves = with_owners(wiring, kept)
    shown = sum(leaf in wiring.nodes for leaf in leaves)
    return Focused(leaves, f"{words}: {shown:,} of {len(wiring.nodes):,} nodes.")


def _between(flow: Flow, start: Points, end: Points) -> tuple[set[str], str]:
    """The leaves between two sets of points, these included, and words for how `{a}` leads to `{b}`."""
    onward, back = flow.fed_by(start) & flow.feeding(end), flow.fed_by(end) & flow.feeding(start)
    found, words = onward | back, "From {a} to {b}" if onward else "From {b} to {a}"
    if not found:
        found = flow.shortest(start, end)
        words = "There is no directed path between {a} and {b}. The shortest connection is shown"
    if not found:
        words = "Nothing connects {a} and {b}"
    return flow.leaves(found | start | end), words


def _near(wiring: Wiring, start: frozenset[str], steps: int) -> set[str]:
    """Everything within `steps` steps.

    A control-flow node and its body are one stop, since a body is part of its node, but for the nodes that
    the start lies in: there the way goes through the inputs and outputs of the body.
    """
    entered = bodies_around(wiring, start)
    stop_of = _stops(wiring, entered)
    near: dict[str, list[str]] = {}
    for a, b in _links(wiring, entered):
        stop_a, stop_b = stop_of.get(a, ""), stop_of.get(b, "")
        if stop_a and stop_b and stop_a != stop_b:
            near.setdefault(stop_a, []).append(stop_b)
            near.setdefault(stop_b, []).append(stop_a)
    found = {stop_of[leaf] for leaf in start}
    edge = list(found)
    for _ in range(steps):
        edge = list(dict.fromkeys(n for stop in edge for n in near.get(stop, ()) if n not in found))
        if not edge:
            break
        found.update(edge)
    return {leaf for leaf, stop in stop_of.items() if stop in found}


def _links(wiring: Wiring, entered: set[str]) -> Iterator[tuple[str, str]]:
    for wire in wiring.wires:
        yield wire.source, wire.target
    for end in wiring.ends.values():
        if end.body in entered:
            yield wiring.bodies[end.body].owner, end.id


def _stops(wiring: Wiring, entered: set[str]) -> dict[str, str]:
    """Leaf -> the outermost control-flow node around it whose body is not `entered`, or itself."""
    around: dict[str, str] = {"": ""}
    for body in wiring.bodies.values():  # Outer bodies come first.
        above = around.get(wiring.body_of.get(body.owner, ""), "")
        around[body.id] = above or ("" if body.id in entered else body.owner)
    return {leaf: around.get(body, "") or leaf for leaf, body in wiring.body_of.items()}


def _title(wiring: Wiring, hierarchy: Hierarchy, item: str) -> str:
    subject = wiring.nodes.get(item) or wiring.ends.get(item) or hierarchy.groups[item]
    return title_of(subject)
