"""The charts of a benchmark: what is in them, with every kind of result."""

from __future__ import annotations

from typing import Any

from onnxviz.bench import results
from onnxviz.bench.profiles import NodeTime, OpTime, Profile, RuntimeTime
from onnxviz.bench.types import Configuration
from onnxviz.ui.bench import words
from onnxviz.ui.bench.charts.matrix import FAILED_TEXT, arranged, matrix_chart, varying
from onnxviz.ui.bench.charts.ops import MOST_OPS, ops_chart, ops_rows
from onnxviz.ui.bench.charts.shifts import SLOWER, shifts_chart
from onnxviz.ui.bench.charts.sizes import nodes_run, sizes_chart
from tests.ui.bench.results import failed, result, timed


def rows_of(chart: Any) -> list[dict[str, Any]]:
    """The data of a chart, less lines that only mark a place."""
    found = chart.to_dict()["datasets"]
    rows: list[dict[str, Any]] = max(found.values(), key=lambda rows: len(rows[0]))
    return rows


def test_a_cell_of_the_matrix_has_its_median_and_a_failed_one_says_so() -> None:
    found = [timed("a", 4), timed("b", 2), timed("a", 4, level="off"), failed("b", "it is gone")]
    assert varying(found) == ("model", "level")
    rows = rows_of(matrix_chart(found, arranged(found, "level"), "median"))
    assert [(row["Row"], row["Column"], row["Text"]) for row in rows] == [
        ("a", "all", "4.01 ms"),
        ("b", "all", "2.01 ms"),
        ("a", "off", "4.01 ms"),
        ("b", "all", FAILED_TEXT),
    ]


def test_a_speed_up_is_over_the_first_and_above_one_where_it_is_faster() -> None:
    found = [timed("a", 4), timed("b", 2), timed("c", 8)]
    rows = rows_of(matrix_chart(found, arranged(found, "model"), "speed-up"))
    assert [row["Text"] for row in rows] == ["1.00×", "2.00×", "0.50×"]
    assert [round(row["Shade"]) for row in rows] == [0, 1, -1]


def test_a_matrix_of_failures_alone_is_a_valid_chart() -> None:
    found = [failed("a", "no"), failed("b", "no")]
    for figure in ("median", "speed-up"):
        assert matrix_chart(found, arranged(found, "model"), figure).to_dict()["layer"]


def test_points_over_nodes_are_joined_where_the_model_alone_differs() -> None:
    found = [timed(name, 1, level=level) for name in ("a", "b") for level in ("off", "all")]
    nodes = {one.label: 10 if one.model == "a" else 5 for one in found}
    rows = rows_of(sizes_chart(found, nodes, words.short_labels(found), "Nodes"))
    assert {row["Series"] for row in rows} == {"optimizations off", "optimizations all"}
    assert {row["Name"]: row["Nodes"] for row in rows} == {"a": 10, "b": 5}
    assert nodes_run(found) == {one.label: 4 for one in found}


def test_a_shift_beyond_the_tolerance_is_told_by_its_shape_as_well() -> None:
    old, new = result(timed("a", 1), timed("b", 1)), result(timed("a", 2), timed("b", 1))
    shifts = results.compared(old, new).shifts
    chart = shifts_chart(shifts, 0.05)
    assert [row["Kind"] == SLOWER for row in rows_of(chart)] == [True, False]
    shapes = [
        layer["encoding"]["shape"] for layer in chart.to_dict()["layer"] if "shape" in layer["encoding"]
    ]
    assert shapes


def profile(ops: int) -> Profile:
    """With as many operators, each of 1 ms."""
    by_op = tuple(OpTime(f"Op{at}", 1e-3, 2) for at in range(ops))
    node = NodeTime("y", "Conv", 1e-3, "cpu", ("FusedConv",), ("x",))
    own = RuntimeTime("reorder", "ReorderInput", 5e-4, "cpu")
    cell = Configuration("m", "m.onnx", "cpu")
    return Profile(
        cell, (node,), (own,), by_op, (("y", "cpu"),), ("x",), run_s=2e-3, recording_s=1e-4, runs=9
    )


def test_operators_beyond_the_most_are_one_bar() -> None:
    rows = ops_rows(profile(MOST_OPS + 5))
    assert len(rows) == MOST_OPS + 1
    assert str(rows[-1]["Label"]).startswith("5 others ×10: 5 ms, 29 %")
    assert sum(float(str(row["Time"])) for row in rows) == MOST_OPS + 5
    assert ops_chart(profile(3)).to_dict()["encoding"]
