"""Two graphs under one set of ids: each side is itself, what is shared is the same, what changed shows."""

from __future__ import annotations

from pathlib import Path

import onnx.parser
import pytest
from hypothesis import given, settings

from onnxviz.diff import diff
from onnxviz.errors import BadUsage
from onnxviz.model import Graph
from onnxviz.scene.changes import Changes, Tally, is_tally, status_of
from onnxviz.scene.draw import to_svg
from onnxviz.scene.finding.focus import Focus
from onnxviz.scene.grouping.hierarchy import open_all
from onnxviz.scene.pairing import Pair, pair
from onnxviz.scene.picture import Picture, View, ids, picture, pictures, search
from onnxviz.scene.place import place
from onnxviz.scene.stage import Source, stage
from onnxviz.scene.types import Box
from onnxviz.scene.wires import wire
from tests.diff.drawn import edited

HEAD = '<ir_version: 8, opset_import: ["": 17]> g (float[2,2] x) => (float[2,2] y)'
BEFORE = f"""{HEAD} <float[2,2] w = {{1, 2, 3, 4}}>
    {{ t = Transpose(w) m = MatMul(x, t) i = Identity(m) r = Sigmoid(i) s = Softmax <axis = 0> (r)
    k = Tanh(s) y = Relu(k) }}"""
AFTER = f"""{HEAD} <float[2,2] t = {{1, 3, 2, 4}}>
    {{ m = MatMul(x, t) r = Sigmoid(m) s = Softmax <axis = 1> (r) k = Tanh(s) n = Neg(k) y = Relu(n) }}"""
STATUS = {"t": "removed", "i": "removed", "s": "changed", "n": "added"}


def paired(before: Graph, after: Graph) -> Pair:
    return pair(before, after, diff(before, after))


def saved(folder: Path, name: str, text: str) -> tuple[str, str]:
    path = folder / f"{name}.onnx"
    onnx.save(onnx.parser.parse_model(text), path)
    return str(path), f"{folder.name}-{name}"


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source.of_pair(saved(tmp_path, "before", BEFORE), saved(tmp_path, "after", AFTER))


def boxes(drawn: Picture) -> dict[str, Box]:
    return {box.id: box for box in drawn.scene.boxes}


def both_sides(source: Source, view: View | None = None) -> tuple[dict[str, Box], dict[str, Box]]:
    found = pictures(source, ("before", "after"), view)
    (_, before), (_, after) = found.panes
    return boxes(before), boxes(after)


@given(edited(most=25))
@settings(max_examples=80, deadline=None)
def test_each_side_is_the_graph_itself_under_the_ids_of_both(graphs: tuple[Graph, Graph]) -> None:
    found = paired(*graphs)
    for side, whole in zip(("before", "after"), graphs, strict=True):
        part, plain = found.parts[side].wiring, wire(whole)  # type: ignore[index]  # both are sides
        assert len(part.nodes) == len(plain.nodes)
        assert len(part.ends) == len(plain.ends)
        assert sorted((w.value, w.label) for w in part.wires) == sorted(
            (w.value, w.label) for w in plain.wires
        )
        assert set(part.body_of) <= set(found.parts["both"].wiring.body_of)
    shared = found.parts["before"].wiring.body_of.keys() & found.parts["after"].wiring.body_of.keys()
    everything = found.parts["both"].wiring
    changes = everything.changes or Changes()
    assert shared == {leaf for leaf in everything.body_of if changes.leaves.get(leaf, "") in ("", "changed")}
    assert set(changes.order) == set(changes.leaves)


@given(edited(most=25))
@settings(max_examples=25, deadline=None)
def test_every_side_can_be_drawn_open_and_closed(graphs: tuple[Graph, Graph]) -> None:
    for part in paired(*graphs).parts.values():
        for opened in (open_all(part.hierarchy), frozenset[str]()):
            scene = place(part.wiring, part.hierarchy, opened, title="t", seconds=0)
            assert scene.compares
            names = [box.id for box in scene.boxes]
            assert len(names) == len(set(names))


