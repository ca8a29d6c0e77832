"""The report as text: it holds what is known, asks for nothing, and every name in it is text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import parser

from onnxviz.diff.models import diff_models
from onnxviz.errors import RefusedFile
from onnxviz.reading import read_model
from onnxviz.report import report, report_files, write_report
from onnxviz.rewrites.optimizers import OptimizeOptions
from onnxviz.rewrites.reasons import Explanation, How, Kept, Remedy, Removed, Stayed, Went
from onnxviz.rewrites.types import Agreement, Tolerance
from tests.browser import models

HEAD = '<ir_version: 8, opset_import: ["": 17]> g (float[batch, 4] x) => (float[batch, 4] y)'

BEFORE = f"""{HEAD} <float two = {{2}}, float three = {{3}}> {{
  six = Mul(two, three)
  scaled = Mul(x, six)
  y = Relu(scaled)
}}"""

AFTER = f"{HEAD} <float six = {{6}}> {{ scaled = Mul(x, six)  y = Relu(scaled) }}"

CALLING = """<ir_version: 8, opset_import: ["": 17, "own": 1]>
g (float[2] x) => (float[2] y) { y = own.Twice(x) }
<opset_import: ["": 17], domain: "own"> Twice (a) => (b) { c = Identity(a)  b = Add(c, a) }"""

WHY = Explanation(
    (Removed("six", "Mul", Went.FOLDED, "It is 6 in every run.", (("value", "float 6"),), passes=("fold",)),),
    (Kept("y", "Relu", Stayed.NO_RULE, "Nobody takes it.", remedy=Remedy("Ask another optimizer.")),),
    notes=("All were looked at.",),
)


def saved(folder: Path, name: str, text: str) -> Path:
    onnx.save(parser.parse_model(text), folder / name)
    return folder / name


def reported(folder: Path, *more: Any, before: str = BEFORE, after: str = AFTER) -> str:
    paths = saved(folder, "a.onnx", before), saved(folder, "b.onnx", after)
    return report(*map(read_model, paths), diff_models(*paths), *more)


def held(page: str) -> dict[str, Any]:
    """What the page's script reads."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def table(page: str, name: str) -> dict[str, Any]:
    return next(each for each in held(page)["tables"] if each["id"] == name)


def ids(page: str, picture: int) -> list[str]:
    """Of the boxes of a picture, as open as it gets."""
    name = held(page)["pictures"][picture]["scenes"][-1]
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found
    boxes: list[str] = json.loads(found[1])["ids"]
    return boxes


def test_it_has_the_reasons_and_what_would_free_the_rest(tmp_path: Path) -> None:
    page = reported(tmp_path, WHY)
    (row,) = table(page, "removed")["rows"]
    assert row == ["six", "Mul", "folded", "It is 6 in every run.", "value: float 6; pass: fold"]
    (row,) = table(page, "kept")["rows"]
    assert row[-1] == "Ask another optimizer."
    assert "<strong>1</strong> folded" in page
    assert "<strong>0</strong> unexplained" in page
    assert "<dt>Unexplained</dt><dd>0</dd>" in page
    assert "All were looked at." in page


def test_every_row_leads_to_its_box_in_each_picture_that_has_it(tmp_path: Path) -> None:
    page = reported(tmp_path, WHY)
    assert [picture["name"] for picture in held(page)["pictures"]] == ["Both in one", "Before", "After"]
    both, before, after = table(page, "removed")["at"][0]
    assert ids(page, 0)[both] == "six"
    assert ids(page, 1)[before] == "six"
    assert after == -1
    places = table(page, "kept")["at"][0]
    assert [ids(page, picture)[place] for picture, place in enumerate(places)] == ["y", "y", "y"]


def test_what_reads_a_constant_stands_for_it_in_the_graph(tmp_path: Path) -> None:
    before = f"{HEAD} {{ two = Constant<value = float {{2}}>()  scaled = Mul(x, two)  y = Relu(scaled) }}"
    page = reported(tmp_path, WHY, before=before, after=f"{HEAD} {{ y = Relu(x) }}")
    rows = dict(
        zip([row[0] for row in table(page, "removed")["rows"]], table(page, "removed")["at"], strict=True)
    )
    assert ids(page, 1)[rows["two"][1]] == "scaled"


def test_the_check_is_never_a_bare_yes(tmp_path: Path) -> None:
    agreement = Agreement(3, agrees=True, tolerance=Tolerance(1e-4, "Two roundings."))
    page = reported(tmp_path, None, agreement)
    assert "Agrees on what was tried." in page
    assert "The tolerance is 0.0001: Two roundings." in page
    assert "Evidence, not a proof." in page
    assert "Differs." in reported(tmp_path, None, Agreement(1, worst_output="y", is_beyond=True))
    assert "Not compared: it is odd" in reported(tmp_path, None, Agreement(1, error="it is odd"))
    assert "The outputs were not compared." in reported(tmp_path)


def test_it_says_how_the_result_was_made(tmp_path: Path) -> None:
    how = How("onnxslim", OptimizeOptions(set_dims={"batch": 1}, freeze_weights=True))
    assert "Made by onnxslim, with batch = 1, weights frozen." in reported(tmp_path, None, None, how)
    assert "Made by onnxslim" not in reported(tmp_path)


