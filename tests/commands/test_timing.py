"""`bench --compare`, and the options of `bench` that reach the plan."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import parser

from onnxviz.bench.export import to_json
from onnxviz.cli import main
from onnxviz.commands import timing
from tests.bench.test_results import measured, result
from tests.commands.asking import told

MODEL = '<ir_version: 8, opset_import: ["": 17]> g (float[n, 4] x) => (float[n, 4] y) { y = Relu(x) }'


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "old.json", tmp_path / "new.json"
    for path, typical_s in zip(paths, (0.010, 0.012), strict=True):
        path.write_text(json.dumps(to_json(result(measured("a", typical_s, seed=int(1e4 * typical_s))))))
    return paths


@pytest.fixture
def model(tmp_path: Path) -> Path:
    onnx.save(parser.parse_model(MODEL), tmp_path / "m.onnx")
    return tmp_path / "m.onnx"


def test_a_slowdown_beyond_the_tolerance_exits_with_1(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = map(str, files)
    assert main(["bench", "--compare", old, new, "--tolerance", "0.05"]) == 1
    assert "Slower beyond 5%: a on cpu" in capsys.readouterr().err
    assert main(["bench", "--compare", old, new, "--tolerance", "0.5"]) == 0
    assert main(["bench", "--compare", new, old]) == 0
    assert "faster" in capsys.readouterr().out


def test_a_configuration_that_fails_now_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = measured("b", 0.01, times_s=(), error="b on cpu: it broke.")
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(to_json(result(measured("a", 0.01), measured("b", 0.01)))))
    new.write_text(json.dumps(to_json(result(measured("a", 0.01), broken))))
    assert main(["bench", "--compare", str(old), str(new)]) == 1
    told = capsys.readouterr()
    assert "b on cpu: it broke." in told.out
    assert "Gives no times any more: b on cpu" in told.err
    assert main(["bench", "--compare", str(new), str(old)]) == 0


def test_the_json_of_a_comparison_has_its_interval(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = map(str, files)
    assert main(["bench", "--compare", old, new, "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    (row,) = data["configurations"]
    low, high = row["ci95"]
    assert low < row["change"] < high
    assert data["slower"] == [row["label"]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bench"], "no model was given"),
        (["bench", "{model}", "--compare", "a.json", "b.json"], "Leave the model out"),
        (["bench", "--compare", "{model}", "{model}"], "is no result of a benchmark"),
        (["bench", "--compare", "a.json", "b.json", "--tolerance", "-1"], "Give 0 or more"),
        (["bench", "{model}", "--batch", "many"], "--batch 'many': cannot be read"),
        (["bench", "{model}", "--option", "FP16"], "Write it like openvino:precision=FP16"),
        (["bench", "{model}", "--option", "cpu:precision=FP16", "--seconds", "0.1"], "It has none"),
        (["bench", "{model}", "--inputs", "nothing.npz"], "nothing.npz"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    arguments: list[str], words: str, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([text.format(model=model) for text in arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_a_profile_says_where_the_time_goes(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("bench", model, "--profile", "--seconds", 0.2)
    (row,) = json.loads(told(capsys, *words, "--json"))["results"]
    assert [node["id"] for node in row["profile"]["nodes"]] == ["y"]
    assert row["profile"]["ran_on"] == {"y": "cpu"}
    text = told(capsys, *words)
    assert "Where the time of m on cpu goes" in text
    assert "Relu y on cpu" in text


def test_without_a_profile_the_rows_have_none(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(told(capsys, "bench", model, "--levels", "all,off", "--seconds", 0.2, "--json"))
    assert all("profile" not in row for row in data["results"])
    assert [(one["verdict"], one["abs_error"]) for one in data["agreement"]] == [("equal", 0.0)]


def test_batches_are_rows_and_the_models_own_inputs_can_be_given(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(told(capsys, "bench", model, "--batch", "1,8", "--seconds", 0.4, "--json"))
    assert [row["batch"] for row in data["results"]] == [1, 8]
    np.savez(tmp_path / "x.npz", x=np.ones((3, 4), np.float32))
    data = json.loads(
        told(capsys, "bench", model, "--inputs", tmp_path / "x.npz", "--seconds", 0.2, "--json")
    )
    assert data["results"][0]["samples_s"]
    np.savez(tmp_path / "wrong.npz", x=np.ones((3, 5), np.float32))
    assert main(["bench", str(model), "--inputs", str(tmp_path / "wrong.npz"), "--seconds", "0.2"]) == 1
    assert "gives 3 × 5 for the input 'x', which takes n × 4" in capsys.readouterr().err


def test_a_profile_that_fails_leaves_what_was_measured(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timing, "PROFILE_LIMIT_SECONDS", 0.001)
    words = ("bench", model, "--profile", "--seconds", 0.2)
    (row,) = json.loads(told(capsys, *words, "--json"))["results"]
    assert row["samples_s"]
    assert row["profile"] is None
    assert "Note: no profile: " in told(capsys, *words)
