"""The counters of a folding: what the graph holds and costs after each step."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnxviz.rewrites.fold import Counts, FoldOptions
from tests.rewrites.fold.checking import check_counts, folded, reckoned, saved

UNCHECKED = FoldOptions(checks=0)


def test_what_folds_is_saved_at_each_inference(tmp_path: Path) -> None:
    found = folded(
        """g (float[2] x) => (float[2] y) <float[2] w = {1, 2}, float[2] v = {3, 4}> {
          s = Add(w, v)
          t = Mul(s, v)
          y = Add(x, t)
        }""",
        tmp_path,
    )
    assert found.counts == (Counts(3, 2, 16, 6), Counts(2, 2, 16, 4), Counts(1, 1, 8, 2))
    assert found.operations_saved == 4
    assert found.to_json()["counts"]["end"] == {
        "nodes": 1, "initializers": 1, "bytes": 8, "operations": 2, "unknown": 0,
    }  # fmt: skip
    check_counts(found)


def test_of_an_if_the_larger_branch_counts_and_a_loop_counts_its_turns(tmp_path: Path) -> None:
    found = folded(
        """g (float[2] x, bool b) => (float[2] y) <int64 three = {3}, bool go = {1}, float[2] w = {1, 2}> {
          t = If (b) <
            then_branch = t () => (float[2] p) { p = Relu(x) },
            else_branch = e () => (float[2] q) { ww = Mul(w, w) z = Mul(x, ww) q = Add(z, ww) }
          >
          y = Loop (three, go, t) <
            body = l (int64 i, bool c, float[2] s) => (bool d, float[2] u) {
              d = Identity(c)
              v = Neg(w)
              u = Add(s, v)
            }
          >
        }""",
        tmp_path,
    )
    # Before: 3 multiplications or additions of two in the branch, and 3 turns with a Neg and an Add.
    assert found.counts[0].operations == 6 + 3 * 4
    assert found.counts[-1].operations == 4 + 3 * 2
    check_counts(found)


def test_the_branch_that_an_if_becomes_counts_where_it_stands_then(tmp_path: Path) -> None:
    found = folded(
        """g (float[2] x) => (float[2] y) <bool yes = {1}> {
          y = If (yes) <
            then_branch = t () => (float[2] z) { z = Relu(x) },
            else_branch = e () => (float[2] w) { a = Neg(x) w = Abs(a) }
          >
        }""",
        tmp_path,
    )
    assert [(each.nodes, each.operations) for each in found.counts] == [(4, 4), (1, 2)]
    check_counts(found)


def test_functions_cost_what_their_nodes_do(tmp_path: Path) -> None:
    found = folded(
        """<ir_version: 8, opset_import: ["": 17, "local": 1]>
        g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { n = Neg(w) m = Add(x, n) y = local.twice(m) }
        <domain: "local", opset_import: ["": 17]> twice (a) => (b) {
          two = Constant <value = float {2}> () b = Mul(a, two)
        }
        """,
        tmp_path,
    )
    assert found.counts[0].nodes == 3
    check_counts(found)


def test_where_no_cost_is_known_there_is_none_and_what_lacks_one_is_counted(tmp_path: Path) -> None:
    found = folded(
        '<ir_version: 8, opset_import: ["": 17, "acme": 1]> g (float[2] x) => (float[2] y) {y = acme.Go(x)}',
        tmp_path,
        UNCHECKED,
        runs=False,
    )
    assert found.counts == (Counts(1, 0, 0, None, 1),)
    assert found.operations_saved is None


@pytest.mark.parametrize("name", ["light_shufflenet", "light_squeezenet"])
def test_on_a_real_model_they_are_those_of_the_graphs(
    name: str, light_models: list[Path], tmp_path: Path
) -> None:
    path = next(path for path in light_models if path.stem == name)
    found = folded(path, tmp_path, FoldOptions(checks=0, freeze_weights=True), runs=False)
    for count in range(0, len(found.steps) + 1, max(1, len(found.steps) // 8)):
        assert found.counts[count] == reckoned(found, count)
    assert found.counts[-1] == reckoned(found, len(found.steps))


def test_a_model_without_steps_has_one_entry(tmp_path: Path) -> None:
    path = saved("g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = Add(x, w) }", tmp_path)
    assert folded(path, tmp_path).counts == (Counts(1, 1, 8, 2),)
