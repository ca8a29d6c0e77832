"""The picture of a part: groups, wires and numbers of what is left, and what is cut off at its border."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onnxviz.model import Graph, Node
from onnxviz.scene.boxes import Boxes
from onnxviz.scene.compose import Composer
from onnxviz.scene.finding.flow import leaves_in
from onnxviz.scene.finding.focus import Focus, hidden, members, restrict
from onnxviz.scene.grouping.hierarchy import arrange, first_open, open_all
from onnxviz.scene.place import solve
from onnxviz.scene.plan import plan
from onnxviz.scene.types import Hierarchy, Scene
from onnxviz.scene.view import look
from onnxviz.scene.wires import Wiring, wire
from tests.scene.finding.test_focus import BRANCHES, FORK, T
from tests.scene.graphs import chain, graphs, parsed
from tests.scene.test_place_laws import check_boxes

LAWS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def drawn(wiring: Wiring, hierarchy: Hierarchy, opened: frozenset[str]) -> Scene:
    view = plan(wiring, hierarchy, opened)
    composer = Composer(view, Boxes(wiring, hierarchy, view), "TB")
    for frame in reversed(list(view.frames)):
        composer.settle(frame, solve(composer.problem(frame)))
    return composer.scene("part")


def test_the_picture_counts_what_is_cut_off_at_its_border() -> None:
    graph = parsed(FORK)
    wiring, hierarchy = wire(graph), arrange(graph)
    part, _ = restrict(wiring, hierarchy, {"left", "side"})
    assert [(w.source, w.target) for w in part.wires] == [("left", "side")]
    assert hidden(wiring, part) == {"left": (1, 1), "side": (1, 1)}
    assert hidden(wiring, wiring) == {}


def test_hidden_inputs_are_counted_by_tensor_and_hidden_readers_by_box() -> None:
    nodes = (
        Node("a", "Split", inputs=("x",), outputs=("a", "b")),
        Node("c", "Sum", inputs=("a", "b", "a"), outputs=("c",)),
    )
    wiring = wire(Graph("g", nodes, {}, ("x",), ("c",)))
    hierarchy = arrange(Graph("g", nodes, {}, ("x",), ("c",)))
    assert hidden(wiring, restrict(wiring, hierarchy, {"c"})[0]) == {"c": (2, 1)}
    assert hidden(wiring, restrict(wiring, hierarchy, {"a"})[0]) == {"a": (1, 1)}


def test_groups_keep_what_is_left_of_them_and_count_it() -> None:
    graph = chain(6, scopes=("a", "a", "b", "b", "b", "b"))
    hierarchy = arrange(graph)
    _, part = restrict(wire(graph), hierarchy, {"v3", "v4", "in:x"})
    assert [(g.title, g.nodes, g.total, g.ops) for g in part.groups.values()] == [
        ("g", (), 2, (("Relu", 2),)),
        ("b", ("v3", "v4"), 2, (("Relu", 2),)),
    ]


def test_parameters_are_those_of_the_nodes_that_are_left() -> None:
    graph = parsed(
        """<ir_version: 10, opset_import: ["" : 20]>
        g (float[2] x) => (float[2] z) <float[2] two = {1, 2}, float[1] one = {3}> {
            y = Mul (x, two)
            z = Add (y, one)
        }"""
    )
    hierarchy = arrange(graph)
    _, part = restrict(wire(graph), hierarchy, {"z"})
    assert [h.groups[h.root].parameters for h in (hierarchy, part)] == [3, 1]


def test_a_group_of_inputs_says_how_many_of_them_are_left() -> None:
    names = tuple(f"x{i}" for i in range(64))
    nodes = (
        Node("y", "Sum", inputs=names, outputs=("y",)),
        Node("z", "Relu", inputs=("x0",), outputs=("z",)),
    )
    graph = Graph("g", nodes, {}, names, ("y", "z"))
    wiring, hierarchy = wire(graph), arrange(graph)
    part, left = restrict(wiring, hierarchy, members(wiring, hierarchy, Focus("ancestors", "z")).leaves)
    assert [(g.title, g.total) for g in left.groups.values()] == [("g", 1), ("1 of 64 inputs", 1)]
    assert hidden(wiring, part) == {"in:x0": (0, 1), "z": (0, 1)}


def test_a_body_without_anything_that_is_kept_goes() -> None:
    graph = parsed(BRANCHES)
    part, hierarchy = restrict(wire(graph), arrange(graph), {T + "t1"})
    assert part.nodes.keys() == {"y", T + "t1"}
    assert part.bodies.keys() == {"y/then_branch"}
    assert hierarchy.groups.keys() == {"root", "y/then_branch"}
    boxes = {box.id for box in drawn(part, hierarchy, open_all(hierarchy)).boxes}
    assert {"y", "y/then_branch", T + "t1"} <= boxes


def test_an_empty_focus_is_an_empty_picture() -> None:
    graph = chain(3)
    part, hierarchy = restrict(wire(graph), arrange(graph), {"gone"})
    assert drawn(part, hierarchy, first_open(hierarchy)).boxes == ()


@LAWS
@given(graphs(), st.data())
def test_the_picture_of_a_focus_has_every_leaf_once_and_every_wire_between_them(
    graph: Graph, data: st.DataObject
) -> None:
    wiring, hierarchy = wire(graph), arrange(graph)
    items = [*wiring.order, *hierarchy.groups]
    focus = data.draw(
        st.builds(
            Focus,
            st.sampled_from(("neighbours", "ancestors", "descendants", "path")),
            st.sampled_from(items),
            st.integers(1, 3),
            st.sampled_from(items),
        )
    )
    leaves = members(wiring, hierarchy, focus).leaves
    part, left = restrict(wiring, hierarchy, leaves)
    assert part.order.keys() == part.body_of.keys() == leaves
    check_numbers(part, left)
    opened = frozenset(data.draw(st.sets(st.sampled_from(sorted(left.groups)))))
    scene = drawn(part, left, opened)
    check_boxes(scene)
    check_lines(part, left, opened, scene)
    cut = hidden(wiring, part)
    crossing = [w for w in wiring.wires if (w.source in leaves) != (w.target in leaves | part.bodies.keys())]
    assert cut.keys() == {w.source if w.source in leaves else w.target for w in crossing}


def check_numbers(wiring: Wiring, hierarchy: Hierarchy) -> None:
    for group in hierarchy.groups.values():
        inside = [leaf for leaf in leaves_in(wiring, hierarchy, group.id) if leaf in wiring.nodes]
        assert group.kind in ("inputs", "outputs") or group.total == len(inside)
        assert sum(count for _, count in group.ops) == len(inside)
        assert group.id == hierarchy.root or group.id in hierarchy.groups[group.parent or ""].children


def check_lines(wiring: Wiring, hierarchy: Hierarchy, opened: frozenset[str], scene: Scene) -> None:
    """As `test_place_laws.check_curves`, for a wiring that is not that of a whole graph."""
    boxes = {box.id: box for box in scene.boxes}
    joined = {(curve.source, curve.target) for curve in scene.curves}
    leaving = {(c.source, end) for c in scene.curves if c.target in boxes for end in boxes[c.target].ends}
    _, _, visible = look(wiring, hierarchy, opened)
    assert all(visible[leaf] in boxes for leaf in wiring.order)
    for w in wiring.wires:
        pair = (visible.get(w.source, ""), visible.get(w.target, ""))
        assert not all(pair) or pair[0] == pair[1] or pair in joined or pair in leaving, pair


@LAWS
@given(graphs())
def test_a_focus_on_everything_leaves_everything_as_it_is(graph: Graph) -> None:
    wiring, hierarchy = wire(graph), arrange(graph)
    everything = members(wiring, hierarchy, Focus("neighbours", hierarchy.root)).leaves
    part, left = restrict(wiring, hierarchy, everything)
    assert (part, left) == (wiring, hierarchy)
    assert list(left.groups) == list(hierarchy.groups)
    assert hidden(wiring, part) == {}


@LAWS
@given(graphs(40), st.data())
def test_a_focus_of_a_focus_is_the_smaller_one(graph: Graph, data: st.DataObject) -> None:
    wiring, hierarchy = wire(graph), arrange(graph)
    first = frozenset(data.draw(st.sets(st.sampled_from([*wiring.order]))))
    second = frozenset(data.draw(st.sets(st.sampled_from([*wiring.order])))) & first
    once = restrict(wiring, hierarchy, second)
    part, left = restrict(*restrict(wiring, hierarchy, first), second)
    kept_titles = {g: replace(group, title="") for g, group in left.groups.items()}
    assert part == once[0]
    assert kept_titles == {g: replace(group, title="") for g, group in once[1].groups.items()}
