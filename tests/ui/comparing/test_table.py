"""The filters of the table of differences, and the files to take away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onnxviz.rewrites.reasons import Removed, Went
from onnxviz.rewrites.types import Agreement
from onnxviz.ui.comparing.pair import Reasons
from onnxviz.ui.comparing.searching import Search
from onnxviz.ui.comparing.table import by_kind, filtered
from onnxviz.ui.comparing.taking import as_json
from tests.ui.comparing.pairs import FOLDABLE, FOLDED, pair_of

KNOWN = {"k": Removed("k", "Add", Went.FOLDED, "Computed from constants alone.")}


@pytest.mark.parametrize(
    ("statuses", "kinds", "ops", "why", "text", "names"),
    [
        (["rewired"], [], [], [], "", ["z"]),
        ([], ["Node"], ["Identity"], [], "", ["i"]),
        ([], [], [], ["folded"], "", ["k"]),
        ([], [], [], [], "constants ALONE", ["k"]),
        (["removed"], ["Constant"], [], [], "", ["w"]),
        (["added"], ["Node"], ["Identity"], [], "", []),
        ([], [], [], [], "nothing has this", []),
    ],
)
def test_filters_hold_together(
    statuses: list[str],
    kinds: list[str],
    ops: list[str],
    why: list[str],
    text: str,
    names: list[str],
    tmp_path: Path,
) -> None:
    _, changes = pair_of(tmp_path, FOLDABLE, FOLDED)
    rows = changes.rows()
    found = [row.name for row in filtered(changes, rows, KNOWN, statuses, kinds, ops, why, text)]
    assert found == names


def test_the_json_has_the_diff_the_reasons_and_what_was_tried(tmp_path: Path) -> None:
    pair, changes = pair_of(tmp_path, FOLDABLE, FOLDED)
    search = Search(Reasons(removed=dict(KNOWN)))
    found = json.loads(as_json(pair, changes, search, Agreement(3, agrees=True)))
    assert {node["node"] for node in found["diff"]["removed"]} == set(changes.removed)
    assert found["removed"][0]["reason"] == "folded"
    assert found["verified"]["inputs"] == 3
    assert found["optimizer"] is None
    assert [model["sha256"] for model in found["models"]] == [pair.before.digest, pair.after.digest]


def test_an_infinite_error_is_no_json_that_others_refuse(tmp_path: Path) -> None:
    pair, changes = pair_of(tmp_path, FOLDABLE, FOLDED)
    text = as_json(pair, changes, Search(), Agreement(1, absolute=float("inf"), is_beyond=True))
    assert "Infinity" not in text
    assert json.loads(text)["verified"]["max_abs_error"] is None


def test_differences_are_counted_by_what_they_are(tmp_path: Path) -> None:
    _, changes = pair_of(tmp_path, FOLDABLE, FOLDED)
    rows = changes.rows()
    counts = {kind: sum(row.kind == kind for row in rows) for kind in ("Node", "Constant")}
    assert by_kind(rows) == f"{counts['Node']} nodes, {counts['Constant']} constants"
    assert by_kind([row for row in rows if row.op == "Identity"]) == "1 node"
