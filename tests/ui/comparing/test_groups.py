"""Nodes by part of the model: enough parts to tell something, few enough to read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from onnxviz.model import Graph
from onnxviz.ui.comparing.changes import Changes
from onnxviz.ui.comparing.groups import MOST_GROUPS, NO_SCOPE, group_counts
from onnxviz.ui.comparing.pair import Pair
from tests.ui.comparing.pairs import FOLDABLE, FOLDED, pair_of

SCOPES = {"k": ("m", "a"), "i": ("m", "b"), "z": ("m", "c"), "y": ("m", "d"), "c": ("m", "a")}


def scoped(graph: Graph) -> Graph:
    return replace(graph, nodes=tuple(replace(node, scope=SCOPES[node.id]) for node in graph.nodes))


def test_a_node_after_counts_where_the_node_before_it_stood(tmp_path: Path) -> None:
    pair, changes = pair_of(tmp_path, FOLDABLE, FOLDED)
    known = replace(pair.before, graph=scoped(pair.before.graph))
    rows = group_counts(Changes.of(Pair(known, pair.after), changes.diff))
    found = {name: (before, after) for name, before, after in rows}
    assert found["m › a"] == (2, 0)
    assert found["m › c"] == (1, 1)
    assert sum(before for before, _ in found.values()) == pair.before.graph.node_count()
    assert sum(after for _, after in found.values()) == pair.after.graph.node_count()


def test_without_modules_there_is_one_part(tmp_path: Path) -> None:
    _, changes = pair_of(tmp_path, FOLDABLE, FOLDED)
    assert group_counts(changes) == [(NO_SCOPE, 5, 2)]


def test_there_are_never_more_parts_than_can_be_read(tmp_path: Path) -> None:
    lines = "\n".join(f"t{at + 1} = Relu(t{at})" for at in range(200))
    text = f"g (float[2] t0) => (float[2] t200) {{ {lines} }}"
    pair, changes = pair_of(tmp_path, text, text)
    nodes = [replace(node, scope=("m", f"layer.{at}")) for at, node in enumerate(pair.before.graph.nodes)]
    graph = replace(pair.before.graph, nodes=tuple(nodes))
    known = replace(pair.before, graph=graph)
    rows = group_counts(Changes.of(Pair(known, pair.after), changes.diff))
    assert len(rows) <= MOST_GROUPS
