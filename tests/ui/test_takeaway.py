"""Pictures to take away: a page that stands alone, and files in the format that their ending says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import parser

from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.scene.finding.focus import Focus
from onnxviz.scene.grouping.hierarchy import arrange
from onnxviz.scene.picture import View
from onnxviz.scene.place import place
from onnxviz.ui.page import to_html
from onnxviz.ui.takeaway import FORMATS, render
from tests.browser import models
from tests.scene.graphs import chain

HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"


def saved(folder: Path) -> Path:
    text = """<ir_version: 8, opset_import: ["" : 17]>
    g (float[2] x) => (float[2] z) { y = Relu(x)  z = Tanh(y) }"""
    onnx.save(parser.parse_model(text), folder / "two.onnx")
    return folder / "two.onnx"


@pytest.mark.parametrize("ending", FORMATS)
def test_the_ending_of_the_file_is_its_format(ending: str, tmp_path: Path) -> None:
    out = tmp_path / f"picture{ending}"
    drawn = render(str(saved(tmp_path)), str(out))
    text = out.read_text("utf-8")
    start = {"svg": "<svg", "html": "<!doctype html>", "dot": "digraph"}[FORMATS[ending]]
    assert text.startswith(start)
    assert "Relu" in text
    assert drawn["nodes"] == 2
    assert drawn["boxes"] == (0 if FORMATS[ending] == "dot" else 4)


def test_a_part_of_the_model_is_drawn_alone(tmp_path: Path) -> None:
    out = tmp_path / "part.svg"
    drawn = render(str(saved(tmp_path)), str(out), View(focus=Focus("ancestors", "y")))
    assert "Relu" in out.read_text("utf-8")
    assert "Tanh" not in out.read_text("utf-8")
    assert drawn["focus"]


def test_a_file_that_changed_is_drawn_anew(tmp_path: Path) -> None:
    path, out = saved(tmp_path), tmp_path / "x.svg"
    assert render(str(path), str(out))["nodes"] == 2
    models.doubled(tmp_path).replace(path)
    assert render(str(path), str(out))["nodes"] == 1


def test_what_cannot_be_drawn_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="is not a format"):
        render(str(saved(tmp_path)), str(tmp_path / "x.bmp"))
    with pytest.raises(RefusedFile, match="cannot be read"):
        render(str(tmp_path / "none.onnx"), str(tmp_path / "x.svg"))


def test_a_page_is_one_file_that_names_nothing_outside(tmp_path: Path) -> None:
    graph = chain(3)
    text = to_html(place(graph, arrange(graph), ()), "three")
    assert not re.findall(r'(?:src|href)\s*=\s*"', text)
    assert "https://" not in re.sub(r"//[^\n]*|/\*.*?\*/", "", text.split('<script type="module">')[0])


@pytest.mark.browser
def test_a_saved_page_shows_its_picture_in_a_browser_and_runs_nothing_else(page: Any, tmp_path: Path) -> None:
    source = models.hostile(tmp_path)
    out = tmp_path / "page.html"
    render(str(source), str(out))
    page.goto(out.as_uri())
    canvas = page.locator("canvas.picture")
    canvas.wait_for()
    names = [row.get_attribute("aria-label") for row in page.get_by_role("treeitem").all()]
    assert any(name.startswith("LeakyRelu") for name in names)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert page.problems == []


@pytest.mark.browser
def test_a_title_cannot_leave_its_place_in_the_page(page: Any, tmp_path: Path) -> None:
    graph = chain(3)
    out = tmp_path / "page.html"
    out.write_text(to_html(place(graph, arrange(graph), (), title=HOSTILE), HOSTILE), "utf-8")
    page.goto(out.as_uri())
    page.locator("canvas.picture").wait_for()
    assert page.evaluate("window.hacked") is None
    assert "onnxviz" in page.title()
    assert page.problems == []
