"""The Python side of the viewer: the wire form, the joined modules, who selects what."""

from __future__ import annotations

import json
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from onnxviz.errors import BadUsage
from onnxviz.scene.types import Box, Curve, Scene
from onnxviz.ui.hearing import Channel, Event, Selection
from onnxviz.ui.viewer import ViewerEvent
from onnxviz.ui.wire import KINDS, MOST_CHARACTERS, STATUSES, joined, shown, wire

coordinates = some.floats(-1e5, 1e5)
labels = some.text(max_size=40)


@some.composite
def scenes(draw: some.DrawFn) -> Scene:
    """Any scene: labels of any text, parents and curve ends that may not exist."""
    ids = draw(some.lists(some.text(max_size=12), unique=True, max_size=8))
    ends = some.sampled_from([*ids, "not there"])
    boxes = tuple(
        Box(
            name,
            draw(some.sampled_from(KINDS)),  # type: ignore[arg-type]
            *(draw(coordinates) for _ in range(4)),
            title=draw(labels),
            lines=tuple(draw(some.lists(labels, max_size=3))),
            family=draw(some.sampled_from(["", "f", "unknown"])),
            parent=draw(some.none() | ends),
            open=draw(some.booleans()),
            count=draw(some.integers(0, 10**6)),
            status=draw(some.sampled_from(STATUSES)),
            jump=draw(some.just("") | ends),
        )
        for name in ids
    )
    count = draw(some.integers(0, 6))
    points = some.lists(some.tuples(coordinates, coordinates), max_size=7).map(tuple)
    status = some.sampled_from(STATUSES)
    curves = tuple(
        Curve(str(n), draw(ends), draw(ends), draw(points), draw(labels), status=draw(status))
        for n in range(count)
    )
    return Scene(boxes, curves, 10, 20, title=draw(labels), families={"f": {"label": "F", "sign": "+"}})


@given(scenes())
@settings(max_examples=150, deadline=None)
def test_the_wire_form_keeps_every_box_to_a_tenth_of_a_point(scene: Scene) -> None:
    sent = json.loads(json.dumps(wire(scene)))
    for at, box in enumerate(scene.boxes):
        assert sent["ids"][at] == box.id
        assert KINDS[sent["kinds"][at]] == box.kind
        assert STATUSES[sent["status"][at]] == box.status
        assert [side / 10 for side in sent["xywh"][4 * at : 4 * at + 4]] == pytest.approx(
            [box.x, box.y, box.w, box.h], abs=0.0501
        )
        assert len(sent["lines"][at]) == len(box.lines)
        assert sent["counts"][at] == box.count
        assert sent["jumps"].get(str(at), "") == box.jump
        assert (at in sent["open"]) == (box.kind == "group" and box.open)


@given(scenes())
@settings(max_examples=150, deadline=None)
def test_the_wire_form_keeps_every_curve_to_a_tenth_of_a_point(scene: Scene) -> None:
    curves = wire(scene)["curves"]
    ids = [box.id for box in scene.boxes]
    steps = iter(curves["xy"])
    for at, curve in enumerate(scene.curves):
        assert curves["points"][at] == len(curve.points)
        assert STATUSES[curves["status"][at]] == curve.status
        for end, name in (("source", curve.source), ("target", curve.target)):
            assert curves[end][at] == (ids.index(name) if name in ids else -1)
        moves = [(next(steps), next(steps)) for _ in curve.points]
        for axis in (0, 1):
            found = [value / 10 for value in accumulate(move[axis] for move in moves)]
            assert found == pytest.approx([point[axis] for point in curve.points], abs=0.0501)
    assert next(steps, None) is None


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_every_place_on_the_wire_is_within_what_it_points_to(scene: Scene) -> None:
    sent = wire(scene)
    boxes, texts = len(scene.boxes), len(sent["text"])
    ends = [*sent["parents"], *sent["curves"]["source"], *sent["curves"]["target"]]
    assert all(-1 <= place < boxes for place in ends)
    places = [*sent["titles"], *sent["curves"]["labels"], *(p for row in sent["lines"] for p in row)]
    assert all(0 <= place < texts for place in places)
    assert all(-1 <= place < len(sent["families"]) for place in sent["family"])


