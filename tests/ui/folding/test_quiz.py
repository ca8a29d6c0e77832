"""A question on which nodes fold, its answer and its score."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import parser

from onnxviz.scene.stage import Source
from onnxviz.ui.folding.quiz import MOST_PART, Question, Score, question, score, verdicts


def test_every_node_that_folds_or_was_picked_has_a_verdict_and_no_other() -> None:
    asked = Question(("a", "b", "c", "d"))
    found = verdicts(asked, {"a", "b", "elsewhere"}, {"a", "c", "elsewhere"})
    assert found == {"a": "right", "b": "missed", "c": "wrong"}
    assert score(found) == Score(1, 1, 1, 1)


def test_the_share_is_of_all_that_fold_or_were_picked() -> None:
    assert (Score(1, 2, 1, 0) + Score(1, 0, 0, 1)) == Score(2, 2, 1, 1)
    assert Score(2, 2, 1, 1).share == 0.5
    assert Score(1).share == 1.0


def test_a_small_graph_is_asked_about_as_a_whole_without_its_constants(tmp_path: Path) -> None:
    text = """
    <ir_version: 8, opset_import: ["": 17]>
    g (float[2] x) => (float[2] z) {
        two = Constant<value = float {2.0}>()
        y = Mul(x, two)
        z = Relu(y)
    }
    """
    found = question(_source(tmp_path, text), frozenset({"two"}), 0)
    assert found == Question(("y", "z"))


def test_what_goes_with_a_branch_is_not_asked_about(tmp_path: Path) -> None:
    text = """
    <ir_version: 8, opset_import: ["": 17]>
    g (float[2] x) => (float[2] y) <bool yes = {1}> {
        y = If (yes) <
            then_branch = t () => (float[2] a) { a = Relu(x) },
            else_branch = e () => (float[2] b) { b = Abs(x) }
        >
    }
    """
    source = _source(tmp_path, text)
    assert question(source, frozenset({"y"}), 0).nodes == ("y",)
    assert len(question(source, frozenset(), 0).nodes) == 3


@pytest.mark.parametrize("seed", range(5))
def test_of_a_large_graph_a_part_is_asked_about_in_which_some_fold_and_some_stay(
    tmp_path: Path, seed: int
) -> None:
    source = _source(tmp_path, _ladder(80))
    folds = frozenset(f"k{at}" for at in range(80))
    found = question(source, folds, seed)
    assert found.focus is not None
    assert 2 <= len(found.nodes) <= MOST_PART
    assert 0 < len(folds & set(found.nodes)) < len(found.nodes)
    assert question(source, folds, seed) == found


def test_another_question_is_about_another_part(tmp_path: Path) -> None:
    source = _source(tmp_path, _ladder(80))
    folds = frozenset(f"k{at}" for at in range(80))
    assert len({question(source, folds, seed).focus for seed in range(5)}) > 1


def _ladder(steps: int) -> str:
    """x goes through `steps` additions, each of a constant that is computed."""
    lines = []
    for at in range(steps):
        lines += [f"k{at} = Neg(c)", f"x{at + 1} = Add(x{at}, k{at})"]
    body = "\n".join(lines)
    return f"""
    <ir_version: 8, opset_import: ["": 17]>
    g (float[2] x0) => (float[2] x{steps}) <float c = {{1.0}}> {{ {body} }}
    """


def _source(folder: Path, text: str) -> Source:
    path = folder / "m.onnx"
    onnx.save(parser.parse_model(text), path)
    return Source.of_file(path)
