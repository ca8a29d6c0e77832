"""A student plays a lesson to its end."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from onnxviz.lessons.catalog import IDS, find
from onnxviz.lessons.types import Experiment, Lesson
from tests.browser.serving import Server
from tests.browser.steps import PATIENCE_MS, go, press, settle, visit

pytestmark = pytest.mark.browser

PLAYED = find("what_folds")
AFTER = find(IDS[IDS.index(PLAYED.id) + 1])

_SCROLLED = """() => document.querySelector('[data-testid="stMain"]').scrollTop"""
_WIDTHS = """() => {
  const texts = document.querySelectorAll('.st-key-learn-lesson [data-testid="stMarkdownContainer"] > p');
  const size = (each) => parseFloat(getComputedStyle(each).fontSize);
  return [...texts].map((each) => each.getBoundingClientRect().width / size(each));
}"""


def block(person: Any, lesson: Lesson, experiment: Experiment) -> Any:
    """An experiment with all that it shows."""
    return person.locator(f".st-key-learn-try-{lesson.id}-{experiment.id}")


def ran(person: Any, lesson: Lesson, experiment: Experiment) -> None:
    """Press the button of an experiment that has one, and wait for what it finds."""
    place = block(person, lesson, experiment)
    if not experiment.at_once:
        settle(person)
        place.get_by_role("button", name=experiment.button, exact=True).click()
    found = place.get_by_role("table").or_(place.locator("canvas.picture")).first
    expect(found).to_be_visible(timeout=2 * PATIENCE_MS)
    expect(place.get_by_role("progressbar")).to_have_count(0, timeout=PATIENCE_MS)
    expect(person.get_by_test_id("stAlertContentError")).to_have_count(0)


def answered(person: Any, *places: int) -> None:
    """Have just these options chosen, and press Check."""
    options = person.locator(".st-key-learn-question").get_by_test_id("stCheckbox")
    for place, option in enumerate(options.all()):
        if option.get_by_role("checkbox").is_checked() != (place in places):
            option.locator("label").click()
            settle(person)
    press(person, "Check")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_lesson_is_played_to_its_end(scheme: str, app: Server, person: Any) -> None:
    person.emulate_media(color_scheme=scheme)
    visit(person, f"{app.url}/learn?lesson={PLAYED.id}")
    expect(person.get_by_role("heading", level=1)).to_have_text(PLAYED.title)
    for experiment in PLAYED.experiments().values():
        ran(person, PLAYED, experiment)
    options = PLAYED.question.options
    right = [place for place, option in enumerate(options) if option.is_right]
    wrong = next(place for place, option in enumerate(options) if not option.is_right)
    answered(person, wrong)
    expect(person.get_by_test_id("stAlertContentWarning")).to_contain_text("Try again.")
    expect(person.get_by_text(f"0 of {len(IDS)} done")).to_be_visible()
    answered(person, *right)
    expect(person.get_by_test_id("stAlertContentSuccess")).to_be_visible()
    expect(person.get_by_text(f"1 of {len(IDS)} done")).to_be_visible()
    person.get_by_role("button", name="Next lesson").click()
    expect(person.get_by_role("heading", level=1)).to_have_text(AFTER.title, timeout=PATIENCE_MS)
    expect(person).to_have_url(re.compile(rf"/learn\?lesson={AFTER.id}$"))
    person.wait_for_function(f"({_SCROLLED})() === 0")


def test_what_was_found_stays_while_other_pages_are_looked_at(app: Server, person: Any) -> None:
    first = next(iter(PLAYED.experiments().values()))
    visit(person, f"{app.url}/learn?lesson={PLAYED.id}")
    ran(person, PLAYED, first)
    block(person, PLAYED, first).get_by_role("button", name="Explore").first.click()
    expect(person.get_by_test_id("stSidebarNav").get_by_role("link", name="Explore")).to_have_attribute(
        "aria-current", "page", timeout=PATIENCE_MS
    )
    expect(person.get_by_text("From the lesson")).to_be_visible(timeout=PATIENCE_MS)
    go(person, "Learn")
    expect(person.get_by_role("heading", level=1)).to_have_text(PLAYED.title)
    expect(block(person, PLAYED, first).get_by_role("table").first).to_be_visible()


def test_lessons_follow_each_other_by_key_and_by_the_list(app: Server, person: Any) -> None:
    visit(person, f"{app.url}/learn")
    heading = person.get_by_role("heading", level=1)
    expect(heading).to_have_text(find(IDS[0]).title, timeout=PATIENCE_MS)
    # A key is heard once its button is there.
    expect(person.get_by_role("button", name="Next lesson")).to_be_visible(timeout=PATIENCE_MS)
    settle(person)
    person.keyboard.press("Shift+ArrowRight")
    expect(heading).to_have_text(find(IDS[1]).title)
    expect(person.get_by_role("button", name="Previous lesson")).to_be_visible(timeout=PATIENCE_MS)
    settle(person)
    person.keyboard.press("Shift+ArrowLeft")
    expect(heading).to_have_text(find(IDS[0]).title)
    settle(person)
    person.get_by_test_id("stSidebar").get_by_role("button", name=AFTER.title).click()
    expect(heading).to_have_text(AFTER.title)


@pytest.mark.parametrize("width", [1280, 1920])
def test_lines_have_a_length_that_is_good_to_read(width: int, app: Server, person: Any) -> None:
    person.set_viewport_size({"width": width, "height": 900})
    visit(person, f"{app.url}/learn?lesson={PLAYED.id}")
    expect(person.locator(".st-key-learn-question")).to_be_visible(timeout=PATIENCE_MS)
    widths = person.evaluate(_WIDTHS)
    assert max(widths) <= 40, "in ems, of which a letter takes a bit less than half of one"
