"""From a navigation to the first picture, beside Netron and Model Explorer on the same file in one run.

Run `python -m tests.browser.first_picture --peers VENV [FILES...]`, where VENV is a virtual environment with
`netron`, `ai-edge-model-explorer` and `model-explorer-onnx`; without it, ours alone is measured. Without
files, generated decoders of 164 to 13,000 nodes are.

All servers are up, each visit has a fresh browser context, no page reaches the network, and the tools take
turns. Ours is started anew for each file and round and visited once on another, small model, so that its
workers stand ready and nothing of the file is known: that is `first`; `again` is the next visit. Model
Explorer is visited once on the smallest file; Netron's server only hands out files. The bars: ours not
slower than Netron from 1,000 nodes up and at most 1.5 times below; 3 s at 5,300 nodes and 4 s at 13,000.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from onnxviz.reading import read_model
from tests.benchmarks.graphs import decoder, saved
from tests.benchmarks.tables import load, table
from tests.browser import serving
from tests.browser.peers import OFFLINE, Tool, explored, model_explorer, netron, ours, visit
from tests.conftest import CHROMIUM_FLAGS, chromium_path

SIZES = (164, 1_083, 5_300, 13_000)
LIMIT = 75.0
"""Seconds that a picture is waited for; a tool that shows none is not asked for that file again."""

LARGE = 1_000
RATIO_SMALL, RATIO_LARGE = 1.5, 1.0
SECONDS = ((5_300, 3.0), (13_000, 4.0))
"""(nodes up to which it holds, seconds)."""

OTHER_MODEL = "light_squeezenet"
"""What ours is warmed with."""

SETTLE_SECONDS = 2.0
"""After the warming visit: the second worker may still import what it needs."""


@dataclass
class Row:
    """Of one file, the seconds of each round by tool, or words where there was no picture."""

    file: Path
    nodes: int
    times: dict[str, list[float | str]] = field(default_factory=dict)

    def add(self, name: str, took: float | str) -> None:
        """One visit."""
        self.times.setdefault(name, []).append(took)

    def failure(self, name: str) -> str:
        """What a tool showed instead of a picture, if it ever did."""
        return next((found for found in self.times.get(name, ()) if isinstance(found, str)), "")

    def median(self, name: str) -> float | None:
        """None where it was not measured, or mostly failed: no picture is later than any."""
        found = [took if isinstance(took, float) else math.inf for took in self.times.get(name, ())]
        middle = statistics.median(found) if found else math.inf
        return None if middle == math.inf else middle

    def shown(self, name: str) -> str:
        """For the table."""
        found = self.median(name)
        return f"{found:.2f}" if found is not None else self.failure(name) or "–"

    @property
    def ratio(self) -> float | None:
        """Ours to Netron's, first visit."""
        mine, theirs = self.median("first"), self.median("Netron")
        return None if mine is None or theirs is None else mine / theirs

    @property
    def verdict(self) -> str:
        """The bars in words."""
        mine = self.median("first")
        if mine is None:
            return f"FAILS: {self.failure('first')}"
        said = []
        most = RATIO_LARGE if self.nodes >= LARGE else RATIO_SMALL
        if self.ratio is not None and self.ratio > most:
            said.append(f"{self.ratio:.2f} times Netron, over {most:g}")
        limit = next((limit for nodes, limit in SECONDS if self.nodes <= nodes), float("inf"))
        if mine > limit:
            said.append(f"{mine:.2f} s, over {limit:g} s")
        return f"FAILS: {'; '.join(said)}" if said else "passes"


@contextmanager
def fresh(browser: Any, file: Path) -> Iterator[Tool]:
    """Ours on a file that it has not read yet, with its workers up."""
    with tempfile.TemporaryDirectory() as folder:
        server = serving.start(Path(folder), str(file.resolve()))
        try:
            serving.wait_until_up(server)
            visit(browser, ours(f"{server.url}/?model={OTHER_MODEL}"), LIMIT)
            time.sleep(SETTLE_SECONDS)
            yield ours(server.url)
        finally:
            server.stop()


def compare(browser: Any, row: Row, others: list[Tool], number: int, shots: Path | None) -> None:
    """One round on one file: each tool once, another one first each time, and ours again."""

    def shot(name: str) -> Path | None:
        return shots and shots / f"{row.file.stem}-{name.lower().replace(' ', '-')}.png"

    with fresh(browser, row.file) as mine:
        tools = [mine, *others]
        at = number % len(tools)
        for tool in (*tools[at:], *tools[:at]):
            name = "first" if tool is mine else tool.name
            if not row.failure(name):
                row.add(name, visit(browser, tool, LIMIT, shot(tool.name)))
        row.add("again", visit(browser, mine, LIMIT))


def measure(files: list[Path], venv: Path | None, rounds: int, shots: Path | None) -> list[Row]:
    """All rounds of all files, one after the other."""
    rows = [Row(file, read_model(file).graph.node_count()) for file in files]
    with ExitStack() as up:
        playwright = up.enter_context(sync_playwright())
        flags = [*CHROMIUM_FLAGS, OFFLINE]
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        up.callback(browser.close)
        others: dict[Path, list[Tool]] = {file: [] for file in files}
        if venv is not None:
            explorer = up.enter_context(model_explorer(venv))
            visit(browser, explored(explorer, min(rows, key=lambda row: row.nodes).file), LIMIT)
            others = {
                file: [up.enter_context(netron(venv, file)), explored(explorer, file)] for file in files
            }
        for number in range(rounds):
            for row in rows:
                compare(browser, row, others[row.file], number, shots)
    return rows


def show(rows: list[Row]) -> None:
    """A table."""
    head = ("file", "nodes", "onnxviz first s", "again", "Netron", "Model Explorer", "ours to Netron", "bars")
    lines = [
        (
            row.file.stem,
            f"{row.nodes:,}",
            *(row.shown(name) for name in ("first", "again", "Netron", "Model Explorer")),
            "–" if row.ratio is None else f"{row.ratio:.2f}",
            row.verdict,
        )
        for row in rows
    ]
    print(table(head, lines))
    print(f"\n{load()}")


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description="Time first pictures.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help=".onnx files instead")
    parser.add_argument("--peers", type=Path, metavar="VENV", help="virtual environment with the peers")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which medians are taken")
    parser.add_argument("--shots", type=Path, metavar="DIR", help="leave what each tool showed in DIR")
    parser.add_argument("--json", action="store_true", help="print JSON with every round")
    given = parser.parse_args()
    if given.shots:
        given.shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        files = given.files or [saved(decoder(nodes), Path(folder)) for nodes in SIZES]
        rows = measure(files, given.peers, given.rounds, given.shots)
    if given.json:
        found = [
            {"file": r.file.name, "nodes": r.nodes, "seconds": r.times, "ratio": r.ratio, "bars": r.verdict}
            for r in rows
        ]
        print(json.dumps(found, indent=2))
    else:
        show(rows)


if __name__ == "__main__":
    main()
