"""Does a plan take as long as was said? `python -m tests.benchmarks.estimates [--rounds N]`

For plans of different shapes: what the page says before it runs, after a look at each model, against what the
whole of it then took. The look itself is not part of either.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from onnxviz.bench import estimate, runner
from onnxviz.bench.types import Plan
from tests.benchmarks import chains
from tests.benchmarks.tables import load, table
from tests.conftest import wheel_data

MOST_OFF = 0.25


@dataclass(frozen=True, slots=True)
class Found:
    """What was said and what it took, in seconds."""

    said_s: float
    took_s: float

    @property
    def off(self) -> float:
        """How far the estimate was from what it took, as a part of that."""
        return abs(self.said_s / self.took_s - 1)


def measured(plan: Plan) -> Found:
    """Estimate a plan, then run it."""
    said_s = estimate.of(plan, estimate.look(plan), estimate.calibrate()).total_s
    start = time.perf_counter()
    runner.run(plan)
    return Found(said_s, time.perf_counter() - start)


def plans(folder: Path) -> dict[str, Plan]:
    """A quick model, two of 5 ms, a matrix of eight, and one whose runs do not fit its time."""
    light = wheel_data() / "light"
    quick = chains.saved(folder, 2, 8)
    usual = chains.saved(folder, chains.BLOCKS, chains.rows_for(0.005))
    squeezenet, vgg = light / "light_squeezenet.onnx", light / "light_vgg19.onnx"
    return {
        "one quick model, 2 s": plan(quick, seconds=2.0),
        "two of 5 ms, 5 s": plan(usual, squeezenet, seconds=5.0),
        "eight cells, 10 s": Plan(
            plan(usual, squeezenet, seconds=10.0).models, seconds=10.0, levels=("off", "all"), threads=(1, 2)
        ),
        "VGG-19, 1 s": plan(vgg, seconds=1.0),
    }


def plan(*paths: Path, seconds: float) -> Plan:
    """A plan of these models with nothing else chosen."""
    return Plan(tuple((path.stem, str(path)) for path in paths), seconds=seconds)


def main() -> int:
    """Measure, and print what was found; 1 where the bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="times that each plan is run (default: 3)")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, one in plans(Path(folder)).items():
            found = [measured(one) for _ in range(given.rounds)]
            off = statistics.median(each.off for each in found)
            said_s, took_s = (
                statistics.median(seconds)
                for seconds in ([each.said_s for each in found], [each.took_s for each in found])
            )
            passed = "passes" if off <= MOST_OFF else "FAILS"
            rows.append((name, f"{said_s:.1f}", f"{took_s:.1f}", f"{off:.0%}", passed))
    print(table(("plan", "said, s", "took, s", f"off by (bar {MOST_OFF:.0%})", ""), rows))
    print(load())
    return 1 if any(row[-1] == "FAILS" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
