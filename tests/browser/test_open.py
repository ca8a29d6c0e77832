"""What a person does on Open: export, upload, and be told what is wrong."""

from __future__ import annotations

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
    press,
    settle,
    tab,
    upload,
    visit,
)

pytestmark = pytest.mark.browser

EXPORT_MS = 120_000
"""The worker may have to import torch first, which took 4 to 12 s on two cores that had other work too."""


def test_a_sample_is_exported_with_pytorch_and_drawn(app: Server, person: Any) -> None:
    visit(person, f"{app.url}/open?sample=affine")
    press(person, "Export")
    expect(person.get_by_text("is open", exact=False)).to_be_visible(timeout=EXPORT_MS)
    press(person, "Explore")
    drawn(person)
    expect(person.get_by_test_id("stSidebar").get_by_text("Exported from PyTorch")).to_be_visible()


def test_an_export_that_pytorch_refuses_is_one_sentence_and_the_next_works(app: Server, person: Any) -> None:
    visit(person, f"{app.url}/open?sample=decoder&exporter=torchscript&opset=7&depth=1")
    press(person, "Export")
    expect(person.get_by_test_id("stAlertContentError")).to_be_visible(timeout=EXPORT_MS)
    assert "Use opset 14 or higher" in complaint(person)
    has_models(person, "Start here")
    opset = person.get_by_role("spinbutton", name="Opset")
    opset.fill("17")
    opset.press("Enter")
    expect(person.get_by_text("opset_version=17").first).to_be_visible()
    settle(person)
    press(person, "Export")
    expect(person.get_by_text("is open", exact=False)).to_be_visible(timeout=EXPORT_MS)
    expect(person.get_by_test_id("stAlertContentError")).to_have_count(0)


def test_an_option_that_cannot_be_used_is_told_before_anything_runs(app: Server, person: Any) -> None:
    visit(person, f"{app.url}/open?sample=affine")
    name = person.get_by_role("textbox", name="Name of the input")
    name.fill("y")
    name.press("Enter")
    assert "an input and an output share it" in complaint(person)
    expect(person.get_by_role("button", name="Export", exact=True)).to_be_disabled()


def test_a_link_to_a_sample_that_is_none_says_so(app: Server, person: Any) -> None:
    visit(person, f"{app.url}/open?sample=decodr")
    assert "Did you mean decoder" in complaint(person)


def test_a_model_is_uploaded_and_drawn(app: Server, person: Any, tmp_path: Path) -> None:
    visit(person, f"{app.url}/open")
    upload(person, models.doubled(tmp_path))
    has_models(person, "Start here", "doubled")
    go(person, "Explore")
    drawn(person)
    expect(figure(person, "Nodes")).to_have_text("1")


def test_a_model_is_uploaded_together_with_its_weights(app: Server, person: Any, tmp_path: Path) -> None:
    visit(person, f"{app.url}/open")
    upload(person, *models.with_data(tmp_path))
    has_models(person, "Start here", "far")
    go(person, "Explore")
    drawn(person)
    expect(figure(person, "Parameters")).to_have_text("8")
    with person.expect_download() as downloading:
        person.get_by_role("button", name="Download as zip").click()
    assert downloading.value.suggested_filename == "far.zip"


def test_a_model_without_its_weights_asks_for_them_and_takes_them_later(
    app: Server, person: Any, tmp_path: Path
) -> None:
    model, data = models.with_data(tmp_path)
    visit(person, f"{app.url}/open")
    upload(person, model)
    assert "far.bin did not come with it" in complaint(person)
    upload(person, data)
    has_models(person, "Start here", "far")
    expect(person.get_by_test_id("stAlertContentError")).to_have_count(0)


def test_a_text_file_is_refused_in_one_sentence_and_nothing_is_lost(
    app: Server, person: Any, tmp_path: Path
) -> None:
    (tmp_path / "letter.onnx").write_text("Dear graph, how are you?")
    visit(person, f"{app.url}/open")
    upload(person, tmp_path / "letter.onnx")
    assert "letter.onnx" in complaint(person)
    has_models(person, "Start here")
    upload(person, models.doubled(tmp_path))
    has_models(person, "Start here", "doubled")


def test_the_table_of_the_session_makes_a_model_current(app: Server, person: Any, tmp_path: Path) -> None:
    visit(person, f"{app.url}/open")
    upload(person, models.doubled(tmp_path))
    has_models(person, "Start here", "doubled")
    tab(person, "In this session")
    press(person, "Start here")
    expect(person.get_by_test_id("stSidebar").get_by_role("radio", name="Start here")).to_be_checked()
    go(person, "Explore")
    expect(person.get_by_role("heading", name="Start here")).to_be_visible(timeout=PATIENCE_MS)
