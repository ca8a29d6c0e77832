"""Finding things in the viewer: what is asked of the page, and how one walks through what it found."""

from __future__ import annotations

from typing import Any

import pytest

from onnxviz.scene.types import Box, Scene
from tests.frontend.hosting import FAMILIES, VIEW, Viewer, found, small

pytestmark = pytest.mark.browser

THREE = (("conv", "Conv", "3×3"), ("inner", "Relu", "inside"), ("in:x", "x", "float[1]"))
TYPING_MS = 400
"""Longer than the pause after which the viewer asks."""


@pytest.fixture
def shown(viewer: Viewer) -> Viewer:
    """The small scene on a page that can search."""
    viewer.give(small(), view=VIEW)
    return viewer


def field(viewer: Viewer) -> Any:
    return viewer.page.get_by_role("search").get_by_placeholder("Find")


def count(viewer: Viewer) -> str:
    text: str = viewer.page.locator(".find .count").inner_text()
    return text


def rows(viewer: Viewer) -> Any:
    return viewer.page.get_by_role("listbox", name="Matches").get_by_role("option")


def give_found(viewer: Viewer, answer: dict[str, Any] | None, scene: Scene | None = None) -> None:
    viewer.give(scene or small(), view=VIEW, found=answer)


def search(viewer: Viewer, *hits: tuple[str, str, str], text: str = "c", **boxes: int) -> None:
    """Type, and have the page answer."""
    field(viewer).fill(text)
    viewer.page.wait_for_timeout(TYPING_MS)
    give_found(viewer, found(*hits, text=text, **boxes))


def test_typing_asks_once_after_a_pause(shown: Viewer) -> None:
    field(shown).evaluate("""(input) => ["c", "co", "con", "conv"].forEach((text) => {
        input.value = text; input.dispatchEvent(new Event("input", { bubbles: true })); })""")
    shown.page.wait_for_timeout(TYPING_MS)
    assert shown.asked() == [{"command": "find", "text": "conv", "ops": []}]
    assert shown.page.problems == []


def test_letters_in_the_field_are_text_and_not_commands(shown: Viewer) -> None:
    shown.press("/")
    shown.page.keyboard.type("foxtu[?")
    assert field(shown).input_value() == "foxtu[?"
    assert not shown.page.get_by_role("dialog").is_visible()
    shown.page.wait_for_timeout(TYPING_MS)
    assert [wish["command"] for wish in shown.asked()] == ["find"]


def test_enter_goes_to_the_next_hit_and_with_shift_to_the_one_before(shown: Viewer) -> None:
    search(shown, *THREE, conv=1, block=1)
    assert (count(shown), shown.aloud()) == ("3", "3 matches")
    shown.said()
    field(shown).press("Enter")
    assert shown.said() == [["selected", {"id": "conv"}]]
    assert count(shown) == "1 of 3"
    assert shown.aloud() == "3 matches, 1 of 3: Conv 3×3"
    field(shown).press("Shift+Enter")
    assert shown.said() == [["selected", {"id": "in:x"}]]
    assert count(shown) == "3 of 3"
    shown.page.get_by_role("button", name="Next match").click()
    assert count(shown) == "1 of 3"


def test_a_hit_that_is_not_in_the_picture_is_asked_for(shown: Viewer) -> None:
    search(shown, *THREE, conv=1, block=1)
    shown.said()
    rows(shown).filter(has_text="Relu").click()
    assert shown.said() == [["wanted", {"id": "inner"}]]
    shown.give(small(opened=True), view=VIEW, found=found(*THREE, conv=1, inner=1), select="inner", serial=1)
    assert count(shown) == "2 of 3"
    assert shown.page.locator("[role=treeitem][aria-selected=true]").get_attribute("aria-label") == "Relu"


def test_n_and_shift_n_walk_through_the_hits_from_the_picture(shown: Viewer) -> None:
    search(shown, *THREE)
    shown.said()
    shown.press("n", "Shift+N")
    assert shown.said() == [["selected", {"id": "conv"}], ["selected", {"id": "in:x"}]]


