"""The joined viewer in a real browser with a stand-in for Streamlit: what one does, what is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onnxviz.scene.types import Box, Curve, Scene
from tests.frontend.hosting import FAMILIES, Viewer, small

pytestmark = pytest.mark.browser


@pytest.fixture
def show(page: Any) -> Callable[..., None]:
    """Mounts the viewer and gives it a scene; called again, gives it another."""
    return Viewer(page).give


def said(page: Any) -> list[Any]:
    found: list[Any] = page.evaluate("said.splice(0)")
    return found


def percent(page: Any) -> int:
    return int(page.locator(".do-actual").inner_text().split()[0])


def at(page: Any, scene: Scene, box_id: str) -> tuple[float, float]:
    """Where the middle of a box is on the page, for a small scene that is shown whole at 100 %."""
    box = next(box for box in scene.boxes if box.id == box_id)
    stage = page.locator(".stage").bounding_box()
    left = stage["x"] + (stage["width"] - scene.width) / 2
    top = stage["y"] + (stage["height"] - scene.height) / 2
    return left + box.x + box.w / 2, top + box.y + box.h / 2


def test_a_click_selects_and_escape_clears(page: Any, show: Any) -> None:
    show(small())
    page.mouse.click(*at(page, small(), "conv"))
    assert said(page) == [["selected", {"id": "conv"}]]
    assert "Selected Conv" in page.locator(".said").inner_text()
    page.keyboard.press("Escape")
    assert said(page) == [["selected", {"id": None}]]
    assert page.problems == []


def test_a_new_look_shows_the_whole_again_and_another_state_alone_does_not(page: Any, show: Any) -> None:
    show(small())
    page.locator(".do-zoomIn").click()
    page.locator(".do-zoomIn").click()
    page.wait_for_timeout(260)
    near = percent(page)
    show(small(opened=True))
    assert percent(page) == near > 100
    show(small(opened=True, shift=1.0), look=1)
    assert percent(page) <= 100
    page.locator(".do-zoomIn").click()
    page.wait_for_timeout(260)
    show(small(opened=True, shift=1.0), look=2)
    assert percent(page) <= 100


def test_a_drag_moves_the_picture_and_selects_nothing(page: Any, show: Any) -> None:
    show(small())
    x, y = at(page, small(), "conv")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y + 50, steps=4)
    page.mouse.up()
    assert said(page) == []
    page.mouse.click(x + 120, y + 50)
    assert said(page) == [["selected", {"id": "conv"}]]


def test_a_double_click_asks_to_open_a_group_and_zooms_to_a_node(page: Any, show: Any) -> None:
    show(small())
    page.mouse.dblclick(*at(page, small(), "block"))
    assert said(page) == [
        ["selected", {"id": "block"}],
        ["toggled", {"id": "block"}],
    ]
    page.mouse.dblclick(*at(page, small(), "conv"))
    assert said(page) == [["selected", {"id": "conv"}]]


def test_the_plus_on_a_group_asks_to_open_it_at_one_click(page: Any, show: Any) -> None:
    show(small())
    x, y = at(page, small(), "block")
    page.mouse.click(x + 80 - 17, y - 30 + 13)
    assert said(page) == [["toggled", {"id": "block"}]]


def test_an_opened_group_stays_where_it_was(page: Any, show: Any) -> None:
    show(small())
    x, y = at(page, small(), "block")
    page.mouse.dblclick(x, y)
    said(page)
    show(small(opened=True, shift=333))
    page.mouse.click(x - 80 + 20 + 60, y - 30 + 50 + 20)
    assert said(page) == [["selected", {"id": "inner"}]]


def test_a_stub_jumps_to_its_other_end_or_asks_for_it(page: Any, show: Any) -> None:
    show(small())
    page.mouse.click(*at(page, small(), "stub:2"))
    assert said(page) == [["wanted", {"id": "hidden"}]]
    page.mouse.click(*at(page, small(), "stub:1"))
    assert said(page) == [["selected", {"id": "conv"}]]


def test_scrolling_leaves_the_page_alone_until_the_picture_has_the_focus(page: Any, show: Any) -> None:
    show(small())
    x, y = at(page, small(), "conv")
    page.mouse.move(x, y)
    page.mouse.wheel(0, -200)
    page.wait_for_timeout(100)
    assert percent(page) == 100
    assert "shown" in page.locator(".hint").get_attribute("class")
    page.mouse.click(x, y)
    page.mouse.wheel(0, -200)
    page.wait_for_timeout(100)
    assert percent(page) > 100


def test_keys_and_buttons_zoom_and_fit(page: Any, show: Any) -> None:
    show(small())
    page.locator("canvas.picture").focus()
    for press, more in (("+", True), ("-", False)):
        before = percent(page)
        page.keyboard.press(press)
        page.wait_for_timeout(350)
        assert (percent(page) > before) is more
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(350)
    assert percent(page) > 100
    page.keyboard.press("f")
    page.wait_for_timeout(350)
    assert percent(page) == 100


def test_the_list_of_boxes_can_be_walked_by_keyboard(page: Any, show: Any) -> None:
    show(small())
    tree = page.get_by_role("tree", name="Boxes of the graph")
    names = [row.get_attribute("aria-label") for row in tree.get_by_role("treeitem").all()]
    assert names[:3] == ["x, graph input, float[1]", "Conv, 3×3", "block, closed group, 2 nodes, Block"]
    assert tree.locator("[tabindex='0']").count() == 1
    tree.locator("[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert said(page) == [
        ["selected", {"id": "conv"}],
        ["toggled", {"id": "block"}],
    ]
    show(small(opened=True))
    assert page.evaluate("document.querySelector('#host').shadowRoot.activeElement.ariaExpanded") == "true"


def test_a_page_may_select_and_is_not_told_so(page: Any, show: Any) -> None:
    show(small())
    show(small(), select="block", serial=1)
    assert said(page) == []
    assert "Selected block" in page.locator(".said").inner_text()


def test_every_button_has_a_name_and_the_sheet_of_keys_opens_and_closes(page: Any, show: Any) -> None:
    show(small())
    names = [button.get_attribute("aria-label") for button in page.locator(".bar > .group button").all()]
    assert len(names) == 21
    assert all(names)
    page.locator("canvas.picture").focus()
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()


def test_the_picture_follows_a_switch_of_theme(page: Any, show: Any) -> None:
    show(small())
    corner = """() => [...document.querySelector('#host').shadowRoot.querySelector('canvas.picture')
        .getContext('2d').getImageData(3, 3, 1, 1).data].slice(0, 3)"""
    assert min(page.evaluate(corner)) > 240
    page.evaluate("document.querySelector('#host').style.setProperty('--st-background-color', '#101010')")
    page.evaluate("document.querySelector('#host').style.setProperty('--st-text-color', '#fafafa')")
    show(small())
    assert max(page.evaluate(corner)) < 40


HOSTILE = ['<img src=x onerror="window.pwned=1">', "</script><script>window.pwned=1</script>", "x" * 5000]
HOSTILE += ["‮שלום", "two\nlines\x00", "", "__proto__", "\ud800", "日本語"]


def test_hostile_names_stay_text(page: Any, show: Any) -> None:
    boxes = tuple(
        Box(
            name or "?",
            "node",
            10,
            70 * n,
            160,
            60,
            name,
            (name, name),
            "linear",
            jump=name if n == 6 else "",
        )
        for n, name in enumerate(HOSTILE)
    )
    curves = (Curve("c", boxes[0].id, boxes[1].id, ((90, 60), (90, 63), (90, 66), (90, 70)), HOSTILE[0]),)
    look = {"label": HOSTILE[0], "sign": HOSTILE[1], "light": "red;}", "dark": "url(x)"}
    show(Scene(boxes, curves, 200, 700, title=HOSTILE[0], families={"linear": look}))
    assert page.evaluate("window.pwned") is None
    assert page.get_by_role("treeitem").count() == len(HOSTILE)
    assert page.locator("img").count() == 0
    assert page.problems == []


def test_an_empty_scene_says_so(page: Any, show: Any) -> None:
    show(Scene((), (), 0, 0, title="nothing"))
    assert page.get_by_text("this graph has no nodes").is_visible()
    page.keyboard.press("f")
    assert page.problems == []


def test_thousands_of_boxes_need_few_elements(page: Any, show: Any) -> None:
    boxes = tuple(Box(f"n{n}", "node", 200 * (n % 70), 90 * (n // 70), 160, 60, "Conv") for n in range(5000))
    show(Scene(boxes, (), 14000, 6500, title="many", families=FAMILIES))
    assert page.get_by_role("treeitem").count() < 200
    page.get_by_role("button", name="List of boxes").click()
    page.keyboard.press("End")
    assert page.get_by_role("treeitem").last.get_attribute("aria-posinset") == "5000"
    page.keyboard.press("Enter")
    page.wait_for_timeout(400)
    assert page.locator(".map").is_visible()
    assert page.problems == []


def test_leaving_the_page_takes_everything_down(page: Any, show: Any) -> None:
    show(small())
    page.evaluate("stop()")
    assert page.locator(".viewer").count() == 0
    page.evaluate("window.dispatchEvent(new Event('resize'))")
    page.wait_for_timeout(100)
    assert page.problems == []


def test_a_selected_node_is_selected_again_when_its_group_reopens(page: Any, show: Any) -> None:
    show(small(opened=True))
    show(small(opened=True), select="inner", serial=1)
    show(small(), select="inner", serial=1)
    assert page.locator("[aria-selected='true']").count() == 0
    show(small(opened=True), select="inner", serial=1)
    assert page.locator("[aria-selected='true']").get_attribute("aria-label") == "Relu"
    assert said(page) == []