def test_boxes_and_lines_have_the_status_of_what_became_of_them(source: Source) -> None:
    ((_, drawn),) = pictures(source, ("both",)).panes
    assert {i: box.status for i, box in boxes(drawn).items() if box.status} == STATUS
    lines = {(c.source, c.target): c.status for c in drawn.scene.curves}
    assert lines["m", "i"] == lines["i", "r"] == lines["t", "m"] == lines["k", "y"] == "removed"
    assert lines["m", "r"] == lines["k", "n"] == lines["n", "y"] == "added"
    assert lines["in:x", "m"] == lines["r", "s"] == lines["y", "out:y"] == ""
    assert drawn.scene.changes == tuple(sorted(STATUS, key=stage(source).wiring.order.__getitem__))


def test_a_pane_has_what_its_model_has_as_it_is_there(source: Source) -> None:
    before, after = both_sides(source)
    assert before.keys() - after.keys() == {"t", "i"}
    assert after.keys() - before.keys() == {"n"}
    assert (before["s"].lines, after["s"].lines) == (("axis 0",), ("axis 1",))
    assert before["s"].status == after["s"].status == "changed"
    assert any("t " in line or "B " in line for line in after["m"].lines)
    assert before["m"].lines == ()


def test_one_box_for_both_says_what_a_changed_node_was(source: Source) -> None:
    ((_, drawn),) = pictures(source, ("both",)).panes
    assert boxes(drawn)["s"].lines == ("axis 1", "was axis 0")
    assert not [box.id for box in drawn.scene.boxes if box.id != "s" and "was" in " ".join(box.lines)]


def test_a_node_of_another_op_type_now_says_which_it_was(tmp_path: Path) -> None:
    files = [saved(tmp_path, op, f"{HEAD} {{ a = {op}(x) y = Neg(a) }}") for op in ("Relu", "Tanh")]
    ((_, drawn),) = pictures(Source.of_pair(files[0], files[1]), ("both",)).panes
    assert (boxes(drawn)["a"].title, boxes(drawn)["a"].lines) == ("Tanh", ("was Relu",))


def test_the_ids_of_a_picture_lead_to_the_nodes_of_each_model(tmp_path: Path) -> None:
    renamed = AFTER.replace("m =", "q =").replace("(m)", "(q)")
    source = Source.of_pair(saved(tmp_path, "before", BEFORE), saved(tmp_path, "after", renamed))
    found = ids(source)
    assert (found.before["q"], found.after["q"]) == ("m", "q")
    assert found.status["q"] == ""
    assert "m" not in found.status


def test_only_changes_shows_them_with_as_many_steps_around_as_asked_for(source: Source) -> None:
    none, one = (both_sides(source, View(focus=Focus.on_changes(steps))) for steps in (0, 1))
    shown = [{box for box in pane if not box.startswith("stub")} for pane in (*none, *one)]
    assert shown[0] == {"t", "i", "s"}
    assert shown[1] == {"s", "n"}
    assert shown[2] == {"t", "m", "i", "r", "s", "k", "y"}
    assert shown[3] == {"m", "r", "s", "k", "n", "y"}
    note = pictures(source, ("both",), View(focus=Focus.on_changes(1))).whole.focus
    assert note == "What changed and what is up to 1 step away: 8 of 8 nodes."


def test_a_focus_on_a_box_is_the_same_in_both_panes(source: Source) -> None:
    before, after = both_sides(source, View(focus=Focus("descendants", "i")))
    assert before.keys() == {"i", "r", "s", "k", "y", "out:y"}
    assert after.keys() == {"r", "s", "k", "n", "y", "out:y"}


def test_changes_alone_need_another_model_to_tell_them_from(tmp_path: Path) -> None:
    path, digest = saved(tmp_path, "alone", BEFORE)
    with pytest.raises(BadUsage, match="no other graph"):
        picture(Source(path, digest), View(focus=Focus.on_changes(1)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("is:removed", {"t", "i"}),
        ("is:added", {"n"}),
        ("is:changed,added", {"s", "n"}),
        ("is:kept op:Relu", {"y"}),
        ("attr:axis=0", {"s"}),
        ("attr:axis=1", {"s"}),
        ("identity", {"i"}),
        ("neg", {"n"}),
    ],
)
def test_a_search_finds_what_either_model_says_and_what_became_of_it(
    source: Source, text: str, found: set[str]
) -> None:
    answer = search(source, text)
    assert set(answer.ids) == found
    assert {hit.id for hit in answer.hits} == found
    order = stage(source).wiring.order
    assert [order[each] for each in answer.ids] == sorted(order[each] for each in answer.ids)


