"""How soon a report that is opened from disk shows its picture: `python -m tests.browser.report_opens`.

Makes the report of each file and of what onnxsim makes of it, reasons and check included, and opens it in
Chromium from `file:`, each time in a fresh browser context. The bar, for the 1,700 nodes of DenseNet-121: 2 s
from the start of the navigation to the painted picture. Without FILES, that one of the `onnx` wheel and a
generated decoder of 5,300 nodes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from onnxviz import jobs
from onnxviz.report import write_report
from onnxviz.rewrites.optimizers import optimize_file
from onnxviz.rewrites.reasons import How
from tests.benchmarks.graphs import decoder, saved
from tests.benchmarks.tables import load, table, verdict
from tests.browser.peers import ours, visit
from tests.conftest import CHROMIUM_FLAGS, chromium_path, wheel_data

DENSENET = "light_densenet121.onnx"
SECONDS = 2.0
ROUNDS = 5
LIMIT = 60.0
REASONS_SECONDS = 20.0


def main() -> None:
    """Print a row for each file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    with tempfile.TemporaryDirectory() as kept, sync_playwright() as playwright:
        folder = Path(kept)
        files = parser.parse_args().files or [
            wheel_data() / "light" / DENSENET,
            saved(decoder(5_300), folder),
        ]
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))
        rows = [_row(browser, file.absolute(), folder) for file in files]
        browser.close()
    head = ("model", "removed", "report MB", "made in s", "picture s: median", "least", "most", "verdict")
    print(table(head, rows))
    print(load())


def _row(browser: Any, file: Path, folder: Path) -> tuple[object, ...]:
    result, page = folder / f"{file.stem}-after.onnx", folder / f"{file.stem}.html"
    jobs.run("rewrite", "onnxsim", optimize_file, "onnxsim", file, result)
    start = time.perf_counter()
    names = (file.name, result.name)
    made = jobs.run(
        "rewrite", "report", write_report, file, result, page, names, How("onnxsim"), REASONS_SECONDS
    )
    took = time.perf_counter() - start
    seen = [visit(browser, ours(page.as_uri()), LIMIT) for _ in range(ROUNDS)]
    times = [one for one in seen if isinstance(one, float)]
    words = [one for one in seen if isinstance(one, str)]
    if words:
        return (
            file.stem,
            made["removed"],
            f"{made['bytes'] / 1e6:.1f}",
            f"{took:.1f}",
            "–",
            "–",
            "–",
            words[0],
        )
    middle = statistics.median(times)
    is_held = file.name == DENSENET
    return (
        file.stem,
        f"{made['removed']:,}",
        f"{made['bytes'] / 1e6:.1f}",
        f"{took:.1f}",
        f"{middle:.2f}",
        f"{min(times):.2f}",
        f"{max(times):.2f}",
        verdict([("the picture", middle, SECONDS)]) if is_held else "",
    )


if __name__ == "__main__":
    main()