def test_it_has_both_models_facts_and_counts(tmp_path: Path) -> None:
    page = reported(tmp_path)
    assert "<dt>Nodes</dt><dd>3 → 2</dd>" in page
    assert 'aria-label="Mul: 2 before, 1 after"' in page
    assert re.search(r'class=differs><th scope="row">Nodes</th><td>3</td><td>2</td>', page)
    assert "float[batch, 4]" in page
    assert len(table(page, "removed")["columns"]) == 2


def test_two_that_are_the_same_have_no_tables(tmp_path: Path) -> None:
    assert held(reported(tmp_path, after=BEFORE))["tables"] == []


def test_functions_are_drawn_where_they_are_called(tmp_path: Path) -> None:
    changed = CALLING.replace("Add(c, a)", "Sub(c, a)")
    page = reported(tmp_path, before=CALLING, after=changed)
    rows = table(page, "rest")["rows"]
    assert ["own.Twice", "function", "body differs", "", ""] in rows
    assert any("Twice" in name and name.endswith("b") for name in ids(page, 0))


def test_it_runs_its_own_script_alone_and_names_nothing_outside(tmp_path: Path) -> None:
    page = reported(tmp_path, WHY)
    script = re.search(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in page
    assert "default-src 'none'" in page
    assert not re.search(r'\s(src|href|on\w+)\s*=\s*["\']', page.replace(script[1], ""))
    assert "://" not in re.sub(r"//[^\n]*|/\*.*?\*/", "", page.replace(script[1], ""))


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    assert reported(tmp_path, WHY) == reported(tmp_path, WHY)


def test_hostile_names_are_text_in_every_part(tmp_path: Path) -> None:
    path = models.hostile(tmp_path)
    model = read_model(path).renamed(f"</title>{models.SCRIPT}")
    nodes = list(model.graph.walk())
    evil = f"</script>{models.SCRIPT}"
    why = Explanation(
        tuple(Removed(node.id, evil, Went.DEAD, evil, ((evil, evil),)) for node in nodes), notes=(evil,)
    )
    other = read_model(saved(tmp_path, "b.onnx", AFTER)).renamed(evil)
    diff = diff_models(path, Path(other.path))
    page = report(model, other, diff, why, Agreement(1, error=evil), How(evil))
    assert models.SCRIPT not in page
    scripts = re.findall(r"<script\b", page)
    assert (
        len(scripts)
        == page.count("</script>")
        == 3 + sum(len(picture["scenes"]) for picture in held(page)["pictures"])
    )
    assert models.SCRIPT in table(page, "removed")["rows"][0][3]
    assert all(len(cell) < 1_000 for row in table(page, "removed")["rows"] for cell in row)


def test_from_two_files_everything_is_found_out(tmp_path: Path) -> None:
    before, after = saved(tmp_path, "a.onnx", BEFORE), saved(tmp_path, "b.onnx", AFTER)
    page = report_files(before, after, ("one", "two"), How("onnxsim"), 20.0, tries=2)
    assert "<h1>one → two</h1>" in page
    assert "2 random inputs" in page
    assert table(page, "removed")["rows"][0][2] == "folded"
    data = write_report(before, after, tmp_path / "r.html", ("one", "two"), tries=0)
    assert (data["removed"], data["added"], data["verified"]) == (1, 0, None)
    assert data["bytes"] == (tmp_path / "r.html").stat().st_size
    assert json.loads(json.dumps(data)) == data


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.onnx"
    text.write_text("just some notes, and no model at all\n" * 20)
    with pytest.raises(RefusedFile, match="is text"):
        report_files(text, text, ("a", "b"))


def many(count: int) -> str:
    """A model with `count` op types of its own."""
    body = "  ".join(f"t{i + 1} = own.Op{i}(t{i})" for i in range(count))
    return (
        f'<ir_version: 8, opset_import: ["": 17, "own": 1]> g (float[2] t0) => (float[2] t{count}) {{{body}}}'
    )


def test_many_op_types_are_added_up(tmp_path: Path) -> None:
    page = reported(tmp_path, before=many(60), after=many(59))
    assert "more op types" in page
    assert page.count('<span class="op">') == 25


def test_what_only_reads_what_is_made_elsewhere_is_not_counted_as_changed(tmp_path: Path) -> None:
    page = reported(tmp_path)
    assert "<dt>Changed</dt><dd>~ 0</dd>" in page
    assert "changed" not in {each["id"] for each in held(page)["tables"]}
    assert [row[0] for row in table(page, "rewired")["rows"]] == ["scaled"]


def test_a_node_whose_constant_has_another_value_is_counted_as_changed(tmp_path: Path) -> None:
    text = f"{HEAD} <float w = {{6}}> {{ scaled = Mul(x, w)  y = Relu(scaled) }}"
    page = reported(tmp_path, before=text, after=text.replace("6", "7"))
    assert "<dt>Changed</dt><dd>~ 1</dd>" in page
    (row,) = table(page, "changed")["rows"]
    assert row == ["scaled", "Mul", "a constant that it reads", "one value", "another value"]
