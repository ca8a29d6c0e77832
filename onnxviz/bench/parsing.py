"""Parts of a result as they stand in JSON, read with mistrust: a file may have been written by anyone.

Each function raises ValueError, KeyError, TypeError or AttributeError for what `export` would not write.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

from onnxviz.bench.types import (
    ALIASES,
    Agreed,
    Assigned,
    Configuration,
    Environment,
    Level,
    Measurement,
    Verdict,
)

MOST = 1 << 53
"""No number of a result comes near it, and every whole number below it is a float exactly."""


def environment(data: Mapping[str, Any]) -> Environment:
    """The machine; what other versions wrote beside it is left alone."""
    load = data.get("load")
    return Environment(
        cpu=_text(data["cpu"]),
        cores=_count(data["cores"]),
        memory_bytes=_count(data["memory_bytes"]),
        python=_text(data["python"]),
        onnxruntime=_text(data["onnxruntime"]),
        os=_text(data["os"]),
        threads=_count(data["threads"]),
        load=None if load is None else _number(load),
        busy=_number(data.get("busy", 0.0)),
        clock_step_s=_number(data.get("clock_step_s", 0.0)),
    )


def measurement(row: Mapping[str, Any]) -> Measurement:
    """One row of `results`; its statistics are worked out anew from its times."""
    times_s = tuple(_number(time_s) for time_s in row["samples_s"])
    error = _text(row["error"])
    if not all(times_s) or (error and times_s):
        raise ValueError("a run that took no time, or runs of a configuration that failed")
    phases = row["phases"]
    return Measurement(
        _configuration(row),
        provider_used=_text(row["provider_used"]),
        times_s=times_s,
        runs_per_round=max(1, _count(row["runs_per_round"])),
        create_s=_number(phases["create_s"]),
        first_s=_number(phases["first_s"]),
        warmup_runs=_count(phases["warmup_runs"]),
        was_steady=bool(phases.get("was_steady", True)),
        assignment=_assignment(row["assignment"]),
        peak_bytes=_count(row.get("peak_bytes", 0)),
        error=error,
        ran_as=_text(row.get("ran_as", "")),
    )


def agreed(row: Mapping[str, Any]) -> Agreed:
    """One row of `agreement`."""
    verdict = row["verdict"]
    if verdict not in get_args(Verdict):
        raise ValueError("an agreement of no known kind")
    # What is infinite is null in JSON.
    absolute, relative, ulps = (
        math.inf if row[key] is None else _number(row[key]) for key in ("abs_error", "rel_error", "ulps")
    )
    return Agreed(
        _text(row["a"]),
        _text(row["b"]),
        verdict,
        _text(row["sentence"]),
        absolute,
        relative,
        ulps,
        _text(row["output"]),
        _number(row["tolerance"]),
    )


def _configuration(row: Mapping[str, Any]) -> Configuration:
    level = ALIASES.get(row["level"], row["level"])
    if level not in get_args(Level):
        raise ValueError("an optimization level that there is none of")
    return Configuration(
        _text(row["model"]),
        "",
        _text(row["provider_requested"]),
        cast("Level", level),
        _count(row["threads"]),
        tuple((name, _count(size)) for name, size in row["dims"].items()),
        _count(row.get("batch", 0)),
        tuple((name, _text(value)) for name, value in row.get("options", {}).items()),
    )


def _assignment(data: Sequence[Mapping[str, Any]] | None) -> tuple[Assigned, ...] | None:
    if data is None:
        return None
    return tuple(
        Assigned(_text(part["provider"]), tuple((op, _count(count)) for op, count in part["ops"].items()))
        for part in data
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("what should be a text is none")
    return value


def _number(value: object) -> float:
    """From 0 on; JSON of Python's may also hold NaN and infinities."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
        raise ValueError("what should be a number from 0 on is none")
    return float(value)


def _count(value: object) -> int:
    number = _number(value)
    if not number.is_integer():
        raise ValueError("what should be a whole number is none")
    return int(number)
