"""The facts of one group, for the panel beside the picture."""

from __future__ import annotations

from dataclasses import dataclass

from onnxviz.errors import BadUsage
from onnxviz.model import Value
from onnxviz.scene.text import shorten
from onnxviz.scene.types import Hierarchy
from onnxviz.scene.wires import Wiring


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What a group holds, and the tensors that cross its border, in the order in which they are read.

    `id`, `title`, `kind`, `total` (nodes below), `parameters` and `ops` are those of its `Group`. Constants
    are no tensors that flow in, since they belong to their readers. Where a graph has inputs and outputs,
    these are outside: the outermost group takes the graph's inputs and gives its outputs.
    """

    id: str
    title: str
    kind: str
    total: int
    parameters: int
    ops: tuple[tuple[str, int], ...]
    takes: tuple[Value, ...]
    """Tensors that nodes below read and that come from elsewhere."""
    gives: tuple[Value, ...]
    """Tensors that are made below and are read elsewhere, or are outputs of the graph or body."""


def about(wiring: Wiring, hierarchy: Hierarchy, group_id: str) -> GroupFacts:
    """The facts of one group, linear in wires; names and types are as hostile as the model they are from.

    Raises BadUsage when there is no such group.
    """
    group = hierarchy.groups.get(group_id)
    if group is None:
        raise BadUsage(shorten(group_id, 60) or "The group", "is not in this graph", "Choose another group.")
    inside = _leaves(hierarchy, group_id)
    takes: dict[tuple[str, str], Value] = {}
    gives: dict[tuple[str, str], Value] = {}
    for source, target, value, _ in wiring.wires:
        crossing = (source in inside) - (target in inside)
        if crossing and value:
            (gives if crossing > 0 else takes).setdefault((source, value), wiring.value(source, value))
    return GroupFacts(
        group.id,
        group.title,
        group.kind,
        group.total,
        group.parameters,
        group.ops,
        tuple(takes.values()),
        tuple(gives.values()),
    )


def _leaves(hierarchy: Hierarchy, group_id: str) -> set[str]:
    found: set[str] = set()
    groups = [group_id]
    for at in groups:
        found.update(hierarchy.groups[at].nodes)
        groups.extend(
            child
            for child in hierarchy.groups[at].children
            if hierarchy.groups[child].kind not in ("inputs", "outputs")
        )
    return found
