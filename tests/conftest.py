"""Fixtures shared by all tests: the browser, and the models that the `onnx` wheel carries."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOW_TO_GET_CHROMIUM = (
    "no Chromium found: install it (Debian: apt-get install chromium) or set ONNXVIZ_CHROMIUM to its path"
)


def chromium_path() -> str | None:
    """The browser that the tests drive: ONNXVIZ_CHROMIUM, else one on the PATH."""
    named = os.environ.get("ONNXVIZ_CHROMIUM")
    if named:
        return named
    return next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium; skips where there is none, and fails instead in CI, where one must be."""
    path = chromium_path()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(HOW_TO_GET_CHROMIUM)
        pytest.skip(HOW_TO_GET_CHROMIUM)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A new page of 1400 by 1000 points; `page.problems` collects console errors and page errors."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    opened = context.new_page()
    opened.problems = []
    opened.on("console", lambda m: opened.problems.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda e: opened.problems.append(str(e)))
    yield opened
    context.close()


def wheel_data() -> Path:
    """The folder of models inside the installed `onnx` package."""
    spec = importlib.util.find_spec("onnx")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "backend" / "test" / "data"


@pytest.fixture(scope="session")
def light_models() -> list[Path]:
    """The nine real models of the `onnx` wheel."""
    found = sorted((wheel_data() / "light").glob("*.onnx"))
    assert len(found) == 9
    return found
