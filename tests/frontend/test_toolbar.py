"""The strip above the picture: what its buttons and keys ask for, and what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onnxviz.ui.wire import wire
from tests.frontend.hosting import VIEW, Viewer, small

pytestmark = pytest.mark.browser

COST = {"label": "Cost", "note": "of the whole", "least": "0", "most": "9 G"}


@pytest.fixture
def shown(viewer: Viewer) -> Viewer:
    """The small scene on a page that can do everything."""
    viewer.give(small(), view=VIEW)
    return viewer


def button(viewer: Viewer, name: str) -> Any:
    return viewer.page.get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize(
    ("name", "wish"),
    [
        ("Overview", {"command": "overview"}),
        ("Open all", {"command": "all"}),
        ("Close all", {"command": "none"}),
        ("One level less", {"command": "depth", "depth": 0}),
        ("One level more", {"command": "depth", "depth": 2}),
        ("Left to right", {"command": "turn"}),
        ("Undo", {"command": "undo"}),
        ("Redo", {"command": "redo"}),
    ],
)
def test_a_button_asks_for_what_its_name_says(shown: Viewer, name: str, wish: dict[str, Any]) -> None:
    button(shown, name).click()
    assert shown.asked() == [wish]


@pytest.mark.parametrize(
    ("key", "wish"),
    [
        ("o", {"command": "overview"}),
        ("[", {"command": "depth", "depth": 0}),
        ("]", {"command": "depth", "depth": 2}),
        ("t", {"command": "turn"}),
        ("u", {"command": "undo"}),
        ("Control+z", {"command": "undo"}),
        ("Control+Shift+z", {"command": "redo"}),
        ("Control+y", {"command": "redo"}),
    ],
)
def test_a_key_asks_for_the_same(shown: Viewer, key: str, wish: dict[str, Any]) -> None:
    shown.press(key)
    assert shown.asked() == [wish]


def test_equal_wishes_differ_in_a_number_that_grows(shown: Viewer) -> None:
    shown.press("o", "o", "o")
    numbers = [value["n"] for name, value in shown.said() if name == "asked"]
    assert len(set(numbers)) == 3
    assert numbers == sorted(numbers)


def test_what_cannot_be_done_now_is_not_asked_for(viewer: Viewer) -> None:
    bare = VIEW | {"undo": False, "redo": False, "depth": 0, "deepest": 1}
    viewer.give(small(), view=bare)
    assert not button(viewer, "Undo").is_enabled()
    assert not button(viewer, "Redo").is_enabled()
    assert not button(viewer, "One level less").is_enabled()
    viewer.press("u", "Control+y", "[", "x")
    assert viewer.asked() == []


def test_from_a_mixed_depth_one_level_less_only_closes_and_more_only_opens(viewer: Viewer) -> None:
    viewer.give(small(opened=True), view=VIEW | {"depth": -1})
    assert viewer.page.get_by_role("group", name="Depth: mixed of 3").is_visible()
    viewer.press("]")
    assert viewer.asked() == [{"command": "depth", "depth": 1}]
    viewer.give(small(), view=VIEW | {"depth": -1})
    viewer.press("[")
    assert viewer.asked() == [{"command": "depth", "depth": 0}]


def test_the_turn_button_says_what_it_will_do(viewer: Viewer) -> None:
    viewer.give(small(), view=VIEW | {"direction": "LR"})
    assert button(viewer, "Top to bottom").is_visible()
    assert button(viewer, "Left to right").count() == 0


def test_a_fixed_picture_has_no_toggles_and_asks_for_nothing(viewer: Viewer) -> None:
    scene = small()
    viewer.give(scene, view=None)
    for name in ("Overview", "Open all", "Undo", "Left to right", "Op types"):
        assert not button(viewer, name).is_visible()
    assert not viewer.page.get_by_role("combobox", name="Colour by").is_visible()
    viewer.page.mouse.click(*viewer.at(scene, "stub:2"))
    assert viewer.aloud() == "That is not in this picture"
    x, y = viewer.at(scene, "block")
    viewer.page.mouse.click(x + 80 - 17, y - 30 + 13)
    viewer.page.mouse.dblclick(x, y)
    viewer.press("o", "t", "u", "v", "p", "x", "]")
    assert {name for name, _ in viewer.said()} == {"selected"}
    assert viewer.page.problems == []


def test_the_sign_on_a_group_is_not_drawn_where_nothing_opens(viewer: Viewer) -> None:
    scene = small()
    viewer.give(scene, view=VIEW)
    x, y = viewer.at(scene, "block")
    sign = (x + 80 - 17, y - 30 + 13)
    assert max(viewer.pixel(*sign)) < 120
    viewer.give(scene, view=None)
    assert min(viewer.pixel(*sign)) > 200


@pytest.mark.parametrize("width", [420, 520, 560, 700, 1050])
def test_nothing_sticks_out_at_any_width(page: Any, width: int) -> None:
    viewer = Viewer(page, width)
    notes = ["A note that is long enough to be broken into more than one line of text in here"]
    viewer.give(small(), view=VIEW | {"focus": "Neighbours of Conv", "notes": notes}, select="conv", serial=1)
    viewer.page.locator(".find input").fill("c")
    edges = page.evaluate(
        """() => [...document.querySelector('#host').shadowRoot
          .querySelectorAll('button, input, select, .strip, .chosen')]
        .map((e) => e.getBoundingClientRect())
        .filter((r) => r.width && r.height).map((r) => [r.left, r.right])"""
    )
    assert len(edges) > 25
    assert min(left for left, _ in edges) >= 0
    assert max(right for _, right in edges) <= width
    assert page.locator(".stage").bounding_box()["height"] > 330
    page.get_by_role("button", name="Save", exact=True).click()
    menu = page.locator(".savemenu").bounding_box()
    assert menu["x"] >= 0
    assert menu["x"] + menu["width"] <= width


def test_a_part_of_the_graph_is_named_and_x_shows_everything(viewer: Viewer) -> None:
    sentence = "Neighbours of Conv within 2 steps: 12 of 431 nodes"
    viewer.give(small(), view=VIEW | {"focus": sentence})
    assert viewer.page.get_by_text(sentence).is_visible()
    button(viewer, "Show everything (x)").click()
    viewer.press("x")
    assert viewer.asked() == [{"command": "unfocus"}] * 2
    viewer.give(small(), view=VIEW)
    assert not button(viewer, "Show everything (x)").is_visible()


def test_a_note_can_be_dismissed_and_another_one_is_shown(viewer: Viewer) -> None:
    first, second = ({"notes": [text]} for text in ("Only 20,000 boxes are open.", "The picture is coarse."))
    viewer.give(small(), view=VIEW | first)
    assert viewer.page.get_by_role("status").filter(has_text="20,000").is_visible()
    button(viewer, "Dismiss the note").click()
    viewer.give(small(shift=1), view=VIEW | first)
    assert not viewer.page.get_by_text("20,000").is_visible()
    viewer.give(small(), view=VIEW | second)
    assert viewer.page.get_by_text("The picture is coarse.").is_visible()


def test_an_overlay_is_chosen_from_a_list(shown: Viewer) -> None:
    choice = shown.page.get_by_role("combobox", name="Colour by")
    assert choice.input_value() == "family"
    choice.select_option("cost")
    assert shown.asked() == [{"command": "overlay", "overlay": "cost"}]


def test_an_overlay_tints_boxes_and_its_scale_takes_the_place_of_the_families(shown: Viewer) -> None:
    legend = shown.page.locator(".legend")
    assert "Linear" in legend.inner_text()
    cost = COST | {"shades": {"conv": [1.0, "9 G"], "block": [0.0, "0"], "gone": [0.5, "x"]}}
    shown.give(small(), view=VIEW | {"overlay": "cost"}, overlay=cost)
    assert [text in legend.inner_text() for text in ("Linear", "Cost", "of the whole", "0", "9 G")] == [
        False, True, True, True, True,
    ]  # fmt: skip
    x, y = shown.at(small(), "conv")
    assert shown.pixel(x + 50, y - 22) == [20, 34, 107]
    x, y = shown.at(small(), "block")
    assert shown.pixel(x, y - 26) == [247, 251, 222]
    shown.give(small(), view=VIEW)
    assert "Linear" in legend.inner_text()
    assert shown.page.problems == []


def test_the_share_is_also_the_length_of_a_bar(shown: Viewer) -> None:
    cost = COST | {"shades": {"conv": [0.5, ""]}}
    shown.give(small(), view=VIEW | {"overlay": "cost"}, overlay=cost)
    x, y = shown.at(small(), "conv")
    inside, outside = shown.pixel(x - 40, y + 27), shown.pixel(x + 40, y + 27)
    assert sum(outside) - sum(inside) > 100 or sum(inside) - sum(outside) > 100


def test_a_scene_that_this_browser_lacks_is_asked_for_once(viewer: Viewer) -> None:
    data = {"digest": "d", "height": 600, "label": "A graph", "look": 0, "select": {"id": None, "serial": 0}}
    for _ in range(2):
        viewer.page.evaluate("(data) => give(data)", data | {"scene": None, "view": VIEW})
        viewer.page.wait_for_timeout(60)
    assert viewer.asked() == [{"command": "scene"}]
    viewer.press("f", "o", "+", "Enter", "v")
    text = json.dumps(wire(small()))
    viewer.page.evaluate("(data) => give(data)", data | {"scene": text, "view": VIEW})
    viewer.page.evaluate("(data) => give(data)", data | {"scene": None, "view": VIEW})
    viewer.page.wait_for_timeout(300)
    assert viewer.page.get_by_role("treeitem").count() == 5
    assert viewer.asked() == []
    assert viewer.page.problems == []


def test_every_button_and_field_has_a_name_and_can_be_reached_by_tab(shown: Viewer) -> None:
    page = shown.page
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        if shown.focused("tagName") is None:
            break
        reached.append(shown.focused("ariaLabel") or shown.focused("textContent"))
    for name in ("Find in the graph", "Op types", "Overview", "Colour by", "Zoom in (+)", "Save", "A graph"):
        assert name in reached
    assert all(reached)
    assert reached.index("Save") < reached.index("A graph")


def test_keys_in_the_list_of_overlays_are_not_commands(shown: Viewer) -> None:
    shown.page.get_by_role("combobox", name="Colour by").focus()
    shown.page.keyboard.press("o")
    assert shown.asked() == [] or shown.asked()[0]["command"] == "overlay"


def test_something_under_way_is_shown_until_the_page_answers(shown: Viewer) -> None:
    shown.press("o")
    assert "busy" in shown.page.locator(".viewer").get_attribute("class")
    shown.give(small(), view=VIEW)
    assert "busy" not in shown.page.locator(".viewer").get_attribute("class")
