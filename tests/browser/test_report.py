"""A report that is opened from disk: its pictures, its tables, the ways between them, and no request."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from onnxviz.diff.models import diff_models
from onnxviz.reading import read_model
from onnxviz.report import report
from onnxviz.rewrites.reasons import Explanation, Kept, Remedy, Removed, Stayed, Went
from onnxviz.rewrites.types import Agreement
from tests.browser import models
from tests.browser.steps import PAINTED, drawn, pictures, row
from tests.report.pairs import shrunk

pytestmark = pytest.mark.browser


def written(before: Path, after: Path, out: Path, why: Explanation | None = None) -> Path:
    text = report(read_model(before), read_model(after), diff_models(before, after), why, Agreement(1))
    out.write_text(text, encoding="utf-8")
    return out


@pytest.fixture
def opened(page: Any, tmp_path: Path) -> Any:
    """A browser with the report of a chain of 300 pairs of nodes, of which the casts went, open."""
    before, after = shrunk(tmp_path, 300)
    gone = [node.id for node in diff_models(before, after).removed]
    kinds = (Went.NO_OP, Went.DEAD)
    why = Explanation(
        tuple(Removed(name, "Cast", kinds[i % 2], f"Number {i}.") for i, name in enumerate(gone)),
        (Kept("r5", "Relu", Stayed.NO_RULE, "No rule.", remedy=Remedy("Try another.")),),
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    out = written(before, after, tmp_path / "r.html", why)
    page.goto(out.as_uri())
    drawn(page)
    yield page
    assert asked == [out.as_uri()]
    assert page.problems == []


HERE = "document.querySelector('.shot:not([hidden])').shadowRoot"


def drawn_here(page: Any) -> None:
    """Wait for the picture that is shown now to be painted."""
    page.wait_for_function(PAINTED.replace("find(document)", f"find({HERE})"), polling=100)


def rows(page: Any) -> Any:
    return page.locator(".tablepart:not([hidden]) tbody tr")


def test_it_opens_with_the_picture_of_both_and_the_first_rows(opened: Any) -> None:
    expect(opened.get_by_role("button", name="Both in one")).to_have_attribute("aria-pressed", "true")
    expect(pictures(opened)).to_have_count(1)
    expect(opened.get_by_role("button", name="Removed (300)")).to_have_attribute("aria-pressed", "true")
    expect(rows(opened)).to_have_count(100)
    opened.get_by_role("button", name="Show 100 more").click()
    expect(rows(opened)).to_have_count(200)


def test_the_filters_narrow_the_rows(opened: Any) -> None:
    opened.get_by_label("Filter by reason").select_option("dead")
    expect(opened.locator(".filters .count")).to_have_text("150 of 300 rows")
    expect(rows(opened)).to_have_count(100)
    opened.get_by_label("Filter Removed").fill("NUMBER 299.")
    expect(rows(opened)).to_have_count(1)
    opened.get_by_label("Filter Removed").fill("nothing like this")
    expect(rows(opened)).to_have_count(0)
    opened.get_by_label("Filter Removed").fill("")
    opened.get_by_label("Filter by reason").select_option("")
    expect(opened.locator(".filters .count")).to_have_text("300 rows")


def test_a_row_leads_to_its_node_in_the_graph(opened: Any) -> None:
    opened.get_by_label("Filter Removed").fill("number 250.")
    name = rows(opened).get_by_role("button").inner_text()
    rows(opened).get_by_role("button").click()
    expect(opened.locator(".chosenrow")).to_contain_text(f"Removed: {name} (Cast), no-op: Number 250.")
    expect(opened.locator(".chosen .name")).to_have_text("Cast")
    expect(opened.locator(".shot:not([hidden]) [role=treeitem][aria-selected=true]")).to_have_count(1)


def test_a_row_turns_to_the_picture_that_has_its_node(opened: Any) -> None:
    opened.get_by_role("button", name="After", exact=True).click()
    drawn_here(opened)
    rows(opened).get_by_role("button").first.click()
    expect(opened.get_by_role("button", name="Both in one")).to_have_attribute("aria-pressed", "true")
    opened.get_by_role("button", name="Stayed (1)").click()
    expect(rows(opened)).to_contain_text("Try another.")
    rows(opened).get_by_role("button").click()
    expect(opened.locator(".chosenrow")).to_contain_text("Stayed: r5 (Relu), no rule: No rule.")


def test_a_click_in_the_graph_tells_why(opened: Any) -> None:
    opened.get_by_role("button", name="Before", exact=True).click()
    opened.get_by_label("Open every group with changes").check()
    shot = opened.locator(".shot:not([hidden])")
    shot.get_by_role("button", name="List of boxes").click()
    row(shot, "Cast").click()
    expect(opened.locator(".chosenrow")).to_contain_text(re.compile(r"Removed: c\d+ \(Cast\)"))


def test_all_three_pictures_are_drawn(opened: Any) -> None:
    for name in ("Before", "After", "Both in one"):
        opened.get_by_role("button", name=name, exact=True).click()
        shot = opened.locator(".shot:not([hidden])")
        expect(shot).to_have_count(1)
        drawn_here(opened)


def test_it_follows_the_browser_into_the_dark(opened: Any) -> None:
    lightness = "getComputedStyle(document.body).backgroundColor"
    assert opened.evaluate(lightness) == "rgb(255, 255, 255)"
    opened.emulate_media(color_scheme="dark")
    assert opened.evaluate(lightness) == "rgb(15, 20, 26)"
    expect(opened.locator(".shot:not([hidden]) .viewer.dark")).to_have_count(1)


def test_names_are_text_in_a_report(page: Any, tmp_path: Path) -> None:
    before = models.hostile(tmp_path)
    after = models.doubled(tmp_path)
    why = Explanation(
        tuple(Removed(n.id, models.SCRIPT, Went.DEAD, models.SCRIPT) for n in read_model(before).graph.walk())
    )
    page.goto(written(before, after, tmp_path / "r.html", why).as_uri())
    drawn(page)
    rows(page).get_by_role("button").first.click()
    page.get_by_label("Filter Removed").fill("<img")
    expect(rows(page).first).to_contain_text(models.SCRIPT)
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x onerror=")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert page.problems == []