@given(some.text(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_a_shown_label_is_one_bounded_line_and_showing_it_again_changes_nothing(label: str) -> None:
    clean = shown(label)
    assert len(clean) <= MOST_CHARACTERS
    assert len(clean.splitlines()) <= 1
    assert shown(clean) == clean
    clean.encode("utf-8")


def test_a_name_cannot_turn_the_text_around_it() -> None:
    assert shown("a\u202egnp.exe\u2066b") == "a gnp.exe b"


def test_two_boxes_with_one_id_are_refused() -> None:
    box = Box("same", "node", 0, 0, 1, 1, "Conv")
    with pytest.raises(BadUsage, match="same id"):
        wire(Scene((box, box), (), 1, 1, title="m"))


def test_equal_labels_travel_once() -> None:
    boxes = tuple(Box(f"n{n}", "node", 0, 0, 100, 40, "Conv", ("W float[64]",)) for n in range(2000))
    sent = wire(Scene(boxes, (), 1, 1))
    assert sent["text"] == ["Conv", "W float[64]"]


def test_the_wire_form_is_a_small_part_of_the_plain_one() -> None:
    boxes = tuple(Box(f"layer.{n}/out", "node", n, n * 3, 160, 54, "Conv", ("W",)) for n in range(500))
    points = ((0.25, 1.0), (0.25, 20.5), (3.0, 40.0), (3.0, 60.123456))
    curves = tuple(Curve(f"c{n}", f"layer.{n}/out", "", points, "float[1]") for n in range(500))
    scene = Scene(boxes, curves, 1, 1)
    plain, sent = json.dumps(scene.to_json()), json.dumps(wire(scene), separators=(",", ":"))
    assert len(sent) * 3 < len(plain)


def test_joined_modules_come_after_what_they_import_and_once_each(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("export const one = 1;\n")
    (tmp_path / "b.js").write_text('import { one } from "./a.js";\nexport function two() { return one; }\n')
    (tmp_path / "main.js").write_text(
        'import {\n  one,\n} from "./a.js";\nimport { two } from "./b.js";\nexport default function go() {}\n'
    )
    source = joined(tmp_path)
    assert "import" not in source
    assert source.count("const one") == 1
    assert (
        source.index("const one") < source.index("function two") < source.index("export default function go")
    )
    assert source.count("export") == 1


def test_a_ring_of_modules_is_refused(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text('import { b } from "./b.js";\n')
    (tmp_path / "b.js").write_text('import { a } from "./main.js";\n')
    with pytest.raises(BadUsage, match="imports itself"):
        joined(tmp_path)


def test_the_viewer_is_one_module_without_markup_or_requests() -> None:
    source = joined()
    assert source.count("export default") == 1
    for unwanted in (
        "innerHTML",
        "insertAdjacentHTML",
        "eval(",
        "fetch(",
        "XMLHttpRequest",
        "import ",
        "http://",
    ):
        assert unwanted not in source.replace("http://www.w3.org/2000/svg", "")


def test_a_persons_selection_stands_until_the_page_wishes_another() -> None:
    selection = Selection()
    selection.hear("a")
    first = selection.wish(None)
    assert (selection.current, first) == ("a", {"id": None, "serial": 0})
    assert selection.wish(None) == first
    assert selection.current == "a"
    assert selection.wish("b") == {"id": "b", "serial": 1}
    assert selection.current == "b"
    selection.hear("c")
    selection.wish("b")
    assert selection.current == "c"


def told(*events: tuple[Any, ...], sender: Any = "viewer") -> dict[str, Any]:
    return {"from": sender, "list": [list(event) for event in events]}


def test_each_event_is_heard_once_and_in_order_however_often_it_comes() -> None:
    channel = Channel()
    assert channel.news(None) == []
    first, second = (1, "toggled", {"id": "g"}), (2, "toggled", {"id": "h"})
    assert channel.news(told(first)) == [Event("toggled", {"id": "g"})]
    assert channel.news(told(first)) == []
    assert channel.news(told(first, second, (3, "wanted", {"id": "n"}))) == [
        Event("toggled", {"id": "h"}),
        Event("wanted", {"id": "n"}),
    ]


def test_another_viewer_begins_to_count_anew() -> None:
    channel = Channel()
    channel.news(None)
    channel.news(told((7, "selected", {"id": "a"})))
    other = told((1, "selected", {"id": "b"}), sender="other")
    assert channel.news(other) == [Event("selected", {"id": "b"})]


def test_what_a_browser_told_a_session_that_is_gone_is_not_done_again() -> None:
    channel = Channel()
    assert channel.news(told((1, "asked", {"command": "undo"}))) == []
    assert channel.news(told((1, "asked", {"command": "undo"}), (2, "asked", {"command": "redo"}))) == [
        Event("asked", {"command": "redo"})
    ]


@pytest.mark.parametrize(
    "said",
    [
        3,
        {"list": [[1, "selected", {}]]},
        {"from": 3, "list": [[1, "selected", {}]]},
        told(("1", "selected", {})),
        told((1, 2, {})),
        told((1, "selected", "a")),
        told((1, "selected")),
        {"from": "viewer", "list": "abc"},
    ],
)
def test_what_is_no_event_is_none(said: Any) -> None:
    channel = Channel()
    channel.news(None)
    assert channel.news(said) == []


def page_with_viewers() -> None:
    import streamlit as st

    from onnxviz.scene.types import Box, Scene
    from onnxviz.ui.viewer import viewer

    box = Box("n", "node", 0, 0, 100, 40, "Conv")
    event = viewer(Scene((box,), (), 100, 40, title="m"), key="one", selected=st.session_state.get("pick"))
    empty = viewer(Scene((), (), 0, 0), key="two", height=300)
    st.session_state["events"] = (event, empty)
    if st.button("pick"):
        st.session_state["pick"] = "n"
        st.rerun()


def test_a_page_with_two_viewers_runs_and_the_page_can_select() -> None:
    app = AppTest.from_function(page_with_viewers).run()
    assert not app.exception
    assert app.session_state["events"] == (ViewerEvent(), ViewerEvent())
    app.button[0].click().run()
    assert not app.exception
    assert app.session_state["events"] == (ViewerEvent(selected="n"), ViewerEvent())
