"""Do our medians say what a bare loop says? `python -m tests.benchmarks.truth [FILE…] [--rounds N]`

Each model is benchmarked as the app does it, in a process of its own, and after every turn of it (or before
it, by chance) a bare loop over `InferenceSession.run` in another process makes as many runs: so whatever
happens on the machine happens to both. Session options, threads and inputs are the same. That is done some
rounds, with new processes in each, since two sessions of one model differ for as long as they live.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from onnxviz.bench import feeds, runner
from onnxviz.bench.places import Place, in_a_process
from onnxviz.bench.types import Configuration, Plan, Provider
from tests.benchmarks import chains
from tests.benchmarks.tables import load, percentile, table
from tests.conftest import wheel_data

CPU = Provider("CPUExecutionProvider", "cpu", "usable")

START = Path(__file__).parents[2] / "onnxviz" / "samples" / "start.onnx"

SHORT = (0.0002, 0.03)
LONG = (0.010, 0.01)
"""(seconds of a run, the most that the medians may differ as a part of it)."""

FAST = 0.1


@dataclass(slots=True)
class Bare:
    """The bare loop, in a process of its own."""

    process: subprocess.Popen[str]
    times_s: list[float] = field(default_factory=list)

    def visit(self, runs: int) -> None:
        """Make `runs` runs that count."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(runs, file=self.process.stdin, flush=True)
        self.times_s.extend(json.loads(self.process.stdout.readline()))


@dataclass(slots=True)
class Beside:
    """Where a configuration stands, with a bare loop that has its turns before or after it."""

    place: Place
    bare: Bare
    coin: random.Random

    @property
    def peak_bytes(self) -> int:
        """That of the configuration."""
        return self.place.peak_bytes

    def ask(self, name: str, *args: Any) -> Any:
        """As `Place.ask`."""
        if name != "visit":
            return self.place.ask(name, *args)
        is_first = self.coin.random() < 0.5
        if is_first:
            self.bare.visit(*args)
        found = self.place.ask(name, *args)
        if not is_first:
            self.bare.visit(*args)
        return found

    def close(self) -> None:
        """As `Place.close`."""
        self.place.close()


@dataclass(frozen=True, slots=True)
class Found:
    """What one round took, in seconds."""

    bare_s: tuple[float, ...]
    ours_s: tuple[float, ...]

    def ratio(self, share: float = 0.5) -> float:
        """Ours over the bare loop, of the time that `share` of all runs are not above."""
        return percentile(self.ours_s, share) / percentile(self.bare_s, share)


def allowed(seconds: float) -> float:
    """How far off a median may be, as a part of it: between the two bars on a line of logarithms."""
    (short_s, short), (long_s, long) = SHORT, LONG
    at = math.log(seconds / short_s) / math.log(long_s / short_s)
    bar: float = short * (long / short) ** min(1.0, max(0.0, at))
    return bar


def measured(path: Path, batch: int, seconds: float, seed: int) -> Found:
    """One round: our benchmark of one configuration, and the bare loop beside it."""
    inputs = runner.read_inputs(str(path))
    plan = Plan(((path.stem, str(path)),), seconds=seconds, seed=seed, batches=(batch,))
    with bare_loop(path, feeds.make(inputs, seed, {}, batch)) as bare:

        def opener(cell: Configuration, inputs: tuple[feeds.Input, ...], plan: Plan, provider: str) -> Place:
            return Beside(in_a_process(cell, inputs, plan, provider), bare, random.Random(seed))

        (ours,) = runner.run(plan, opener=opener, known=(CPU,)).measurements
        if not ours.times_s:
            raise SystemExit(f"{path.name} was not measured: {ours.error}")
        return Found(tuple(bare.times_s), ours.times_s)


@contextmanager
def bare_loop(path: Path, feed: feeds.Feed) -> Iterator[Bare]:
    """A process with the bare loop, which waits to be asked."""
    with tempfile.TemporaryDirectory() as folder:
        inputs = Path(folder) / "inputs.npz"
        np.savez(inputs, *feed.values())
        command = [sys.executable, str(Path(__file__).with_name("bare.py")), str(path), str(inputs)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        ) as process:
            try:
                yield Bare(process)
            finally:
                process.kill()


def chosen(folder: Path, files: Sequence[Path]) -> list[tuple[Path, int]]:
    """(model, batch): five from about 0.2 to 10 ms, and those that were named."""
    light = wheel_data() / "light"
    return [
        (START, 32),
        (chains.saved(folder, chains.BLOCKS, chains.rows_for(0.001)), 0),
        (light / "light_shufflenet.onnx", 0),
        (light / "light_squeezenet.onnx", 0),
        (chains.saved(folder, chains.BLOCKS, chains.rows_for(0.010)), 0),
        *((path, 0) for path in files),
    ]


def row(path: Path, batch: int, rounds: Sequence[Found]) -> tuple[object, ...]:
    """One model as a row of the table."""
    bare_s, ours_s = (
        statistics.median(statistics.median(times_s) for times_s in each)
        for each in ([one.bare_s for one in rounds], [one.ours_s for one in rounds])
    )
    ratios = [one.ratio() for one in rounds]
    off, bar = abs(statistics.median(ratios) - 1), allowed(bare_s)
    return (
        f"{path.stem}, batch {batch}" if batch else path.stem,
        f"{1e3 * bare_s:.4f}",
        f"{1e3 * ours_s:.4f}",
        f"{statistics.median(ratios):.4f}",
        f"{min(ratios):.3f} to {max(ratios):.3f}",
        f"{statistics.median(one.ratio(FAST) for one in rounds):.4f}",
        f"{bar:.1%}",
        "passes" if off <= bar else f"FAILS: off by {off:.1%}",
    )


def main() -> int:
    """Measure, and print what was found; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="further .onnx files")
    parser.add_argument("--rounds", type=int, default=5, help="rounds with new processes (default: 5)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round (default: 3)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            row(path, batch, [measured(path, batch, given.seconds, seed) for seed in range(given.rounds)])
            for path, batch in chosen(Path(folder), given.files)
        ]
    head = ("model", "bare loop, ms", "ours, ms", "ratio", "of the rounds", "of fast runs", "bar", "")
    print(table(head, rows))
    print("\nMedians over the rounds. Fast runs: the ratio at the fastest tenth, where others disturb least.")
    print(load())
    return 1 if any("FAILS" in str(one[-1]) for one in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
