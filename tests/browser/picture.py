"""Makes the README's pictures from the running app: `python -m tests.browser.picture FOLDER`.

`explore.png` is a decoder with a node selected, `simplify.png` several optimizers on one model, `compare.png`
a model before and after with the reason why a node went, `fold.png` constant folding in the middle.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser import serving
from tests.browser.steps import PATIENCE_MS, drawn, press, settle, visit
from tests.conftest import CHROMIUM_FLAGS, chromium_path

DECODER = "/?sample=decoder&depth=12&open=first&sel=linear"
FOLDING = "/fold?sample=shape_math&step=14"
PAIR = "/compare?model=light_resnet50&with=onnxsim"
EXPLAINED = re.compile(r"(\d+) of \1 explained")

SETTLE_MS = 3000
"""Pictures glide and fade in, and the panel comes after them."""


def main(folder: Path) -> None:
    """Take all pictures."""
    with tempfile.TemporaryDirectory() as kept, sync_playwright() as playwright:
        server = serving.start(Path(kept))
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))
        try:
            serving.wait_until_up(server)
            _explore(browser, server.url, folder / "explore.png")
            _simplify(browser, server.url, folder / "simplify.png")
            _compare(browser, server.url, folder / "compare.png")
            _fold(browser, server.url, folder / "fold.png")
        finally:
            browser.close()
            server.stop()


def _explore(browser: Any, url: str, out: Path) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 860}, color_scheme="light")
    visit(page, url + DECODER)
    page.get_by_role("strong").filter(has_text="MatMul").wait_for(timeout=2 * PATIENCE_MS)
    drawn(page)
    settle(page)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=str(out))


def _simplify(browser: Any, url: str, out: Path) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1000}, color_scheme="light")
    visit(page, f"{url}/simplify?model=light_squeezenet")
    press(page, "All")
    page.get_by_text("What these are").wait_for(timeout=PATIENCE_MS)
    settle(page)
    press(page, "Simplify")
    page.get_by_role("button", name="Time all").wait_for(timeout=4 * PATIENCE_MS)
    settle(page)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=str(out))


def _compare(browser: Any, url: str, out: Path) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1060}, color_scheme="light")
    visit(page, url + PAIR)
    page.get_by_text(EXPLAINED).wait_for(timeout=4 * PATIENCE_MS)
    drawn(page)
    page.get_by_role("button", name="Next change").first.click()
    page.get_by_text("Removed", exact=False).first.wait_for(timeout=PATIENCE_MS)
    settle(page)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=str(out))


def _fold(browser: Any, url: str, out: Path) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme="light")
    visit(page, url + FOLDING)
    page.get_by_role("button", name="One step forward").wait_for(timeout=2 * PATIENCE_MS)
    drawn(page)
    settle(page)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=str(out))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
