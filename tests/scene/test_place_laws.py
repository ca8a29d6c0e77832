from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onnxviz.model import Graph
from onnxviz.scene.grouping.hierarchy import arrange, first_open, open_all
from onnxviz.scene.place import place
from onnxviz.scene.types import Box, Hierarchy, Scene
from onnxviz.scene.wires import wire
from tests.scene.graphs import chain, graphs

LIGHT = sorted((Path(onnx.__file__).parent / "backend/test/data/light").glob("*.onnx"))


def shown_as(hierarchy: Hierarchy, graph: Graph, scene: Scene) -> dict[str, list[str]]:
    """Leaf -> ids of the boxes that show it: its own, or that of a closed group around it."""
    boxes = {b.id: b for b in scene.boxes}
    shown: dict[str, list[str]] = {}
    for group in hierarchy.groups.values():
        for node in group.nodes:
            at: str | None = group.id
            chain_up = []
            while at is not None:
                chain_up.append(at)
                at = hierarchy.groups[at].parent
            closed = [g for g in chain_up if g in boxes and not boxes[g].open]
            shown.setdefault(node, []).extend(closed + ([node] if node in boxes else []))
    for leaf in wire(graph).ends:
        if leaf in boxes:
            shown.setdefault(leaf, [leaf])
    return shown


def check_boxes(scene: Scene) -> None:
    boxes = {b.id: b for b in scene.boxes}
    assert len(boxes) == len(scene.boxes)
    siblings: dict[str | None, list[Box]] = {}
    for box in scene.boxes:
        siblings.setdefault(box.parent if box.parent in boxes else None, []).append(box)
        assert box.x >= -0.6
        assert box.x + box.w <= scene.width + 0.6
        assert box.y >= -0.6
        assert box.y + box.h <= scene.height + 0.6
        frame = boxes.get(box.parent or "")
        if frame is not None:
            assert frame.open
            assert frame.x - 0.6 <= box.x
            assert box.x + box.w <= frame.x + frame.w + 0.6
            assert frame.y - 0.6 <= box.y
            assert box.y + box.h <= frame.y + frame.h + 0.6
    for group in siblings.values():
        rows = sorted(group, key=lambda b: b.y)
        for i, a in enumerate(rows):
            for b in rows[i + 1 :]:
                if b.y >= a.y + a.h - 0.6:
                    break
                assert b.x >= a.x + a.w - 0.6 or a.x >= b.x + b.w - 0.6, (a.id, b.id)


def check_curves(graph: Graph, hierarchy: Hierarchy, scene: Scene) -> None:
    boxes = {b.id: b for b in scene.boxes}
    joined = {(c.source, c.target) for c in scene.curves}
    shown = shown_as(hierarchy, graph, scene)
    leaving = {(c.source, end) for c in scene.curves if c.target in boxes for end in boxes[c.target].ends}
    entering = {(end, c.target) for c in scene.curves if c.source in boxes for end in boxes[c.source].ends}
    for w in wire(graph).wires:
        if w.source not in shown or w.target not in shown:
            continue
        pair = (shown[w.source][0], shown[w.target][0])
        if pair[0] == pair[1]:
            continue
        assert pair in joined or (pair in leaving and pair in entering), pair
    for curve in scene.curves:
        assert len(curve.points) % 3 == 1
        assert len(curve.points) >= 4
        for end, (x, y) in ((curve.source, curve.points[0]), (curve.target, curve.points[-1])):
            box = boxes[end]
            assert box.x - 1 <= x <= box.x + box.w + 1
            assert box.y - 1 <= y <= box.y + box.h + 1
    for box in scene.boxes:
        if box.kind == "stub":
            assert box.jump in boxes
            assert set(box.ends) <= set(boxes)


def check(graph: Graph, hierarchy: Hierarchy, scene: Scene) -> None:
    shown = shown_as(hierarchy, graph, scene)
    for node in graph.walk():
        if not node.is_constant:
            assert len(shown[node.id]) == 1, node.id
    check_boxes(scene)
    check_curves(graph, hierarchy, scene)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(graphs(), st.data())
def test_every_node_has_one_box_inside_its_frame_and_every_edge_is_drawn(
    graph: Graph, data: st.DataObject
) -> None:
    hierarchy = arrange(graph)
    opened = frozenset(data.draw(st.sets(st.sampled_from(sorted(hierarchy.groups)))))
    direction = data.draw(st.sampled_from(("TB", "LR")))
    scene = place(graph, hierarchy, opened, direction)
    check(graph, hierarchy, scene)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(graphs(60))
def test_the_same_graph_gives_the_same_picture(graph: Graph) -> None:
    first = place(graph, arrange(graph), open_all(arrange(graph)))
    assert first == place(graph, arrange(graph), open_all(arrange(graph)))
    assert json.loads(json.dumps(first.to_json()))["width"] == first.width


@pytest.mark.parametrize("path", LIGHT, ids=lambda p: p.stem)
def test_models_of_the_onnx_wheel_keep_the_laws_closed_and_open(path: Path) -> None:
    from onnxviz.reading import read_model

    graph = read_model(path).graph
    hierarchy = arrange(graph)
    first = place(graph, hierarchy, first_open(hierarchy))
    check(graph, hierarchy, first)
    assert 15 <= sum(not b.open and b.kind != "stub" for b in first.boxes) <= 95
    check(graph, hierarchy, place(graph, hierarchy, open_all(hierarchy), "LR"))


def test_a_chain_is_one_straight_column() -> None:
    graph = chain(12)
    scene = place(graph, arrange(graph), ())
    middles = {round(b.x + b.w / 2) for b in scene.boxes}
    assert max(middles) - min(middles) <= 1
    tops = [b.y for b in sorted(scene.boxes, key=lambda b: b.y)]
    assert all(b > a for a, b in pairwise(tops))


def test_left_to_right_runs_to_the_right() -> None:
    graph = chain(6)
    boxes = {b.id: b for b in place(graph, arrange(graph), (), "LR").boxes}
    assert boxes["in:x"].x < boxes["v0"].x < boxes["v5"].x < boxes["out:v5"].x
    assert boxes["v0"].y == pytest.approx(boxes["v5"].y)
