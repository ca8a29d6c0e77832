"""`fold`: its file, its keys, its text, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest

from onnxviz.commands import folding
from onnxviz.rewrites.types import Agreement
from tests.commands.asking import failed, refused, saved, told, workers

__all__ = ["workers"]

CHAIN = """<ir_version: 8, opset_import: ["": 17]>
g (float[batch, 3] x, float[3] z) => (float[batch, 3] y, int64[2] s) {
  s = Shape(x)
  one = Constant <value = int64[1] {1}> ()
  n = Gather(s, one)
  r = Reshape(z, n)
  y = Add(x, r)
}"""

LARGE = """<ir_version: 8, opset_import: ["": 17]> g (float[64] x) => (float[64] y) <int64[1] n = {64}> {
  ones = ConstantOfShape <value = float[1] {1}> (n)
  y = Add(x, ones)
}"""

Caps = pytest.CaptureFixture[str]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return saved(tmp_path, "chain.onnx", CHAIN)


def test_json_has_the_steps_in_their_waves_and_why_the_rest_stayed(
    model: Path, tmp_path: Path, capsys: Caps
) -> None:
    out = tmp_path / "out.onnx"
    data = json.loads(told(capsys, "fold", model, "-o", out, "--json"))
    assert (data["before"]["nodes"], data["after"]["nodes"], data["waves"]) == (5, 3, 2)
    assert data["after"]["nodes"] == len(onnx.load(out).graph.node)
    assert all(
        {"wave", "node", "op_type", "inputs", "output", "bytes"} <= step.keys() for step in data["steps"]
    )
    assert [(step["wave"], step["node"]) for step in data["steps"]] == [(1, "one"), (2, "n")]
    (kept,) = data["kept"]
    assert (kept["node"], kept["op_type"], kept["reason"]) == ("s", "Shape", "symbolic dim")
    assert kept["remedy"]["options"] == {"set_dims": {"batch": 1}}
    assert data["counts"]["start"]["nodes"] == 5
    assert data["operations_saved"] == 0
    assert data["verified"]["equal"] is True
    assert data["path"] == str(out)


def test_text_tells_figures_waves_reasons_and_agreement(model: Path, tmp_path: Path, capsys: Caps) -> None:
    text = told(capsys, "fold", model, "-o", tmp_path / "out.onnx")
    assert "5 -> 3 nodes" in text
    assert "bytes of constants" in text
    assert "Wave 1: 1 node (Constant 1)" in text
    assert "Gather([batch, 3], [1]) = [3]" in text
    assert "1 node stayed that could be folded by the look of it: symbolic dim 1" in text
    assert "Give 'batch' a size." in text
    assert "Evidence, not a proof." in text


def test_a_size_frees_what_waited_for_it(model: Path, tmp_path: Path, capsys: Caps) -> None:
    words = ("fold", model, "-o", tmp_path / "out.onnx", "--set-dim", "batch=2", "--checks", 0, "--json")
    data = json.loads(told(capsys, *words))
    assert data["kept"] == []
    assert data["verified"] is None


def test_the_limits_on_bytes_are_options(tmp_path: Path, capsys: Caps) -> None:
    model, out = saved(tmp_path, "large.onnx", LARGE), tmp_path / "out.onnx"
    few = json.loads(told(capsys, "fold", model, "-o", out, "--json", "--total-bytes", "0"))
    many = json.loads(told(capsys, "fold", model, "-o", out, "--json", "--tensor-bytes", "1KB"))
    assert (few["after"]["nodes"], many["after"]["nodes"]) == (1, 1), "light values are stored in any case"
    huge = LARGE.replace("{64}", "{4096}").replace("[64]", "[4096]")
    wide = saved(tmp_path, "wide.onnx", huge)
    few = json.loads(told(capsys, "fold", wide, "-o", out, "--json", "--tensor-bytes", "1KB"))
    assert [each["reason"] for each in few["kept"]] == ["size limit"]
    assert json.loads(told(capsys, "fold", wide, "-o", out, "--json"))["kept"] == []


def test_weights_and_functions_fold_where_one_asks(tmp_path: Path, capsys: Caps) -> None:
    text = """<ir_version: 8, opset_import: ["": 17, "local": 1]>
    g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { v = local.twice(w) y = Add(x, v) }
    <domain: "local", opset_import: ["": 17]> twice (a) => (b) {
      two = Constant <value = float {2}> () b = Mul(a, two)
    }
    """
    model = saved(tmp_path, "calls.onnx", text)
    words = ("fold", model, "-o", tmp_path / "out.onnx", "--json")
    assert {each["reason"] for each in json.loads(told(capsys, *words))["kept"]} == {"function"}
    freed = json.loads(told(capsys, *words, "--inline-functions", "--freeze-weights"))
    assert (freed["after"]["nodes"], freed["kept"]) == (1, [])


def test_many_steps_of_one_wave_are_cut_short_in_text(tmp_path: Path, capsys: Caps) -> None:
    nodes = " ".join(f"c{i} = Constant <value = float {{{i}}}> () p{i} = Neg(c{i})" for i in range(9))
    total = f"y = Sum(x, {', '.join(f'p{i}' for i in range(9))})"
    text = f'<ir_version: 8, opset_import: ["": 17]> g (float[1] x) => (float[1] y) {{ {nodes} {total} }}'
    printed = told(capsys, "fold", saved(tmp_path, "many.onnx", text), "-o", tmp_path / "out.onnx")
    assert "Wave 2: 9 nodes (Neg 9)" in printed
    assert printed.count("  and 6 more") == 2


def test_outputs_that_differ_make_exit_code_one(
    model: Path, tmp_path: Path, capsys: Caps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoiled(kind: str, label: str, verb: Callable[..., Any], *args: Any) -> Any:
        return replace(verb(*args), agreement=Agreement(1, is_beyond=True, absolute=1.0, worst_output="y"))

    monkeypatch.setattr(folding.jobs, "run", spoiled)
    out, complaint = failed(capsys, "fold", model, "-o", tmp_path / "out.onnx", "--json")
    assert json.loads(out)["verified"]["equal"] is False
    assert "The outputs differ" in complaint


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{model}"], "is the model itself"),
        (["{out}", "--set-dim", "batch=none"], "cannot be read"),
        (["{out}", "--set-dim", "breadth=1"], "is in no input of the model"),
        (["{out}", "--tensor-bytes", "much"], "Write it like 512KB"),
        (["{out}", "--checks", "-1"], "Give 0 for none"),
        (["no/such/folder.onnx"], "lies in a folder that is not there"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_two(
    words: list[str], sentence: str, model: Path, tmp_path: Path, capsys: Caps
) -> None:
    places = {"model": model, "out": tmp_path / "out.onnx"}
    assert sentence in refused(capsys, "fold", model, "-o", *(word.format(**places) for word in words))
