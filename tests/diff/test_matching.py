"""Which node is which, where names, structure and neighbours say different things."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from onnxviz.diff import apply, diff, invert
from onnxviz.model import Graph, Node
from tests.diff.shapes import bipartite, call, chain, fan, graph
from tests.diff.texts import changes, compared, gone, model, new


def test_a_node_stays_when_what_fed_it_was_folded_into_an_initializer(tmp_path: Path) -> None:
    before = """g (float[2,3] x) => (float[6] y) <int64[1] k = {0}, int64[1] s = {6}> {
        a = Shape(x) b = ReduceProd(a) y = Reshape(x, b) }"""
    after = "g (float[2,3] x) => (float[6] y) <int64[1] b = {6}> { y = Reshape(x, b) }"
    found = compared(tmp_path, before, after)
    assert found.pairs() == {"y": "y"}
    assert gone(found) == ["a", "b"]
    assert changes(found) == {"y": [("input:1", "b of ReduceProd", "b of an initializer")]}


def test_a_convolution_that_swallowed_its_normalization_is_still_that_convolution(tmp_path: Path) -> None:
    before = """g (float[1,1,4,4] x, float[1,1,1,1] w, float[1] s) => (float[1,1,4,4] y) {
        c0 = Conv(x, w) n0 = BatchNormalization(c0, s, s, s, s) r0 = Relu(n0)
        c1 = Conv(r0, w) n1 = BatchNormalization(c1, s, s, s, s) y = Relu(n1) }"""
    after = """g (float[1,1,4,4] x, float[1,1,1,1] w, float[1] s) => (float[1,1,4,4] y) {
        n0 = Conv(x, w, s) r0 = Relu(n0) n1 = Conv(r0, w, s) y = Relu(n1) }"""
    found = compared(tmp_path, before, after)
    assert found.pairs() == {"c0": "n0", "r0": "r0", "c1": "n1", "y": "y"}
    assert gone(found) == ["n0", "n1"]
    unnamed = compared(tmp_path, before, after.replace("n0", "q").replace("n1", "p").replace("r0", "r"))
    assert unnamed.pairs() == {"c0": "q", "r0": "r", "c1": "p", "y": "y"}


def test_numbered_names_that_moved_on_by_one_are_not_believed(tmp_path: Path) -> None:
    ops = ["Relu", "Neg", "Abs", "Relu", "Neg", "Abs", "Relu", "Neg"]
    text = "g (float[2] x) => (float[2] y) {{ {} y = Exp({}) }}"

    def lines(all_ops: list[str]) -> str:
        calls = (f"t{i} = {op}({f't{i - 1}' if i else 'x'})" for i, op in enumerate(all_ops))
        return text.format(" ".join(calls), f"t{len(all_ops) - 1}")

    found = compared(tmp_path, lines(ops), lines(["Sqrt", *ops]))
    assert new(found) == ["t0"]
    assert found.pairs() == {"y": "y", **{f"t{i}": f"t{i + 1}" for i in range(len(ops))}}


def test_look_alikes_keep_to_their_readers() -> None:
    before = graph(
        call("Relu", "a", "x"), call("Relu", "b", "x"), call("Neg", "p", "a"), call("Abs", "q", "b"),
        outputs=("p", "q"),
    )  # fmt: skip
    after = graph(
        call("Relu", "s", "x"), call("Relu", "t", "x"), call("Neg", "v", "t"), call("Abs", "w", "s"),
        outputs=("v", "w"),
    )  # fmt: skip
    found = diff(before, after)
    assert found.empty
    assert found.pairs() == {"a": "t", "b": "s", "p": "v", "q": "w"}


def test_look_alikes_in_a_ring_are_told_apart_by_what_follows_from_the_first_choice() -> None:
    def ring(order: tuple[int, ...]) -> Graph:
        relus = (call("Relu", f"r{order.index(i)}", "x") for i in range(4))
        pairs = ((order.index(i), order.index((i + 1) % 4)) for i in range(4))
        adds = (call("Add", f"s{p}{q}", f"r{p}", f"r{q}") for p, q in pairs)
        return graph(*relus, *adds, outputs=())

    assert diff(ring((0, 1, 2, 3)), ring((2, 0, 3, 1))).empty


def test_what_changed_at_both_ends_and_lost_its_names_is_matched_all_the_same() -> None:
    found = diff(chain(500, "a", "Sin", "Cos"), chain(500, "b", "Exp", "Log"))
    assert [match.before for match in found.changed] == ["a0", "a499"]
    assert not found.added


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (chain(50_000, "a"), chain(49_999, "b"), 1),
        (fan(5000, "a"), fan(4000, "b"), 1000),
    ],
    ids=["a chain of 50,000", "5,000 readers of one tensor"],
)
def test_long_chains_and_wide_fans_of_look_alikes_are_matched(before: Graph, after: Graph, lost: int) -> None:
    found = diff(before, after)
    assert len(found.removed) == lost
    assert not found.added
    assert not found.changed


def test_every_operand_of_a_complete_bipartite_graph_finds_its_own() -> None:
    found = diff(bipartite(100, "a"), bipartite(100, "b"))
    assert found.empty
    assert found.pairs()["ar7"] == "br7"


BRANCHES = """g (float[2] x, bool c) => (float[2] y) {{ a = Exp(x) y = If (c) <
    then_branch = t () => (float[2] p) {{ {} p = Neg(q) }},
    else_branch = e () => (float[2] r) {{ r = Abs(a) }}> }}"""


def test_a_change_in_a_body_is_told_of_the_node_in_the_body(tmp_path: Path) -> None:
    inner = "k = Constant <value = float {{ {} }}> () q = Mul(a, k)"
    found = compared(tmp_path, *(BRANCHES.format(inner.format(value)) for value in (2, 3)))
    assert list(changes(found)) == ["y/then_branch:0/k"]
    assert not found.changed
    assert not found.empty
    (owner,) = [match for match in found.matched if match.bodies]
    assert [(name, inner.empty) for name, inner in owner.bodies] == [
        ("then_branch", False),
        ("else_branch", True),
    ]


def test_nodes_that_went_and_came_in_a_body_are_told_with_their_path(tmp_path: Path) -> None:
    found = compared(tmp_path, BRANCHES.format("q = Relu(a)"), BRANCHES.format("m = Sin(a) q = Relu(m)"))
    assert new(found) == ["y/then_branch:0/m"]
    assert changes(found) == {"y/then_branch:0/q": [("input:0", "a", "m")]}


def test_names_of_a_body_do_not_meet_those_around_it(tmp_path: Path) -> None:
    inner = "k = Constant <value = float { 2 }> () q = Mul(a, k)"
    renamed = (
        BRANCHES.format(inner)
        .replace("k", "a1")
        .replace("a =", "z =")
        .replace("(a", "(z")
        .replace(" q", " a")
    )
    found = compared(tmp_path, BRANCHES.format(inner), renamed.replace("Neg(q)", "Neg(a)"))
    assert found.empty


def test_the_branch_of_an_if_that_was_resolved_moved(tmp_path: Path) -> None:
    before = BRANCHES.format("q = Relu(a)")
    after = "g (float[2] x, bool c) => (float[2] y) { a = Exp(x) q = Relu(a) y = Neg(q) }"
    found = compared(tmp_path, before, after)
    assert found.moved == (("y/then_branch:0/p", "y"), ("y/then_branch:0/q", "q"))
    assert found.pairs() == {"a": "a"}
    assert gone(found) == ["y", "y/then_branch:0/q", "y/then_branch:0/p", "y/else_branch:0/r"]


def test_the_inputs_of_a_loops_body_go_by_position(tmp_path: Path) -> None:
    text = """g (int64 n, bool c, float[2] x) => (float[2] y) {{ y = Loop (n, c, x) <body =
        b (int64 {0}i, bool {0}k, float[2] {0}v) => (bool {0}o, float[2] {0}w) {{
            {0}o = Identity({0}k) {0}w = Neg({0}v) }}> }}"""
    assert compared(tmp_path, text.format("one_"), text.format("other_")).empty


FUNCTION = '<domain: "own", opset_import: ["" : 21]> f (u) => (v) {{ t = {}(u) v = Neg(t) }}'
CALLS = "g (float[2] x) => (float[2] y) { a = own.f(x) y = own.f(a) }"


def test_a_change_in_a_function_is_told_once_and_not_at_its_calls(tmp_path: Path) -> None:
    before, after = (model(CALLS, FUNCTION.format(op), ', "own" : 1') for op in ("Relu", "Abs"))
    found = compared(tmp_path, before, after)
    assert changes(found) == {}
    (function,) = found.functions
    assert function.key == "own.f"
    assert function.diff is not None
    assert [(c.field, c.before, c.after) for m in function.diff.changed for c in m.changes] == [
        ("op_type", "Relu", "Abs")
    ]
    assert not found.empty
    assert found.to_json()["functions"]["own.f"]["changed"][0]["before"] == "function own.f/t"


def test_a_function_that_is_gone_is_kept_whole_for_the_way_back(tmp_path: Path) -> None:
    before = model(CALLS, FUNCTION.format("Relu"), ', "own" : 1')
    after = model("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    (function,) = compared(tmp_path, before, after).functions
    assert function.after is None
    assert function.before is not None
    assert [node.op_type for node in function.before.nodes] == ["Relu", "Neg"]


DAMAGED = {
    "a cycle": (call("Add", "a", "x", "b"), call("Neg", "b", "a")),
    "out of order": (call("Neg", "b", "a"), call("Relu", "a", "x")),
    "a name made twice": (call("Relu", "a", "x"), replace(call("Neg", "a", "x"), id="a#2")),
    "a name from nowhere": (call("Relu", "a", "ghost"),),
    "no outputs": (
        Node("Relu@0", "Relu", inputs=("x",)),
        Node("Relu@1", "Relu", inputs=("x",), outputs=("",)),
    ),
    "hostile names": (call("<b>", "a/then_branch:0/z\n", "x"), call("", "\x00", "a/then_branch:0/z\n")),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_graph_that_breaks_the_rules_is_compared_all_the_same(case: str) -> None:
    damaged = graph(*DAMAGED[case], outputs=("a",))
    sound = graph(call("Relu", "a", "x"), outputs=("a",))
    assert diff(damaged, damaged).empty
    found = diff(damaged, sound)
    assert apply(damaged, found) == sound
    assert apply(sound, invert(found)) == damaged
