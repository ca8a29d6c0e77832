"""Optimizers side by side, and one of them step by step, as a person sees them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from onnxviz.rewrites.optimizers import names
from tests.browser.serving import Server
from tests.browser.steps import PATIENCE_MS, drawn, go, press, settle, visit

pytestmark = pytest.mark.browser

NAMES = names()


def table(person: Any) -> Any:
    """The results side by side."""
    return person.locator(".st-key-simplify-together")


def all_run(person: Any, app: Server) -> None:
    """Every optimizer on the start sample, until the last is done."""
    visit(person, f"{app.url}/simplify")
    press(person, "All")
    expect(person.get_by_text("What these are")).to_be_visible()
    settle(person)
    press(person, "Simplify")
    expect(table(person).get_by_role("button", name="Graph")).to_have_count(len(NAMES), timeout=PATIENCE_MS)
    settle(person)


def test_all_optimizers_stand_in_one_table_with_the_best_marked(app: Server, person: Any) -> None:
    all_run(person, app)
    rows = table(person)
    for name in NAMES:
        expect(rows.get_by_text(name, exact=True)).to_be_visible()
    expect(rows.get_by_text(re.compile("agrees within|bit for bit"))).to_have_count(len(NAMES))
    expect(rows.get_by_text("fastest")).to_have_count(1)
    assert rows.get_by_text("fewest").count() >= 2
    expect(rows.get_by_role("progressbar")).to_have_count(0)
    expect(person.get_by_test_id("stSidebar").get_by_text("Start here · ort-all")).to_be_visible()
    person.get_by_role("tab", name="Nodes").click()
    expect(person.get_by_test_id("stVegaLiteChart")).to_be_visible()


def test_no_word_of_the_table_is_broken_in_a_small_window(app: Server, person: Any) -> None:
    person.set_viewport_size({"width": 1000, "height": 900})
    all_run(person, app)
    rows = table(person)
    for word in ("onnxscript", "Initializers", "Optimizer"):
        found = rows.get_by_text(word, exact=True).bounding_box()
        assert found["height"] < 24, f"{word} is on two lines"
    first, second = (
        rows.get_by_role("button", name=name).first.bounding_box() for name in ("Graph", "Compare")
    )
    assert abs(first["y"] - second["y"]) < 4, "the ways to a result stand beside each other"


def test_a_result_of_several_is_one_click_from_its_graph_and_still_there_later(
    app: Server, person: Any
) -> None:
    all_run(person, app)
    table(person).get_by_role("button", name="Graph").nth(2).click()
    expect(person.get_by_role("heading", name="Start here · onnxscript")).to_be_visible()
    drawn(person)
    person.get_by_test_id("stSidebar").get_by_text("Start here", exact=True).click()
    go(person, "Simplify")
    expect(table(person).get_by_role("button", name="Graph")).to_have_count(len(NAMES))
    for name in NAMES:
        expect(person.get_by_role("button", name=name, exact=True)).to_be_visible()


def test_a_result_of_several_is_one_click_from_its_comparison(app: Server, person: Any) -> None:
    all_run(person, app)
    table(person).get_by_role("button", name="Compare").nth(1).click()
    expect(person.get_by_role("heading", name="Compare", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    expect(person.get_by_role("combobox", name="Before")).to_have_value("Start here · 21 nodes")
    expect(person.get_by_role("combobox", name="After")).to_have_value(re.compile("^Start here · onnxslim"))


def test_all_results_are_timed_at_one_click(app: Server, person: Any) -> None:
    all_run(person, app)
    press(person, "Time all")
    expect(person.get_by_role("heading", name="Benchmark")).to_be_visible()
    for name in ("Start here", "Start here · onnxsim", "Start here · ort-all"):
        chosen = person.get_by_test_id("stMultiSelect").first
        expect(chosen.get_by_text(name, exact=True)).to_be_visible()


def test_the_arrow_keys_go_through_the_steps_of_onnxsim(app: Server, person: Any) -> None:
    visit(person, f"{app.url}/simplify")
    person.get_by_role("radio", name="Step by step").click()
    press(person, "Watch onnxsim's passes")
    step = person.get_by_role("heading", name=re.compile(r"^Step \d+ of"))
    expect(step).to_have_text(re.compile("^Step 1 of 10: shape inference"), timeout=PATIENCE_MS)
    drawn(person)
    settle(person)
    person.keyboard.press("ArrowRight")
    expect(step).to_have_text(re.compile("^Step 2 of 10: fuse_bn_into_conv · 21 → 18 nodes"))
    expect(person.get_by_text("BatchNormalization −3", exact=False).first).to_be_visible()
    settle(person)
    person.keyboard.press("ArrowLeft")
    expect(step).to_have_text(re.compile("^Step 1 of 10"))
    settle(person)
    person.keyboard.press("ArrowLeft")
    expect(person.get_by_role("heading", name="The original: 21 nodes")).to_be_visible()
    person.get_by_role("button", name=re.compile("^Next Shortcut")).click()
    expect(step).to_have_text(re.compile("^Step 1 of 10"))
    settle(person)
    go(person, "Explore")
    go(person, "Simplify")
    expect(step).to_have_text(re.compile("^Step 1 of 10"))
