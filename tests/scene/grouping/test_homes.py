"""Which groups are around a box, and which box of a picture shows what was found."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onnxviz.model import Graph, Node
from onnxviz.scene.grouping.hierarchy import arrange, first_open, open_all
from onnxviz.scene.grouping.homes import around, parents, where
from onnxviz.scene.view import look
from onnxviz.scene.wires import wire
from tests.scene.graphs import chain, graphs


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs(), st.data())
def test_every_leaf_is_shown_by_the_box_that_the_picture_has_for_it(
    graph: Graph, data: st.DataObject
) -> None:
    wiring, hierarchy = wire(graph), arrange(graph)
    opened = frozenset(data.draw(st.sets(st.sampled_from(sorted(hierarchy.groups)))))
    _, parent, visible = look(wiring, hierarchy, opened)
    for known in (None, parents(hierarchy), parents(hierarchy, wiring)):
        for leaf in wiring.order:
            assert where(hierarchy, parent, (leaf,), known) == {visible[leaf]: 1}
        assert sum(where(hierarchy, parent, wiring.order, known).values()) == len(wiring.order)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_opening_the_groups_around_a_box_brings_it_into_the_picture(graph: Graph) -> None:
    wiring, hierarchy = wire(graph), arrange(graph)
    known = parents(hierarchy)
    for item in (*wiring.order, *hierarchy.groups):
        opened = around(hierarchy, item)
        assert opened == around(hierarchy, item, known)
        _, parent, _ = look(wiring, hierarchy, opened)
        assert item in parent or item == hierarchy.root
        assert item not in opened


def test_what_is_not_in_the_picture_at_all_is_not_counted() -> None:
    hierarchy = arrange(chain(4))
    boxes = ("v0", "v1", "v2", "v3", "in:x", "out:v3")
    assert where(hierarchy, boxes, ("gone", "stub:out:v0", "v1", "in:x")) == {"v1": 1, "in:x": 1}
    assert around(hierarchy, "gone") == around(hierarchy, hierarchy.root) == frozenset()


def test_an_end_of_a_body_is_in_the_body_though_its_name_looks_like_another_one() -> None:
    body = Graph("b", (Node("q", "Relu", inputs=("a/in:b",), outputs=("q",)),), {}, ("a/in:b",), ("q",))
    loop = Node("y", "Loop", inputs=("x",), outputs=("y",), subgraphs=(("body", body),))
    graph = Graph("g", (loop,), {}, ("x",), ("y",))
    wiring, hierarchy = wire(graph), arrange(graph)
    end = next(e.id for e in wiring.ends.values() if e.body and e.is_input)
    assert around(hierarchy, end) == frozenset(hierarchy.groups)
    assert where(hierarchy, first_open(hierarchy) | {"y"}, (end,)) == {"y/body": 1}
    assert around(hierarchy, "q") == open_all(hierarchy)
