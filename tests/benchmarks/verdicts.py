"""Are the verdicts right? `python -m tests.benchmarks.verdicts [--runs N] [--seconds S]`

Two questions, each asked in N benchmarks of S seconds, as the app makes them, on a model of about 5 ms. Of a
model and the same model again: how often is a difference claimed? At most 5 of 100 may be. Of a model and the
same with a tenth more work: how often is it found to be slower? 95 of 100 must be.

The model is a chain of 20 equal blocks (MatMul and Relu), whose width is set so that it takes 5 ms on this
machine; the slower one has 22 of them, so exactly 10 % more operations. What that is in time is measured too:
the last line but one has the median of the ratios.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from onnxviz.bench import runner
from onnxviz.bench.types import Comparison, Plan
from tests.benchmarks import chains
from tests.benchmarks.tables import load, table
from tests.benchmarks.truth import CPU

MODEL_S = 0.005
SLOWER_BLOCKS = chains.BLOCKS + chains.BLOCKS // 10

MOST_FALSE = 0.05
LEAST_FOUND = 0.95


@dataclass(frozen=True, slots=True)
class Question:
    """`model` against `other`; `counts` says whether a verdict is one of those that are counted."""

    name: str
    other: Path
    counts: Callable[[Comparison], bool]
    passes: Callable[[int, int], bool]
    bar: str


def questions(model: Path, slower: Path) -> dict[str, Question]:
    """Both questions by their short names."""
    return {
        "same": Question(
            "a difference between a model and itself",
            model,
            lambda found: found.is_significant,
            lambda counted, runs: counted <= MOST_FALSE * runs,
            f"at most {MOST_FALSE:.0%}",
        ),
        "slower": Question(
            "a tenth more work found to be slower",
            slower,
            lambda found: found.is_significant and found.ratio < 1,
            lambda counted, runs: counted >= LEAST_FOUND * runs,
            f"at least {LEAST_FOUND:.0%}",
        ),
    }


def compared(model: Path, other: Path, seconds: float, seed: int) -> Comparison:
    """One benchmark of two models."""
    plan = Plan((("model", str(model)), ("other", str(other))), seconds=seconds, seed=seed)
    result = runner.run(plan, known=(CPU,))
    if not result.comparisons:
        raise SystemExit(f"Nothing was compared: {[one.error for one in result.measurements]}")
    return result.comparisons[0]


def asked(question: Question, model: Path, runs: int, seconds: float) -> list[Comparison]:
    """Every benchmark of one question; the verdicts go to the error stream as they come."""
    found = []
    for seed in range(runs):
        one = compared(model, question.other, seconds, seed)
        found.append(one)
        print(f"{question.name}, {seed + 1} of {runs}: {one.verdict}", file=sys.stderr)
    return found


def row(question: Question, found: Sequence[Comparison]) -> tuple[object, ...]:
    """One question as a row of the table."""
    counted, runs = sum(map(question.counts, found)), len(found)
    widths = [one.interval[1] / one.interval[0] - 1 for one in found if one.interval]
    return (
        question.name,
        f"{counted} of {runs}",
        question.bar,
        f"{statistics.median(1 / one.ratio for one in found):.3f}",
        f"{statistics.median(widths):.1%}" if widths else "–",
        "passes" if question.passes(counted, runs) else "FAILS",
    )


def main() -> int:
    """Measure, and print what was found; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=100, help="benchmarks for each question (default: 100)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each (default: 5, as in the app)")
    parser.add_argument("--only", choices=("same", "slower"), help="ask one of the two questions")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = chains.rows_for(MODEL_S)
        model, slower = (
            chains.saved(Path(folder), blocks, rows) for blocks in (chains.BLOCKS, SLOWER_BLOCKS)
        )
        chosen = questions(model, slower)
        if given.only:
            chosen = {given.only: chosen[given.only]}
        found = [row(one, asked(one, model, given.runs, given.seconds)) for one in chosen.values()]
    head = ("claimed", "times", "bar", "time, other to model", "width of the interval", "")
    print(table(head, found))
    print(load())
    return 1 if any(one[-1] == "FAILS" for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
