"""Makes the README's picture from the running app: `python -m tests.browser.picture OUT.png`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import serving
from tests.browser.steps import PATIENCE_MS, drawn, figure, press, settle, visit
from tests.conftest import CHROMIUM_FLAGS, chromium_path


def main(out: Path) -> None:
    """Simplify the sample and take a picture of the graphs before and after."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = serving.start(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))
        try:
            serving.wait_until_up(server)
            page = browser.new_page(viewport={"width": 1400, "height": 1780}, color_scheme="light")
            visit(page, f"{server.url}/simplify")
            press(page, "Simplify")
            figure(page, "Nodes").wait_for(timeout=PATIENCE_MS)
            drawn(page)
            settle(page)
            # The second picture, and the fade of both, take a moment more.
            page.wait_for_timeout(3000)
            page.screenshot(path=str(out))
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