def test_where_nothing_is_compared_nothing_is_removed(tmp_path: Path) -> None:
    path, digest = saved(tmp_path, "alone", BEFORE)
    assert search(Source(path, digest), "is:removed").total == 0


def test_a_closed_group_counts_what_became_of_what_is_in_it(tmp_path: Path) -> None:
    chain = " ".join(f"a{n} = Relu({f'a{n - 1}' if n else 'x'})" for n in range(100))
    end = "s = Sigmoid(r) y = Relu(s) }"
    old = f"{HEAD} {{ {chain} b = Identity(a99) c = Tanh(b) r = Softmax <axis = 0> (c) {end}"
    new = f"{HEAD} {{ {chain} c = Tanh(a99) r = Softmax <axis = 1> (c) {end}"
    source = Source.of_pair(saved(tmp_path, "old", old), saved(tmp_path, "new", new))
    found = pictures(source, ("before", "after"), View("none"))
    tallies = [
        [box.lines[0] for box in drawn.scene.boxes if box.lines and is_tally(box.lines[0])]
        for _, drawn in found.panes
    ]
    assert tallies[0] == tallies[1] == ["−1 ~1"]
    (group,) = (b for b in found.panes[1][1].scene.boxes if b.kind == "group" and b.status)
    assert group.status == "changed"


@pytest.mark.parametrize(
    ("tally", "status", "text"),
    [
        (Tally(), "", ""),
        (Tally(2, 0, 0, 2), "removed", "−2"),
        (Tally(0, 3, 0, 3), "added", "+3"),
        (Tally(2, 3, 0, 5), "changed", "−2 +3"),
        (Tally(0, 0, 1200, 1201), "changed", "~1,200"),
    ],
)
def test_a_group_is_gone_or_new_only_where_all_of_it_is(tally: Tally, status: str, text: str) -> None:
    assert (tally.status, tally.text) == (status, text)
    assert is_tally(text) == bool(text)


def test_the_parts_of_a_tally_say_what_they_count() -> None:
    assert [status_of(part) for part in ["−12", "+3", "~2"]] == ["removed", "added", "changed"]
    assert not is_tally("Conv ×3, Relu")


@pytest.mark.parametrize("dark", [False, True])
def test_a_drawing_tells_changes_by_sign_and_dash_and_not_by_colour_alone(source: Source, dark: bool) -> None:
    ((_, drawn),) = pictures(source, ("both",)).panes
    svg = to_svg(drawn.scene, dark)
    assert all(f'id="tip-{status}"' in svg for status in ("removed", "added"))
    assert all(f">{sign}</text>" in svg for sign in ("−", "+", "~"))
    assert 'stroke-dasharray="5 3"' in svg
    assert drawn.scene.families["linear"]["light"] not in svg


def test_the_scopes_of_the_original_come_over_to_a_rewrite_that_is_looked_at_alone(tmp_path: Path) -> None:
    text = f"{HEAD} {{ a = Relu(x) b = Neg(a) c = Exp(b) y = Relu(c) }}"
    model = onnx.parser.parse_model(text)
    for node, scope in zip(model.graph.node, "aabb", strict=True):
        node.name = f"/{scope}/{node.op_type}"
    scoped = tmp_path / "scoped.onnx"
    onnx.save(model, scoped)
    path, digest = saved(tmp_path, "bare", text)
    alone = stage(Source(path, digest))
    lent = stage(Source(path, digest, like=(str(scoped), f"{digest}-scoped")))
    assert {group.title for group in alone.hierarchy.groups.values()} == {"g"}
    assert {"a", "b"} <= {group.title for group in lent.hierarchy.groups.values()}
