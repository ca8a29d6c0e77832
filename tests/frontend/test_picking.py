"""Boxes that are picked as an answer: by click, key and list; what the page hears; how verdicts are shown."""

from __future__ import annotations

from typing import Any

import pytest

from onnxviz.scene.types import Box, Scene
from tests.frontend.hosting import VIEW, Viewer, small

pytestmark = pytest.mark.browser


def picks(*chosen: str, serial: int = 0, **more: Any) -> dict[str, Any]:
    """What Python tells the browser."""
    return {"chosen": list(chosen), "serial": serial, "candidates": [], "verdicts": {}} | more


@pytest.fixture
def asked(viewer: Viewer) -> Viewer:
    """The small scene, in which any node can be picked."""
    viewer.give(small(opened=True), picks=picks(), view=VIEW)
    viewer.said()
    return viewer


def picked(viewer: Viewer) -> list[list[str]]:
    return [said["ids"] for name, said in viewer.said() if name == "picked"]


def row(viewer: Viewer, name: str) -> Any:
    return viewer.page.get_by_role("treeitem", name=name).first


def test_a_click_picks_a_box_and_another_one_takes_it_back(asked: Viewer) -> None:
    before = asked.picture()
    asked.click(small(opened=True), "conv")
    assert asked.said()[0][1]["ids"] == ["conv"]
    assert row(asked, "Conv").get_attribute("aria-checked") == "true"
    assert asked.aloud() == "Picked: Conv. 1 picked"
    asked.page.mouse.move(5, 5)
    asked.page.wait_for_timeout(100)
    assert asked.picture() != before
    asked.click(small(opened=True), "conv")
    assert picked(asked) == [[]]
    assert row(asked, "Conv").get_attribute("aria-checked") == "false"


def test_picks_are_told_in_the_order_of_the_clicks(asked: Viewer) -> None:
    for name in ("inner", "conv"):
        asked.click(small(opened=True), name)
    assert picked(asked) == [["inner"], ["inner", "conv"]]


def test_space_and_enter_pick_in_the_list_and_on_the_picture(asked: Viewer) -> None:
    row(asked, "x").focus()
    asked.page.keyboard.press("ArrowDown")
    asked.page.keyboard.press(" ")
    asked.page.keyboard.press("Enter")
    asked.page.keyboard.press(" ")
    assert picked(asked) == [["conv"], [], ["conv"]]
    asked.give(small(opened=True), picks=picks(), view=VIEW, select="inner", serial=1)
    asked.press(" ", "Enter")
    assert picked(asked) == [["conv", "inner"], ["conv"]]


def test_groups_still_open_and_only_nodes_can_be_picked(asked: Viewer) -> None:
    x, y = asked.at(small(opened=True), "block")
    asked.page.mouse.click(x + 80 - 13, y - 100 + 13)
    assert [name for name, _ in asked.said()] == ["toggled"]
    asked.page.mouse.click(*asked.at(small(opened=True), "in:x"))
    assert asked.said() == [["selected", {"id": "in:x"}]]
    assert row(asked, "block").get_attribute("aria-checked") is None


def test_a_double_click_on_a_box_leaves_it_as_it_was(asked: Viewer) -> None:
    asked.page.mouse.dblclick(*asked.at(small(opened=True), "conv"))
    assert picked(asked)[-1] == []
    assert asked.percent() == 100


def test_only_candidates_can_be_picked_where_there_are_some(viewer: Viewer) -> None:
    plain = small(opened=True)
    viewer.give(plain, picks=picks(candidates=["inner"]), view=VIEW)
    viewer.said()
    viewer.click(plain, "conv")
    assert viewer.said() == [["selected", {"id": "conv"}]]
    viewer.click(plain, "inner")
    assert picked(viewer) == [["inner"]]
    assert row(viewer, "Conv").get_attribute("aria-checked") is None
    assert row(viewer, "Relu").get_attribute("aria-checked") == "true"


def test_a_rerun_keeps_the_picks_and_a_new_question_takes_its_own(asked: Viewer) -> None:
    asked.click(small(opened=True), "conv")
    asked.give(small(opened=True), picks=picks(), view=VIEW)
    assert row(asked, "Conv").get_attribute("aria-checked") == "true"
    asked.give(small(opened=True), picks=picks("inner", serial=1), view=VIEW)
    assert row(asked, "Conv").get_attribute("aria-checked") == "false"
    assert row(asked, "Relu").get_attribute("aria-checked") == "true"


def test_verdicts_are_said_in_words_and_nothing_can_be_picked_any_more(asked: Viewer) -> None:
    plain = small(opened=True)
    asked.click(plain, "conv")
    asked.said()
    pictures = set()
    for verdict, words in (("right", "right"), ("wrong", "wrong"), ("missed", "missed")):
        asked.give(plain, picks=picks(verdicts={"conv": verdict}), view=VIEW)
        assert f"Conv, {words}" in row(asked, "Conv").get_attribute("aria-label")
        asked.page.mouse.move(5, 5)
        asked.page.wait_for_timeout(100)
        pictures.add(asked.picture())
    assert len(pictures) == 3
    asked.page.mouse.click(*asked.at(plain, "conv"))
    assert [name for name, _ in asked.said()] == ["selected"]


def test_without_a_question_a_click_selects_again(asked: Viewer) -> None:
    asked.give(small(opened=True), picks=None, view=VIEW)
    asked.click(small(opened=True), "conv")
    assert asked.said() == [["selected", {"id": "conv"}]]
    assert row(asked, "Conv").get_attribute("aria-checked") is None


def test_a_verdict_that_is_none_and_an_id_that_is_not_there_are_passed_over(viewer: Viewer) -> None:
    odd = picks("gone", candidates=["__proto__", "conv"], verdicts={"conv": "constructor", "gone": "right"})
    viewer.give(small(), picks=odd, view=VIEW)
    assert row(viewer, "Conv").get_attribute("aria-label") == "Conv, 3×3"
    assert viewer.page.problems == []


def tall() -> Scene:
    """Eighty boxes below one another: far too many to be read at once."""
    boxes = tuple(Box(f"b{n}", "node", 100, 10 + 64 * n, 160, 40, f"Op{n}") for n in range(80))
    return Scene(boxes, (), 360, 64 * 80, title="tall")


def click_at(viewer: Viewer, from_top: float | None = None) -> None:
    """A click on the picture in the middle of its width, so far from its top or else in the middle."""
    area = viewer.page.locator("canvas.picture").bounding_box()
    y = area["height"] / 2 if from_top is None else from_top
    viewer.page.mouse.click(area["x"] + area["width"] / 2, area["y"] + y)


def test_the_first_look_is_at_the_boxes_that_are_asked_about(viewer: Viewer) -> None:
    asked = [f"b{n}" for n in range(40, 80)]
    viewer.give(tall(), picks=picks(candidates=asked), view=VIEW)
    click_at(viewer, from_top=40)
    assert picked(viewer) == [["b40"]]


def test_what_is_picked_outside_of_the_picture_comes_into_view(viewer: Viewer) -> None:
    viewer.give(tall(), picks=picks(), view=VIEW)
    viewer.give(tall(), picks=picks("b60", serial=1), view=VIEW)
    viewer.page.wait_for_timeout(500)
    viewer.said()
    click_at(viewer)
    assert picked(viewer) == [[]]
