"""The command line: what each verb prints, its keys, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import onnx
import pytest
from onnx import parser

from onnxviz.cli import main
from tests.commands.asking import refused, told, workers

__all__ = ["workers"]

ROOT = Path(__file__).parents[1]

SMALL = """<ir_version: 8, opset_import: ["": 17]>
g (float[batch, 4] x) => (float[batch, 4] y) <float two = {2}, float three = {3}> {
  six = Mul(two, three)
  scaled = Mul(x, six)
  y = Relu(scaled)
}"""

BRANCHES = """<ir_version: 8, opset_import: ["": 17]>
g (float[2] x, bool t) => (float[2] y) {
  y = If (t) <
    then_branch = one () => (float[2] a) { b = Neg(x) a = Relu(b) },
    else_branch = other () => (float[2] c) { c = Relu(x) }
  >
}"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "small.onnx"
    onnx.save(parser.parse_model(SMALL), path)
    return path


def test_inspect_says_what_is_in_a_file(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(told(capsys, "inspect", model, "--json"))
    assert data["nodes"] == 3
    assert data["op_types"] == {"Mul": 2, "Relu": 1}
    assert data["parameters"] == 2
    assert data["bytes"] == model.stat().st_size
    assert data["opsets"] == {"ai.onnx": 17}
    assert data["inputs"] == [{"name": "x", "dtype": "float", "shape": ["batch", 4]}]
    assert [output["name"] for output in data["outputs"]] == ["y"]
    assert "3 nodes" in told(capsys, "inspect", model)


def test_inspect_counts_the_nodes_of_subgraphs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "branches.onnx"
    onnx.save(parser.parse_model(BRANCHES), path)
    assert json.loads(told(capsys, "inspect", path, "--json"))["nodes"] == 4


def test_simplify_writes_the_result_and_counts(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.onnx"
    data = json.loads(told(capsys, "simplify", model, "-o", out, "--json", "--checks", 2))
    assert (data["optimizer"], data["before"]["nodes"]) == ("onnxsim", 3)
    assert data["after"]["nodes"] == sum(1 for node in onnx.load(out).graph.node)
    assert data["after"]["op_types"]["Mul"] == 1
    assert data["seconds"] > 0
    assert isinstance(data["notes"], list)
    assert "2 random inputs" in data["agreement"]


def test_every_verb_takes_relative_paths(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(model.parent)
    told(capsys, "inspect", model.name)
    told(capsys, "simplify", model.name, "-o", "relative.onnx")
    told(capsys, "render", "relative.onnx", "-o", "relative.svg")
    told(capsys, "bench", "relative.onnx", "--seconds", 0.2)
    told(capsys, "export", "affine", "-o", "exported.onnx")
    assert {"relative.onnx", "relative.svg", "exported.onnx"} <= {path.name for path in Path.cwd().iterdir()}


def test_simplify_can_fix_a_shape(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "fixed.onnx"
    told(capsys, "simplify", model, "-o", out, "--input-shape", "x=3,4")
    dims = onnx.load(out).graph.input[0].type.tensor_type.shape.dim
    assert [dim.dim_value for dim in dims] == [3, 4]


def test_render_draws_svg_and_dot(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    svg, dot = tmp_path / "x.svg", tmp_path / "x.gv"
    data = json.loads(told(capsys, "render", model, "-o", svg, "--json"))
    assert data["boxes"] >= 5
    assert ET.parse(svg).getroot().tag.endswith("svg")
    told(capsys, "render", model, "-o", dot, "--direction", "LR")
    assert dot.read_text().startswith("digraph")


def test_render_opens_groups_as_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    branches, svg = tmp_path / "branches.onnx", tmp_path / "x.svg"
    onnx.save(parser.parse_model(BRANCHES), branches)
    boxes = {}
    for expand in ("none", "1", "all"):
        data = json.loads(told(capsys, "render", branches, "-o", svg, "--expand", expand, "--json"))
        boxes[expand] = data["boxes"]
    assert boxes["none"] < boxes["1"] == boxes["all"]


def test_render_draws_a_part_alone_and_a_page(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "x.html"
    text = told(capsys, "render", model, "-o", page, "--focus", "ancestors~six")
    assert "1 of 3 nodes" in text
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_find_answers_the_query_language(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(told(capsys, "find", model, "op:mul", "--json"))
    assert data["total"] == 2
    assert data["ids"] == ["six", "scaled"]
    assert {"id", "title", "note"} == set(data["hits"][0])
    assert "0 found" in told(capsys, "find", model, "nothing like this")
    assert json.loads(told(capsys, "find", model, "", "--op", "Relu", "--json"))["ids"] == ["y"]


def test_costs_add_up_by_op_type(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(told(capsys, "costs", model, "--dim", "batch=3", "--json"))
    rows = {row["op_type"]: row for row in data["op_types"]}
    assert rows["Relu"]["flops"] == 3 * 4
    assert rows["Mul"]["flops"] == 3 * 4 + 1
    assert data["total"]["flops"] == 2 * 3 * 4 + 1
    assert data["total"]["parameters"] == 2
    assert "Relu" in told(capsys, "costs", model)


def test_bench_has_the_promised_keys(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(told(capsys, "bench", model, "--seconds", 0.5, "--dim", "batch=2", "--json"))
    assert {"environment", "results"} <= set(data)
    (result,) = data["results"]
    assert result["provider_requested"] == result["provider_used"] == "cpu"
    assert 0 < result["median_s"] <= result["p90_s"] <= result["p99_s"]
    assert len(result["samples_s"]) >= 6
    assert result["dims"] == {"batch": 2}


def test_samples_lists_every_sample(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(told(capsys, "samples", "--json"))
    assert {"affine", "decoder", "resnet50", "constant_if"} <= {row["id"] for row in data}
    assert all(row["teaches"] for row in data)


def test_export_takes_every_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mlp.onnx"
    words = ["export", "mlp", "-o", out, "--exporter", "torchscript", "--opset", 17, "--input-names", "image"]
    words += ["--output-names", "logits", "--dynamic", "image:0=n", "--set", "batch=2", "--json"]
    data = json.loads(told(capsys, *words))
    graph = onnx.load(out).graph
    assert (graph.input[0].name, graph.output[0].name) == ("image", "logits")
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_param == "n"
    assert (data["exporter"], data["opset"]) == ("torchscript", 17)
    assert "torch.onnx.export(" in data["script"]


def test_providers_says_which_work(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(told(capsys, "providers", "--json"))
    assert {"cpu": "usable"}.items() <= {row["short"]: row["status"] for row in data}.items()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["inspect", "nothing.onnx"], "nothing.onnx: is not there"),
        (["inspect", "."], "is a folder"),
        (["simplify", "{model}", "-o", "{model}"], "is the model itself"),
        (["simplify", "{model}", "-o", "no/such/folder.onnx"], "is a folder, or lies in a folder"),
        (["simplify", "{model}", "-o", "{out}", "--input-shape", "x"], "cannot be read"),
        (["simplify", "{model}", "-o", "{out}", "--input-shape", "q=1"], "is not in the model"),
        (["simplify", "{model}", "-o", "{out}", "--tensor-size-threshold", "2GB"], "onnxsim refuses"),
        (["render", "{model}", "-o", "x.bmp"], "is not a format"),
        (["render", "{model}", "-o", "x.svg", "--expand", "wide"], "is no way to open groups"),
        (["render", "{model}", "-o", "x.svg", "--focus", "conv"], "Write it like"),
        (["render", "{model}", "-o", "{out}.svg", "--focus", "ancestors~q"], "is not in this graph"),
        (["costs", "{model}", "--dim", "batch=none"], "cannot be read"),
        (["bench", "{model}", "--seconds", "0"], "Give a positive number"),
        (["bench", "{model}", "--providers", "abacus"], "abacus"),
        (["bench", "{model}", "--dim", "batch=none"], "cannot be read"),
        (["export", "nosuch", "-o", "{out}"], "nosuch"),
        (["export", "mlp", "-o", "{out}", "--set", "colour=2"], "colour"),
        (["export", "mlp", "-o", "{out}", "--opset", "3"], "opset 3"),
        (["export", "mlp", "-o", "{out}", "--dynamic", "x=batch"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_two(
    words: list[str], sentence: str, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = [word.format(model=model, out=tmp_path / "out.onnx") for word in words]
    assert sentence in refused(capsys, *named)


def test_a_file_that_is_no_model_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "notes.onnx"
    path.write_text("just some notes, and no model at all\n" * 20)
    assert "is text" in refused(capsys, "inspect", path)


@pytest.mark.parametrize("words", [[], ["fly"], ["inspect"], ["inspect", "a", "--no-such-option"]])
def test_bad_usage_is_one_sentence_and_exit_code_two(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_names_in_a_model_cannot_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proto = parser.parse_model(SMALL)
    proto.producer_name = "evil \x1b[2J\x1b]0;title\x07"
    path = tmp_path / "evil.onnx"
    onnx.save(proto, path)
    assert "\x1b" not in told(capsys, "inspect", path)


def test_a_configuration_that_fails_makes_exit_code_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "custom.onnx"
    text = (
        '<ir_version: 8, opset_import: ["": 17, "acme": 1]> g (float[2] x) => (float[2] y) {y = acme.Go(x)}'
    )
    onnx.save(parser.parse_model(text), path)
    assert main(["bench", str(path), "--seconds", "0.2", "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["results"][0]["error"]
    assert captured.err.count("\n") == 1


def test_the_module_runs_as_a_program(model: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "onnxviz", "inspect", str(model), "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert json.loads(done.stdout)["nodes"] == 3
    assert done.stderr == ""
