"""What a person sees and does on Explore."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import models
from tests.browser.serving import Server
from tests.browser.steps import (
    PATIENCE_MS,
    complaint,
    drawn,
    figure,
    go,
    has_models,
    lightness,
    on_picture,
    pictures,
    press,
    row,
    show_outline,
    title,
    visit,
)

pytestmark = pytest.mark.browser

PAGES = ["Open", "Explore", "Simplify", "Fold", "Compare", "Benchmark", "Learn"]
HINT = "Click a box to see what is in it"
THREE_NODES = re.compile("^3 nodes")


def test_the_app_opens_with_the_picture_of_a_sample(app: Server, person: Any) -> None:
    visit(person, app.url)
    drawn(person)
    expect(person.get_by_role("heading", name="Start here")).to_be_visible()
    expect(figure(person, "Nodes")).to_have_text("21")
    has_models(person, "Start here")
    links = person.get_by_test_id("stSidebarNav").get_by_role("link")
    assert [link.inner_text().splitlines()[-1] for link in links.all()] == PAGES


def test_a_click_on_a_box_shows_what_is_in_it(app: Server, person: Any) -> None:
    visit(person, app.url)
    drawn(person)
    expect(person.get_by_text(HINT)).to_be_visible()
    person.mouse.click(*on_picture(person, "Conv"))
    expect(title(person, "Conv")).to_be_visible()
    expect(person.get_by_text(HINT)).to_have_count(0)
    crumbs = person.get_by_test_id("stButton").filter(has_text="features.0")
    expect(crumbs).to_be_visible()
    crumbs.get_by_role("button").click()
    expect(person.get_by_text(THREE_NODES)).to_be_visible()
    person.locator("canvas.picture").focus()
    person.keyboard.press("Escape")
    expect(person.get_by_text(HINT)).to_be_visible()


def test_a_row_of_the_list_shows_what_is_in_its_box(app: Server, person: Any) -> None:
    visit(person, app.url)
    drawn(person)
    show_outline(person)
    row(person, "image").click()
    expect(person.get_by_role("cell", name="float[batch, 3, 32, 32]", exact=True)).to_be_visible()
    row(person, "features.0").click()
    expect(title(person, "features.0")).to_be_visible()
    expect(person.get_by_text(THREE_NODES)).to_be_visible()


def test_a_group_closes_at_a_double_click_and_opens_from_the_list(app: Server, person: Any) -> None:
    visit(person, app.url)
    drawn(person)
    show_outline(person)
    group = row(person, "features.0")
    expect(group).to_have_attribute("aria-expanded", "true")
    before = person.get_by_role("treeitem").count()
    person.mouse.dblclick(*on_picture(person, "features.0"))
    expect(group).to_have_attribute("aria-expanded", "false")
    expect(person.get_by_role("treeitem")).to_have_count(before - 3)
    group.focus()
    person.keyboard.press("ArrowRight")
    expect(group).to_have_attribute("aria-expanded", "true")
    expect(person.get_by_role("treeitem")).to_have_count(before)


def test_the_buttons_open_and_close_all_groups_and_turn_the_picture(app: Server, person: Any) -> None:
    visit(person, f"{app.url}/?model=light_resnet50")
    drawn(person)
    show_outline(person)
    rows = person.get_by_role("treeitem")
    opened = person.locator('[role="treeitem"][aria-expanded="true"]')
    first, open_at_first = rows.count(), opened.count()
    press(person, "Close all")
    expect(opened).to_have_count(0)
    press(person, "Open all")
    expect(opened).not_to_have_count(0)
    press(person, "Overview")
    expect(rows).to_have_count(first)
    expect(opened).to_have_count(open_at_first)
    press(person, "Left to right")
    expect(person.get_by_role("button", name="Top to bottom")).to_be_visible()
    drawn(person)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_follows_the_theme(app: Server, person: Any, scheme: str) -> None:
    person.emulate_media(color_scheme=scheme)
    visit(person, app.url)
    drawn(person)
    found = lightness(person)
    assert (found["middle"] < 60) == (scheme == "dark")
    assert found["lightest"] - found["darkest"] > 150, "what is drawn stands out from its ground"
    ground = person.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert ground == ("rgb(15, 20, 26)" if scheme == "dark" else "rgb(255, 255, 255)")


def test_a_model_is_renamed_and_removed_in_the_side_bar(app: Server, person: Any) -> None:
    visit(person, app.url)
    drawn(person)
    person.get_by_test_id("stSidebar").get_by_role("button", name="Rename").click()
    name = person.get_by_role("textbox", name="Name", exact=True)
    name.fill("My *first* model")
    name.press("Enter")
    expect(person.get_by_role("heading", name="My *first* model")).to_be_visible()
    has_models(person, "My *first* model")
    person.keyboard.press("Escape")
    person.get_by_test_id("stSidebar").get_by_role("button", name="Remove").click()
    expect(person.get_by_text("No model is open.")).to_be_visible()
    expect(person.get_by_text("Nothing is open.")).to_be_visible()
    press(person, "Open a sample")
    drawn(person)
    has_models(person, "Start here")


def test_every_page_without_a_model_says_what_it_is_for_and_offers_one(app: Server, person: Any) -> None:
    visit(person, app.url)
    drawn(person)
    person.get_by_test_id("stSidebar").get_by_role("button", name="Remove").click()
    for name in ("Explore", "Simplify", "Benchmark"):
        go(person, name)
        expect(person.get_by_role("heading", name=name)).to_be_visible()
        expect(person.get_by_role("button", name="Open a sample")).to_be_visible()
    press(person, "Export or upload one")
    expect(person.get_by_role("tab", name="Upload")).to_be_visible()


def test_the_file_on_the_command_line_is_opened(
    serve: Callable[..., Server], person: Any, tmp_path: Path
) -> None:
    server = serve(str(models.doubled(tmp_path)))
    visit(person, server.url)
    drawn(person)
    has_models(person, "doubled")
    expect(person.get_by_text("File named on the command line")).to_be_visible()
    expect(figure(person, "Nodes")).to_have_text("1")


def test_a_file_on_the_command_line_that_is_no_model_is_told_in_a_sentence_beside_the_sample(
    serve: Callable[..., Server], person: Any, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("Dear diary, today I trained a model.")
    server = serve(str(tmp_path / "notes.txt"))
    visit(person, server.url)
    assert "notes.txt" in complaint(person)
    drawn(person)
    has_models(person, "Start here")
    assert "Traceback" not in server.log


def test_the_tables_below_the_picture_can_be_searched(app: Server, person: Any) -> None:
    visit(person, f"{app.url}/?model=light_resnet50")
    person.get_by_role("tab", name="Nodes").click()
    expect(person.get_by_text("415 of 415 nodes")).to_be_visible(timeout=PATIENCE_MS)
    search = person.get_by_placeholder("Name, tensor, attribute, scope")
    search.fill("no node is called like this")
    search.press("Enter")
    expect(person.get_by_text("0 of 415 nodes")).to_be_visible()
    assert pictures(person).count() == 1
