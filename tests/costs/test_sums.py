"""Sums over groups, as laws over random graphs and the groups that they are arranged in."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onnxviz.model import Graph, Value
from onnxviz.scene.grouping.hierarchy import arrange
from onnxviz.scene.overlays import OVERLAYS, Overlay, overlay
from onnxviz.scene.types import Hierarchy
from tests.scene.graphs import chain, graphs

COMPUTED = [kind.id for kind in OVERLAYS.values() if kind.computed and kind.id != "family"]


def sized(graph: Graph, sizes: Iterable[int]) -> Graph:
    """The same graph with a vector of some size for each value that is not constant."""
    left = iter(sizes)
    shaped = {
        node.outputs[0]: Value(node.outputs[0], "float", (next(left),))
        for node in graph.nodes
        if not node.is_constant
    }
    nodes = tuple(
        replace(node, subgraphs=tuple((name, sized(body, left)) for name, body in node.subgraphs))
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes, values={**shaped, **graph.values})


def below(hierarchy: Hierarchy, group: str) -> list[str]:
    """All nodes in a group and in the groups in it."""
    nodes: list[str] = []
    stack = [group]
    while stack:
        at = hierarchy.groups[stack.pop()]
        nodes += at.nodes
        stack += at.children
    return nodes


def check_sums(hierarchy: Hierarchy, shown: Overlay) -> None:
    for group in hierarchy.groups.values():
        members = [*group.nodes, *(child for child in group.children if child not in shown.apart)]
        parts = [shown.of[m] for m in members if m in shown.of]
        assert (group.id in shown.of) == bool(parts)
        if parts:
            assert shown.of[group.id] == pytest.approx(sum(parts))


def elements(value: Value) -> int:
    """Of a value whose shape is known."""
    return math.prod(size for size in value.shape or () if isinstance(size, int))


settled = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@settled
@given(graphs(60), st.data())
def test_a_group_is_the_sum_over_its_nodes_and_groups(graph: Graph, data: st.DataObject) -> None:
    graph = sized(graph, iter(lambda: data.draw(st.integers(0, 99)), None))
    hierarchy = arrange(graph)
    for kind in ("output", "flops"):
        shown = overlay(kind, graph, hierarchy)
        check_sums(hierarchy, shown)
        assert shown.total == shown.of.get(hierarchy.root, 0)
    assert overlay("output", graph, hierarchy).unknown == 0


@settled
@given(graphs(60), st.data())
def test_given_values_are_summed_in_the_same_way(graph: Graph, data: st.DataObject) -> None:
    hierarchy = arrange(graph)
    leaves = [node.id for node in graph.walk() if not node.is_constant]
    some = data.draw(st.lists(st.sampled_from(leaves), unique=True)) if leaves else []
    times = {leaf: data.draw(st.floats(0, 9)) for leaf in some}
    shown = overlay("time", graph, hierarchy, times)
    check_sums(hierarchy, shown)
    assert {key for key in shown.of if key not in hierarchy.groups} == set(times)
    changed = overlay("status", graph, hierarchy, dict.fromkeys(some, 1.0))
    check_sums(hierarchy, changed)
    assert changed.total == len(some)
    assert changed.unknown == 0


@settled
@given(graphs(60))
def test_a_group_counts_each_constant_that_its_nodes_read_once(graph: Graph) -> None:
    hierarchy = arrange(graph)
    shown = overlay("parameters", graph, hierarchy)
    reads: dict[str, dict[int, int]] = {}

    def visit(body: Graph, outer: dict[str, Value]) -> None:
        known = {**outer, **body.values}
        for node in body.nodes:
            found = (known[name] for name in node.inputs if name in known and known[name].is_constant)
            reads[node.id] = {id(value): elements(value) for value in found}
            for _, inner in node.subgraphs:
                visit(inner, known)

    visit(graph, {})
    for group in hierarchy.groups:
        union: dict[int, int] = {}
        for node in below(hierarchy, group):
            union.update(reads.get(node, {}))
        assert shown.of.get(group, 0) == sum(union.values())


@pytest.mark.parametrize("kind", COMPUTED)
def test_work_grows_with_the_nodes_and_no_faster(kind: str) -> None:
    seen: list[int] = []

    class Counting(dict[str, Value]):
        looked = 0

        def get(self, key: str, default: Value | None = None) -> Value | None:  # type: ignore[override]
            Counting.looked += 1
            return super().get(key, default)

    for length in (200, 400):
        values = Counting({f"v{i}": Value(f"v{i}", "float", (3,)) for i in range(length)})
        graph = replace(chain(length), values=values)
        Counting.looked = 0
        hierarchy = arrange(replace(graph, values={}))
        overlay(kind, graph, hierarchy)
        seen.append(Counting.looked)
    assert seen[1] == 2 * seen[0] > 0
