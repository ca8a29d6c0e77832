"""Overlays: values of nodes and groups, their shades, and the words for one node."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnxviz.costs.flops import flops_of
from onnxviz.costs.sizes import output_bytes, parameters_of
from onnxviz.errors import BadUsage
from onnxviz.model import Graph, Node, Value
from onnxviz.reading import read_model
from onnxviz.scene.grouping.hierarchy import arrange
from onnxviz.scene.overlays import OVERLAYS, Overlay, explain, overlay, scale, shades
from onnxviz.scene.types import Hierarchy
from tests.costs.test_sums import check_sums, elements
from tests.scene.graphs import chain, parsed
from tests.scene.test_dot_and_svg import HOSTILE, hostile_graph

LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"


@given(
    st.dictionaries(st.text(max_size=3), st.floats(-1, 1e30), max_size=12),
    st.lists(st.text(max_size=3), max_size=12),
)
def test_shares_are_between_0_and_1_and_keep_the_order(of: dict[str, float], asked: list[str]) -> None:
    shown = Overlay("flops", "Operations", "FLOP", of, total=sum(of.values()))
    found = shades(shown, [*asked, *of])
    assert set(found) == set(of)
    assert all(0 <= share <= 1 for share, _ in found.values())
    largest = max(of.values(), default=0)
    for box, (share, text) in found.items():
        assert text
        assert (share == 1) or of[box] < largest or largest <= 0
        assert all(share <= found[other][0] for other in of if of[box] <= of[other])


def test_a_quarter_of_the_largest_is_half_as_dark() -> None:
    shown = Overlay("flops", "Operations", "FLOP", {"a": 4e9, "b": 1e9, "c": 0.0}, total=8e9)
    assert shades(shown, "abc") == {
        "a": (1.0, "4 GFLOP, 50 %"),
        "b": (0.5, "1 GFLOP, 12 %"),
        "c": (0.0, "0 FLOP"),
    }
    assert scale(shown, "bc") == ("0 FLOP", "1 GFLOP")
    assert scale(shown, "") == ("0 FLOP", "0 FLOP")


def test_a_box_without_a_value_has_no_shade() -> None:
    assert shades(Overlay("time", "Time", "s", {"a": 1.0}, total=1.0), ["in:x", "stub:1"]) == {}


def test_a_sum_that_lacks_nodes_says_at_least() -> None:
    graph = chain(4, scopes=("a", "a", "b", "b"))
    values = {f"v{i}": Value(f"v{i}", "float", (10,)) for i in (0, 2, 3)}
    graph = replace(graph, values=values)
    hierarchy = arrange(graph)
    shown = overlay("output", graph, hierarchy)
    a, b = hierarchy.groups[hierarchy.root].children
    assert shown.unknown == 1
    assert shown.note == "1 of 4 nodes without a known size"
    assert shown.partial == {a, hierarchy.root}
    assert shades(shown, [a, b, "v1"]) == {
        a: (pytest.approx(math.sqrt(0.5)), "≥ 40 B, 33 %"),
        b: (1.0, "80 B, 67 %"),
    }


IF = """<ir_version: 8, opset_import: ["" : 17]>
    g (float[2] x, bool c) => (float[2] y) {
        y = If (c) <
            then_branch = t () => (float[2] b) { a = Relu(x) b = Relu(a) },
            else_branch = e () => (float[2] d) { d = Neg(x) }
        >
    }"""


def with_if() -> tuple[Graph, Hierarchy]:
    graph = parsed(IF)
    node = graph.nodes[0]
    (then, first), (other, second) = node.subgraphs
    first = replace(first, values={**first.values, "a": Value("a", "float", (2,))})
    graph = replace(graph, nodes=(replace(node, subgraphs=((then, first), (other, second))),))
    return graph, arrange(graph)


def test_of_two_branches_the_larger_counts_around_them_and_each_counts_for_itself() -> None:
    graph, hierarchy = with_if()
    shown = overlay("flops", graph, hierarchy)
    assert shown.of["y"] == 0
    assert shown.total == 4 == flops_of(graph.nodes[0], graph.values).amount
    bodies = {shown.of[g.id] for g in hierarchy.groups.values() if g.kind == "body"}
    assert bodies == {4, 2}
    assert [shown.of[group] for group in shown.apart] == [2]
    assert "the largest counts" in shown.note
    check_sums(hierarchy, shown)


def test_a_node_that_was_timed_as_a_whole_holds_the_time_of_its_bodies() -> None:
    graph, hierarchy = with_if()
    inner = graph.nodes[0].subgraphs[0][1].nodes[0].id
    shown = overlay("time", graph, hierarchy, {"y": 3.0, inner: 1.0})
    assert shown.total == 3
    assert shown.unknown == 0
    assert {shown.of.get(group, 0) for group in shown.apart} == {1, 0}
    loose = overlay("time", graph, hierarchy, {inner: 1.0})
    assert (loose.total, loose.unknown) == (1, 3)


def test_a_loop_of_constant_length_counts_its_nodes_as_often_as_they_run() -> None:
    body = Graph("b", (Node("r", "Relu", inputs=("x",), outputs=("r",)),), {"r": Value("r", "float", (5,))})
    trip = Value("n", "int64", (), 8, "7", True)
    loop = Node("y", "Loop", inputs=("n", "", "x"), outputs=("y",), subgraphs=(("body", body),))
    graph = Graph("g", (loop,), {"n": trip, "y": Value("y", "float", (5,))}, ("x",), ("y",), ("n",))
    hierarchy = arrange(graph)
    shown = overlay("flops", graph, hierarchy)
    assert shown.of == {"y": 0, "r": 35, hierarchy.root: 35, "y/body": 35}
    assert shown.runs == {"r": 7}
    assert "In each of 7 runs: 35 FLOP in all" in explain("flops", body.nodes[0], body.values, runs=7)
    assert overlay("output", graph, hierarchy).total == 40
    endless = replace(graph, values={**graph.values, "n": replace(trip, preview=str(2**63 - 1))})
    note = overlay("flops", endless, hierarchy).note
    assert note == "1 loop counted for one iteration: a run decides how many there are"


def test_symbolic_sizes_are_named_in_the_note() -> None:
    graph = replace(
        chain(2),
        values={"v0": Value("v0", "float", ("batch", 3)), "v1": Value("v1", "float", ("batch", None))},
    )
    hierarchy = arrange(graph)
    bare = overlay("flops", graph, hierarchy)
    assert (bare.of, bare.unknown, bare.total) == ({}, 2, 0)
    assert bare.note == "2 of 2 nodes without a known number of operations"
    given_sizes = overlay("flops", graph, hierarchy, dims={"batch": 2})
    assert given_sizes.note == "sizes as given: batch = 2; 1 of 2 nodes without a known number of operations"
    assumed = overlay("flops", graph, hierarchy, assume=1)
    assert assumed.total == 4
    assert assumed.note == "symbolic sizes taken as 1: batch, and those without a name"


def test_values_that_are_no_numbers_or_of_no_box_are_left_out() -> None:
    graph = chain(3)
    shown = overlay("time", graph, arrange(graph), {"v0": math.nan, "v1": math.inf, "v2": 1.0, "gone": 1.0})
    assert shown.total == 1
    assert shown.note == "2 of 3 nodes without a known time; 1 value left out, of nodes that have no box"


def test_a_hierarchy_of_a_part_counts_that_part() -> None:
    graph = replace(chain(4), values={"v0": Value("v0", "float", (10,))})
    whole = arrange(graph)
    part = Hierarchy(whole.root, {whole.root: replace(whole.groups[whole.root], nodes=("v0", "v1"))})
    shown = overlay("output", graph, part)
    assert (shown.total, shown.unknown) == (40, 1)
    assert shown.note == "1 of 2 nodes without a known size"


def test_the_family_is_the_default_and_has_no_values() -> None:
    assert next(iter(OVERLAYS)) == "family"
    graph = chain(3)
    assert overlay("family", graph, arrange(graph)).of == {}
    assert explain("family", graph.nodes[0], {}) == "Activation: the family of Relu"


def test_another_kind_is_refused_in_words() -> None:
    graph = chain(1)
    with pytest.raises(BadUsage, match=r"There are family, output, parameters, flops, time, status\."):
        overlay("colour", graph, arrange(graph))
    with pytest.raises(BadUsage):
        explain("colour", graph.nodes[0], {})


def test_a_node_is_explained_by_value_formula_sizes_and_source() -> None:
    graph = read_model(LIGHT / "light_resnet50.onnx").graph
    conv = next(node for node in graph.nodes if node.op_type == "Conv")
    weight = conv.inputs[1]
    assert explain("flops", conv, graph.values).splitlines() == [
        "236 MFLOP (236,027,904)",
        "Formula: 2 · N · M · outH · outW · C/g · kH · kW",
        f"With {conv.outputs[0]} 1×64×112×112, {weight} 64×3×7×7",
        "Source: https://onnx.ai/onnx/operators/onnx__Conv.html",
    ]
    assert explain("output", conv, graph.values).startswith("3.21 MB (3,211,264)\nFormula: ")
    assert explain("time", conv, graph.values, given={conv.id: 0.0117}) == "11.7 ms"
    assert explain("time", conv, graph.values) == "No value was given"
    assert explain("status", conv, graph.values) == "0 nodes"
    assert explain("flops", conv, {}).startswith(f"Not known: the shape of {conv.outputs[0]} is not known")


@pytest.mark.parametrize("path", sorted(LIGHT.glob("*.onnx")), ids=lambda p: p.stem)
def test_totals_of_the_wheels_models_are_the_sums_over_their_nodes(path: Path) -> None:
    graph = read_model(path).graph
    hierarchy = arrange(graph)
    nodes = [node for node in graph.nodes if not node.is_constant]
    for kind, cost_of in (("flops", flops_of), ("output", output_bytes)):
        shown = overlay(kind, graph, hierarchy)
        amounts = {node.id: cost_of(node, graph.values).amount for node in nodes}
        assert shown.total == sum(amount or 0 for amount in amounts.values())
        assert shown.unknown == list(amounts.values()).count(None)
        check_sums(hierarchy, shown)
    read = {
        name
        for node in nodes
        for name in node.inputs
        if name in graph.values and graph.values[name].is_constant
    }
    parameters = overlay("parameters", graph, hierarchy)
    assert parameters.total == sum(elements(graph.values[name]) for name in read)
    assert all(parameters.of[node.id] == parameters_of(node, graph.values).amount for node in nodes)


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_are_text_that_can_be_shown(name: str) -> None:
    graph = hostile_graph(name)
    hierarchy = arrange(graph)
    for kind in OVERLAYS:
        shown = overlay(kind, graph, hierarchy, {name: 1.0}, dims={name: 2}, assume=3)
        texts = [shown.note, *(text for _, text in shades(shown, hierarchy.groups).values())]
        texts += explain(kind, graph.nodes[0], graph.values, assume=3).splitlines()
        assert all(text.isprintable() and len(text) < 1000 for text in texts)
        for text in texts:
            text.encode()


def test_sizes_that_no_float_can_hold_are_cut_off() -> None:
    graph = replace(
        chain(2), values={"v0": Value("v0", "float", (2**62,) * 20), "v1": Value("v1", "float", (1,))}
    )
    hierarchy = arrange(graph)
    for kind in ("output", "flops"):
        shown = overlay(kind, graph, hierarchy)
        assert math.isfinite(shown.total)
        assert shades(shown, ["v0", "v1", hierarchy.root])["v0"][0] == 1
        assert explain(kind, graph.nodes[0], graph.values)
