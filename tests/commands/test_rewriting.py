"""`simplify` with each optimizer: files, keys, reasons, steps, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx
import pytest

from onnxviz.rewrites.optimizers import names
from tests.commands.asking import failed, refused, saved, told, workers

__all__ = ["workers"]

HEAD = '<ir_version: 8, opset_import: ["": 17]>'

SMALL = f"""{HEAD} g (float[batch, 4] x) => (float[batch, 4] y) <float two = {{2}}, float three = {{3}}> {{
  six = Mul(two, three)
  scaled = Mul(x, six)
  y = Relu(scaled)
}}"""

SHAPED = f"""{HEAD} g (float[batch, 4] x) => (int64[2] y, float[batch, 4] z) {{
  y = Shape(x)
  z = Relu(x)
}}"""

CUSTOM = (
    '<ir_version: 8, opset_import: ["": 17, "acme": 1]> g (float[2] x) => (float[2] y) { y = acme.Go(x) }'
)

Caps = pytest.CaptureFixture[str]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return saved(tmp_path, "small.onnx", SMALL)


@pytest.mark.parametrize("name", names())
def test_every_optimizer_writes_its_result(name: str, model: Path, tmp_path: Path, capsys: Caps) -> None:
    out = tmp_path / "out.onnx"
    words = ("simplify", model, "-o", out, "--optimizer", name, "--json", "--no-reasons")
    data = json.loads(told(capsys, *words))
    assert data["optimizer"] == name
    assert data["after"]["nodes"] == len(onnx.load(out).graph.node) <= 2
    assert data["verified"]["equal"] is True
    assert {"equal", "max_abs_error", "max_rel_error", "inputs"} <= set(data["verified"])
    assert "removed" not in data


def test_json_says_why_each_node_went(model: Path, tmp_path: Path, capsys: Caps) -> None:
    data = json.loads(told(capsys, "simplify", model, "-o", tmp_path / "out.onnx", "--json"))
    (row,) = data["removed"]
    assert {"node", "op_type", "reason", "evidence"} <= set(row)
    assert (row["node"], row["op_type"], row["reason"]) == ("six", "Mul", "folded")
    assert data["kept"] == []
    assert data["reasons"]["unexplained"] == 0


def test_text_says_why_where_one_asks(model: Path, tmp_path: Path, capsys: Caps) -> None:
    words = ("simplify", model, "-o", tmp_path / "out.onnx")
    assert "1 node went: folded 1, unexplained 0" in told(capsys, *words, "--reasons")
    assert "went" not in told(capsys, *words)


def test_what_stays_has_a_remedy_and_the_remedy_frees_it(tmp_path: Path, capsys: Caps) -> None:
    model, out = saved(tmp_path, "shaped.onnx", SHAPED), tmp_path / "out.onnx"
    data = json.loads(told(capsys, "simplify", model, "-o", out, "--json"))
    (row,) = data["kept"]
    assert {"node", "op_type", "reason", "remedy"} <= set(row)
    assert (row["op_type"], row["reason"]) == ("Shape", "symbolic dim")
    assert row["remedy"]["options"] == {"set_dims": {"batch": 1}}
    freed = json.loads(told(capsys, "simplify", model, "-o", out, "--json", "--set-dim", "batch=1"))
    assert freed["kept"] == []
    assert freed["after"]["nodes"] == 1
    assert onnx.load(out).graph.input[0].type.tensor_type.shape.dim[0].dim_value == 1


def test_all_of_them_go_into_a_folder(model: Path, tmp_path: Path, capsys: Caps) -> None:
    folder = tmp_path / "results"
    words = ("simplify", model, "-o", folder, "--optimizer", "all", "--json", "--no-reasons")
    data = json.loads(told(capsys, *words))
    assert data["before"]["nodes"] == 3
    assert [row["optimizer"] for row in data["results"]] == list(names())
    assert {path.stem for path in folder.glob("*.onnx")} == set(names())
    assert all(row["nodes"] <= 2 and row["verified"]["equal"] for row in data["results"])
    assert all(Path(row["path"]).is_file() for row in data["results"])


def test_one_that_fails_stops_no_other(tmp_path: Path, capsys: Caps) -> None:
    model = saved(tmp_path, "custom.onnx", CUSTOM)
    words = ("simplify", model, "-o", tmp_path / "r.onnx", "--optimizer", "all", "--json", "--no-reasons")
    out, complaint = failed(capsys, *words)
    rows: list[dict[str, Any]] = json.loads(out)["results"]
    assert [row["optimizer"] for row in rows] == list(names())
    broken = [row for row in rows if "error" in row]
    assert broken
    assert len(broken) < len(rows)
    assert broken[0]["error"] == complaint.strip()
    good = {row["optimizer"] for row in rows} - {row["optimizer"] for row in broken}
    assert {path.name for path in tmp_path.glob("r-*.onnx")} >= {f"r-{name}.onnx" for name in good}


def test_all_in_text_is_a_line_each(model: Path, tmp_path: Path, capsys: Caps) -> None:
    text = told(capsys, "simplify", model, "-o", tmp_path / "all.onnx", "--optimizer", "all")
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["before", *names()]
    assert (tmp_path / "all-onnxsim.onnx").is_file()


def test_the_steps_of_onnxsim_come_with_counts(model: Path, tmp_path: Path, capsys: Caps) -> None:
    words = ("simplify", model, "-o", tmp_path / "out.onnx", "--steps")
    steps = json.loads(told(capsys, *words, "--json", "--no-reasons"))["steps"]
    assert steps[0]["nodes_before"] == 3
    assert steps[-1]["nodes_after"] == 2
    assert "constant folding" in [step["pass"] for step in steps]
    assert "3 -> 2 nodes (Mul -1)" in told(capsys, *words)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{out}", "--optimizer", "onnxslim", "--no-folding"], "options of onnxsim's own"),
        (["{out}", "--optimizer", "onnxslim", "--steps"], "Only onnxsim can be watched"),
        (["{out}", "--set-dim", "batch=none"], "cannot be read"),
        (["{out}", "--set-dim", "breadth=1"], "is in no input of the model"),
        (["{out}", "--optimizer", "all", "--set-dim", "breadth=1"], "is in no input of the model"),
        (["{model}"], "is the model itself"),
        (["{text}", "--optimizer", "all"], "is a file"),
        (["{out}", "--checks", "-1"], "Give 0 for none"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_two(
    words: list[str], sentence: str, model: Path, tmp_path: Path, capsys: Caps
) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    places = {"model": model, "out": tmp_path / "out.onnx", "text": tmp_path / "notes.txt"}
    assert sentence in refused(capsys, "simplify", model, "-o", *(word.format(**places) for word in words))
