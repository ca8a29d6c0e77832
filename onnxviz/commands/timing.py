"""Timing models."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import cast

from onnxviz import jobs
from onnxviz.bench import results
from onnxviz.bench.export import to_json
from onnxviz.bench.providers import probe
from onnxviz.bench.runner import run as run_bench
from onnxviz.bench.types import BenchResult, Level, Measurement, Plan, Provider
from onnxviz.commands.common import Answer, input_path, names, sizes
from onnxviz.errors import BadUsage
from onnxviz.numbers import whole_number

BENCH_GRACE_SECONDS = 300
"""On top of twice the budget: loading models and creating sessions is not part of it."""


def bench(args: argparse.Namespace) -> Answer:
    """Time files against each other on execution providers, or set two results against each other."""
    if args.compare:
        return _compared(args)
    if not args.models:
        raise BadUsage("bench", "no model was given", "Name an .onnx file, or give --compare OLD NEW")
    paths = [input_path(model) for model in args.models]
    if args.seconds <= 0:
        raise BadUsage("--seconds", f"is {args.seconds:g}", "Give a positive number")
    plan = Plan(
        tuple((path.stem, str(path)) for path in paths),
        providers=tuple(names(args.providers) or ("cpu",)),
        seconds=args.seconds,
        seed=args.seed,
        dims=(tuple(sizes(args.dim or []).items()),),
        # `run` refuses a level that there is none of, in a sentence.
        levels=tuple(cast("Level", level) for level in names(args.levels) or ("all",)),
        threads=_counts("threads", args.threads),
        batches=_counts("batch", args.batch),
        inputs=str(input_path(args.inputs)) if args.inputs else "",
        options=tuple(map(_option, args.option or ())),
    )
    limits = jobs.Limits(seconds=2 * args.seconds + BENCH_GRACE_SECONDS)
    result: BenchResult = jobs.run("bench", "Benchmarking", run_bench, plan, limits=limits)
    failed = [one for one in result.measurements if one.error]
    lines = [_row(one) for one in result.measurements]
    lines += [f"{one.a} against {one.b}: {one.verdict}" for one in result.comparisons]
    lines += [f"Note: {advice.text}" for advice in result.warnings]
    complaint = f"{failed[0].label}: {failed[0].error}" if failed else ""
    return Answer(to_json(result), "\n".join(lines), complaint)


def providers(_: argparse.Namespace) -> Answer:
    """Which execution providers really work here."""
    found: tuple[Provider, ...] = jobs.run("bench", "Trying the providers", probe)
    data = [
        {"name": p.name, "short": p.short, "status": p.status, "reason": p.reason, "remedy": p.remedy}
        for p in found
    ]
    return Answer(data, "\n".join(f"{p.short:10} {p.status:8} {p.reason}".rstrip() for p in found))


def _row(one: Measurement) -> str:
    if one.median_s is None or one.p90_s is None or one.p99_s is None or one.throughput_per_s is None:
        return f"{one.label}: {one.error}"
    times = ", ".join(
        f"{name} {value * 1e3:.3f} ms"
        for name, value in (("median", one.median_s), ("p90", one.p90_s), ("p99", one.p99_s))
    )
    ran = f"{one.peak_bytes / 1e6:,.0f} MB at most, ran on {one.provider_used}"
    return f"{one.label}: {times}, {one.throughput_per_s:.1f}/s, {len(one.times_s)} runs, {ran}"


def _counts(what: str, text: str | None) -> tuple[int, ...]:
    """`"0,2"` -> `(0, 2)`."""
    counts = [whole_number(part) for part in names(text) or ("0",)]
    known = tuple(count for count in counts if count is not None)
    if len(known) != len(counts):
        raise BadUsage(f"--{what} {text!r}", "cannot be read", "Write it like 1,2; 0 is the default")
    return known


def _option(text: str) -> tuple[str, str, str]:
    """`openvino:precision=FP16` -> its three parts."""
    provider, colon, rest = text.partition(":")
    name, equals, value = rest.partition("=")
    if not (colon and equals and provider and name):
        raise BadUsage(f"--option {text!r}", "cannot be read", "Write it like openvino:precision=FP16")
    return provider, name, value


def _compared(args: argparse.Namespace) -> Answer:
    if args.models:
        raise BadUsage("--compare", "takes results, and a model was given too", "Leave the model out")
    if not 0 <= args.tolerance < math.inf:
        raise BadUsage("--tolerance", f"is {args.tolerance:g}", "Give 0 or more, such as 0.05")
    found = results.compared(*(results.read(Path(path)) for path in args.compare))
    slower = [shift for shift in found.shifts if shift.is_slower(args.tolerance)]
    lines = [
        f"{shift.label}: {shift.old_s * 1e3:.3f} -> {shift.new_s * 1e3:.3f} ms, {shift.verdict}"
        for shift in found.shifts
    ]
    lines += [f"{label}: only in the old result" for label in found.gone]
    lines += [f"{label}: only in the new result" for label in found.new]
    lines += [f"Note: {difference}" for difference in found.machine]
    complaint = (
        f"Slower beyond {args.tolerance:.0%}: {', '.join(one.label for one in slower)}" if slower else ""
    )
    return Answer({**found.to_json(), "slower": [one.label for one in slower]}, "\n".join(lines), complaint)
