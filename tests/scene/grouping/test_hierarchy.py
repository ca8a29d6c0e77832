from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onnxviz.model import Graph, Node, Value
from onnxviz.scene.functions import expand
from onnxviz.scene.grouping.cuts import MAX_MEMBERS, live_counts, thinnest_cuts
from onnxviz.scene.grouping.hierarchy import arrange, depth_of, first_open, open_all, open_to_depth
from onnxviz.scene.place import place
from onnxviz.scene.types import Hierarchy
from onnxviz.scene.wires import wire
from tests.scene.graphs import chain, graphs, parsed


def titles(hierarchy: Hierarchy) -> list[str]:
    return [g.title for g in hierarchy.groups.values()]


def in_view(hierarchy: Hierarchy, opened: frozenset[str]) -> int:
    total, stack = 0, [hierarchy.root]
    while stack:
        group = hierarchy.groups[stack.pop()]
        total += len(group.nodes) + sum(c not in opened for c in group.children)
        stack += [c for c in group.children if c in opened]
    return total


def test_scopes_become_nested_groups_with_their_op_mix() -> None:
    graph = chain(6, scopes=("enc/l0", "enc/l0", "enc/l1", "enc/l1", "head", "head"))
    hierarchy = arrange(graph)
    assert set(titles(hierarchy)) == {"g", "enc", "l0", "l1", "head"}
    root = hierarchy.groups[hierarchy.root]
    assert [hierarchy.groups[c].title for c in root.children] == ["enc", "head"]
    assert root.total == 6
    assert root.ops == (("Relu", 6),)


def test_a_chain_of_single_groups_is_one_group_with_a_joined_name() -> None:
    hierarchy = arrange(chain(4, scopes=("l0/attention", "l0/attention", "l1", "l1")))
    assert set(titles(hierarchy)) == {"g", "l0 › attention", "l1"}


def test_what_the_root_holds_alone_becomes_its_own_content() -> None:
    hierarchy = arrange(chain(4, scopes=("main_graph/a", "main_graph/a", "main_graph/b", "main_graph/b")))
    assert len(hierarchy.groups[hierarchy.root].children) == 2
    assert hierarchy.groups[hierarchy.root].title == "g › main_graph"


def test_a_scope_with_a_single_node_is_no_group() -> None:
    hierarchy = arrange(chain(3, scopes=("a", "b", "c")))
    assert hierarchy.groups[hierarchy.root].nodes == ("v0", "v1", "v2")


def test_a_node_without_scope_sits_with_its_reader() -> None:
    hierarchy = arrange(chain(5, scopes=("a", "a", "", "b", "b")))
    held = {g.title: g.nodes for g in hierarchy.groups.values()}
    assert held["b"] == ("v2", "v3", "v4")


def test_a_trailing_node_without_scope_sits_with_its_producer() -> None:
    hierarchy = arrange(chain(5, scopes=("a", "a", "b", "b", "")))
    held = {g.title: g.nodes for g in hierarchy.groups.values()}
    assert held["b"] == ("v2", "v3", "v4")


def test_a_group_is_never_larger_than_the_limit_and_no_node_is_lost() -> None:
    for length in (80, 81, 500, 9000):
        graph = chain(length)
        hierarchy = arrange(graph)
        held = [n for g in hierarchy.groups.values() for n in g.nodes]
        assert sorted(held) == sorted(n.id for n in graph.nodes)
        assert all(len(g.nodes) + len(g.children) <= MAX_MEMBERS for g in hierarchy.groups.values())
        assert len(hierarchy.groups) == 1 or length > 80


def test_parts_are_named_for_what_they_hold() -> None:
    hierarchy = arrange(chain(200, op="Conv"))
    assert "Conv, part 3" in titles(hierarchy)


def test_the_first_picture_of_equal_layers_opens_all_of_them_or_none() -> None:
    scopes = tuple(f"m/layer.{i // 40}/{'ab'[i // 20 % 2]}" for i in range(12 * 40))
    hierarchy = arrange(chain(480, scopes=scopes))
    opened = first_open(hierarchy)
    assert 20 <= in_view(hierarchy, opened) <= 60
    assert in_view(hierarchy, open_all(hierarchy)) == 480


