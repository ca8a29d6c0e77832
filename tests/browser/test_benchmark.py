"""Timing before and after, from the button on Simplify to the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.serving import Server
from tests.browser.steps import PATIENCE_MS, press, settle, visit

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
