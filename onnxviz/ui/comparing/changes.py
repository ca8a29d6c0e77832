"""A diff to be asked about single nodes, and as rows of a table. No Streamlit here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from onnxviz.diff.merging import merge
from onnxviz.diff.types import Change, Diff, FunctionDiff, Match, Part
from onnxviz.model import Node, Value
from onnxviz.numbers import whole_number
from onnxviz.rewrites.explain.went.ground import gone
from onnxviz.rewrites.reasons import Removed
from onnxviz.scene.changes import SIGNS as PICTURED
from onnxviz.ui.comparing.pair import Pair, Side

REMOVED, ADDED, CHANGED, REWIRED = "removed", "added", "changed", "rewired"
"""Rewired is a node that is the same in itself and reads other tensors, as those that it read went. In the
picture it counts as unchanged."""

STATUSES = (REMOVED, ADDED, CHANGED, REWIRED)
MOVED, STORED = "moved", "stored"
"""What became of removed nodes that are there still, in another way."""

KINDS = ("Node", "Constant", "Input", "Output", "Opset", "Function")

SIGNS = {**PICTURED, REWIRED: "=", "": "="}


@dataclass(frozen=True, slots=True)
class Row:
    """One difference. `id` is that of a node in the model of `side`, and empty for what is no node."""

    status: str
    kind: str
    op: str
    name: str
    what: str = ""
    side: Side = "before"
    id: str = ""


@dataclass(slots=True)
class Changes:
    """What a diff says of each node, by its id in its own model."""

    diff: Diff
    before: dict[str, Node] = field(default_factory=dict)
    after: dict[str, Node] = field(default_factory=dict)
    removed: dict[str, Node] = field(default_factory=dict)
    added: dict[str, Node] = field(default_factory=dict)
    matches: dict[str, Match] = field(default_factory=dict)
    """By id in the model before."""
    came_from: dict[str, Match] = field(default_factory=dict)
    """By id in the model after."""
    altered: frozenset[str] = frozenset()
    """Ids in the model after of those that differ in themselves, as the picture has them."""
    gone: frozenset[str] = frozenset()
    """Of the removed those that are nowhere in the model after: each of them gets a reason."""
    moved: dict[str, str] = field(default_factory=dict)
    """Of the removed those that stand in another body now, with their ids in the model after."""
    stored: dict[str, str] = field(default_factory=dict)
    """Of the removed the `Constant` nodes whose value is an initializer now, with its name."""

    @classmethod
    def of(cls, pair: Pair, diff: Diff) -> Changes:
        """Linear in the nodes of both models; nodes of functions are left out."""
        found = cls(
            diff,
            {node.id: node for node in pair.before.graph.walk()},
            {node.id: node for node in pair.after.graph.walk()},
            {node.id: node for node in diff.removed_nodes()},
            {node.id: node for node in diff.added_nodes()},
        )
        for one in diff.walk():
            for match in one.matched:
                found.matches[match.before] = found.came_from[match.after] = match
        found.altered = merge(pair.before.graph, pair.after.graph, diff).altered
        found.gone = frozenset(node.id for node in gone(diff))
        found.moved = dict(diff.moved)
        names = {twin.before: twin.after for one in diff.walk() for twin in one.constants.matched}
        found.stored = {
            node.id: names.get(node.outputs[0], "")
            for node in found.removed.values()
            if node.id not in found.gone and node.id not in found.moved
        }
        return found

    def nodes(self, side: Side) -> Mapping[str, Node]:
        """Those of one model."""
        return self.before if side == "before" else self.after

    def status(self, side: Side, node: str) -> str:
        """One of `STATUSES`, or nothing for what is the same in both."""
        if node in (self.removed if side == "before" else self.added):
            return REMOVED if side == "before" else ADDED
        match = self.match(side, node)
        return self._status(match) if match is not None else ""

    def match(self, side: Side, node: str) -> Match | None:
        """What a node of one model is in the other."""
        return (self.matches if side == "before" else self.came_from).get(node)

    def _status(self, match: Match) -> str:
        if match.after in self.altered:
            return CHANGED
        return REWIRED if match.changes else ""

    def label(self, side: Side, node: str) -> str:
        """What to call a node in a line of text: `Relu relu_3`; the bare id where it is not known."""
        found = self.nodes(side).get(node)
        return f"{found.op_type} {node}" if found is not None else node

    def box(self, side: Side, node: str) -> str | None:
        """The node that the picture has in its place: a `Constant` is a line in the box of what reads it."""
        known = self.nodes(side)
        found = known.get(node)
        if found is None or found.qualified_op != "Constant":
            return node
        wanted = set(found.outputs)
        return next((other.id for other in known.values() if not wanted.isdisjoint(other.inputs)), None)

    def counts(self) -> dict[str, int]:
        """Status -> nodes; `kept` are those that are the same in both, with the rewired among them."""
        found = Counter(map(self._status, self.matches.values()))
        return {
            REMOVED: len(self.removed),
            ADDED: len(self.added),
            CHANGED: found[CHANGED],
            REWIRED: found[REWIRED],
            "kept": len(self.matches) - found[CHANGED],
        }

    def reason_of(self, row: Row, removed: Mapping[str, Removed]) -> tuple[str, str]:
        """The reason and its sentence for the row of a node that went; empty while none has come in."""
        if row.status != REMOVED or not row.id:
            return "", ""
        if row.id in self.moved:
            return MOVED, f"It stands in another body now, as {self.moved[row.id]}."
        if row.id in self.stored:
            return STORED, f"Its value is the initializer {self.stored[row.id]} now."
        found = removed.get(row.id)
        return (str(found.reason), found.sentence) if found is not None else ("", "")

    def rows(self) -> list[Row]:
        """Every difference: nodes in the order of the files, then constants, ends, opsets, functions."""
        found = [_row(REMOVED, node, "before") for node in self.removed.values()]
        found += [_row(ADDED, node, "after") for node in self.added.values()]
        found += self._matched(CHANGED)
        for one in self.diff.walk():
            found += _part("Constant", one.constants)
            found += _part("Input", one.inputs)
            found += _part("Output", one.outputs)
        found += [Row(CHANGED, "Opset", "", change.field, in_words(change)) for change in self.diff.opsets]
        found += _functions(self.diff.functions)
        return found + list(self._matched(REWIRED))

    def _matched(self, status: str) -> Iterator[Row]:
        for match in self.matches.values():
            if self._status(match) == status:
                what = "; ".join(map(in_words, match.changes)) or "the value of a constant that it reads"
                yield Row(status, "Node", match.op_types[1], match.after, what, "after", match.after)


def in_words(change: Change) -> str:
    """`axis: 1 → 0`, `input 1: w of Transpose → w of an initializer`."""
    kind, _, rest = change.field.partition(":")
    if kind == "attribute":
        subject = rest
    elif kind in ("input", "output", "type") and whole_number(rest) is not None:
        subject = {"type": "type of output"}.get(kind, kind) + f" {rest}"
    elif kind == "opset":
        subject = f"opset of {rest}"
    else:
        subject = {"op_type": "operator"}.get(kind, change.field)
    return f"{subject}: {_side(change.before)} → {_side(change.after)}"


def _row(status: str, node: Node, side: Side) -> Row:
    return Row(status, "Node", node.qualified_op, node.id, "", side, node.id)


def _side(text: str | None) -> str:
    return "nothing" if text is None else text


def _part(kind: str, part: Part) -> Iterator[Row]:
    yield from (Row(REMOVED, kind, "", value.name, _value(value)) for value in part.removed)
    yield from (Row(ADDED, kind, "", value.name, _value(value), "after") for value in part.added)
    for twin in part.changed:
        yield Row(CHANGED, kind, "", twin.after, "; ".join(map(in_words, twin.changes)), "after")


def _value(value: Value) -> str:
    return value.type_text if value.nbytes is None else f"{value.type_text}, {value.nbytes:,} bytes"


def _functions(functions: tuple[FunctionDiff, ...]) -> Iterator[Row]:
    for one in functions:
        if one.diff is None:
            body = one.after if one.before is None else one.before
            nodes = f"{body.node_count():,} nodes" if body is not None else ""
            is_new = one.before is None
            yield Row(ADDED if is_new else REMOVED, "Function", "", one.key, nodes)
        elif not one.diff.empty:
            removed, added = sum(1 for _ in one.diff.removed_nodes()), sum(1 for _ in one.diff.added_nodes())
            changed = sum(1 for inner in one.diff.walk() for _ in inner.changed)
            what = f"{removed:,} nodes removed, {added:,} added, {changed:,} changed"
            yield Row(CHANGED, "Function", "", one.key, what)
