"""A `Model` as plain rows and numbers: for the CLI, tables and tests. Pure; nothing is read."""

from __future__ import annotations

from typing import Any

from onnxviz.model import Graph, Model, Node, Value


def describe(model: Model) -> dict[str, Any]:
    """What `onnxviz inspect` prints: JSON-ready.

    `nodes` and `op_types` count bodies, not functions; `bytes` includes external data; the default
    domain is called `ai.onnx`; `shape` is None where the rank is unknown.
    """
    return {
        "name": model.name,
        "digest": model.digest,
        "nodes": model.graph.node_count(),
        "op_types": model.graph.op_counts(),
        "parameters": model.parameters,
        "bytes": model.nbytes,
        "opsets": {domain or "ai.onnx": version for domain, version in model.opsets},
        "ir_version": model.ir_version,
        "producer": model.producer,
        "inputs": [_typed(model.graph, name) for name in model.graph.inputs],
        "outputs": [_typed(model.graph, name) for name in model.graph.outputs],
        "functions": [name for name, _ in model.functions],
        "external_files": list(model.external_files),
        "notes": list(model.notes),
        "problems": [
            {
                "rule": each.rule,
                "sentence": each.sentence,
                "nodes": list(each.nodes),
                "values": list(each.values),
            }
            for each in model.problems
        ],
    }


def node_rows(model: Model) -> list[dict[str, str]]:
    """One row of text a node, bodies included, a node before its body; for a pandas table.

    Columns: id, op, name, inputs and outputs (`x: float[1, 3]`, an omitted one is `-`), scope,
    attributes.
    """
    rows: list[dict[str, str]] = []
    stack: list[tuple[Node, tuple[Graph, ...]]] = [
        (node, (model.graph,)) for node in reversed(model.graph.nodes)
    ]
    while stack:
        node, around = stack.pop()
        rows.append(
            {
                "id": node.id,
                "op": node.qualified_op,
                "name": node.name,
                "inputs": _list(node.inputs, around),
                "outputs": _list(node.outputs, around),
                "scope": "/".join(node.scope),
                "attributes": ", ".join(
                    f"{a.name}={a.text}" for a in node.attributes if a.kind not in _BODIES
                ),
            }
        )
        for _, body in reversed(node.subgraphs):
            stack.extend((inner, (body, *around)) for inner in reversed(body.nodes))
    return rows


_BODIES = ("graph", "graphs")


def _typed(graph: Graph, name: str) -> dict[str, Any]:
    value = graph.values.get(name, Value(name))
    return {
        "name": name,
        "dtype": value.dtype,
        "shape": None if value.shape is None else list(value.shape),
    }


def _list(names: tuple[str, ...], around: tuple[Graph, ...]) -> str:
    return ", ".join(f"{name}: {_find(name, around).type_text}" if name else "-" for name in names)


def _find(name: str, around: tuple[Graph, ...]) -> Value:
    """The innermost value of that name."""
    return next((graph.values[name] for graph in around if name in graph.values), Value(name))
