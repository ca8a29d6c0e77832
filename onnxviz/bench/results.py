"""Results of earlier benchmarks: read from their JSON, and set against a new one."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from onnxviz.bench import live, parsing, statistics
from onnxviz.bench.types import BenchResult, Environment, Measurement
from onnxviz.errors import BadUsage, RefusedFile

MOST_BYTES = 256 << 20
"""Of a file of results; 64 configurations with 5,000 runs each take 7 MB."""

MOST_CONFIGURATIONS = 1000
"""Every one is held against every other to find what to compare."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What one configuration did from the old result to the new. `change` is new median over old, minus 1.

    `low` and `high` bound it with 95 % confidence, None where there are too few rounds. The two were not run
    by turns, so what changed on the machine between them counts in as well.
    """

    label: str
    old_s: float
    new_s: float
    low: float | None
    high: float | None
    verdict: str

    @property
    def change(self) -> float:
        """As a fraction: 0.1 is 10 % slower."""
        return self.new_s / self.old_s - 1

    def is_slower(self, tolerance: float) -> bool:
        """Whether it is slower by more than `tolerance` (a fraction) beyond doubt.

        Never where the verdict sees no difference, however small the tolerance.
        """
        return self.low is not None and self.low > max(tolerance, statistics.MARGIN)

    def to_json(self) -> dict[str, Any]:
        """One row of `bench --compare --json`."""
        interval = None if self.low is None or self.high is None else [self.low, self.high]
        return {
            "label": self.label,
            "old_s": self.old_s,
            "new_s": self.new_s,
            "change": self.change,
            "ci95": interval,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True)
class Compared:
    """Configurations of both results by label; `gone` and `new` are in one of them alone, or had no times.

    `failed` are those that had times and give none any more, with the reason. `machine` are sentences on what
    differs between the two machines.
    """

    shifts: tuple[Shift, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]
    machine: tuple[str, ...]
    failed: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The keys of `bench --compare --json`."""
        return {
            "configurations": [shift.to_json() for shift in self.shifts],
            "gone": list(self.gone),
            "new": list(self.new),
            "machine": list(self.machine),
            "failed": dict(self.failed),
        }


def read(path: Path) -> BenchResult:
    """The result in a JSON file of `export.to_json`. Raises RefusedFile."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RefusedFile(path.name, "is larger than results of a benchmark are", "Give another file")
        text = path.read_bytes()
    except OSError as error:
        raise RefusedFile(path.name, "cannot be read", "Check the path", detail=str(error)) from error
    return parse(text, path.name)


def parse(text: bytes, name: str) -> BenchResult:
    """The result in the bytes of such a file; `name` is said in errors. Raises RefusedFile."""
    remedy = "Give the JSON that Benchmark or `onnxviz bench --json` wrote"
    try:
        data = json.loads(text)
        if len(data["results"]) > MOST_CONFIGURATIONS:
            raise RefusedFile(name, f"has more than {MOST_CONFIGURATIONS:,} configurations", remedy)
        machine = parsing.environment(data["environment"])
        measurements = tuple(parsing.measurement(row) for row in data["results"])
        agreements = tuple(parsing.agreed(row) for row in data.get("agreement", ()))
        if len({one.configuration for one in measurements}) < len(measurements):
            raise ValueError("a configuration is there twice")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        cause = "is no result of a benchmark"
        raise RefusedFile(name, cause, remedy, detail=f"{type(error).__name__}: {error}") from error
    found = live.result(machine, measurements, 0)
    return replace(found, is_partial=bool(data.get("is_partial")), agreements=agreements)


def compared(old: BenchResult, new: BenchResult) -> Compared:
    """The new result against the old one, configuration by configuration.

    Raises BadUsage where they have none in common.
    """
    before = {one.label: one for one in old.measurements if one.times_s}
    after = {one.label: one for one in new.measurements if one.times_s}
    both = [label for label in after if label in before]
    if not both:
        raise BadUsage(
            "The two results",
            "have no configuration in common",
            "Measure models of the same name, on the same providers and settings",
        )
    return Compared(
        tuple(_shift(before[label], after[label]) for label in both),
        tuple(label for label in before if label not in after),
        tuple(label for label in after if label not in before),
        tuple(
            f"{what} was {before} and is {after}"
            for what, before, after in differences(old.environment, new.environment)
        ),
        tuple((one.label, one.error) for one in new.measurements if one.error and one.label in before),
    )


def _shift(old: Measurement, new: Measurement) -> Shift:
    interval = statistics.independent_interval(
        statistics.by_round(new.times_s, new.runs_per_round),
        statistics.by_round(old.times_s, old.runs_per_round),
    )
    old_s, new_s = old.median_s or 0.0, new.median_s or 0.0
    speed = old_s / new_s if new_s else 1.0
    turned = None if interval is None else (1 / interval[1], 1 / interval[0])
    low, high = (None, None) if interval is None else (interval[0] - 1, interval[1] - 1)
    return Shift(new.label, old_s, new_s, low, high, statistics.words(speed, turned))


def differences(old: Environment, new: Environment) -> tuple[tuple[str, str, str], ...]:
    """What sets two machines apart: (what, as it was, as it is)."""
    told = (
        ("cpu", "the processor"),
        ("cores", "the number of cores"),
        ("os", "the system"),
        ("onnxruntime", "ONNX Runtime"),
        ("python", "Python"),
        ("threads", "the number of threads inside a node"),
    )
    rows = [(what, str(getattr(old, name)), str(getattr(new, name))) for name, what in told]
    return tuple(row for row in rows if row[1] != row[2])
