"""A pass is named where a change comes with it and stays away without it, and nowhere else."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from onnx import parser

from onnxviz.errors import RewriteFailed
from onnxviz.model import Model
from onnxviz.progress import listening
from onnxviz.reading import read_model
from onnxviz.rewrites.explain.explain import explain_models
from onnxviz.rewrites.explain.went import naming_passes
from onnxviz.rewrites.explain.went.naming_passes import name_passes
from onnxviz.rewrites.optimizers import OptimizeOptions
from onnxviz.rewrites.passes import FOLDING
from onnxviz.rewrites.reasons import How, Removed, Went
from onnxviz.rewrites.simplify import SimplifyOptions, simplify

TEXT = """<ir_version: 8, opset_import: ["": 17]>
g (float[n, 4] x) => (float[n, 4] y) <float two = {2}, float three = {3}> {
  six = Mul(two, three)
  a = Identity(x)
  b = Mul(a, six)
  c = Transpose <perm = [1, 0]> (b)
  d = Transpose <perm = [1, 0]> (c)
  e = Exp(d)
  f = Exp(d)
  y = Add(e, f)
}"""

ONNXSIM = How("onnxsim")


@pytest.fixture
def models(tmp_path: Path) -> tuple[Model, Model]:
    path = tmp_path / "before.onnx"
    onnx.save(parser.parse_model(TEXT), path)
    before = read_model(path)
    return before, simplify(before, tmp_path / "after.onnx", SimplifyOptions(checks=0)).after


def test_each_change_has_the_pass_that_it_does_not_come_without(models: tuple[Model, Model]) -> None:
    found = {each.node: each for each in explain_models(*models, ONNXSIM, 120).removed}
    assert {node: each.reason for node, each in found.items()} == {
        "six": Went.FOLDED, "a": Went.NO_OP, "c": Went.NO_OP, "d": Went.NO_OP, "f": Went.MERGED,
    }  # fmt: skip
    assert found["six"].passes == (FOLDING,)
    assert "eliminate_identity" in found["a"].passes
    assert "fuse_consecutive_transposes" in found["c"].passes
    assert "eliminate_common_subexpression" in found["f"].passes
    assert "eliminate_identity" not in found["f"].passes


def test_reasons_come_first_and_come_again_with_their_passes(models: tuple[Model, Model]) -> None:
    parts: list[object] = []
    with listening(lambda text, fraction: None, parts.append):
        found = explain_models(*models, ONNXSIM, 120)
    batches = [p for p in parts if isinstance(p, tuple) and p and isinstance(p[0], Removed)]
    first: dict[str, Removed] = {}
    last: dict[str, Removed] = {}
    for each in (each for batch in batches for each in batch):
        first.setdefault(each.node, each)
        last[each.node] = each
    assert not any(each.passes for each in first.values())
    assert tuple(last[each.node] for each in found.removed) == found.removed


def test_no_pass_is_named_where_it_is_not_known_how_the_result_came_about(
    models: tuple[Model, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("nothing is to be run")

    monkeypatch.setattr(naming_passes, "run_only", refuse)
    for how in (How(), How("onnxslim")):
        assert not any(each.passes for each in explain_models(*models, how, 120).removed)


def test_a_pass_that_was_left_out_is_not_named(models: tuple[Model, Model], tmp_path: Path) -> None:
    simplify_options = SimplifyOptions(checks=0, skipped_optimizers=("eliminate_identity",))
    after = simplify(models[0], tmp_path / "less.onnx", simplify_options).after
    how = How("onnxsim", OptimizeOptions(simplify=simplify_options))
    found = explain_models(models[0], after, how, 120).removed
    assert all("eliminate_identity" not in each.passes for each in found)
    assert any(each.passes for each in found)


def test_what_onnxsim_would_not_have_taken_has_no_pass(models: tuple[Model, Model]) -> None:
    notes: list[str] = []
    wrong = [Removed("e", "Exp", Went.MERGED, "so they say")]
    assert list(name_passes(models[0], ONNXSIM, wrong, time.perf_counter() + 60, notes)) == []


def test_when_the_time_is_up_it_is_said_and_what_is_known_stays(models: tuple[Model, Model]) -> None:
    notes: list[str] = []
    removed = [Removed("six", "Mul", Went.FOLDED, "so it is")]
    assert list(name_passes(models[0], ONNXSIM, removed, time.perf_counter(), notes)) == []
    assert notes == ["The time was up before all of onnxsim's passes were tried."]


def test_an_onnxsim_that_gives_up_is_a_note_and_no_error(
    models: tuple[Model, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(*_: object, **__: object) -> None:
        raise RewriteFailed("onnxsim", "gave up: no reason given")

    monkeypatch.setattr(naming_passes, "run_only", give_up)
    found = explain_models(*models, ONNXSIM, 120)
    assert found.counts()["unexplained"] == 0
    assert any("gave up" in note for note in found.notes)


def test_sizes_that_were_given_only_to_onnxsim_keep_passes_unnamed(models: tuple[Model, Model]) -> None:
    shaped = SimplifyOptions(checks=0, input_shapes={"x": (2, 4)})
    how = replace(ONNXSIM, options=OptimizeOptions(simplify=shaped))
    notes: list[str] = []
    removed = [Removed("six", "Mul", Went.FOLDED, "so it is")]
    assert list(name_passes(models[0], how, removed, time.perf_counter() + 60, notes)) == []
    assert len(notes) == 1
