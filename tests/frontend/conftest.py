"""A viewer mounted in a blank page, and a page that serves the modules one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from onnxviz.ui.wire import FRONTEND
from tests.frontend.hosting import MODULES, Viewer

ORIGIN = "http://onnxviz.test"


@pytest.fixture
def viewer(page: Any) -> Viewer:
    """Mounted 1000 points wide; nothing is given to it yet."""
    return Viewer(page)


@pytest.fixture(scope="module")
def modules(browser: Any) -> Iterator[Any]:
    """A page whose `import("/x.js")` serves the files of ui/frontend; nothing else is reachable."""
    problems: list[str] = []
    opened = browser.new_page()
    opened.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda e: problems.append(str(e)))

    def serve(route: Any) -> None:
        name = route.request.url.removeprefix(f"{ORIGIN}/")
        if name in MODULES:
            route.fulfill(body=(FRONTEND / name).read_text("utf-8"), content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>t</title>", content_type="text/html")

    opened.route("**/*", serve)
    opened.goto(f"{ORIGIN}/page")
    yield opened
    opened.close()
    assert problems == []
