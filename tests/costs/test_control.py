"""Nodes with bodies: branches, loops, scans, calls of functions."""

from __future__ import annotations

import pytest

from onnxviz.costs.dims import Sizes
from onnxviz.costs.flops import flops_of
from onnxviz.costs.walk import bodies_of, trips, visible
from onnxviz.model import Graph, Node, Value
from onnxviz.scene.functions import expand
from tests.costs.calls import Shaped, call, chain_of, known, numbers

LONG, SHORT = chain_of("Relu", (2, 5), ("a", "b", "c")), chain_of("Relu", (2, 5), ("d",))


def scalar(number: int) -> Value:
    return Value("m", "int64", (), 8, str(number), True)


def test_an_if_costs_its_larger_branch_and_names_it() -> None:
    node, values = call("If", [()], [(2, 5)], bodies=(("then_branch", SHORT), ("else_branch", LONG)))
    cost = flops_of(node, values)
    assert known(cost) == 30
    assert "else_branch" in cost.formula
    assert cost.source == "https://onnx.ai/onnx/operators/onnx__If.html"


def test_a_loop_of_constant_length_costs_its_trips() -> None:
    node, values = call("Loop", [scalar(7), (), (2, 5)], [(2, 5)], bodies=(("body", LONG),))
    cost = flops_of(node, values)
    assert known(cost) == 7 * 30
    assert cost.formula.startswith("7 · ")


@pytest.mark.parametrize(
    "count", [(), None, scalar(2**63 - 1), numbers()], ids=["computed", "none", "endless", "no"]
)
def test_a_loop_of_unknown_length_costs_one_iteration_and_says_so(count: Shaped) -> None:
    node, values = call("Loop", [count, (), (2, 5)], [(2, 5)], bodies=(("body", LONG),))
    cost = flops_of(node, values)
    assert known(cost) == 30
    assert "one iteration" in cost.formula


def test_a_loop_that_never_runs_costs_nothing() -> None:
    node, values = call("Loop", [scalar(0), (), (2, 5)], [(2, 5)], bodies=(("body", LONG),))
    assert known(flops_of(node, values)) == 0


def test_a_scan_runs_once_for_each_slice() -> None:
    body = (("body", LONG),)
    node, values = call(
        "Scan", [(2,), (4, 9, 3)], [(2,)], bodies=body, num_scan_inputs=1, scan_input_axes=[-2]
    )
    assert known(flops_of(node, values)) == 9 * 30
    node, values = call("Scan", [(2,), (4, 9, 3)], [(2,)], bodies=body, num_scan_inputs=1)
    assert known(flops_of(node, values)) == 4 * 30


def test_a_scan_over_a_symbolic_length_is_one_iteration() -> None:
    node, values = call("Scan", [(2,), ("t", 3)], [(2,)], bodies=(("body", LONG),), num_scan_inputs=1)
    assert trips(node, values, Sizes()) is None
    assert known(flops_of(node, values)) == 30
    assert known(flops_of(node, values, dims={"t": 6})) == 180


def test_loops_within_loops_multiply() -> None:
    inner = Node("i", "Loop", inputs=("n", "", "x"), outputs=("i",), subgraphs=(("body", LONG),))
    body = Graph("b", (inner,), {"n": Value("n", "int64", (), 8, "3", True)}, ("x",), ("i",))
    node, values = call("Loop", [scalar(7), (), (2, 5)], [(2, 5)], bodies=(("body", body),))
    assert known(flops_of(node, values)) == 7 * 3 * 30
    runs = [each.runs for each in bodies_of(Graph("g", (node,), values), Sizes())]
    assert runs == [1, 7, 21]


def test_a_body_sees_the_values_around_it() -> None:
    body = Graph(
        "b", (Node("s", "Add", inputs=("i2", "i2"), outputs=("s",)),), {"s": Value("s", "float", (2, 5))}
    )
    captures = Graph(
        "b", (Node("p", "MatMul", inputs=("i2", "w"), outputs=("p",)),), {"p": Value("p", "float")}
    )
    node, values = call("Loop", [scalar(2), (), (2, 5)], [(2, 5)], bodies=(("body", captures),))
    values["w"] = Value("w", "float", (5, 3), is_constant=True)
    assert known(flops_of(node, values)) == 2 * (2 * 2 * 5 * 3)
    around = visible((captures, Graph("g", (node,), values)))
    assert known(flops_of(captures.nodes[0], around)) == 2 * 2 * 5 * 3
    assert flops_of(body.nodes[0], visible((body,))).amount == 10


def test_an_unknown_size_in_a_body_is_the_reason_of_its_node() -> None:
    body = Graph("b", (Node("r", "Relu", inputs=("q",), outputs=("r",)),), {"r": Value("r", "float", ("n",))})
    node, values = call("If", [()], [(2,)], bodies=(("then_branch", body), ("else_branch", SHORT)))
    cost = flops_of(node, values)
    assert cost.amount is None
    assert cost.reason == "the size n of r is not known"
    assert known(flops_of(node, values, assume=4)) == 10


def test_a_call_of_a_function_costs_its_body() -> None:
    node, values = call("F", [(2, 5)], [(2, 5)], "local")
    graph = Graph("g", (node,), values, ("i0",), ("o0",))
    assert flops_of(node, values).reason == "local.F has no formula"
    opened = expand(graph, [("local.F", LONG)])
    cost = flops_of(opened.nodes[0], values)
    assert cost.amount == 30
    assert cost.formula == "the sum over the nodes of its body"


def test_deep_nesting_is_no_problem() -> None:
    graph = LONG
    for depth in range(60):
        node = Node(
            f"n{depth}", "If", inputs=("c",), outputs=(f"n{depth}",), subgraphs=(("then_branch", graph),)
        )
        graph = Graph("g", (node,), {"c": Value("c", "bool", ())})
    assert known(flops_of(graph.nodes[0], graph.values)) == 30
    assert len(bodies_of(graph, Sizes())) == 61
