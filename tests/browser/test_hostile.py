"""Names in a model are other people's text: they are shown as what they are, and never obeyed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import models
from tests.browser.serving import Server
from tests.browser.steps import (
    PATIENCE_MS,
    drawn,
    figure,
    go,
    press,
    row,
    settle,
    show_outline,
    tab,
    title,
    upload,
    visit,
)

pytestmark = pytest.mark.browser

OBEYED = """() => {
  const found = [];
  const look = (root) => {
    const markup = ["img[onerror]", "img[src*='example.org']", "img[src='x']", "a[href*='example.org']"];
    markup.push(".katex");
    for (const each of markup) if (root.querySelector(each)) found.push(each);
    for (const each of root.querySelectorAll("*")) if (each.shadowRoot) look(each.shadowRoot);
  };
  look(document);
  if (window.hacked) found.push("a script ran");
  return found;
}"""


def obeyed(person: Any) -> list[str]:
    """Which markup of the model became part of the page."""
    settle(person)
    found: list[str] = person.evaluate(OBEYED)
    return found


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