def test_the_first_picture_of_a_long_flat_chain_is_telling() -> None:
    for length in (100, 176, 1746, 13000):
        hierarchy = arrange(chain(length))
        assert 8 <= in_view(hierarchy, first_open(hierarchy)) <= 90


def test_constants_are_no_members_and_bodies_are_groups_beside_their_node() -> None:
    graph = parsed(
        """<ir_version: 10, opset_import: ["" : 20]>
        g (bool c, float[2] x) => (float[2] y) {
            two = Constant <value = float {2.0}> ()
            z = Mul(x, two)
            y = If (c) <
                then_branch = t () => (float[2] a) { a = Relu(z) },
                else_branch = e () => (float[2] b) { b = Neg(z) }
            >
        }"""
    )
    hierarchy = arrange(graph)
    root = hierarchy.groups[hierarchy.root]
    assert root.nodes == ("z", "y")
    assert [hierarchy.groups[c].kind for c in root.children] == ["body", "body"]
    assert root.total == 4
    scene = place(graph, hierarchy, open_all(hierarchy))
    arrows = {(c.source, c.target) for c in scene.curves}
    assert ("z", "y/then_branch:0/a") in arrows
    assert ("y", root.children[0]) in arrows
    z = next(b for b in scene.boxes if b.id == "z")
    assert any("2.0" in line or "1.0" in line for line in z.lines)


def test_many_inputs_share_a_group() -> None:
    names = tuple(f"x{i}" for i in range(100))
    graph = Graph("g", (Node("y", "Sum", inputs=names, outputs=("y",)),), {}, names, ("y",))
    hierarchy = arrange(graph)
    assert [g.title for g in hierarchy.groups.values() if g.kind == "inputs"] == ["100 inputs"]
    closed = place(graph, hierarchy, first_open(hierarchy))
    assert sum(not b.open for b in closed.boxes) == 3
    assert len(place(graph, hierarchy, open_all(hierarchy)).boxes) > 100


def test_group_ids_never_meet_node_ids() -> None:
    nodes = (
        Node("root", "Relu", inputs=("x",), outputs=("root",), scope=("a",)),
        Node("module:a", "Relu", inputs=("root",), outputs=("module:a",), scope=("a",)),
        Node("in:x", "Relu", inputs=("module:a",), outputs=("in:x",), scope=("b",)),
    )
    graph = Graph("g", nodes, {}, ("x",), ("in:x",))
    scene = place(graph, arrange(graph), open_all(arrange(graph)))
    assert len({b.id for b in scene.boxes}) == len(scene.boxes) == 6


def test_a_function_is_drawn_where_it_is_called_and_nesting_is_bounded() -> None:
    call = Node("y", "F", "local", inputs=("x",), outputs=("y",))
    body = Graph("F", (Node("a", "F", "local", inputs=("p",), outputs=("a",)),) * 1, {}, ("p",), ("a",))
    graph = expand(Graph("g", (call,), {}, ("x",), ("y",)), [("local.F", body)])
    assert graph.node_count() == 9
    assert [g.kind for g in arrange(graph).groups.values()].count("body") == 8


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 199), st.integers(1, 30)), max_size=80), st.integers(4, 80))
def test_cuts_are_ordered_and_no_part_is_too_long(starts: list[tuple[int, int]], largest: int) -> None:
    size = 200
    spans = [(a, min(size - 1, a + length)) for a, length in starts]
    cuts = thinnest_cuts(live_counts(size, spans), largest)
    assert cuts[0] == 0
    assert all(0 < b - a <= largest for a, b in zip(cuts, [*cuts[1:], size], strict=True))


def test_cuts_are_made_where_one_tensor_crosses() -> None:
    spans = [(i, i + 1) for i in range(99)] + [(a, a + 9) for a in range(0, 100, 10) if a + 9 < 100]
    cuts = thinnest_cuts(live_counts(100, spans), 20)
    assert all(cut % 10 == 0 for cut in cuts)


