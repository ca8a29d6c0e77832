"""Repeated blocks are found by structure where a file has no scopes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onnxviz.model import Attribute, Graph, Node, Value
from onnxviz.scene.grouping.cuts import MAX_MEMBERS
from onnxviz.scene.grouping.hierarchy import arrange, first_open, open_all
from onnxviz.scene.grouping.tandem import Run, collapse
from onnxviz.scene.place import place
from onnxviz.scene.types import Group, Hierarchy
from onnxviz.scene.wires import wire
from tests.scene.graphs import chain, graphs
from tests.scene.grouping.test_hierarchy import in_view
from tests.scene.test_place_laws import check


class Net:
    """A graph that is written down call by call; each call gives the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.values: dict[str, Value] = {}

    def __call__(self, op: str, *inputs: str, stride: int = 1, kernel: str = "") -> str:
        name = f"t{len(self.nodes)}"
        attributes = [Attribute("strides", "ints", f"[{stride}, {stride}]")] if op == "Conv" else []
        if kernel:
            attributes.append(Attribute("kernel_shape", "ints", kernel))
        self.nodes.append(Node(name, op, inputs=inputs, outputs=(name,), attributes=tuple(attributes)))
        return name

    def weight(self) -> str:
        name = f"w{len(self.values)}"
        self.values[name] = Value(name, "float", (4, 4), 64, None, True)
        return name

    def graph(self, *outputs: str) -> Graph:
        return Graph("net", tuple(self.nodes), self.values, ("x",), outputs, tuple(self.values))


def resnet(stages: Sequence[int] = (3, 4, 6, 3)) -> Graph:
    """Two convolutions a block; the first of a stage has a third one beside them."""
    net = Net()
    at = net("MaxPool", net("Relu", net("Conv", "x", net.weight(), stride=2)))
    for stage, blocks in enumerate(stages):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            inner = net("Relu", net("Conv", at, net.weight(), stride=stride))
            inner = net("Relu", net("Conv", inner, net.weight()))
            inner = net("Conv", inner, net.weight())
            skip = at if block else net("Conv", at, net.weight(), stride=stride)
            at = net("Relu", net("Add", inner, skip))
    return net.graph(net("Gemm", net("GlobalAveragePool", at), net.weight()))


def transformer(layers: int) -> Graph:
    """Pre-norm layers that share a mask, which depth-first order meets in the midst of the first one."""
    net = Net()
    mask = net("Mul", net("Sub", net("Cast", "x")))
    at = net("Gather", net.weight(), "x")
    for _ in range(layers):
        norm = net("LayerNormalization", at)
        q, k, v = (net("Transpose", net("Reshape", net("MatMul", norm, net.weight()))) for _ in "qkv")
        scores = net("Softmax", net("Add", net("Div", net("MatMul", q, k)), mask))
        at = net("Add", at, net("MatMul", net("Reshape", net("MatMul", scores, v)), net.weight()))
        inner = net("Gelu", net("MatMul", net("LayerNormalization", at), net.weight()))
        at = net("Add", at, net("MatMul", inner, net.weight()))
    return net.graph(net("MatMul", net("LayerNormalization", at), net.weight()))


def children(hierarchy: Hierarchy, group: str = "") -> list[Group]:
    return [hierarchy.groups[c] for c in hierarchy.groups[group or hierarchy.root].children]


def check_groups(graph: Graph, hierarchy: Hierarchy) -> None:
    """Every node in one group, none too large, and each group in its parent."""
    held = [n for g in hierarchy.groups.values() for n in g.nodes if not n.startswith(("in:", "out:"))]
    assert sorted(held) == sorted(wire(graph).nodes)
    for group in hierarchy.groups.values():
        assert len(group.nodes) + len(group.children) <= MAX_MEMBERS
        assert all(hierarchy.groups[c].parent == group.id for c in group.children)
        assert group.total > 0 or group.kind in ("model", "body")


def test_a_residual_network_shows_its_stages_and_their_blocks() -> None:
    graph = resnet()
    hierarchy = arrange(graph)
    stages = children(hierarchy)
    assert [s.title for s in stages] == [f"Conv-Relu-Add ×{n}" for n in (3, 4, 6, 3)]
    assert {s.kind for s in stages} == {"repeat"}
    blocks = children(hierarchy, stages[1].id)
    assert [b.title for b in blocks] == [f"Conv-Relu-Add {n}/4" for n in (1, 2, 3, 4)]
    assert {b.kind for b in blocks} == {"block"}
    assert [b.total for b in blocks] == [8, 7, 7, 7]
    opened = first_open(hierarchy)
    assert {s.id for s in stages} <= opened
    assert 20 <= in_view(hierarchy, opened) <= 60
    check(graph, hierarchy, place(graph, hierarchy, opened))


