"""What a person does on Simplify, and where it leads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest
from playwright.sync_api import expect

from tests.browser.serving import Server
from tests.browser.steps import (
    PATIENCE_MS,
    complaint,
    drawn,
    figure,
    go,
    has_models,
    pictures,
    press,
    settle,
    visit,
)

pytestmark = pytest.mark.browser


def simplified(person: Any, app: Server, model: str) -> None:
    """Open Simplify with a real model, press the button and wait for the result."""
    visit(person, f"{app.url}/simplify?model={model}")
    press(person, "Simplify")
    expect(person.get_by_role("heading", name="Before and after")).to_be_visible(timeout=PATIENCE_MS)
    settle(person)


def test_a_real_model_is_simplified_seen_before_and_after_and_taken_away(
    app: Server, person: Any, tmp_path: Path
) -> None:
    simplified(person, app, "light_resnet50")
    expect(figure(person, "Nodes")).to_have_text("415 → 123")
    expect(person.get_by_test_id("stAlertContentSuccess")).to_have_count(1)
    expect(pictures(person)).to_have_count(2)
    drawn(person)
    has_models(person, "ResNet-50 (Caffe2)", "ResNet-50 (Caffe2) · onnxsim")
    with person.expect_download() as downloading:
        person.get_by_role("button", name="Download the result").click()
    taken = tmp_path / "taken.onnx"
    downloading.value.save_as(taken)
    assert downloading.value.suggested_filename.endswith(".onnx")
    model = onnx.load(taken)
    onnx.checker.check_model(model, full_check=True)
    assert len(model.graph.node) == 123


def test_the_result_is_explored_at_one_click(app: Server, person: Any) -> None:
    simplified(person, app, "light_squeezenet")
    press(person, "Explore the result")
    expect(person.get_by_role("heading", name="SqueezeNet · onnxsim")).to_be_visible()
    expect(pictures(person)).to_have_count(1)
    drawn(person)
    expect(person.get_by_test_id("stSidebar").get_by_text("onnxsim of SqueezeNet")).to_be_visible()


def test_the_result_is_still_there_after_a_look_at_another_page(app: Server, person: Any) -> None:
    simplified(person, app, "light_squeezenet")
    found = figure(person, "Nodes").inner_text()
    go(person, "Explore")
    go(person, "Simplify")
    expect(person.get_by_role("heading", name="Before and after")).to_be_visible()
    expect(figure(person, "Nodes")).to_have_text(found)


def test_a_size_that_cannot_be_read_is_told_and_nothing_runs(app: Server, person: Any) -> None:
    visit(person, f"{app.url}/simplify")
    person.get_by_text("Options of onnxsim").click()
    size = person.get_by_role("textbox", name="Largest value to store")
    size.fill("as big as a house")
    size.press("Enter")
    assert "as big as a house" in complaint(person)
    expect(person.get_by_role("button", name="Simplify", exact=True)).to_be_disabled()
    size.fill("10MB")
    size.press("Enter")
    expect(person.get_by_role("button", name="Simplify", exact=True)).to_be_enabled()


def test_switching_folding_off_leaves_what_it_would_have_removed(app: Server, person: Any) -> None:
    visit(person, f"{app.url}/simplify?model=light_squeezenet")
    person.get_by_text("Options of onnxsim").click()
    for name in ("Fold constants", "Run the optimizer's passes"):
        person.get_by_test_id("stCheckbox").filter(has_text=name).locator("label").first.click()
        settle(person)
    press(person, "Simplify")
    expect(person.get_by_role("heading", name="Before and after")).to_be_visible(timeout=PATIENCE_MS)
    before, after = figure(person, "Nodes").inner_text().split(" → ")
    assert int(after) > 0.9 * int(before)
