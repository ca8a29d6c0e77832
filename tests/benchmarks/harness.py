"""What the benchmark itself costs at a model of 1 ms: `python -m tests.benchmarks.harness [--seconds S]`

Two figures. *Inside a timed run*: what is timed when the session does nothing. *Outside*: which share of the
time between the first turn and the last one is spent in no run, whether it counts or not: to ask the process
of the configuration, to tell the page, to choose the order.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnxviz.bench import feeds, measure, runner
from onnxviz.bench.places import Place
from onnxviz.bench.timing import MAX_RUNS_PER_ROUND, Timing
from onnxviz.bench.types import Configuration, Plan
from onnxviz.jobs.lanes import Lane
from tests.benchmarks import chains
from tests.benchmarks.tables import load, percentile, table
from tests.benchmarks.truth import CPU
from tests.benchmarks.watched import watched

MODEL_S = 0.001
MOST = 0.01
"""Of the time of a run of `MODEL_S`."""

TURNS = 1000


@dataclass
class Stopwatch:
    """Where a configuration stands, and when its turns began and ended."""

    place: Place
    began_s: float = 0.0
    ended_s: float = 0.0
    before_s: float = 0.0
    runs_s: float = 0.0
    busy_s: float = 0.0

    @property
    def peak_bytes(self) -> int:
        """That of the configuration."""
        return self.place.peak_bytes

    def ask(self, name: str, *args: Any) -> Any:
        """As `Place.ask`."""
        if name != "visit":
            return self.place.ask(name, *args)
        if not self.began_s:
            self.before_s = self.place.ask("runs_s")
            self._busy_before_s = time.process_time()
            self.began_s = time.perf_counter()
        found = self.place.ask(name, *args)
        self.ended_s = time.perf_counter()
        self.busy_s = time.process_time() - self._busy_before_s
        return found

    def close(self) -> None:
        """As `Place.close`; what it ran is asked for before."""
        self.runs_s = self.place.ask("runs_s") - self.before_s
        self.place.close()

    @property
    def outside(self) -> float:
        """Share of the time between the turns' beginning and end that was in no run."""
        return 1 - self.runs_s / (self.ended_s - self.began_s)

    @property
    def busy(self) -> float:
        """Share of that time in which this process, which asks, was at work."""
        return self.busy_s / (self.ended_s - self.began_s)


def outside(path: Path, seconds: float) -> tuple[Stopwatch, float]:
    """(how a benchmark of `seconds` went, median of a run in seconds)."""
    watches: list[Stopwatch] = []

    def opener(cell: Configuration, inputs: tuple[feeds.Input, ...], plan: Plan, provider: str) -> Place:
        watches.append(Stopwatch(Lane(cell.label, watched, cell, inputs, plan.seed, provider)))
        return watches[-1]

    plan = Plan(((path.stem, str(path)),), seconds=seconds, max_samples=sys.maxsize)
    (found,) = runner.run(plan, opener=opener, known=(CPU,)).measurements
    return watches[0], found.median_s or 0.0


def inside() -> list[float]:
    """Seconds of timed runs that do nothing."""
    cell = Configuration("nothing", "", "cpu")
    opened = measure.OpenedSession(None, cell, (CPU.name,), None, tuple, list)
    timing = Timing(cell, {}, CPU.name, lambda *_: opened)
    timing.open()
    return [time_s for _ in range(TURNS) for time_s in timing.visit(MAX_RUNS_PER_ROUND)]


def main() -> int:
    """Measure, and print what was found; 1 where the bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="of the benchmark (default: 5)")
    parser.add_argument("--rounds", type=int, default=3, help="benchmarks, of which the median is taken")
    given = parser.parse_args()
    empty_s = inside()
    with tempfile.TemporaryDirectory() as folder:
        path = chains.saved(Path(folder), chains.BLOCKS, chains.rows_for(MODEL_S))
        found = [outside(path, given.seconds) for _ in range(given.rounds)]
    shares = [
        statistics.median(each)
        for each in ([one.outside for one, _ in found], [one.busy for one, _ in found])
    ]
    run_s = statistics.median(run_s for _, run_s in found)
    part = statistics.median(empty_s) / MODEL_S
    rows = [
        ("inside a timed run, median", f"{1e6 * statistics.median(empty_s):.2f} us", f"{part:.3%} of 1 ms"),
        ("inside a timed run, 99th percentile", f"{1e6 * percentile(empty_s, 0.99):.2f} us", ""),
        ("a run of the model", f"{1e3 * run_s:.3f} ms", "median"),
        ("outside all runs", f"{shares[0]:.2%}", "of the timing phase"),
        ("processor time to ask and to tell", f"{shares[1]:.2%}", "of the timing phase, whatever others do"),
    ]
    print(table(("what", "found", ""), rows))
    print(f"\n{'passes' if part < MOST else 'FAILS'}: under {MOST:.0%} of a run of 1 ms is the harness' own.")
    print(load())
    return 0 if part < MOST else 1


if __name__ == "__main__":
    sys.exit(main())