@pytest.mark.parametrize("layers", [3, 12, 32])
def test_a_transformer_without_scopes_shows_its_embedding_its_layers_and_its_head(layers: int) -> None:
    hierarchy = arrange(transformer(layers))
    (family,) = (g for g in children(hierarchy) if g.kind == "repeat")
    assert family.title.endswith(f"×{layers}")
    blocks = [b for b in children(hierarchy, family.id) if b.kind == "block"]
    assert len(blocks) == layers
    outside = {wire(transformer(layers)).nodes[n].op_type for n in hierarchy.groups[hierarchy.root].nodes}
    assert {"Gather", "LayerNormalization", "MatMul"} <= outside
    assert {family.id} <= first_open(hierarchy)


def test_a_mask_that_all_layers_share_is_in_none_of_them() -> None:
    hierarchy = arrange(transformer(12))
    blocks = [g for g in hierarchy.groups.values() if g.kind == "block"]
    assert len({b.total for b in blocks}) == 1
    assert not any(op in ("Cast", "Sub") for b in blocks for op, _ in b.ops)


def test_blocks_of_another_kind_between_families_are_numbered() -> None:
    net = Net()
    at = net("Conv", "x", net.weight())
    for stage in range(4):
        for _ in range(6):
            inner = net("Conv", net("Relu", net("BatchNormalization", at)), net.weight())
            at = net("Concat", at, net("Conv", net("Relu", inner), net.weight()))
        if stage < 3:
            at = net("AveragePool", net("Conv", net("Relu", net("BatchNormalization", at)), net.weight()))
    hierarchy = arrange(net.graph(at))
    assert [g.title for g in children(hierarchy)] == [
        "Relu-Conv-Concat ×6",
        "Relu-Conv 1/3",
        "Relu-Conv-Concat ×6",
        "Relu-Conv 2/3",
        "Relu-Conv-Concat ×6",
        "Relu-Conv 3/3",
        "Relu-Conv-Concat ×6",
    ]


def test_a_block_without_its_residual_counts_like_its_neighbours() -> None:
    net = Net()
    at = net("Conv", "x", net.weight(), kernel="[3, 3]", stride=2)
    for repeats in (2, 3, 4, 3):
        for block in range(repeats):
            inner = net("Clip", net("Conv", at, net.weight(), kernel="[1, 1]"))
            inner = net("Clip", net("Conv", inner, net.weight(), kernel="[3, 3]", stride=1 if block else 2))
            inner = net("Conv", inner, net.weight(), kernel="[1, 1]")
            at = net("Add", inner, at) if block else inner
    hierarchy = arrange(net.graph(net("Gemm", at, net.weight())))
    assert [g.title for g in children(hierarchy)] == [f"Conv-Clip-Add ×{n}" for n in (2, 3, 4, 3)]


def test_what_prepares_a_weight_or_a_shape_joins_the_block_that_reads_it() -> None:
    net = Net()
    at = "x"
    for layer in range(14):
        # Every second block casts its weight: no reason to be another kind of block.
        weight = net("Cast", net.weight()) if layer % 2 else net.weight()
        shape = net("Concat", net("Gather", net("Shape", at)), net.weight())
        at = net("Add", at, net("Relu", net("Reshape", net("MatMul", at, weight), shape)))
    graph = net.graph(at)
    hierarchy = arrange(graph)
    blocks = [g for g in hierarchy.groups.values() if g.kind == "block"]
    assert [b.total for b in blocks] == [7, 8] * 7
    assert not hierarchy.groups[hierarchy.root].nodes


def test_two_towers_of_layers_are_two_blocks_with_their_layers_inside() -> None:
    net = Net()
    ends = []
    for _ in range(2):
        start = at = net("Relu", "x")
        for _ in range(40):
            at = net("Add", at, net("Tanh", net("MatMul", net("Sigmoid", at), net.weight())))
        ends.append(net("Mul", at, start))
    graph = net.graph(net("Concat", *ends))
    hierarchy = arrange(graph)
    check_groups(graph, hierarchy)
    (both,) = (g for g in children(hierarchy) if g.kind == "repeat")
    assert both.title == "Sigmoid-MatMul-Tanh ×2"
    # The first layer of a tower shares what it reads with the end of the tower.
    assert sum(g.title == "Sigmoid-MatMul-Tanh ×39" for g in hierarchy.groups.values()) == 2


