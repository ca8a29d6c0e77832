"""The bar of the selected box: what is around it, and the paths to another box."""

from __future__ import annotations

from typing import Any

import pytest

from onnxviz.scene.types import Box, Scene
from tests.frontend.hosting import VIEW, Viewer, found, small

pytestmark = pytest.mark.browser

HINT = "Click the other end of the path"


@pytest.fixture
def selected(viewer: Viewer) -> Viewer:
    """The small scene with its Conv selected."""
    viewer.give(small(), view=VIEW)
    viewer.click(small(), "conv")
    viewer.said()
    return viewer


def wish(kind: str, *, node: str = "conv", other: str | None = None, steps: int = 1) -> dict[str, Any]:
    return {"command": "focus", "kind": kind, "node": node, "other": other, "steps": steps}


def bar(viewer: Viewer) -> Any:
    return viewer.page.get_by_role("group", name="Selected box")


def hint(viewer: Viewer) -> Any:
    return bar(viewer).get_by_text(HINT)


def test_the_bar_is_there_only_while_something_is_selected(viewer: Viewer) -> None:
    viewer.give(small(), view=VIEW)
    assert not bar(viewer).is_visible()
    viewer.click(small(), "conv")
    assert bar(viewer).locator(".name").inner_text() == "Conv"
    viewer.press("Escape")
    assert not bar(viewer).is_visible()


@pytest.mark.parametrize(
    ("name", "key", "kind"),
    [
        ("Neighbours", "v", "neighbours"),
        ("Ancestors", "a", "ancestors"),
        ("Descendants", "d", "descendants"),
    ],
)
def test_what_is_around_a_box_is_asked_for_by_button_and_key(
    selected: Viewer, name: str, key: str, kind: str
) -> None:
    bar(selected).get_by_role("button", name=name, exact=True).click()
    selected.press(key)
    assert selected.asked() == [wish(kind)] * 2


def test_neighbours_go_from_one_step_to_nine(selected: Viewer) -> None:
    more = bar(selected).get_by_role("button", name="One step more")
    less = bar(selected).get_by_role("button", name="One step less")
    assert not less.is_enabled()
    for _ in range(8):
        more.click()
    assert not more.is_enabled()
    less.click()
    selected.press("v")
    assert selected.asked() == [wish("neighbours", steps=8)]


def test_the_next_click_is_the_other_end_of_a_path(selected: Viewer) -> None:
    bar(selected).get_by_role("button", name="Path to…").click()
    assert hint(selected).is_visible()
    selected.page.mouse.click(*selected.at(small(), "in:x"))
    assert selected.said()[0][1]["other"] == "in:x"
    assert not hint(selected).is_visible()
    selected.click(small(), "block")
    assert selected.said() == [["selected", {"id": "block"}]]


def test_escape_gives_up_a_path_and_keeps_the_selection(selected: Viewer) -> None:
    selected.press("p", "Escape")
    assert not hint(selected).is_visible()
    assert bar(selected).is_visible()
    assert selected.said() == []


def test_a_stub_or_a_hit_or_a_row_of_the_list_can_be_the_other_end(selected: Viewer) -> None:
    selected.press("p")
    selected.page.mouse.click(*selected.at(small(), "stub:2"))
    assert selected.asked() == [wish("path", other="hidden")]
    selected.give(small(), view=VIEW, found=found(("inner", "Relu", ""), text="relu"))
    selected.press("p", "n")
    assert selected.asked() == [wish("path", other="inner")]
    selected.press("p")
    selected.page.get_by_role("treeitem", name="block").dispatch_event("click")
    assert selected.asked() == [wish("path", other="block")]


def test_a_path_leads_to_another_box_and_not_back_to_its_start(selected: Viewer) -> None:
    selected.press("p")
    selected.click(small(), "conv")
    assert selected.said() == []
    assert hint(selected).is_visible()


def test_groups_still_open_while_the_other_end_is_looked_for(selected: Viewer) -> None:
    selected.press("p")
    x, y = selected.at(small(), "block")
    selected.page.mouse.click(x + 80 - 17, y - 30 + 13)
    assert [name for name, _ in selected.said()] == ["toggled"]
    selected.give(small(opened=True), view=VIEW)
    assert hint(selected).is_visible()


def test_without_a_selection_a_key_says_what_is_missing(viewer: Viewer) -> None:
    viewer.give(small(), view=VIEW)
    viewer.press("v")
    assert viewer.aloud() == "Select a box first"
    viewer.press("p")
    assert viewer.asked() == []
    assert not hint(viewer).is_visible()


def test_full_screen_shows_the_lines_of_the_box_too(selected: Viewer) -> None:
    assert not bar(selected).get_by_text("3×3").is_visible()
    selected.page.evaluate("""() => { const root = document.querySelector('#host').shadowRoot;
        root.querySelector('.viewer').requestFullscreen = () => Promise.reject(new Error('refused')); }""")
    selected.page.get_by_role("button", name="Full screen").click()
    selected.page.wait_for_timeout(200)
    assert bar(selected).get_by_text("3×3").is_visible()
    selected.press("Escape")
    selected.page.wait_for_timeout(100)
    assert not bar(selected).get_by_text("3×3").is_visible()
    assert bar(selected).is_visible()


def test_a_long_name_is_cut_and_does_not_widen_the_bar(page: Any) -> None:
    viewer = Viewer(page, 420)
    name = "שלום " + "very long name " * 40 + "🙂"
    scene = Scene((Box("conv", "node", 100, 80, 160, 60, name),), (), 420, 320, title="m")
    viewer.give(scene, view=VIEW, select="conv", serial=1)
    assert bar(viewer).bounding_box()["width"] <= 400
    assert viewer.page.problems == []
