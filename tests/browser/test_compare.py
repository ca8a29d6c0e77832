"""What a person does on Compare, from two models in the session to a file to take away."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.serving import Server
from tests.browser.steps import (
    PATIENCE_MS,
    drawn,
    figure,
    go,
    has_models,
    pictures,
    press,
    row,
    settle,
    show_outline,
    tab,
    visit,
)

pytestmark = pytest.mark.browser


def compared(person: Any, app: Server, model: str, name: str, explained: str) -> None:
    """Open a real model, have Compare simplify it, and wait for picture and reasons."""
    visit(person, f"{app.url}/?model={model}")
    go(person, "Compare")
    press(person, f"Simplify {name} now")
    expect(person.get_by_text(re.compile(explained))).to_be_visible(timeout=2 * PATIENCE_MS)
    expect(person.get_by_role("button", name="Cancel", exact=True)).to_have_count(0, timeout=PATIENCE_MS)
    drawn(person)
    settle(person)


def view(person: Any, name: str) -> None:
    """Side by side, one graph, or the table."""
    person.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()
    settle(person)


def test_a_removed_node_says_why_and_the_comparison_is_taken_away(
    app: Server, person: Any, tmp_path: Path
) -> None:
    compared(person, app, "light_squeezenet", "SqueezeNet", "39 of 39 explained")
    expect(figure(person, "Nodes")).to_have_text("105 → 66 (-37%)")
    expect(figure(person, "Removed")).to_have_text("39")
    has_models(person, "SqueezeNet", "SqueezeNet · onnxsim")
    expect(pictures(person)).to_have_count(2)
    show_outline(person)
    row(person, "ConstantOfShape").click()
    expect(person.get_by_text("− Removed", exact=True)).to_be_visible()
    expect(person.get_by_text(re.compile("Computed from constants alone"))).to_be_visible()
    person.get_by_role("button", name="Next change").first.click()
    expect(person.locator(".changecount:visible")).to_have_text("2 of 39")
    view(person, "One graph")
    expect(pictures(person)).to_have_count(1)
    drawn(person)
    tab(person, "Take away")
    with person.expect_download() as downloading:
        person.get_by_role("button", name="JSON").click()
    taken = tmp_path / "taken.json"
    downloading.value.save_as(taken)
    found = json.loads(taken.read_text())
    assert len(found["diff"]["removed"]) == 39
    assert found["reasons"]["unexplained"] == 0
    assert found["optimizer"] == "onnxsim"


def test_a_result_of_simplify_is_compared_at_one_click(app: Server, person: Any) -> None:
    visit(person, f"{app.url}/simplify?model=light_squeezenet")
    press(person, "Simplify")
    press(person, "Compare before and after")
    expect(person.get_by_role("heading", name="Compare")).to_be_visible(timeout=PATIENCE_MS)
    expect(figure(person, "Nodes")).to_have_text("105 → 66 (-37%)", timeout=PATIENCE_MS)
    expect(pictures(person)).to_have_count(2)
    expect(person).to_have_url(re.compile("/compare.*with=onnxsim"))


def test_both_are_run_and_the_answer_says_what_was_tried(app: Server, person: Any) -> None:
    compared(person, app, "light_squeezenet", "SqueezeNet", "of 39 explained")
    tab(person, "Is it the same function?")
    press(person, "Run both and compare")
    expect(person.get_by_text("Evidence, not a proof.")).to_be_visible(timeout=PATIENCE_MS)
    expect(figure(person, "Largest absolute error")).to_be_visible()
    expect(person.get_by_text("Why this tolerance")).to_be_visible()


def test_a_row_of_the_table_leads_to_the_node_in_the_picture(app: Server, person: Any) -> None:
    compared(person, app, "light_squeezenet", "SqueezeNet", "of 39 explained")
    view(person, "Table")
    table = person.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    # The first column of the first row: the table is a canvas.
    table.click(position={"x": 18, "y": 52})
    press(person, "Show it in the graph")
    expect(pictures(person)).to_have_count(2)
    expect(person.get_by_text("− Removed", exact=True)).to_be_visible()


def test_from_a_comparison_both_are_timed_and_the_result_explored(app: Server, person: Any) -> None:
    compared(person, app, "light_squeezenet", "SqueezeNet", "of 39 explained")
    press(person, "Explore the result")
    expect(person.get_by_role("heading", name="SqueezeNet · onnxsim")).to_be_visible()
    go(person, "Compare")
    expect(figure(person, "Nodes")).to_have_text("105 → 66 (-37%)")
    press(person, "Time both")
    expect(person.get_by_role("heading", name="Benchmark")).to_be_visible()
    chosen = person.get_by_test_id("stMultiSelect").filter(has_text="Models")
    expect(chosen).to_contain_text("SqueezeNet")
    expect(chosen).to_contain_text("SqueezeNet · onnxsim")