def test_enter_before_the_answer_goes_to_the_first_hit_once_it_is_there(shown: Viewer) -> None:
    field(shown).fill("c")
    field(shown).press("Enter")
    assert shown.asked() == [{"command": "find", "text": "c", "ops": []}]
    give_found(shown, found(*THREE, conv=1))
    assert ["selected", {"id": "conv"}] in shown.said()
    assert count(shown) == "1 of 3"


def test_a_late_answer_to_an_older_question_does_not_change_the_field(shown: Viewer) -> None:
    search(shown, *THREE)
    field(shown).fill("cx")
    give_found(shown, found(*THREE, text="c"))
    assert field(shown).input_value() == "cx"
    field(shown).fill("")
    give_found(shown, found(*THREE, text="c"))
    assert (field(shown).input_value(), count(shown)) == ("", "")


def test_a_search_that_the_page_remembers_comes_back_and_one_that_it_forgot_goes(viewer: Viewer) -> None:
    give_found(viewer, found(*THREE, text="conv"))
    assert (field(viewer).input_value(), count(viewer)) == ("conv", "3")
    give_found(viewer, None, small("another"))
    assert (field(viewer).input_value(), count(viewer)) == ("", "")


def test_arrow_keys_mark_a_row_and_enter_goes_there(shown: Viewer) -> None:
    search(shown, *THREE, conv=1)
    shown.said()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        field(shown).press(key)
    marked = shown.page.locator(".results [aria-selected=true]")
    assert marked.inner_text().split() == ["Conv", "3×3"]
    assert field(shown).get_attribute("aria-activedescendant") == marked.get_attribute("id")
    field(shown).press("Enter")
    assert shown.said() == [["selected", {"id": "conv"}]]
    assert rows(shown).count() == 0


def test_fifty_rows_are_listed_and_the_rest_is_counted(shown: Viewer) -> None:
    hits = [(f"n{n}", f"Conv {n}", "") for n in range(300)]
    field(shown).fill("c")
    shown.page.wait_for_timeout(TYPING_MS)
    give_found(shown, found(*hits, total=4321))
    assert rows(shown).count() == 50
    assert shown.page.get_by_text("and 4,271 more").is_visible()
    for _ in range(51):
        field(shown).press("ArrowDown")
    assert shown.page.locator(".results [aria-selected=true]").inner_text().startswith("Conv 50")
    assert rows(shown).count() == 50


def test_escape_closes_the_list_and_then_clears_the_search(shown: Viewer) -> None:
    search(shown, *THREE)
    shown.said()
    field(shown).press("Escape")
    assert rows(shown).count() == 0
    assert field(shown).input_value() == "c"
    field(shown).press("Escape")
    shown.page.wait_for_timeout(60)
    assert field(shown).input_value() == ""
    assert shown.asked() == [{"command": "find", "text": "", "ops": []}]
    field(shown).press("Escape")
    assert shown.focused("tagName") == "CANVAS"


def test_nothing_found_is_said_kindly_with_examples_that_can_be_tried(shown: Viewer) -> None:
    search(shown, text="zzz")
    assert shown.page.get_by_text("Nothing matches “zzz”.").is_visible()
    assert shown.page.locator(".examples li").count() == 3
    shown.said()
    shown.page.get_by_role("button", name="op:Conv").click()
    assert field(shown).input_value() == "op:Conv"
    shown.page.wait_for_timeout(TYPING_MS)
    assert shown.asked() == [{"command": "find", "text": "op:Conv", "ops": []}]


def test_the_question_mark_in_the_field_shows_the_whole_query_language(shown: Viewer) -> None:
    shown.page.get_by_role("button", name="What can be searched for").click()
    assert shown.page.locator(".examples li").count() == len(VIEW["help"])
    field(shown).press("Escape")
    assert shown.page.locator(".examples").count() == 0 or not shown.page.locator(".examples").is_visible()


