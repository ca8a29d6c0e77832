"""Timing before and after, from the button on Simplify to the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.serving import Server
from tests.browser.steps import PATIENCE_MS, drawn, press, settle, tab, visit

pytestmark = pytest.mark.browser


def test_before_and_after_are_timed_against_each_other(app: Server, person: Any, tmp_path: Path) -> None:
    visit(person, f"{app.url}/simplify?model=light_squeezenet")
    press(person, "Simplify")
    button = person.get_by_role("button", name="Time before and after")
    button.click(timeout=PATIENCE_MS)
    expect(person.get_by_role("heading", name="Benchmark", exact=True)).to_be_visible()
    chosen = person.get_by_test_id("stMultiSelect").first
    expect(chosen).to_contain_text("SqueezeNet · onnxsim")
    measure = person.get_by_role("button", name="Measure", exact=True)
    expect(measure).to_be_enabled(timeout=PATIENCE_MS)
    slider = person.get_by_role("slider").first
    slider.focus()
    slider.press("Home")
    settle(person)
    measure.click()
    expect(person.get_by_role("heading", name="Result")).to_be_visible(timeout=PATIENCE_MS)
    table = person.get_by_test_id("stTable").first
    expect(table).to_contain_text("SqueezeNet · onnxsim")
    expect(table.locator("tbody tr")).to_have_count(2)


@pytest.fixture
def measured(app: Server, person: Any) -> Any:
    """A page with a result of one model with and without the runtime's optimizations."""
    visit(person, f"{app.url}/benchmark?model=light_squeezenet")
    measure = person.get_by_role("button", name="Measure", exact=True)
    expect(measure).to_be_enabled(timeout=PATIENCE_MS)
    person.get_by_role("button", name="off", exact=True).click()
    settle(person)
    expect(person.get_by_text("2 configurations")).to_be_visible(timeout=PATIENCE_MS)
    measure.click()
    expect(person.get_by_role("heading", name="Result", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    settle(person)
    return person


def test_every_tab_shows_what_it_says_and_the_profile_lies_on_the_graph(measured: Any) -> None:
    page = measured
    for name in ("Every run", "By round", "Side by side", "First answer"):
        tab(page, name)
        expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    tab(page, "Do they agree?")
    expect(page.get_by_text("All give the same outputs")).to_be_visible()
    tab(page, "Where the time goes")
    press(page, "Profile")
    expect(page.get_by_text("By node of the model")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("in nodes are in nodes of this model")).to_be_visible()
    drawn(page)
    expect(page.get_by_role("combobox").filter(has_text="Op family").last).to_have_value("time")
    tab(page, "Which provider ran what")
    expect(page.get_by_text("105 of 105")).to_be_visible()
    drawn(page)


def test_a_result_is_taken_away_loaded_back_and_compared(measured: Any, tmp_path: Path) -> None:
    page = measured
    with page.expect_download() as download:
        press(page, "JSON")
    kept = tmp_path / "before.json"
    download.value.save_as(kept)
    page.get_by_text("Earlier results").click()
    page.get_by_test_id("stFileUploader").last.locator("input[type=file]").set_input_files(kept)
    expect(page.get_by_text("From the file before.json")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("None of 2 configurations became slower")).to_be_visible(timeout=PATIENCE_MS)


def test_cancel_keeps_what_was_measured(app: Server, person: Any) -> None:
    visit(person, f"{app.url}/benchmark?model=light_squeezenet")
    measure = person.get_by_role("button", name="Measure", exact=True)
    expect(measure).to_be_enabled(timeout=PATIENCE_MS)
    slider = person.get_by_role("slider").first
    slider.focus()
    slider.press("End")
    settle(person)
    measure.click()
    expect(person.get_by_text("Timing them by turns")).to_be_visible(timeout=2 * PATIENCE_MS)
    expect(person.get_by_text("Shorter is faster")).to_be_visible(timeout=PATIENCE_MS)
    press(person, "Cancel")
    expect(person.get_by_text("Stopped early.")).to_be_visible(timeout=PATIENCE_MS)
    expect(person.get_by_test_id("stTable").first.locator("tbody tr")).to_have_count(1)
