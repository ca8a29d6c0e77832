"""A pair of models in the app: two panes that go together, one graph of both, and only what changed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.serving import Server
from tests.browser.steps import PATIENCE_MS, drawn, go, pictures, settle, visit

pytestmark = pytest.mark.browser


@pytest.fixture
def compared(app: Server, person: Any) -> Any:
    """SqueezeNet and what onnxsim makes of it, side by side."""
    visit(person, f"{app.url}/?model=light_squeezenet")
    go(person, "Compare")
    person.get_by_role("button", name="Simplify SqueezeNet now").click()
    drawn(person)
    expect(pictures(person)).to_have_count(2, timeout=PATIENCE_MS)
    settle(person)
    return person


def press(person: Any, *keys: str) -> None:
    pictures(person).first.focus()
    for key in keys:
        person.keyboard.press(key)


def selected(person: Any) -> Any:
    return person.locator("[role=treeitem][aria-selected=true]")


def test_changes_are_gone_through_in_both_panes_and_described(compared: Any) -> None:
    count = compared.locator(".changecount:visible")
    expect(count).to_have_text("39 changes")
    press(compared, "j")
    expect(selected(compared)).to_have_count(1)
    expect(selected(compared)).to_have_attribute("aria-label", re.compile("^ConstantOfShape, removed, "))
    expect(count).to_have_text("1 of 39")
    expect(compared.get_by_role("strong").filter(has_text="ConstantOfShape").first).to_be_visible()
    # In a closed group: the page opens what is around it.
    press(compared, "j", "j")
    expect(count).to_have_text("3 of 39")
    expect(selected(compared)).to_have_count(1)


def test_a_group_that_is_opened_in_one_pane_is_open_in_both(compared: Any) -> None:
    closed, opened = (
        compared.get_by_role("treeitem", name=f"Conv-Relu-Concat 1/2, {state} group")
        for state in ("closed", "open")
    )
    expect(closed).to_have_count(4)
    compared.get_by_role("button", name="List of boxes").last.click()
    closed.last.dblclick()
    expect(opened).to_have_count(2)
    scales = [level.text_content() for level in compared.locator(".do-actual").all()]
    assert len(set(scales)) == 1
    press(compared, "u")
    expect(closed).to_have_count(4)


def test_one_graph_keeps_the_selection_and_shows_only_changes_on_demand(compared: Any) -> None:
    press(compared, "j")
    expect(selected(compared)).to_have_count(1)
    settle(compared)
    compared.get_by_text("One graph", exact=True).click()
    expect(pictures(compared)).to_have_count(1, timeout=PATIENCE_MS)
    expect(selected(compared)).to_have_count(1)
    compared.get_by_role("button", name="Only changes").click()
    expect(compared.locator(".strip.focus")).to_contain_text("What changed and what is up to 1 step away")
    compared.get_by_role("button", name="One step of context less").click()
    expect(compared.locator(".strip.focus")).to_contain_text("What changed: 39 of 105 nodes")
    press(compared, "h")
    expect(compared.locator(".strip.focus")).to_be_hidden()
