"""What the Compare page says of single nodes, and its rows, in step with the picture's colours."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnxviz.diff.types import Change
from onnxviz.rewrites.reasons import Removed, Went
from onnxviz.ui.comparing.changes import Row, in_words
from tests.ui.comparing.pairs import FOLDABLE, FOLDED, pair_of


def test_nodes_are_counted_by_what_became_of_them(tmp_path: Path) -> None:
    _, changes = pair_of(tmp_path, FOLDABLE, FOLDED)
    counts = changes.counts()
    assert counts["removed"] == len(changes.removed)
    assert set(changes.removed) >= {"c", "k", "i"}
    assert changes.status("before", "k") == "removed"
    assert changes.status("after", "z") == "rewired"
    assert changes.status("before", "z") == changes.status("after", "z")


def test_every_node_has_one_status_and_the_counts_add_up(tmp_path: Path) -> None:
    pair, changes = pair_of(tmp_path, FOLDABLE, FOLDED)
    counts = changes.counts()
    before = counts["removed"] + counts["changed"] + counts["kept"]
    after = counts["added"] + counts["changed"] + counts["kept"]
    assert before == pair.before.graph.node_count()
    assert after == pair.after.graph.node_count()


def test_every_difference_is_a_row(tmp_path: Path) -> None:
    _, changes = pair_of(tmp_path, FOLDABLE, FOLDED)
    rows = changes.rows()
    nodes = {(row.status, row.id) for row in rows if row.kind == "Node"}
    assert {("removed", "k"), ("removed", "i"), ("rewired", "z")} <= nodes
    assert any(row.kind == "Constant" and row.status == "removed" and row.name == "w" for row in rows)
    assert all(row.id in changes.nodes(row.side) for row in rows if row.id)


def test_two_models_that_differ_in_names_alone_have_no_row(tmp_path: Path) -> None:
    renamed = FOLDED.replace("z", "other")
    _, changes = pair_of(tmp_path, FOLDED, renamed)
    assert changes.diff.empty
    assert changes.rows() == []
    assert changes.counts()["kept"] == 2


def test_a_constant_that_is_an_initializer_now_needs_no_reason(tmp_path: Path) -> None:
    before = "g (float[2] x) => (float[2] y) { c = Constant<value_floats = [3.0, 4.0]>() y = Add(x, c) }"
    after = "g (float[2] x) => (float[2] y) <float[2] c = {3, 4}> { y = Add(x, c) }"
    _, changes = pair_of(tmp_path, before, after)
    assert changes.stored == {"c": "c"}
    assert "c" not in changes.gone
    row = next(row for row in changes.rows() if row.id == "c")
    assert changes.reason_of(row, {})[0] == "stored"


def test_a_reason_stands_at_the_row_of_the_node_that_went_and_at_no_other(tmp_path: Path) -> None:
    _, changes = pair_of(tmp_path, FOLDABLE, FOLDED)
    known = {"k": Removed("k", "Add", Went.FOLDED, "It is the constant k now.")}
    rows = changes.rows()
    told = {row.id: changes.reason_of(row, known) for row in rows if changes.reason_of(row, known)[0]}
    assert told["k"] == ("folded", "It is the constant k now.")
    assert "i" not in told
    assert changes.reason_of(Row("added", "Node", "Add", "k", id="k"), known) == ("", "")


def test_a_constant_node_is_found_in_the_box_of_what_reads_it(tmp_path: Path) -> None:
    _, changes = pair_of(tmp_path, FOLDABLE, FOLDED)
    assert changes.box("before", "c") == "k"
    assert changes.box("before", "i") == "i"


def test_a_constant_that_nothing_reads_is_in_no_box(tmp_path: Path) -> None:
    lone = "g (float[2] x) => (float[2] y) { c = Constant<value_floats = [3.0]>() y = Relu(x) }"
    _, changes = pair_of(tmp_path, lone, FOLDED)
    assert changes.box("before", "c") is None


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Change("attribute:axis", "1", "0"), "axis: 1 → 0"),
        (Change("input:1", "w of Cast", "w of an input"), "input 1: w of Cast → w of an input"),
        (Change("input:2", None, "b"), "input 2: nothing → b"),
        (Change("type:0", "float[2]", "float[3]"), "type of output 0: float[2] → float[3]"),
        (Change("op_type", "Relu", "Elu"), "operator: Relu → Elu"),
        (Change("opset:ai.onnx", "17", "21"), "opset of ai.onnx: 17 → 21"),
        (Change("kept", "Constant", "initializer"), "kept: Constant → initializer"),
    ],
)
def test_a_change_is_told_in_words(change: Change, text: str) -> None:
    assert in_words(change) == text
