"""What holds for every pair of graphs."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onnxviz.diff import apply, diff, invert
from onnxviz.errors import BadUsage
from onnxviz.model import Graph, Node
from tests.diff.drawn import edited, reworded, shuffled_names
from tests.scene.graphs import graphs

Pair = tuple[Graph, Graph]


@given(graphs())
@settings(deadline=None)
def test_a_graph_and_itself_do_not_differ(graph: Graph) -> None:
    found = diff(graph, graph)
    assert found.empty
    assert found == invert(found)
    assert found.pairs() == {node.id: node.id for node in graph.walk()}


@given(graphs(), st.integers(0, 2**16))
@settings(max_examples=200, deadline=None)
def test_other_names_and_another_order_are_no_difference(graph: Graph, seed: int) -> None:
    other = reworded(graph, random.Random(seed))
    found = diff(graph, other)
    assert found.empty, found.changed
    assert apply(graph, found) == other


@given(graphs(), st.integers(0, 2**16))
@settings(max_examples=200, deadline=None)
def test_names_that_changed_hands_are_no_difference(graph: Graph, seed: int) -> None:
    other = shuffled_names(graph, random.Random(seed))
    found = diff(graph, other)
    assert found.empty, found.changed
    assert apply(graph, found) == other


@given(edited())
@settings(deadline=None)
def test_a_diff_applied_to_the_graph_before_gives_the_graph_after(pair: Pair) -> None:
    before, after = pair
    assert apply(before, diff(before, after)) == after


@given(edited())
@settings(deadline=None)
def test_a_diff_inverted_is_the_diff_the_other_way(pair: Pair) -> None:
    before, after = pair
    found = diff(before, after)
    assert invert(found) == diff(after, before)
    assert invert(invert(found)) == found
    assert apply(after, invert(found)) == before


@given(edited())
@settings(deadline=None)
def test_every_node_is_matched_once_or_removed_or_added(pair: Pair) -> None:
    before, after = pair
    found = diff(before, after)
    pairs = found.pairs()
    assert len(set(pairs.values())) == len(pairs)
    assert _ids(before) == sorted([*pairs, *(node.id for node in found.removed_nodes())])
    assert _ids(after) == sorted([*pairs.values(), *(node.id for node in found.added_nodes())])


@given(edited())
@settings(deadline=None)
def test_the_counts_by_op_type_add_up_and_the_json_is_json(pair: Pair) -> None:
    before, after = pair
    found = diff(before, after)
    rows = json.loads(json.dumps(found.to_json()))
    counts = rows["by_op_type"]
    assert {op: row["before"] for op, row in counts.items() if row["before"]} == before.op_counts()
    assert {op: row["after"] for op, row in counts.items() if row["after"]} == after.op_counts()
    for row in counts.values():
        assert row["after"] == row["matched"] + row["added"]
    assert len(rows["matched"]) == len(found.pairs())
    assert rows["empty"] == found.empty


@given(edited())
@settings(deadline=None)
def test_a_diff_is_refused_by_a_graph_that_it_is_not_of(pair: Pair) -> None:
    before, after = pair
    found = diff(before, after)
    other = Graph("another", (Node("n", "Relu", inputs=("x",), outputs=("n",)),), {}, ("x",), ("n",))
    with pytest.raises(BadUsage, match="not one of this graph"):
        apply(other, found)


def _ids(graph: Graph) -> list[str]:
    return sorted(node.id for node in graph.walk())