def test_a_long_family_is_cut_into_ranges() -> None:
    hierarchy = arrange(transformer(200))
    (family,) = (g for g in children(hierarchy) if g.kind == "repeat")
    titles = [g.title for g in children(hierarchy, family.id) if g.kind == "part"]
    gist = family.title.rpartition(" ")[0]
    assert titles[0].startswith(f"{gist} 1–")
    assert titles[-1].endswith("–200/200")


def test_long_lists_of_modules_are_cut_into_named_ranges() -> None:
    hierarchy = arrange(chain(400, scopes=tuple(f"layer.{i // 4}" for i in range(400))))
    assert children(hierarchy)[0].title.startswith("layer.0 … layer.")


def test_a_file_with_scopes_keeps_them() -> None:
    scopes = tuple(f"m/layer.{i // 10}" for i in range(200))
    assert {g.kind for g in arrange(chain(200, scopes=scopes)).groups.values()} == {"model", "module"}


def test_a_long_module_shows_its_blocks() -> None:
    graph = resnet((6, 6, 6))
    nodes = tuple(
        Node(n.id, n.op_type, inputs=n.inputs, outputs=n.outputs, attributes=n.attributes, scope=("body",))
        for n in graph.nodes
    )
    head = Node("y", "Softmax", inputs=(nodes[-1].id,), outputs=("y",), scope=("head", "a"))
    more = Node("z", "Relu", inputs=("y",), outputs=("z",), scope=("head", "a"))
    hierarchy = arrange(Graph("g", (*nodes, head, more), graph.values, ("x",), ("z",), graph.initializers))
    body = next(g for g in hierarchy.groups.values() if g.title == "body")
    assert [g.title for g in children(hierarchy, body.id)] == ["Conv-Relu-Add ×6"] * 3


def test_equal_nodes_in_a_row_are_no_blocks() -> None:
    kinds = {g.kind for g in arrange(chain(300)).groups.values()}
    assert kinds == {"model", "part"}


def test_titles_hold_their_count_whatever_the_names_of_the_ops() -> None:
    net = Net()
    at = "x"
    for _ in range(30):
        at = net("Add", at, net("B" * 500, net("A\u202e\n" + "a" * 500, at)))
    titles = [g.title for g in arrange(net.graph(at)).groups.values()]
    assert any(t.endswith("×30") for t in titles)
    assert any(t.endswith(" 7/30") for t in titles)
    assert all(len(t) < 80 and t.isprintable() for t in titles)


def bipartite(left: int, right: int) -> Graph:
    first = [Node(f"a{i}", "Relu", inputs=("x",), outputs=(f"a{i}",)) for i in range(left)]
    names = tuple(n.id for n in first)
    last = [Node(f"b{i}", "Sum", inputs=names, outputs=(f"b{i}",)) for i in range(right)]
    return Graph("g", (*first, *last), {}, ("x",), tuple(n.id for n in last))


def readers(count: int) -> Graph:
    net = Net()
    hub = net("Relu", "x")
    return net.graph(net("Sum", *(net("Tanh", hub) for _ in range(count))))


def deep_skips(count: int) -> Graph:
    net = Net()
    down = ["x"]
    for _ in range(count):
        down.append(net("Relu", down[-1]))
    at = down.pop()
    while down:
        at = net("Add", at, down.pop())
    return net.graph(at)


def tangle(count: int, ops: int) -> Graph:
    chosen = random.Random(ops)
    net = Net()
    names = ["x"]
    for _ in range(count):
        picks = [names[-1 - min(int(chosen.expovariate(0.2)), len(names) - 1)] for _ in range(2)]
        names.append(net(f"Op{chosen.randrange(ops)}", *picks))
    return net.graph(names[-1])


@pytest.mark.parametrize(
    "graph",
    [
        chain(20_000),
        bipartite(200, 200),
        readers(5_000),
        deep_skips(5_000),
        tangle(5_000, 2),
        tangle(5_000, 20),
        resnet([500] * 4),
    ],
    ids=[
        "chain",
        "bipartite",
        "readers",
        "skips",
        "tangle of 2 ops",
        "tangle of 20",
        "long residual network",
    ],
)
def test_hostile_shapes_keep_the_laws(graph: Graph) -> None:
    hierarchy = arrange(graph)
    check_groups(graph, hierarchy)
    assert 8 <= in_view(hierarchy, first_open(hierarchy)) <= 90


