"""What a model costs by op type, as one verb for a worker of kind "look"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onnxviz.scene.overlays import overlay
from onnxviz.scene.stage import Source, stage

KINDS = ("flops", "parameters", "output")


def totals(source: Source, dims: Mapping[str, int] | None = None) -> dict[str, Any]:
    """`{"total": {…}, "op_types": [{op_type, nodes, flops, parameters, output}, …], "notes": {…}}`.

    Operations of one inference (a multiply-add is 2), elements, and bytes; `dims` are sizes for symbols,
    and those that it lacks count as 1. A parameter that several nodes read counts for each of their op
    types, and once in the total. The most expensive op type comes first.
    """
    shown = stage(source)
    found = {kind: overlay(kind, shown.graph, shown.hierarchy, dims=dims, assume=1) for kind in KINDS}
    rows: dict[str, dict[str, Any]] = {}
    for node in shown.wiring.nodes.values():
        row = rows.setdefault(
            node.qualified_op, {"op_type": node.qualified_op, "nodes": 0} | dict.fromkeys(KINDS, 0.0)
        )
        row["nodes"] += 1
        for kind, each in found.items():
            row[kind] += each.of.get(node.id, 0.0)
    return {
        "total": {kind: each.total for kind, each in found.items()},
        "op_types": sorted(rows.values(), key=lambda row: (-row["flops"], -row["output"], row["op_type"])),
        "notes": {kind: each.note for kind, each in found.items() if each.note},
    }
