from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from onnxviz.errors import LayoutFailed
from onnxviz.model import Attribute, Graph, Node, Value
from onnxviz.scene import place as place_module
from onnxviz.scene.dot import to_dot
from onnxviz.scene.draw import to_svg
from onnxviz.scene.grouping.hierarchy import arrange, open_all
from onnxviz.scene.layout import Link, Point, Problem
from onnxviz.scene.place import place, solve
from tests.scene.graphs import chain
from tests.scene.test_place_laws import check

HOSTILE = {
    "empty": "",
    "quotes": "say \"hi\" 'there'",
    "trailing backslash": "back\\",
    "escapes": r"\N \G \l \" \\ \n",
    "html-like": "<b>bold</b>",
    "html table": "<<TABLE><TR><TD>x</TD></TR></TABLE>>",
    "dot syntax": 'a"]; b [label="x"]; subgraph cluster { c } //',
    "record syntax": "{a|<p>b}",
    "script": "</text><script>alert(1)</script>",
    "entity": "&lt;&#x3c;&bogus;",
    "cdata": "]]><![CDATA[",
    "newlines": "a\r\nb\n",
    "nul": "a\x00b",
    "control": "\x1b[31m\x07",
    "right to left": "abc\u202edef",
    "surrogate": "\ud800",
    "not a character": "\uffff\ufffe",
    "emoji": "👩‍👩‍👧 模型 نموذج",
    "10 kB": "x" * 10_000,
    "keyword": "node",
    "spaces": "   ",
    "percent": "%s{0}%n",
}


def hostile_graph(name: str) -> Graph:
    attribute = Attribute(name, "string", name)
    constant = Value(name + "c", name, (name,), 4, name, True)
    first = Node(
        "a", name, name, name, ("x", name + "c"), ("a",), (attribute,), (), (name, name), (name, name)
    )
    second = replace(first, id=name or "b", inputs=("a",), outputs=(name or "b",))
    values = {constant.name: constant, "a": Value("a", name, (name, None, 3))}
    return Graph(name, (first, second), values, ("x",), (name or "b",), (constant.name,))


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_stays_text_in_dot_svg_and_scene(name: str) -> None:
    graph = hostile_graph(name)
    hierarchy = arrange(graph)
    for opened in (frozenset[str](), open_all(hierarchy)):
        dot = to_dot(graph, hierarchy, opened, title=name)
        drawn = json.loads(place_module._render(dot))
        boxes = [o for o in drawn["objects"] if o["name"].startswith("b") and "pos" in o]
        scene = place(graph, hierarchy, opened, title=name)
        assert len(boxes) == sum(not b.open for b in scene.boxes) == 4
        assert len(drawn["edges"]) == 3
        for dark in (False, True):
            root = ET.fromstring(to_svg(scene, dark))
            tags = {element.tag.rpartition("}")[2] for element in root.iter()}
            assert tags <= {"svg", "title", "defs", "marker", "path", "rect", "g", "text"}
            attributes = {key for element in root.iter() for key in element.attrib}
            assert not any(key.startswith("on") or "href" in key for key in attributes)
        check(graph, hierarchy, scene)


def test_an_svg_shows_titles_lines_and_types() -> None:
    graph = replace(chain(2), values={"v0": Value("v0", "float", (1, 64))})
    texts = {t.text for t in ET.fromstring(to_svg(place(graph, arrange(graph), ()))).iter() if t.text}
    assert {"Relu", "x", "float[1, 64]"} <= texts


def test_dot_text_has_clusters_for_open_groups() -> None:
    graph = chain(4, scopes=("a", "a", "b", "b"))
    hierarchy = arrange(graph)
    assert "cluster" not in to_dot(graph, hierarchy, ())
    text = to_dot(graph, hierarchy, open_all(hierarchy), "LR")
    assert text.count("subgraph cluster_") == 2
    assert "rankdir=LR" in text


def test_a_failing_engine_gives_simple_rows_that_keep_the_laws(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(dot: str) -> bytes:
        raise LayoutFailed("A group", "no")

    place_module._ask.cache_clear()
    monkeypatch.setattr(place_module, "_render", refuse)
    graph = chain(300, scopes=tuple(f"l{i // 30}" for i in range(300)))
    hierarchy = arrange(graph)
    check(graph, hierarchy, place(graph, hierarchy, open_all(hierarchy)))
    place_module._ask.cache_clear()


def test_an_unreadable_answer_gives_simple_rows_too(monkeypatch: pytest.MonkeyPatch) -> None:
    place_module._ask.cache_clear()
    monkeypatch.setattr(place_module, "_render", lambda dot: b'{"bb": "0,0"}')
    graph = chain(5)
    check(graph, arrange(graph), place(graph, arrange(graph), ()))
    place_module._ask.cache_clear()


def test_the_engine_recovers_after_text_that_it_cannot_parse() -> None:
    with pytest.raises(LayoutFailed):
        place_module._render("digraph { a -> ")
    assert b"objects" in place_module._render("digraph { a -> b }")


def test_a_foreign_hierarchy_is_refused_in_words() -> None:
    for graph, other in ((chain(3), chain(5)), (chain(5), chain(3))):
        with pytest.raises(LayoutFailed, match="Arrange the graph again"):
            place(graph, arrange(other), ())


def test_a_graph_without_nodes_is_a_picture_too() -> None:
    graph = Graph("", (), {}, ("x",), ("x",))
    scene = place(graph, arrange(graph), ())
    assert {b.kind for b in scene.boxes} == {"input", "output"}
    empty = place(Graph("", (), {}), arrange(Graph("", (), {})), ())
    assert empty.boxes == ()
    ET.fromstring(to_svg(empty))


def test_very_tall_items_keep_their_true_height_and_do_not_overlap() -> None:
    sizes = ((100.0, 50_000.0), (100.0, 30.0), (100.0, 200_000.0), (80.0, 20.0))
    links = (Link(0, 1), Link(1, 2), Link(0, 3), Link(3, 2))
    solution = solve(Problem(sizes, links))
    tops = [y - h / 2 for (_, y), (_, h) in zip(solution.centers, sizes, strict=True)]
    bottoms = [y + h / 2 for (_, y), (_, h) in zip(solution.centers, sizes, strict=True)]
    assert tops[1] >= bottoms[0]
    assert tops[2] >= bottoms[1]
    assert solution.height >= 250_030


def test_a_line_past_a_tall_item_keeps_its_side_and_never_turns_back() -> None:
    sizes = ((60.0, 20.0), (400.0, 6000.0), (60.0, 20.0), (60.0, 20.0))
    solution = solve(Problem(sizes, (Link(0, 1), Link(1, 2), Link(0, 2), Link(2, 3))))
    skip = solution.lines[2]
    assert len(skip) % 3 == 1
    (x, y), (w, h) = solution.centers[1], sizes[1]
    passed = [_on(skip[i : i + 4], t / 20) for i in range(0, len(skip) - 1, 3) for t in range(21)]
    beside = [p for p in passed if y - h / 2 < p[1] < y + h / 2]
    assert beside
    assert all(not x - w / 2 < px < x + w / 2 for px, _ in beside)
    assert all(b[1] >= a[1] - 1 for a, b in pairwise(passed))


def _on(cubic: Sequence[Point], t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    x, y = (sum(w * p[axis] for w, p in zip(weights, cubic, strict=True)) for axis in (0, 1))
    return x, y
