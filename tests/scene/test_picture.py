"""From a file to what is on the screen: pictures, parts, bounds, search and overlays, as verbs."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import helper, parser

from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.scene import picture as picture_module
from onnxviz.scene.finding.focus import Focus
from onnxviz.scene.grouping.hierarchy import arrange, open_all
from onnxviz.scene.grouping.opening import tag
from onnxviz.scene.picture import View, colours, picture, search
from onnxviz.scene.place import place
from onnxviz.scene.stage import Source
from onnxviz.scene.totals import totals
from onnxviz.scene.wires import wire
from tests.scene.graphs import chain

FORK = """<ir_version: 8, opset_import: ["" : 17]>
g (float[2] x) => (float[2] z, float[2] v) { y = Relu(x)  z = Tanh(y)  w = Neg(y)  v = Abs(w) }"""


@pytest.fixture
def fork(tmp_path: Path) -> Source:
    onnx.save(parser.parse_model(FORK), tmp_path / "fork.onnx")
    return Source.of_file(tmp_path / "fork.onnx")


@pytest.fixture
def scoped(tmp_path: Path) -> Source:
    """Twelve layers of ten nodes, as the TorchScript exporter names them."""
    nodes = [
        helper.make_node("Relu", [f"v{i - 1}" if i else "x"], [f"v{i}"], name=f"/layer.{i // 10}/relu_{i}")
        for i in range(120)
    ]
    ends = [helper.make_tensor_value_info(name, 1, [2]) for name in ("x", "v119")]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:])
    onnx.save(helper.make_model(graph, ir_version=8), tmp_path / "scoped.onnx")
    return Source.of_file(tmp_path / "scoped.onnx")


def boxes(source: Source, view: View | None = None) -> set[str]:
    return {box.id for box in picture(source, view).scene.boxes}


def test_a_box_at_the_border_of_a_focus_says_how_much_is_cut_off_there(fork: Source) -> None:
    shown = picture(fork, View(focus=Focus("neighbours", "z", 1)))
    lines = {box.id: box.lines for box in shown.scene.boxes}
    assert lines["y"] == ("not shown: 1 in, 1 out",)
    assert lines["z"] == ()
    assert "w" not in lines
    assert "2 of 4 nodes" in shown.focus


def test_what_is_to_be_revealed_is_in_the_picture_by_its_id_or_its_tag(scoped: Source) -> None:
    assert "v55" not in boxes(scoped, View("none"))
    for name in ("v55", f"~{tag('v55')}"):
        shown = picture(scoped, View("none", reveal=name))
        assert shown.revealed == "v55"
        assert "v55" in {box.id for box in shown.scene.boxes}
        assert len(shown.opened) == 2
    assert picture(scoped, View("none", reveal="no such box")).revealed == ""


def test_the_levels_of_a_picture_are_told(scoped: Source) -> None:
    told = {opened: picture(scoped, View(opened)) for opened in ("none", "all", "1")}
    assert [(shown.depth, shown.deepest) for shown in told.values()] == [(0, 1), (1, 1), (1, 1)]


def test_more_boxes_than_a_browser_bears_stay_closed_and_a_note_says_so(
    scoped: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_module, "MOST_BOXES", 40)
    shown = picture(scoped, View("all"))
    assert len(shown.opened) == 3
    assert shown.scene.notes[0].startswith("10 groups stay closed")


def test_a_picture_that_takes_too_long_ends_in_plain_rows_and_says_so() -> None:
    graph = chain(120, scopes=tuple(f"l{i // 10}" for i in range(120)))
    wiring = wire(graph)
    hierarchy = arrange(graph, wiring=wiring)
    late = place(wiring, hierarchy, open_all(hierarchy), seconds=0.0)
    assert len(late.boxes) == len(place(graph, hierarchy, open_all(hierarchy)).boxes)
    assert len(late.notes) == 1
    assert "13 of 13 groups are drawn in plain rows" in late.notes[0]
    assert place(graph, hierarchy, (), seconds=60.0).notes == ()


def test_the_coarse_picture_is_closed(scoped: Source) -> None:
    shown = picture(scoped, View("all", reveal="v55", coarse=True))
    assert len(shown.opened) == 1
    assert "plain rows" in shown.scene.notes[0]


def test_a_focus_on_what_is_not_there_is_refused_in_words(fork: Source) -> None:
    with pytest.raises(BadUsage, match="is not in this graph"):
        picture(fork, View(focus=Focus("ancestors", "gone")))


def test_a_file_that_is_gone_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="cannot be read"):
        Source.of_file(tmp_path / "gone.onnx")


def test_a_search_stays_within_the_focus_and_the_op_types(fork: Source) -> None:
    assert search(fork, "", ("Neg", "Abs")).ids == ("w", "v")
    assert search(fork, "op:Tanh").ids == ("z",)
    assert search(fork, "op:Tanh", (), Focus("descendants", "w")).total == 0


def test_an_overlay_adds_up_to_the_totals(fork: Source) -> None:
    shown = colours(fork, "flops")
    assert shown.of["y"] == 2
    assert shown.total == totals(fork)["total"]["flops"] == 8
    assert colours(fork, "output", Focus("descendants", "w")).total == 16


def test_a_constant_that_wrongly_holds_a_graph_is_a_box_with_that_graph_in_it(tmp_path: Path) -> None:
    # Case 2129 of the fuzz: a body that was grafted into a `Constant`.
    text = """<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (float[2] y)
    { two = Constant <value = float {2.0}> () y = Add(x, two) }"""
    model = parser.parse_model(text)
    body = parser.parse_graph("b (float[2] p) => (float[2] q) { q = Relu(p) }")
    model.graph.node[0].attribute.append(helper.make_attribute("graph", body))
    onnx.save(model, tmp_path / "model.onnx")
    drawn = picture(Source.of_file(tmp_path / "model.onnx"), View("all"))
    assert {box.title for box in drawn.scene.boxes} >= {"Constant", "Relu", "Add"}
