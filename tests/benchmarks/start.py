"""How long from the command to the sample's picture, and from a reload to it.

Run `python -m tests.benchmarks.start [ROUNDS]` from the root of the repository. Prints JSON: seconds of
each round and the medians. The bars: 5 s from the command, 1.5 s from a reload, on a warm disk.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser import serving
from tests.browser.steps import drawn
from tests.conftest import CHROMIUM_FLAGS, chromium_path


def measure(browser: Any) -> dict[str, float]:
    """One start and one reload; seconds. The browser runs before, as a person's does."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        server = serving.start(Path(folder))
        try:
            serving.wait_until_up(server)
            up = time.perf_counter()
            page.goto(server.url)
            drawn(page)
            cold = time.perf_counter()
            page.reload()
            drawn(page)
            reloaded = time.perf_counter()
        finally:
            page.close()
            server.stop()
    return {"serving_s": up - began, "cold_s": cold - began, "reload_s": reloaded - cold}


def main() -> None:
    """Measure, and print what was found."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))
        found = [measure(browser) for _ in range(rounds)]
        browser.close()
    medians = {name: round(statistics.median(one[name] for one in found), 2) for name in found[0]}
    print(json.dumps({"medians": medians, "rounds": found}, indent=2))


if __name__ == "__main__":
    main()