@st.composite
def repeating(draw: st.DrawFn) -> Graph:
    """A random word of calls, with skips inside, several times over, with noise before, between and after."""
    net = Net()
    size = draw(st.integers(2, 12))
    ops = draw(
        st.lists(st.sampled_from(("Conv", "Relu", "Add", "Shape", "Reshape")), min_size=size, max_size=size)
    )
    reach = draw(st.lists(st.integers(0, 5), min_size=size, max_size=size))
    shared = net("Cos", "x") if draw(st.booleans()) else ""
    known = [net("Relu", "x")]
    for _ in range(draw(st.integers(4, 14))):
        known = known[-1:]
        for op, back in zip(ops, reach, strict=True):
            inputs = [known[-1], known[-1 - min(back, len(known) - 1)]]
            weight = net("Cast", net.weight()) if draw(st.integers(0, 9)) == 0 else net.weight()
            known.append(net(op, *inputs, *([weight] if op == "Conv" else []), *([shared] if shared else [])))
        if draw(st.integers(0, 5)) == 0:
            known.append(net("Dropout", known[-1]))
    return net.graph(known[-1])


_LAWS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@_LAWS
@given(st.one_of(repeating(), graphs(200)))
def test_every_node_is_in_one_group_and_the_same_graph_gives_the_same_groups(graph: Graph) -> None:
    hierarchy = arrange(graph)
    check_groups(graph, hierarchy)
    assert hierarchy == arrange(graph)
    opened = first_open(hierarchy)
    assert hierarchy.root in opened
    assert opened <= open_all(hierarchy)


@_LAWS
@given(repeating())
def test_groups_found_by_structure_never_wait_for_each_other(graph: Graph) -> None:
    hierarchy = arrange(graph)
    wiring = wire(graph)
    above = {n: g.id for g in hierarchy.groups.values() for n in (*g.nodes, *g.children)}
    for group in hierarchy.groups.values():
        if group.kind == "part":
            continue
        links = set()
        for w in wiring.wires:
            ends = [_member(above, leaf, group.id) for leaf in (w.source, w.target)]
            if ends[0] and ends[1] and ends[0] != ends[1]:
                links.add((ends[0], ends[1]))
        _drained(links)


def _member(above: dict[str, str], leaf: str, group: str) -> str:
    at = leaf
    while at in above and above[at] != group:
        at = above[at]
    return at if at in above else ""


def _drained(links: set[tuple[str, str]]) -> None:
    """Take away what nothing waits for until nothing is left."""
    while links:
        waiting = {b for _, b in links}
        left = {(a, b) for a, b in links if a in waiting}
        assert len(left) < len(links), links
        links = left


def flat(item: int | Run) -> list[int]:
    return [item] if isinstance(item, int) else [i for part in item.parts for p in part for i in flat(p)]


@_LAWS
@given(st.lists(st.integers(0, 3), max_size=120))
def test_collapsing_keeps_every_symbol_in_its_order(symbols: list[int]) -> None:
    items = collapse(symbols, [0] * (len(symbols) + 1))
    assert [place for item in items for place in flat(item)] == list(range(len(symbols)))


@_LAWS
@given(
    st.lists(st.integers(0, 5), max_size=6),
    st.integers(1, 9),
    st.integers(2, 9),
    st.lists(st.integers(0, 5), max_size=6),
)
def test_a_word_of_different_letters_is_found_as_often_as_it_stands(
    before: list[int], letters: int, times: int, after: list[int]
) -> None:
    word = list(range(10, 10 + letters))
    symbols = [*before, *word * times, *after]
    runs = [i for i in collapse(symbols, [0] * (len(symbols) + 1)) if isinstance(i, Run)]
    (run,) = (r for r in runs if symbols[r.first] >= 10)
    assert (run.first, run.last) == (len(before), len(before) + letters * times - 1)
    assert len(run.parts) == times


def test_runs_of_different_length_make_a_run_of_their_own() -> None:
    text = "crmccrmcccrm"
    (outer,) = collapse([ord(c) for c in text], [0] * (len(text) + 1))
    assert isinstance(outer, Run)
    assert [len(flat_part) for flat_part in ([p for i in part for p in flat(i)] for part in outer.parts)] == [
        3,
        4,
        5,
    ]


def test_a_run_begins_where_it_costs_least() -> None:
    symbols = [ord(c) for c in "xyxyxyx"]
    for start in (0, 1):
        cost = [0 if at % 2 == start else 9 for at in range(len(symbols) + 1)]
        (run,) = (i for i in collapse(symbols, cost) if isinstance(i, Run))
        assert run.first == start
        assert len(run.parts) == 3
        assert all(b[0] - a[-1] == 1 for a, b in pairwise(run.parts) if isinstance(b[0], int))