def test_op_types_are_filtered_by_keyboard_alone(shown: Viewer) -> None:
    opener = shown.page.get_by_role("button", name="Op types")
    opener.focus()
    shown.page.keyboard.press("Enter")
    assert opener.get_attribute("aria-expanded") == "true"
    shown.page.keyboard.type("rel")
    ticks = shown.page.get_by_role("checkbox")
    assert ticks.locator("visible=true").count() == 1
    shown.page.keyboard.press("ArrowDown")
    shown.page.keyboard.press("Space")
    shown.page.wait_for_timeout(TYPING_MS)
    assert shown.asked() == [{"command": "find", "text": "", "ops": ["Relu"]}]
    shown.page.keyboard.press("Escape")
    assert opener.get_attribute("aria-expanded") == "false"
    assert (
        shown.page.evaluate("document.querySelector('#host').shadowRoot.activeElement.ariaLabel")
        == "Op types"
    )
    give_found(shown, found(*THREE, text="") | {"ops": ["Relu"]})
    assert "1" in opener.inner_text()
    shown.page.get_by_role("button", name="Clear the search").click()
    shown.page.wait_for_timeout(60)
    assert shown.asked() == [{"command": "find", "text": "", "ops": []}]


def test_a_click_elsewhere_closes_a_panel(shown: Viewer) -> None:
    shown.page.get_by_role("button", name="Op types").click()
    shown.page.mouse.click(*shown.at(small(), "conv"))
    assert not shown.page.get_by_role("dialog", name="Op types").is_visible()


def test_what_was_not_found_is_dimmed_and_what_was_has_a_ring(shown: Viewer) -> None:
    x, y = shown.at(small(), "conv")
    strip = (x - 78, y)
    assert shown.pixel(*strip) == [37, 99, 201]
    give_found(shown, found(("block", "block", ""), block=1))
    dimmed = shown.pixel(*strip)
    assert 150 < dimmed[0] < 235
    give_found(shown, found(("conv", "Conv", ""), conv=1))
    assert shown.pixel(*strip) == [37, 99, 201]
    red, green, blue = shown.pixel(x, y - 31)
    assert blue > 200
    assert green < red < blue


def test_a_closed_group_says_how_many_hits_are_inside(shown: Viewer) -> None:
    x, y = shown.at(small(), "block")
    give_found(shown, found(("inner", "Relu", ""), block=7))
    red, green, blue = shown.pixel(x + 80 - 10, y - 30 - 7)
    assert blue > 200
    assert green < red < blue


def test_a_fixed_picture_is_searched_by_itself(viewer: Viewer) -> None:
    viewer.give(small(), view=None)
    field(viewer).fill("3×3")
    viewer.page.wait_for_timeout(TYPING_MS)
    assert count(viewer) == "1"
    field(viewer).press("Enter")
    assert viewer.said() == [["selected", {"id": "conv"}]]
    field(viewer).fill("nothing like it")
    viewer.page.wait_for_timeout(TYPING_MS)
    assert viewer.page.get_by_text("Nothing matches").is_visible()
    assert not viewer.page.get_by_role("button", name="Op types").is_visible()
    assert viewer.asked() == []


def test_hostile_names_stay_text_in_the_list_of_hits(shown: Viewer) -> None:
    bad = '<img src=x onerror="window.pwned=1">'
    search(shown, ("conv", bad, "</script><script>window.pwned=1</script>"), text="i", conv=1)
    assert rows(shown).inner_text().startswith(bad)
    assert shown.page.evaluate("window.pwned") is None
    assert shown.page.locator("img").count() == 0


def test_five_thousand_hits_are_marked_without_a_problem(viewer: Viewer) -> None:
    boxes = tuple(Box(f"n{n}", "node", 200 * (n % 70), 90 * (n // 70), 160, 60, "Conv") for n in range(5000))
    scene = Scene(boxes, (), 14000, 6500, title="many", families=FAMILIES)
    answer = found(*[(f"n{n}", "Conv", "") for n in range(300)], total=5000) | {
        "boxes": {f"n{n}": 1 for n in range(5000)}
    }
    viewer.give(scene, view=VIEW, found=answer)
    viewer.page.locator(".do-fit").click()
    viewer.page.wait_for_timeout(300)
    assert count(viewer) == "5,000"
    assert viewer.page.problems == []
