"""Focus: which leaves it keeps, what it says of them, and how it stands in a link."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onnxviz.errors import BadUsage
from onnxviz.model import Graph, Node
from onnxviz.scene.finding.flow import bodies_around, leaves_in
from onnxviz.scene.finding.focus import Focus, members, restrict
from onnxviz.scene.grouping.hierarchy import arrange
from onnxviz.scene.wires import wire
from tests.scene.graphs import chain, graphs, parsed

LAWS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

FORK = """<ir_version: 10, opset_import: ["" : 20]>
g (float[2] x, float[2] other) => (float[2] z, float[2] side) {
    a = Relu (x)
    left = Neg (a)
    right = Abs (a)
    z = Add (left, right)
    b = Neg (other)
    side = Mul (b, left)
}"""

BRANCHES = """<ir_version: 10, opset_import: ["" : 20]>
g (bool flag, float[2] x) => (float[2] z) {
    p = Relu (x)
    q = Neg (x)
    y = If (flag) <
        then_branch = t () => (float[2] t2) { t1 = Neg (p) t2 = Abs (t1) },
        else_branch = e () => (float[2] e2) { e1 = Relu (q) e2 = Abs (e1) }
    >
    z = Exp (y)
}"""
T, E = "y/then_branch:0/", "y/else_branch:0/"


def kept(focus: Focus, model: str = FORK) -> set[str]:
    graph = parsed(model)
    return set(members(wire(graph), arrange(graph), focus).leaves)


def test_neighbours_are_on_both_sides_and_reach_as_far_as_the_steps() -> None:
    assert kept(Focus("neighbours", "left")) == {"left", "a", "z", "side"}
    assert kept(Focus("neighbours", "left", 2)) == {
        *("left", "a", "z", "side", "in:x", "right", "b", "out:z", "out:side")
    }
    assert kept(Focus("neighbours", "in:other")) == {"in:other", "b"}


def test_ancestors_are_all_that_feeds_and_descendants_all_that_is_fed() -> None:
    assert kept(Focus("ancestors", "z")) == {"z", "left", "right", "a", "in:x"}
    assert kept(Focus("descendants", "right")) == {"right", "z", "out:z"}
    assert kept(Focus("descendants", "in:other")) == {"in:other", "b", "side", "out:side"}


def test_a_path_is_every_way_from_one_to_the_other_whichever_comes_first() -> None:
    graph = parsed(FORK)
    for start, end in (("a", "z"), ("z", "a")):
        found = members(wire(graph), arrange(graph), Focus("path", start, other=end))
        assert found.leaves == {"a", "left", "right", "z"}
        assert found.note == "From Relu a to Add z: 4 of 6 nodes."


def test_where_no_path_leads_the_shortest_connection_is_shown_and_said_to_be() -> None:
    graph = parsed(FORK)
    found = members(wire(graph), arrange(graph), Focus("path", "b", other="right"))
    assert found.leaves in ({"b", "side", "left", "z", "right"}, {"b", "side", "left", "a", "right"})
    assert found.note == (
        "There is no directed path between Neg b and Abs right. "
        "The shortest connection is shown: 5 of 6 nodes."
    )


def test_what_nothing_connects_is_shown_alone() -> None:
    nodes = (Node("a", "Relu", outputs=("a",)), Node("b", "Neg", outputs=("b",)))
    graph = Graph("g", nodes, {}, (), ("a", "b"))
    found = members(wire(graph), arrange(graph), Focus("path", "a", other="b"))
    assert found.leaves == {"a", "b"}
    assert found.note == "Nothing connects Relu a and Neg b: 2 of 2 nodes."


def test_one_branch_does_not_feed_the_other() -> None:
    assert kept(Focus("ancestors", T + "t2"), BRANCHES) == {T + "t2", T + "t1", "p", "in:x", "y", "in:flag"}
    assert kept(Focus("descendants", "q"), BRANCHES) == {
        *("q", E + "e1", E + "e2", "y/else_branch/out:e2", "y", "z", "out:z")
    }


def test_a_body_is_part_of_its_node() -> None:
    inside = {T + "t1", T + "t2", "y/then_branch/out:t2", E + "e1", E + "e2", "y/else_branch/out:e2"}
    assert kept(Focus("descendants", "in:flag"), BRANCHES) == {"in:flag", "y", "z", "out:z", *inside}
    assert kept(Focus("ancestors", "y"), BRANCHES) >= {"y", "p", "q", "in:flag", "in:x", *inside}
    assert kept(Focus("neighbours", "y"), BRANCHES) == {"y", "in:flag", "z", "p", "q", *inside}
    assert kept(Focus("neighbours", "z"), BRANCHES) == {"z", "out:z", "y", *inside}


def test_neighbours_in_a_body_keep_its_node_and_not_its_other_branch() -> None:
    assert kept(Focus("neighbours", T + "t1"), BRANCHES) == {T + "t1", T + "t2", "p", "y"}
    assert kept(Focus("path", T + "t1", other=T + "t2"), BRANCHES) == {T + "t1", T + "t2", "y"}


def test_the_way_out_of_a_body_leads_through_its_outputs() -> None:
    way = {T + "t2", T + "t1", "p", "y/then_branch/out:t2", "y", E + "e1", E + "e2", "y/else_branch/out:e2"}
    assert kept(Focus("neighbours", T + "t2", 2), BRANCHES) == way
    assert kept(Focus("neighbours", T + "t2", 3), BRANCHES) == way | {"in:x", "z", "in:flag", "q"}


def test_a_node_with_an_empty_body_passes_on_what_feeds_it() -> None:
    call = Node("y", "F", "local", inputs=("x",), outputs=("y",), subgraphs=(("F", Graph("F", ())),))
    graph = Graph("g", (call,), {}, ("x",), ("y",))
    wiring, hierarchy = wire(graph), arrange(graph)
    assert members(wiring, hierarchy, Focus("descendants", "in:x")).leaves == {"in:x", "y", "out:y"}
    assert restrict(wiring, hierarchy, wiring.order) == (wiring, hierarchy)


def test_a_group_counts_as_all_that_is_in_it() -> None:
    graph = chain(6, scopes=("a", "a", "b", "b", "c", "c"))
    hierarchy = arrange(graph)
    group = next(g.id for g in hierarchy.groups.values() if g.title == "b")
    found = members(wire(graph), hierarchy, Focus("neighbours", group))
    assert found.leaves == {"v1", "v2", "v3", "v4"}
    assert found.note == "b and its neighbours up to 1 step away: 4 of 6 nodes."
    body = {T + "t1", T + "t2", "y/then_branch/out:t2"}
    assert leaves_in(wire(parsed(BRANCHES)), arrange(parsed(BRANCHES)), "y/then_branch") == body


@pytest.mark.parametrize("focus", [Focus("ancestors", "gone"), Focus("path", "a", other="gone")])
def test_a_box_that_is_not_there_is_named(focus: Focus) -> None:
    graph = parsed(FORK)
    with pytest.raises(BadUsage, match="gone: is not in this graph"):
        members(wire(graph), arrange(graph), focus)


@pytest.mark.parametrize(
    "focus",
    [
        Focus("neighbours", "layer1/conv", 3),
        Focus("ancestors", "in:x"),
        Focus("descendants", "a~b%7E%25"),
        Focus("path", "~", other="%"),
        Focus.on_changes(0),
        Focus.on_changes(12),
    ],
)
def test_a_focus_can_stand_in_a_link(focus: Focus) -> None:
    assert Focus.from_text(focus.to_text()) == focus


@pytest.mark.parametrize(
    "text",
    [
        *("", "~", "neighbours", "neighbours~2", "neighbours~~a", "neighbours~0~a", "neighbours~-1~a"),
        *(
            "neighbours~x~a",
            "neighbours~999999~a",
            "neighbours~1~a~b",
            "neighbours~²~a",
            "ancestors",
            "path~a",
        ),
        *("ancestors~", "ancestors~a~b", "path~a~b~c", "path~a~", "cousins~a", "path~~b", None, 7, ["path"]),
        *("changes", "changes~", "changes~x", "changes~-1", "changes~100", "changes~1~a", "changes~²"),
    ],
)
def test_anything_else_is_no_focus(text: object) -> None:
    assert Focus.from_text(text) is None


@settings(max_examples=200)
@given(st.text(min_size=1), st.text(min_size=1), st.integers(1, 99), st.text())
def test_every_focus_can_be_written_and_no_text_is_too_strange_to_read(
    node: str, other: str, steps: int, text: str
) -> None:
    for focus in (
        Focus("neighbours", node, steps),
        Focus("ancestors", node),
        Focus("path", node, other=other),
    ):
        assert Focus.from_text(focus.to_text()) == focus
    Focus.from_text(text)


@LAWS
@given(graphs(), st.data(), st.integers(1, 4))
def test_more_steps_keep_more(graph: Graph, data: st.DataObject, steps: int) -> None:
    wiring, hierarchy = wire(graph), arrange(graph)
    node = data.draw(st.sampled_from([*wiring.order, *hierarchy.groups]))
    fewer = members(wiring, hierarchy, Focus("neighbours", node, steps)).leaves
    assert leaves_in(wiring, hierarchy, node) <= fewer
    assert fewer <= members(wiring, hierarchy, Focus("neighbours", node, steps + 1)).leaves
    for w in wiring.wires:
        if w.source == node or w.target == node:
            assert {w.source, w.target} - wiring.bodies.keys() <= fewer


@LAWS
@given(graphs(40))
def test_one_is_a_descendant_exactly_where_the_other_is_an_ancestor(graph: Graph) -> None:
    wiring, hierarchy = wire(graph), arrange(graph)
    after = {x: members(wiring, hierarchy, Focus("descendants", x)).leaves for x in wiring.order}
    before = {x: members(wiring, hierarchy, Focus("ancestors", x)).leaves for x in wiring.order}
    for x in wiring.order:
        assert before[x] == {y for y in wiring.order if x in after[y]}
    for w in wiring.wires:
        if w.target in wiring.order:
            assert before[w.source] <= before[w.target]
            assert after[w.target] <= after[w.source]
    for body in wiring.bodies.values():
        inside = {leaf for leaf in wiring.order if body.id in bodies_around(wiring, (leaf,))}
        assert inside <= before[body.owner] & after[body.owner]


@LAWS
@given(graphs(40), st.data())
def test_what_is_on_a_path_comes_after_one_end_and_before_the_other(
    graph: Graph, data: st.DataObject
) -> None:
    wiring, hierarchy = wire(graph), arrange(graph)
    a, b = (data.draw(st.sampled_from([*wiring.order])) for _ in "ab")
    found = members(wiring, hierarchy, Focus("path", a, other=b))
    after, before = (
        {x: members(wiring, hierarchy, Focus(kind, x)).leaves for x in (a, b)}
        for kind in ("descendants", "ancestors")
    )
    assert {a, b} <= found.leaves
    if b not in after[a] and a not in after[b]:
        assert found.note.startswith(("There is no directed path", "Nothing connects"))
        return
    owners = {wiring.bodies[body].owner for body in bodies_around(wiring, found.leaves)}
    assert found.leaves - owners <= (after[a] & before[b]) | (after[b] & before[a])
    if not wiring.bodies:
        assert found.leaves == (after[a] & before[b]) | (after[b] & before[a])
