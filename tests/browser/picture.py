"""Makes the README's pictures from the running app: `python -m tests.browser.picture FOLDER`.

`explore.png` is a decoder with a node selected, `simplify.png` a model before and after.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser import serving
from tests.browser.steps import PATIENCE_MS, drawn, figure, press, settle, visit
from tests.conftest import CHROMIUM_FLAGS, chromium_path

DECODER = "/?sample=decoder&depth=12&open=first&sel=linear"

SETTLE_MS = 3000
"""Pictures glide and fade in, and the panel comes after them."""


def main(folder: Path) -> None:
    """Take both pictures."""
    with tempfile.TemporaryDirectory() as kept, sync_playwright() as playwright:
        server = serving.start(Path(kept))
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))
        try:
            serving.wait_until_up(server)
            _explore(browser, server.url, folder / "explore.png")
            _simplify(browser, server.url, folder / "simplify.png")
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
    page = browser.new_page(viewport={"width": 1400, "height": 1780}, color_scheme="light")
    visit(page, f"{url}/simplify")
    press(page, "Simplify")
    figure(page, "Nodes").wait_for(timeout=PATIENCE_MS)
    drawn(page)
    settle(page)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=str(out))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
