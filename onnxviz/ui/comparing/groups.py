"""Nodes before and after by part of the model: the modules as the exporter wrote them. No Streamlit here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from onnxviz.model import Node
from onnxviz.ui.comparing.changes import Changes

MOST_GROUPS = 60
"""Parts that can still be read as bars."""

ENOUGH = 4
"""Parts below which it is worth to look one level deeper: many models are one module at the outside."""

NO_SCOPE = "(no module)"


def group_counts(changes: Changes) -> list[tuple[str, int, int]]:
    """(module, nodes before, nodes after), in the order of the models.

    A node after stands where the node before it stood, since optimizers drop the names of modules; one that
    is new where it says itself.
    """
    after = [_scope_after(changes, node) for node in changes.after.values()]
    before = [node.scope for node in changes.before.values()]
    depth = _depth((*before, *after))
    counts = [Counter(_name(scope, depth) for scope in side) for side in (before, after)]
    return [(name, counts[0][name], counts[1][name]) for name in {**counts[0], **counts[1]}]


def _scope_after(changes: Changes, node: Node) -> tuple[str, ...]:
    match = changes.came_from.get(node.id)
    if match is None or match.before not in changes.before:
        return node.scope
    return changes.before[match.before].scope or node.scope


def _depth(scopes: Iterable[tuple[str, ...]]) -> int:
    """The first level at which there are enough parts to tell something, unless they are too many to read."""
    known = set(scopes)
    deepest = max(map(len, known), default=1)
    for depth in range(1, deepest + 1):
        parts = len({scope[:depth] for scope in known})
        if parts > MOST_GROUPS:
            return max(1, depth - 1)
        if parts >= ENOUGH:
            return depth
    return deepest


def _name(scope: tuple[str, ...], depth: int) -> str:
    return " › ".join(scope[:depth]) or NO_SCOPE
