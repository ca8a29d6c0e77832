"""Try it: the optimizer again with a remedy, what that frees, and what it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from onnxviz.delivery import receive
from onnxviz.errors import BadUsage
from onnxviz.rewrites.explain.stayed.remedies import applied
from onnxviz.rewrites.explain.trying import freed, try_into_store, try_remedy
from onnxviz.rewrites.optimizers import OptimizeOptions
from onnxviz.rewrites.reasons import How, Remedy
from onnxviz.rewrites.simplify import SimplifyOptions
from onnxviz.store import Store
from tests.rewrites.explain.stayed import Result, written

SIZES = """g (float[batch, 4] x, float[length, 2] v) => (int64 y, int64 z, float[batch, 4] u) {
  zero = Constant <value_int = 0> ()
  s = Shape(x)
  b = Gather(s, zero)
  y = Mul(b, b)
  t = Shape(v)
  l = Gather(t, zero)
  z = Mul(l, l)
  u = Neg(x)
}"""
BATCH = Remedy("Set batch = 3.", {"set_dims": {"batch": 3}})


def test_a_trial_counts_nodes_and_says_which_are_free(tmp_path: Path) -> None:
    result = Result(written(SIZES, tmp_path), tmp_path)
    trial = try_remedy(result.before, result.after, result.how, BATCH, ["y", "z"], tmp_path / "tried.onnx")
    assert (trial.freed, trial.still) == (("y",), ("z",))
    assert trial.before == 8
    assert trial.without == result.after.graph.node_count()
    assert trial.with_remedy == trial.rewrite.after.graph.node_count() < trial.without
    assert ("Mul", 2, 1) in trial.op_changes
    assert "it frees 1 of 2" in trial.sentence
    assert trial.rewrite.after.graph.values["x"].shape == (3, 4)
    assert json.loads(json.dumps(trial.to_json()))["freed"] == ["y"]


def test_a_remedy_that_does_nothing_frees_nothing(tmp_path: Path) -> None:
    result = Result(written(SIZES, tmp_path), tmp_path)
    nothing = Remedy("Wait.", {})
    trial = try_remedy(result.before, result.after, result.how, nothing, ["y", "z"], tmp_path / "tried.onnx")
    assert (trial.freed, trial.still) == ((), ("y", "z"))
    assert trial.sentence.startswith("As many nodes as without it")


def test_a_remedy_adds_to_the_options_and_leaves_the_others(tmp_path: Path) -> None:
    chosen = OptimizeOptions(
        set_dims={"length": 7},
        seed=5,
        simplify=SimplifyOptions(tensor_size_threshold="1KB", skip_optimization=True),
    )
    remedy = Remedy("", {"set_dims": {"batch": 3}, "simplify": {"skip_optimization": False}}, "ort-basic")
    name, options = applied(How("onnxsim", chosen), remedy)
    assert name == "ort-basic"
    simplify = replace(chosen.simplify, skip_optimization=False)
    assert options == replace(chosen, set_dims={"length": 7, "batch": 3}, simplify=simplify)


def test_where_nobody_knows_the_optimizer_the_model_itself_is_tried(tmp_path: Path) -> None:
    model = written(SIZES, tmp_path)
    trial = try_remedy(model, model, How(), BATCH, ["y"], tmp_path / "tried.onnx")
    assert trial.rewrite.name == "onnxsim"
    assert trial.freed == ("y",)


def test_the_result_can_be_taken_into_the_session(tmp_path: Path) -> None:
    result = Result(written(SIZES, tmp_path), tmp_path)
    store = Store(tmp_path / "store", 10_000_000)
    trial = try_into_store(result.before, result.after, result.how, BATCH, ["y"], store.root, store.cap_bytes)
    taken = receive(store, trial.rewrite.after)
    assert Path(taken.path).is_relative_to(store.root)
    assert trial.freed == ("y",)


@pytest.mark.parametrize(
    ("remedy", "nodes", "sentence"),
    [
        (Remedy("", {"set_dims": {"height": 3}}), ["y"], "The dimension 'height': is in no input"),
        (Remedy("", {"wish": True}), ["y"], "The remedy: names an option that there is not"),
        (Remedy("", {"simplify": {"wish": True}}), ["y"], "The remedy: names an option that there is not"),
        (Remedy("", optimizer="wish"), ["y"], "The optimizer 'wish': is not known"),
        (BATCH, ["nobody"], "The node 'nobody': is not in the result"),
    ],
)
def test_a_remedy_or_node_that_does_not_fit_is_refused_in_words(
    remedy: Remedy, nodes: list[str], sentence: str, tmp_path: Path
) -> None:
    result = Result(written(SIZES, tmp_path), tmp_path)
    with pytest.raises(BadUsage, match=sentence):
        try_remedy(result.before, result.after, result.how, remedy, nodes, tmp_path / "tried.onnx")


def test_a_node_under_another_name_or_in_other_words_is_not_free(tmp_path: Path) -> None:
    text = "g (float[2] x) => (float[2] y) { a = Sin(x) b = CastLike(a, x) y = Neg(b) }"
    model = written(text, tmp_path)
    renamed = written(text.replace("a =", "c =").replace("(a,", "(c,"), tmp_path)
    assert freed(model, renamed, ["a"]) == set()
    reworded = written(text.replace("CastLike(a, x)", "Cast <to = 1> (a)"), tmp_path)
    assert freed(model, reworded, ["b"]) == set()
    without = written("g (float[2] x) => (float[2] y) { a = Sin(x) y = Neg(a) }", tmp_path)
    assert freed(model, without, ["a", "b"]) == {"b"}


def test_a_name_that_another_node_took_over_is_free(tmp_path: Path) -> None:
    model = written("g (float[2] x) => (float[2] y) { a = Sin(x) y = Identity(a) }", tmp_path)
    other = written("g (float[2] x) => (float[2] y) { y = Sin(x) }", tmp_path)
    assert freed(model, other, ["y", "a"]) == {"y"}


def test_a_node_that_is_a_constant_now_is_free(tmp_path: Path) -> None:
    model = written(
        "g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { k = Exp(w) y = Add(x, k) }", tmp_path
    )
    text = "g (float[2] x) => (float[2] y) { k = Constant <value = float[2] {1, 2}> () y = Add(x, k) }"
    assert freed(model, written(text, tmp_path), ["k"]) == {"k"}
