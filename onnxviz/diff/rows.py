"""A `Diff` as plain rows, for the CLI, tables and reviews."""

from __future__ import annotations

from collections import Counter
from typing import Any

from onnxviz.diff.types import Change, Diff, Part
from onnxviz.model import Node, Value


def to_json(diff: Diff) -> dict[str, Any]:
    """Ready for `json.dumps`. Nodes of bodies stand among the others, by id; functions have a diff each."""
    graphs = list(diff.walk())
    return {
        "empty": diff.empty,
        "matched": [[match.before, match.after] for one in graphs for match in one.matched],
        "added": [_node(node) for node in diff.added_nodes()],
        "removed": [_node(node) for node in diff.removed_nodes()],
        "changed": [
            {
                "before": match.before,
                "after": match.after,
                "op_type": match.op_types[1],
                "types_only": match.is_retyped,
                "changes": list(map(_change, match.changes)),
            }
            for one in graphs
            for match in one.changed
        ],
        "by_op_type": by_op_type(diff),
        "constants": _parts([one.constants for one in graphs]),
        "inputs": _parts([one.inputs for one in graphs]),
        "outputs": _parts([one.outputs for one in graphs]),
        "moved": [list(pair) for pair in diff.moved],
        "opsets": list(map(_change, diff.opsets)),
        "functions": {
            one.key: one.diff.to_json() if one.diff else ("added" if one.before is None else "removed")
            for one in diff.functions
        },
    }


def by_op_type(diff: Diff) -> dict[str, dict[str, int]]:
    """Qualified op -> nodes before and after, matched, changed, added, removed; bodies included.

    Sorted by the change in number, the largest loss first, then by name. A node whose op was exchanged
    counts as matched and changed under its op after.
    """
    counts: dict[str, Counter[str]] = {}

    def count(op: str, *kinds: str) -> None:
        counts.setdefault(op, Counter()).update(kinds)

    for one in diff.walk():
        for match in one.matched:
            count(match.op_types[0], "before")
            count(match.op_types[1], "after", "matched", *(["changed"] if match.changes else []))
    for node in diff.added_nodes():
        count(node.qualified_op, "after", "added")
    for node in diff.removed_nodes():
        count(node.qualified_op, "before", "removed")
    kinds = ("before", "after", "matched", "changed", "added", "removed")
    rows = {op: {kind: found[kind] for kind in kinds} for op, found in counts.items()}
    return dict(sorted(rows.items(), key=lambda row: (row[1]["after"] - row[1]["before"], row[0])))


def _node(node: Node) -> dict[str, str]:
    return {"node": node.id, "op_type": node.qualified_op, "name": node.name}


def _change(change: Change) -> dict[str, str | None]:
    return {"field": change.field, "before": change.before, "after": change.after}


def _parts(parts: list[Part]) -> dict[str, Any]:
    return {
        "matched": sum(len(part.matched) for part in parts),
        "added": [_value(value) for part in parts for value in part.added],
        "removed": [_value(value) for part in parts for value in part.removed],
        "changed": [
            {"before": twin.before, "after": twin.after, "changes": list(map(_change, twin.changes))}
            for part in parts
            for twin in part.changed
        ],
    }


def _value(value: Value) -> dict[str, Any]:
    return {"name": value.name, "type": value.type_text, "bytes": value.nbytes}