def reading(*constants: tuple[str, ...], scopes: tuple[str, ...], **values: Value) -> Graph:
    """A chain of `Custom`, each of which reads its constants, by name."""
    nodes = tuple(
        Node(
            f"v{i}", "Custom", inputs=(f"v{i - 1}" if i else "x", *names), outputs=(f"v{i}",), scope=(scope,)
        )
        for i, (names, scope) in enumerate(zip(constants, scopes, strict=True))
    )
    return Graph("g", nodes, values, ("x",), (nodes[-1].id,), tuple(values))


def test_a_shared_weight_counts_once_in_every_group_that_reads_it() -> None:
    tied, own = Value("tied", "float", (10, 10)), Value("own", "float16", (7,))
    graph = reading(
        ("tied",), ("own",), ("tied", "own"), ("tied",), scopes=("a", "a", "b", "b"), tied=tied, own=own
    )
    counted = {g.title: g.parameters for g in arrange(graph).groups.values()}
    assert counted == {"g": 107, "a": 107, "b": 107}


def test_shapes_indices_and_flags_are_no_parameters() -> None:
    values = {dtype: Value(dtype, dtype, (3,)) for dtype in ("int64", "bool", "string", "int8", "float")}
    graph = reading(tuple(values), ("float",), scopes=("a", "a"), **values)
    assert arrange(graph).groups["root"].parameters == 6


def test_a_hostile_shape_costs_no_time_and_gives_a_number() -> None:
    huge = Value("w", "float", (2**63 - 1,) * 5000)
    assert 0 < arrange(reading(("w",), ("w",), scopes=("a", "b"), w=huge)).groups["root"].parameters < 10**30


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs(60))
def test_the_outermost_group_counts_each_constant_that_is_read_once(graph: Graph) -> None:
    hierarchy = arrange(graph)
    read = {id(v): v for held in wire(graph).constants.values() for _, v in held}
    sizes = [9 if value.shape == (3, 3) else 1 for value in read.values()]
    assert hierarchy.groups[hierarchy.root].parameters == sum(sizes)
    for group in hierarchy.groups.values():
        assert all(0 <= hierarchy.groups[c].parameters <= group.parameters for c in group.children)


def test_groups_open_level_by_level() -> None:
    hierarchy = arrange(chain(8, scopes=("a/b/c", "a/b/c", "a/b", "a", "d/e", "d/e", "d", "")))
    by_depth = [{hierarchy.groups[g].title for g in open_to_depth(hierarchy, d)} for d in range(4)]
    assert by_depth == [{"g"}, {"g", "a", "d"}, {"g", "a", "b", "d", "e"}, {"g", "a", "b", "c", "d", "e"}]
    assert depth_of(hierarchy) == 3


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs(60))
def test_the_depth_is_the_smallest_that_opens_everything(graph: Graph) -> None:
    hierarchy = arrange(graph)
    depth = depth_of(hierarchy)
    assert open_to_depth(hierarchy, 0) == {hierarchy.root}
    assert open_to_depth(hierarchy, depth) == open_all(hierarchy) == open_to_depth(hierarchy, depth + 9)
    assert depth == 0 or open_to_depth(hierarchy, depth - 1) < open_all(hierarchy)


def test_a_wiring_at_hand_gives_the_same_groups() -> None:
    graph = chain(300, scopes=tuple(f"l{i // 30}" for i in range(300)))
    assert arrange(graph, wiring=wire(graph)) == arrange(graph)


def test_twelve_layers_stay_closed_where_opening_them_floods_the_picture() -> None:
    scopes = tuple(f"layer.{i // 40}/{i % 8}" for i in range(12 * 40)) + ("head",) * 3
    hierarchy = arrange(chain(len(scopes), scopes=scopes))
    assert 12 <= in_view(hierarchy, first_open(hierarchy)) <= 20
