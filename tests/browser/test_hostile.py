"""Names in a model are other people's text: they are shown as what they are, and never obeyed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import models
from tests.browser.obeying import obeyed, obeyed_in_file
from tests.browser.serving import Server
from tests.browser.steps import (
    PATIENCE_MS,
    drawn,
    figure,
    go,
    has_models,
    press,
    row,
    show_outline,
    tab,
    title,
    upload,
    visit,
)
from tests.hostile.models import PAYLOADS, everything

pytestmark = pytest.mark.browser


@pytest.fixture
def uploaded(app: Server, person: Any, tmp_path: Path) -> Any:
    """A person who has uploaded the worst model and is on Open."""
    visit(person, f"{app.url}/open")
    upload(person, models.hostile(tmp_path))
    expect(person.get_by_test_id("stSidebar").get_by_role("radio")).to_have_count(2, timeout=PATIENCE_MS)
    return person


def test_the_file_s_name_is_text_on_open(uploaded: Any) -> None:
    assert obeyed(uploaded) == []
    expect(uploaded.get_by_text(models.SCRIPT).first).to_be_visible()
    tab(uploaded, "In this session")
    assert obeyed(uploaded) == []
    # A long name is cut in the middle; a browser sends the quotes of a file's name as %22.
    expect(uploaded.get_by_text("<img src=x onerror=%22").locator("visible=true").first).to_be_visible()


def test_every_name_is_text_on_explore(uploaded: Any) -> None:
    go(uploaded, "Explore")
    drawn(uploaded)
    assert obeyed(uploaded) == []
    # A browser sends the quotes of a file's name as %22.
    expect(uploaded.get_by_role("heading", level=1)).to_contain_text("<img src=x onerror=%22")
    show_outline(uploaded)
    for op_type in ("Relu", "Add", "LeakyRelu"):
        row(uploaded, op_type).click()
        expect(title(uploaded, op_type)).to_be_visible()
        assert obeyed(uploaded) == []
    expect(uploaded.get_by_text("**bold** $x^2$ :red[red]").first).to_be_visible()
    for name in ("Op types", "Nodes", "In the file"):
        tab(uploaded, name)
        assert obeyed(uploaded) == []


def test_every_name_is_text_while_simplifying_and_measuring(uploaded: Any) -> None:
    go(uploaded, "Simplify")
    press(uploaded, "Simplify")
    expect(figure(uploaded, "Nodes")).to_be_visible(timeout=PATIENCE_MS)
    drawn(uploaded)
    assert obeyed(uploaded) == []
    press(uploaded, "Time before and after")
    press(uploaded, "Measure")
    expect(uploaded.get_by_role("heading", name="Result")).to_be_visible(timeout=PATIENCE_MS)
    assert obeyed(uploaded) == []


def test_every_name_is_text_while_folding(uploaded: Any) -> None:
    go(uploaded, "Fold")
    expect(uploaded.get_by_role("group", name="Constant folding, step by step")).to_be_visible(
        timeout=PATIENCE_MS
    )
    drawn(uploaded)
    uploaded.get_by_role("button", name="One step forward").click()
    expect(uploaded.get_by_role("heading", name=re.compile("^Step 1 of"))).to_be_visible()
    assert obeyed(uploaded) == []
    for view, sign in (("Predict", "Reveal"), ("Beside others", "onnxscript")):
        uploaded.get_by_test_id("stButtonGroup").get_by_text(view, exact=True).click()
        expect(uploaded.get_by_text(sign).first).to_be_visible(timeout=PATIENCE_MS)
        if view == "Predict":
            press(uploaded, "Reveal")
        assert obeyed(uploaded) == []


def test_every_name_is_text_while_comparing_and_in_the_report(
    uploaded: Any, browser: Any, tmp_path: Path
) -> None:
    go(uploaded, "Simplify")
    press(uploaded, "Simplify")
    press(uploaded, "Compare before and after")
    expect(figure(uploaded, "Nodes")).to_be_visible(timeout=PATIENCE_MS)
    for view in ("Side by side", "One graph", "Table"):
        uploaded.get_by_test_id("stButtonGroup").get_by_text(view, exact=True).click()
        assert obeyed(uploaded) == []
    for name in uploaded.get_by_role("tab").all_inner_texts():
        tab(uploaded, name)
        assert obeyed(uploaded) == []
    tab(uploaded, "Is it the same function?")
    press(uploaded, "Run both and compare")
    expect(figure(uploaded, "Largest absolute error")).to_be_visible(timeout=PATIENCE_MS)
    assert obeyed(uploaded) == []
    tab(uploaded, "Take away")
    press(uploaded, "Make the report")
    with uploaded.expect_download(timeout=PATIENCE_MS) as downloading:
        uploaded.get_by_role("button", name=re.compile("^Download the report")).click()
    assert re.fullmatch(r"[\w.-]+\.html", downloading.value.suggested_filename)
    downloading.value.save_as(tmp_path / "report.html")
    assert _asked_by(browser, tmp_path / "report.html") == []


def _asked_by(browser: Any, path: Path) -> list[str]:
    """What a file asks for, runs or complains of, once it is open."""
    context = browser.new_context()
    page = context.new_page()
    odd: list[str] = []
    page.on("request", lambda request: odd.append(request.url))
    page.on("console", lambda message: odd.append(message.text))
    page.on("dialog", lambda dialog: (odd.append(dialog.message), dialog.dismiss()))
    page.goto(path.as_uri())
    expect(page.get_by_role("treeitem").or_(page.locator("canvas.picture")).first).to_be_visible()
    odd.remove(path.as_uri())
    found = [*odd, *obeyed_in_file(page)]
    context.close()
    return found


def test_every_text_that_the_format_has_is_text_on_explore(app: Server, person: Any, tmp_path: Path) -> None:
    kinds = ("onerror", "markdown", "streamlit", "addresses", "style", "closes the script", "turned around")
    payload = " ".join(
        PAYLOADS[kind].replace(":red[r]", ":red[reddened] :material/pest_control:") for kind in kinds
    )
    path = tmp_path / "every text.onnx"
    path.write_bytes(everything(payload).SerializeToString())
    visit(person, f"{app.url}/open")
    upload(person, path)
    has_models(person, "Start here", "every text")
    go(person, "Explore")
    drawn(person)
    assert obeyed(person) == []
    show_outline(person)
    for place in range(min(6, person.get_by_role("treeitem").count())):
        person.get_by_role("treeitem").nth(place).click()
        assert obeyed(person) == []
    for name in person.get_by_role("tab").all_inner_texts():
        tab(person, name)
        assert obeyed(person) == []
    person.get_by_placeholder("Find").first.fill("onerror")
    expect(person.get_by_role("listbox")).to_be_visible()
    assert obeyed(person) == []
