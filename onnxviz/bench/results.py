"""Results of earlier benchmarks: read from their JSON, and set against a new one."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from onnxviz.bench import live, statistics
from onnxviz.bench.types import (
    ALIASES,
    Agreed,
    Assigned,
    BenchResult,
    Configuration,
    Environment,
    Measurement,
)
from onnxviz.errors import BadUsage, RefusedFile

MOST_BYTES = 256 << 20
"""Of a file of results; 64 configurations with 5,000 runs each take 7 MB."""


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
        """Whether it is slower by more than `tolerance` (a fraction) beyond doubt."""
        return self.low is not None and self.low > tolerance

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

    `machine` are sentences on what differs between the two machines.
    """

    shifts: tuple[Shift, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]
    machine: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The keys of `bench --compare --json`."""
        return {
            "configurations": [shift.to_json() for shift in self.shifts],
            "gone": list(self.gone),
            "new": list(self.new),
            "machine": list(self.machine),
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
    try:
        data = json.loads(text)
        machine = _environment(data["environment"])
        measurements = tuple(_measurement(row) for row in data["results"])
        agreements = tuple(_agreed(row) for row in data.get("agreement", ()))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        cause = "is no result of a benchmark"
        remedy = "Give the JSON that Benchmark or `onnxviz bench --json` wrote"
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
        tuple(_differences(old.environment, new.environment)),
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


def _differences(old: Environment, new: Environment) -> list[str]:
    told = (
        ("cpu", "the processor"),
        ("cores", "the number of cores"),
        ("os", "the system"),
        ("onnxruntime", "ONNX Runtime"),
        ("python", "Python"),
        ("threads", "the number of threads inside a node"),
    )
    rows = [(what, getattr(old, name), getattr(new, name)) for name, what in told]
    return [f"{what} was {before} and is {after}" for what, before, after in rows if before != after]


def _environment(data: Mapping[str, Any]) -> Environment:
    known = {field.name for field in fields(Environment)}
    made = Environment(**{name: value for name, value in data.items() if name in known})
    texts = (made.cpu, made.python, made.onnxruntime, made.os)
    if not all(isinstance(text, str) for text in texts) or not isinstance(made.busy, int | float):
        raise TypeError("the environment has values of another type")
    return made


def _measurement(row: Mapping[str, Any]) -> Measurement:
    times_s = tuple(float(time_s) for time_s in row["samples_s"])
    if any(not 0 <= time_s < float("inf") for time_s in times_s):
        raise ValueError("a time is below zero, or no number")
    phases = row["phases"]
    level = str(row["level"])
    return Measurement(
        Configuration(
            str(row["model"]),
            "",
            str(row["provider_requested"]),
            ALIASES.get(level, level),  # type: ignore[arg-type]
            int(row["threads"]),
            tuple((str(name), int(size)) for name, size in row["dims"].items()),
            int(row.get("batch", 0)),
            tuple((str(name), str(value)) for name, value in row.get("options", {}).items()),
        ),
        provider_used=str(row["provider_used"]),
        times_s=times_s,
        runs_per_round=max(1, int(row["runs_per_round"])),
        create_s=float(phases["create_s"]),
        first_s=float(phases["first_s"]),
        warmup_runs=int(phases["warmup_runs"]),
        was_steady=bool(phases.get("was_steady", True)),
        assignment=_assignment(row["assignment"]),
        peak_bytes=int(row.get("peak_bytes", 0)),
        error=str(row["error"]),
    )


def _agreed(row: Mapping[str, Any]) -> Agreed:
    verdict = row["verdict"]
    if verdict not in ("equal", "close", "differs", "skipped"):
        raise ValueError("an agreement of no known kind")
    # What is infinite is null in JSON.
    absolute, relative, ulps = (
        math.inf if row[key] is None else float(row[key]) for key in ("abs_error", "rel_error", "ulps")
    )
    return Agreed(
        str(row["a"]),
        str(row["b"]),
        verdict,
        str(row["sentence"]),
        absolute,
        relative,
        ulps,
        str(row["output"]),
        float(row["tolerance"]),
    )


def _assignment(data: Sequence[Mapping[str, Any]] | None) -> tuple[Assigned, ...] | None:
    if data is None:
        return None
    return tuple(
        Assigned(str(part["provider"]), tuple((str(op), int(n)) for op, n in part["ops"].items()))
        for part in data
    )
