"""An overlay whose values come from a benchmark, on the boxes of a picture."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnx.parser
import pytest

from onnxviz.scene.picture import Picture, View, picture
from onnxviz.scene.stage import Source
from onnxviz.ui.marking import Given, shades
from onnxviz.ui.viewstate import ViewState

CHAIN = """<ir_version: 8, opset_import: ["" : 17]>
g (float[4] x) => (float[4] z) { a = Relu(x) b = Neg(a) z = Abs(b) }"""


@pytest.fixture
def drawn(tmp_path: Path) -> tuple[Source, Picture]:
    path = tmp_path / "chain.onnx"
    onnx.save(onnx.parser.parse_model(CHAIN), path)
    source = Source.of_file(path)
    return source, picture(source, View(opened="all"))


def test_given_values_shade_the_boxes_and_given_texts_stand_in_place_of_figures(
    drawn: tuple[Source, Picture],
) -> None:
    source, scene = drawn
    given = Given("time", "Time", "d1", {"a": 0.0, "b": 1e-3, "z": 4e-3}, "as measured", {"a": "in b"})
    found = shades(ViewState("d", overlay="time"), source, scene, given)
    assert found is not None
    assert (found.label, found.least, found.most) == ("Time", "0 s", "4 ms")
    assert found.note.startswith("as measured")
    assert found.shades["z"] == (1.0, "4 ms, 80 %")
    assert found.shades["b"][0] == 0.5
    assert found.shades["a"] == (0.0, "in b")


def test_hidden_nodes_have_no_shade_and_the_scale_may_have_names(drawn: tuple[Source, Picture]) -> None:
    source, scene = drawn
    ends = ("on openvino", "elsewhere")
    given = Given("status", "Ran elsewhere", "d2", {"a": 0.0, "b": 1.0}, hidden=frozenset({"z"}), ends=ends)
    found = shades(ViewState("d", overlay="status"), source, scene, given)
    assert found is not None
    assert "z" not in found.shades
    assert (found.least, found.most) == ends
    assert (found.shades["a"][0], found.shades["b"][0]) == (0.0, 1.0)


def test_another_overlay_that_a_person_chooses_is_not_the_given_one(drawn: tuple[Source, Picture]) -> None:
    source, scene = drawn
    given = Given("time", "Time", "d3", {"a": 1.0})
    found = shades(ViewState("d", overlay="flops"), source, scene, given)
    assert found is not None
    assert found.label == "Operations"
    assert shades(ViewState("d"), source, scene, given) is None
