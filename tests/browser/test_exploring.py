"""What a person does on Explore with a larger graph: find, focus, colour, undo, take away, share a link."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.serving import Server
from tests.browser.steps import PATIENCE_MS, drawn, has_models, press, row, settle, show_outline, title, visit

pytestmark = pytest.mark.browser

RESNET = "/?model=light_resnet50"


def find(page: Any, text: str) -> None:
    """Type into the search field and wait for the answer."""
    field = page.get_by_placeholder("Find").first
    field.fill(text)
    expect(page.get_by_role("listbox")).to_be_visible()


def picture(page: Any) -> Any:
    return page.locator("canvas.picture")


def test_a_match_in_a_closed_group_is_opened_selected_and_described(app: Server, person: Any) -> None:
    visit(person, app.url + RESNET)
    drawn(person)
    show_outline(person)
    expect(row(person, "AveragePool")).to_have_count(1)
    press(person, "Close all")
    find(person, "op:Sum")
    expect(person.get_by_role("search").get_by_text("16", exact=True)).to_be_visible()
    expect(row(person, "Sum")).to_have_count(0)
    person.get_by_placeholder("Find").press("Enter")
    expect(row(person, "Sum")).to_have_attribute("aria-selected", "true")
    expect(title(person, "Sum")).to_be_visible()
    expect(person).to_have_url(re.compile(r"sel="))


def test_a_search_without_a_match_says_so_and_shows_how_to_ask(app: Server, person: Any) -> None:
    visit(person, app.url + RESNET)
    drawn(person)
    person.get_by_placeholder("Find").fill("no box is called like this")
    expect(person.get_by_text("Nothing matches “no box is called like this”.")).to_be_visible()


def test_a_focus_shows_a_part_and_the_link_shows_it_again(app: Server, person: Any) -> None:
    visit(person, app.url + RESNET)
    drawn(person)
    find(person, "op:MaxPool")
    person.get_by_placeholder("Find").press("Enter")
    expect(title(person, "MaxPool")).to_be_visible()
    picture(person).focus()
    person.keyboard.press("v")
    sentence = person.get_by_text(re.compile(r"MaxPool .* neighbours up to 1 step away: \d+ of \d+ nodes"))
    expect(sentence).to_be_visible()
    expect(person).to_have_url(re.compile(r"model=light_resnet50.*focus=neighbours"))
    shared = person.url
    press(person, "Show everything (x)")
    expect(sentence).to_have_count(0)
    expect(person).not_to_have_url(re.compile("focus="))
    visit(person, shared)
    drawn(person)
    expect(sentence).to_be_visible()
    expect(title(person, "MaxPool")).to_be_visible()


def test_what_was_opened_can_be_undone_and_redone(app: Server, person: Any) -> None:
    visit(person, app.url + RESNET)
    drawn(person)
    show_outline(person)
    rows = person.get_by_role("treeitem")
    first = rows.count()
    press(person, "Close all")
    expect(rows).not_to_have_count(first)
    closed = rows.count()
    picture(person).focus()
    person.keyboard.press("u")
    expect(rows).to_have_count(first)
    press(person, "Redo")
    expect(rows).to_have_count(closed)
    expect(person).to_have_url(re.compile("open=none"))


def test_an_overlay_has_a_scale_and_the_panel_the_formula(app: Server, person: Any) -> None:
    visit(person, app.url + RESNET)
    drawn(person)
    person.get_by_label("Colour by").select_option("flops")
    expect(person.locator(".scale")).to_contain_text(re.compile(r"0 FLOP\s*[\d.]+ MFLOP"))
    expect(person).to_have_url(re.compile("by=flops"))
    find(person, "op:Conv attr:kernel_shape=7")
    person.get_by_placeholder("Find").press("Enter")
    person.get_by_text("What it costs").click()
    expect(person.get_by_text(re.compile("^Formula: 2"))).to_be_visible()


@pytest.mark.parametrize(
    ("choice", "start"), [("SVG", "<svg"), ("HTML", "<!doctype html>"), ("DOT", "digraph")]
)
def test_the_picture_can_be_taken_away(app: Server, person: Any, choice: str, start: str) -> None:
    visit(person, app.url + RESNET)
    drawn(person)
    press(person, "Save")
    with person.expect_download() as saved:
        whole = person.get_by_role("dialog", name="Save").get_by_role("group", name="Whole picture")
        whole.get_by_role("button", name=choice).click()
    assert Path(saved.value.path()).read_text("utf-8").startswith(start)
    assert saved.value.suggested_filename.endswith(f".{choice.lower()}")


def test_a_link_to_a_sample_exports_it_and_shows_the_view(app: Server, person: Any) -> None:
    visit(person, f"{app.url}/?sample=mlp&open=all&way=LR")
    drawn(person)
    has_models(person, "Start here", "MLP · depth 2")
    expect(person.get_by_role("heading", name="MLP · depth 2")).to_be_visible(timeout=PATIENCE_MS)
    expect(person.get_by_role("button", name="Top to bottom")).to_be_visible()
    settle(person)
    expect(person).to_have_url(re.compile(r"sample=mlp.*way=LR"))


def test_what_a_link_gets_wrong_does_not_keep_the_picture_away(app: Server, person: Any) -> None:
    visit(person, f"{app.url}{RESNET}&open=%3Cscript%3E&focus=path~nowhere~else&by=colour&sel=~zzzz")
    expect(person.get_by_text("is not in this graph")).to_be_visible(timeout=PATIENCE_MS)
    visit(person, f"{app.url}{RESNET}&open=%3Cscript%3E&by=colour&sel=~zzzz&way=up")
    drawn(person)
    has_models(person, "ResNet-50 (Caffe2)")
