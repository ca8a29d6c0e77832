"""Where the time goes and which provider ran what: tables, sentences, and what is laid onto the graph."""

from __future__ import annotations

from dataclasses import replace

from onnxviz.bench.profiles import NodeTime, OpTime, Profile, RuntimeTime
from onnxviz.bench.types import Assigned, Configuration
from onnxviz.ui.bench import assigned, profiled
from tests.ui.bench.results import timed

FOUND = Profile(
    Configuration("m", "m.onnx", "openvino"),
    nodes=(
        NodeTime("y", "Relu", 3e-3, "cpu", ("FusedConv",), ("x",)),
        NodeTime("z", "Softmax", 1e-3, "openvino", ("Softmax",)),
    ),
    runtime=(RuntimeTime("reorder_token_1", "ReorderInput", 1e-3, "cpu"),),
    by_op=(OpTime("FusedConv", 3e-3, 1),),
    ran_on=(("y", "cpu"), ("x", "cpu"), ("z", "openvino")),
    unknown=("w",),
    run_s=6e-3,
    recording_s=5e-4,
    runs=20,
)


def test_what_the_runtime_made_is_a_row_of_its_own_and_the_slowest_comes_first() -> None:
    table = profiled.node_table(FOUND)
    assert list(table["Node"]) == ["y", "z", profiled.BUCKET]
    assert list(table["Time"]) == [3.0, 1.0, 1.0]
    assert abs(table["Share"].sum() - 1) < 1e-9
    assert list(table["Together with"]) == ["x", "", ""]


def test_the_headline_says_how_much_is_in_nodes_of_the_model() -> None:
    said = profiled.headline(FOUND)
    assert "**6 ms**" in said
    assert "Of the 5 ms in nodes, 1 ms (20 %) are in what the runtime made itself" in said
    assert "All of the 4 ms in nodes are in nodes of this model" in profiled.headline(
        replace(FOUND, runtime=())
    )
    assert "No node took" in profiled.headline(replace(FOUND, runtime=(), nodes=()))


def test_the_graph_has_seconds_at_the_nodes_that_are_certain_and_says_what_is_not_there() -> None:
    given = profiled.on_graph(FOUND, "d")
    assert given.values == {"x": 0.0, "y": 3e-3, "z": 1e-3}
    assert given.texts == {"x": "in y"}
    assert "1 ms more are the runtime's own" in given.note
    assert "1 node ran as one with another" in given.note


def test_the_graph_marks_what_ran_elsewhere_and_leaves_the_unknown_without_a_colour() -> None:
    one = timed("m", 1, provider="openvino", used="openvino+cpu")
    given = assigned.on_graph(FOUND, one, "d")
    assert given.values == {"y": 1.0, "x": 1.0, "z": 0.0}
    assert given.texts["y"] == "on cpu"
    assert given.hidden == {"w"}
    assert given.ends == ("on openvino", "elsewhere")
    assert "1 node ran on openvino, 2 elsewhere" in given.note


def test_a_table_by_operator_has_a_column_for_each_provider() -> None:
    one = timed("m", 1, provider="openvino", used="openvino+cpu")
    parts = (Assigned("openvino", (("Conv", 5),)), Assigned("cpu", (("Conv", 1), ("NonZero", 2))))
    assert assigned.op_rows(one, parts) == [
        {"Operator": "Conv", "on openvino": "5", "on cpu, not asked for": "1"},
        {"Operator": "NonZero", "on openvino": "–", "on cpu, not asked for": "2"},
    ]
    said = assigned.sentence(replace(one, assignment=parts))
    assert "**5 of 8** nodes ran on **openvino**" in said
    assert "not on openvino" in said
