"""Our own folding among the optimizers: what is said of the nodes that it left is what it says itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnxviz.rewrites.optimizers import find, optimize
from onnxviz.rewrites.reasons import Stayed
from tests.rewrites.explain.stayed import Result, written


def test_a_value_that_is_too_large_stays_for_its_size_and_others_store_it(tmp_path: Path) -> None:
    text = """g (float[2097152] x) => (float[2097152] y) <int64[1] n = {2097152}> {
      ones = ConstantOfShape <value = float[1] {1}> (n)
      y = Add(x, ones)
    }"""
    result = Result(written(text, tmp_path), tmp_path, "fold")
    one = result.kept()["ones"]
    assert one.reason is Stayed.SIZE_LIMIT
    assert "8,388,608 bytes" in one.sentence
    assert one.remedy is not None
    assert one.remedy.optimizer == "onnxsim"
    assert result.frees(one)


def test_a_symbol_that_waits_for_a_size_is_free_with_it(tmp_path: Path) -> None:
    text = """g (float[n, 3] x, float[m] z) => (float[k, l] y) { s = Shape(x) y = Reshape(z, s) }"""
    result = Result(written(text, tmp_path), tmp_path, "fold")
    one = result.kept()["s"]
    assert one.reason is Stayed.SYMBOLIC_DIM
    assert result.frees(one)


def test_one_size_of_a_shape_folds_while_another_is_open(tmp_path: Path) -> None:
    text = """g (float[n, 3] x, float[1, 3] z) => (float[n, 3] y) <int64[1] one = {1}> {
      s = Shape(x) c = Gather(s, one) r = Reshape(z, c) y = Add(x, r)
    }"""
    assert Result(written(text, tmp_path), tmp_path, "fold").kept() == {}


@pytest.mark.parametrize(
    ("text", "node", "reason"),
    [
        (
            "g (float[2] x) => (float[2] y) { r = RandomNormal <shape = [2]> () y = Add(x, r) }",
            "r",
            Stayed.RANDOM,
        ),
        (
            "g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { r = own.Go(w) y = Add(x, r) }",
            "r",
            Stayed.CUSTOM_OP,
        ),
        (
            """g (float[1] x) => (float[1] y) <float[2] w = {1, 2}, int64 i = {0}> {
              r = SplitToSequence <axis = 0, keepdims = 1> (w) f = SequenceAt(r, i) y = Add(x, f)
            }""",
            "r",
            Stayed.NO_RULE,
        ),
    ],
)
def test_the_reasons_are_its_own(text: str, node: str, reason: Stayed, tmp_path: Path) -> None:
    result = Result(written(text, tmp_path), tmp_path, "fold")
    rewrite = optimize("fold", result.before, tmp_path / "again.onnx", result.how.options)
    assert rewrite.kept.keys() <= result.kept(0.0).keys()
    assert result.kept(0.0)[node].reason is reason


def test_it_folds_in_bodies_and_takes_no_identity_out(tmp_path: Path) -> None:
    text = """g (float[2] x, bool b) => (float[2] y) <float[2] w = {1, 2}> {
      i = Identity(x)
      y = If (b) <
        then_branch = t () => (float[2] p) { n = Neg(w) p = Add(i, n) },
        else_branch = e () => (float[2] q) { q = Abs(i) }
      >
    }"""
    result = Result(written(text, tmp_path), tmp_path, "fold")
    assert "Neg" not in result.after.graph.op_counts()
    one = result.kept()["i"]
    assert one.reason is Stayed.NO_RULE
    assert one.remedy is not None
    assert result.frees(one)


def test_a_weight_that_is_an_input_is_free_once_it_is_frozen(tmp_path: Path) -> None:
    text = "g (float[2] x, float[2] w) => (float[2] y) <float[2] w = {1, 2}> { n = Neg(w) y = Add(x, n) }"
    result = Result(written(text, tmp_path), tmp_path, "fold")
    one = result.kept()["n"]
    assert one.reason is Stayed.GRAPH_INPUT
    assert result.frees(one)


def test_the_inside_of_a_function_is_free_with_an_optimizer_that_inlines(tmp_path: Path) -> None:
    text = """g (float[2] x) => (float[2] y) { y = own.F(x) }
    <domain: "own", opset_import: ["": 18]> F (a) => (b) {
      c = Constant <value = float {2}> () d = Neg(c) b = Add(a, d)
    }"""
    result = Result(written(text, tmp_path), tmp_path, "fold")
    assert {one.reason for one in result.kept().values()} == {Stayed.FUNCTION}


def test_it_is_ours_and_says_so() -> None:
    assert (find("fold").library, find("fold").licence) == ("onnxviz", "MIT")
