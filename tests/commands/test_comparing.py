"""The verbs that look at two models: what they print, their keys, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.asking import failed, refused, saved, told, workers

__all__ = ["workers"]

HEAD = '<ir_version: 8, opset_import: ["": 17]> g (float[batch, 4] x) => (float[batch, 4] y)'

BEFORE = f"""{HEAD} <float two = {{2}}, float three = {{3}}> {{
  six = Mul(two, three)
  scaled = Mul(x, six)
  y = Relu(scaled)
}}"""

AFTER = f"{HEAD} <float six = {{6}}> {{ scaled = Mul(x, six)  y = Relu(scaled) }}"

WRONG = f"{HEAD} <float six = {{7}}> {{ scaled = Mul(x, six)  y = LeakyRelu<alpha = 0.5>(scaled) }}"

Caps = pytest.CaptureFixture[str]


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return saved(tmp_path, "before.onnx", BEFORE)


@pytest.fixture
def after(tmp_path: Path) -> Path:
    return saved(tmp_path, "after.onnx", AFTER)


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    return saved(tmp_path, "wrong.onnx", WRONG)


def test_diff_has_the_promised_keys(before: Path, after: Path, capsys: Caps) -> None:
    data = json.loads(told(capsys, "diff", before, after, "--json"))
    assert {"matched", "added", "removed", "changed", "by_op_type", "constants"} <= set(data)
    assert data["matched"] == [["scaled", "scaled"], ["y", "y"]]
    assert [row["node"] for row in data["removed"]] == ["six"]
    assert data["by_op_type"]["Mul"]["before"] == 2
    assert data["by_op_type"]["Mul"]["removed"] == 1


def test_diff_in_text_counts_and_names_the_changes(before: Path, wrong: Path, capsys: Caps) -> None:
    text = told(capsys, "diff", before, wrong)
    assert "1 node removed" in text
    assert "Relu" in text
    assert "LeakyRelu" in text
    assert "op_type Relu -> LeakyRelu" in text or "added y" in text


def test_a_difference_is_no_failure_unless_one_asks(before: Path, after: Path, capsys: Caps) -> None:
    told(capsys, "diff", before, after, code=0)
    out, complaint = failed(capsys, "diff", before, after, "--exit-code", "--json")
    assert json.loads(out)["empty"] is False
    assert complaint == "before.onnx and after.onnx differ.\n"
    told(capsys, "diff", before, before, "--exit-code", code=0)


def test_diff_writes_markdown_for_a_review(before: Path, after: Path, tmp_path: Path, capsys: Caps) -> None:
    printed = told(capsys, "diff", before, after, "--markdown", "--inputs", 2)
    assert printed.startswith("## `before.onnx` → `after.onnx`")
    assert "2 random inputs" in printed
    out = tmp_path / "review.md"
    assert "1 node removed" in told(capsys, "diff", before, after, "-o", out)
    assert "- `six` (`Mul`)" in out.read_text("utf-8")


def test_the_ending_of_the_file_says_the_format(
    before: Path, after: Path, tmp_path: Path, capsys: Caps
) -> None:
    told(capsys, "diff", before, after, "-o", tmp_path / "d.json")
    assert json.loads((tmp_path / "d.json").read_text("utf-8"))["removed"][0]["node"] == "six"
    told(capsys, "diff", before, after, "-o", tmp_path / "d.txt")
    assert (tmp_path / "d.txt").read_text("utf-8").startswith("before.onnx -> after.onnx")


def test_diff_says_why_where_one_asks(before: Path, after: Path, capsys: Caps) -> None:
    data = json.loads(told(capsys, "diff", before, after, "--reasons", "--json"))
    (why,) = data["explanation"]["removed"]
    assert (why["node"], why["reason"]) == ("six", "folded")
    assert "**folded**" in told(capsys, "diff", before, after, "--reasons", "--markdown")


def test_verify_has_the_promised_keys(before: Path, after: Path, capsys: Caps) -> None:
    data = json.loads(told(capsys, "verify", before, after, "--json", "--inputs", 2, "--seed", 7))
    assert data["equal"] is True
    assert data["inputs"] == 2
    assert data["max_abs_error"] == 0
    assert data["max_rel_error"] == 0
    assert data["tolerance"] > 0
    assert "Evidence, not a proof." in told(capsys, "verify", before, after)


def test_models_that_differ_make_exit_code_one(before: Path, wrong: Path, capsys: Caps) -> None:
    out, complaint = failed(capsys, "verify", before, wrong, "--json")
    data = json.loads(out)
    assert data["equal"] is False
    assert data["max_abs_error"] > 0
    assert data["worst_output"] == "y"
    assert "The outputs differ" in complaint


def test_what_could_not_be_compared_has_not_passed(tmp_path: Path, capsys: Caps) -> None:
    text = (
        '<ir_version: 8, opset_import: ["": 17, "acme": 1]> g (float[2] x) => (float[2] y) {y = acme.Go(x)}'
    )
    custom = saved(tmp_path, "custom.onnx", text)
    out, complaint = failed(capsys, "verify", custom, custom, "--json")
    assert json.loads(out)["equal"] is None
    assert "Not compared" in complaint


def test_blame_finds_nothing_where_nothing_is_wrong(before: Path, capsys: Caps) -> None:
    data = json.loads(told(capsys, "blame", before, "--json"))
    assert data["passes"] == []
    assert "No pass is to blame" in data["sentence"]


def test_report_writes_one_page(before: Path, after: Path, tmp_path: Path, capsys: Caps) -> None:
    out = tmp_path / "r.html"
    data = json.loads(told(capsys, "report", before, after, "-o", out, "--json", "--inputs", 1))
    assert data["path"] == str(out)
    assert data["bytes"] == out.stat().st_size
    assert data["reasons"]["folded"] == 1
    assert data["verified"]["equal"] is True
    assert out.read_text("utf-8").startswith("<!doctype html>")
    text = told(capsys, "report", before, after, "-o", out, "--inputs", 0, "--optimizer", "onnxsim")
    assert text == f"{out}: {out.stat().st_size:,} bytes\n"
    assert "Made by onnxsim." in out.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["diff", "{model}", "nothing.onnx"], "nothing.onnx: is not there"),
        (["diff", "{model}", "."], "is a folder"),
        (["diff", "{model}", "{text}"], "is text"),
        (["diff", "{model}", "{model}", "-o", "{model}"], "is the model itself"),
        (["diff", "{model}", "{model}", "-o", "no/such/folder.md"], "lies in a folder that is not there"),
        (["diff", "{model}", "{model}", "--reasons", "--seconds", "0"], "Give a positive number"),
        (["diff", "{model}", "{model}", "--inputs", "-1"], "Give 1 to 1,000"),
        (["verify", "{model}", "{model}", "--inputs", "0"], "Give 1 to 1,000"),
        (["verify", "{model}", "{text}"], "is text"),
        (["blame", "{text}"], "is text"),
        (["report", "{model}", "{model}", "-o", "{model}"], "is the model itself"),
        (["report", "{model}", "{model}", "-o", "r.html", "--seconds", "-1"], "Give a positive number"),
        (["report", "{model}", "{text}", "-o", "{out}"], "is text"),
        (["report", "{model}", "{model}", "-o", "{out}", "--inputs", "-1"], "Give 0 to 1,000"),
        (["report", "{model}", "{model}", "-o", "{out}", "--set-dim", "batch"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_two(
    words: list[str], sentence: str, before: Path, tmp_path: Path, capsys: Caps
) -> None:
    text = tmp_path / "notes.onnx"
    text.write_text("just some notes, and no model at all\n" * 20)
    places = {"model": before, "text": text, "out": tmp_path / "out.html"}
    assert sentence in refused(capsys, *(word.format(**places) for word in words))
