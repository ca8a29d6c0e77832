"""The Python that a lesson shows does what its experiment runs: it is run here as a student would run it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from onnxviz.lessons import making
from onnxviz.lessons.experiments import formulas, fusion, shape_scaffold, what_folds
from onnxviz.lessons.types import Choices, Outcome

Run = Callable[[Path, Choices], Outcome]
Show = Callable[[Choices], str]


def ran_here(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Names that the code defines, run with `folder` as the working directory."""
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(compile(code, "lesson", "exec"), names)
    return names


CASES = [
    *((what_folds.code_of_formula, what_folds.run_formula, {"formula": name}) for name in formulas.FORMULAS),
    *((what_folds.code_of_layer, what_folds.run_layer, {"formula": name}) for name in formulas.LAYERS),
    *(
        (shape_scaffold.code_of_scaffold, shape_scaffold.run_scaffold, {"dynamic": name})
        for name in shape_scaffold.DIMS
    ),
]


@pytest.mark.parametrize(("show", "run", "choices"), CASES)
def test_the_code_folds_the_same_model_into_the_same_model(
    show: Show, run: Run, choices: Choices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    outcome = run(tmp_path / "run", choices)
    names = ran_here(show(choices), tmp_path / "shown", monkeypatch)
    for file in ("before.onnx", "after.onnx"):
        assert onnx.load(tmp_path / "run" / file) == onnx.load(tmp_path / "shown" / file)
    sentences = [step.sentence for step in names["folded"].steps]
    assert [line for line in outcome.lines if any(line.endswith(each) for each in sentences)] == [
        f"{number}. {each}" for number, each in enumerate(sentences, 1)
    ]


@pytest.mark.parametrize("factors", what_folds.FACTORS)
def test_the_code_for_rounding_finds_as_many_differences(
    factors: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run").mkdir()
    facts = what_folds.run_rounding(tmp_path / "run", {"factors": factors}).facts
    ran_here(what_folds.code_of_rounding({"factors": factors}), tmp_path / "shown", monkeypatch)
    assert f"{facts['unlike']} of 4000 differ" in capsys.readouterr().out


def test_the_code_that_sets_a_size_makes_the_model_of_that_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    outcome = shape_scaffold.run_size(tmp_path / "run", {"batch": 5})
    assert outcome.facts["list"] == "[5, 16, 4, 8]"
    ran_here(shape_scaffold.code_of_size({"batch": 5}), tmp_path, monkeypatch)
    assert onnx.load(tmp_path / "fixed.onnx") == onnx.load(tmp_path / "run" / "fixed.onnx")


@pytest.mark.parametrize(
    ("show", "run", "choices"),
    [
        (what_folds.code_of_optimizers, what_folds.run_optimizers, {}),
        (shape_scaffold.code_of_optimizers, shape_scaffold.run_optimizers, {"dynamic": "both"}),
    ],
)
def test_the_code_that_asks_the_optimizers_asks_those_of_the_experiment(
    show: Show,
    run: Run,
    choices: Choices,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "run").mkdir()
    facts = run(tmp_path / "run", choices).facts
    ran_here(show(choices), tmp_path / "shown", monkeypatch)
    lines = capsys.readouterr().out.splitlines()
    asked = [(line.split()[0], line.count("'") // 2) for line in lines]
    if "nodes" in facts:
        assert dict(asked) == facts["nodes"]
    else:
        found = [(name, len(ops)) for each in facts["ops"].values() for name, ops in each.items()]
        assert sorted(asked) == sorted(found)


def test_the_code_of_the_fusion_computes_what_its_experiments_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A block like the export's, so that the test does without PyTorch.
    text = """g (float[1, 3, 16, 16] x) => (float[1, 4, 16, 16] y)
    {
      z = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w, b)
      n = BatchNormalization <epsilon = 0.001> (z, gamma, beta, mean, var)
      y = Relu(n)
    }"""
    random = np.random.default_rng(3)
    drawn = {
        name: random.uniform(0.5, 2, 4).astype(np.float32) for name in ("b", "gamma", "beta", "mean", "var")
    }
    weight = random.standard_normal((4, 3, 3, 3)).astype(np.float32)
    making.write(tmp_path, fusion.EXPORTED, text, {"w": weight, **drawn})
    making.write(tmp_path, "conv_bn_relu.onnx", text, {"w": weight, **drawn})
    names = ran_here(fusion.CODE_OF_ARITHMETIC, tmp_path, monkeypatch)
    assert names["eps"] == np.float32(0.001)
    mine = fusion.fused(fusion.block_of(tmp_path / fusion.EXPORTED))
    assert all(np.array_equal(a, b) for a, b in zip(mine, (names["new_w"], names["new_b"]), strict=True))
    fusion.run_by_hand(tmp_path, {})
    expected = [onnx.load(tmp_path / file) for file in ("by_hand.onnx", "folded.onnx")]
    exec(compile(fusion.CODE_OF_BY_HAND, "lesson", "exec"), names)
    assert [onnx.load(tmp_path / file) for file in ("by_hand.onnx", "folded.onnx")] == expected
