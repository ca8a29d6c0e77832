"""Timing models."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import cast

from onnxviz import jobs
from onnxviz.bench import results
from onnxviz.bench.export import to_json
from onnxviz.bench.profiles import Profile
from onnxviz.bench.profiling import profile
from onnxviz.bench.providers import probe
from onnxviz.bench.runner import longest_s
from onnxviz.bench.runner import run as run_bench
from onnxviz.bench.types import BenchResult, Level, Measurement, Plan, Provider
from onnxviz.commands.cluster import bench_on_machines
from onnxviz.commands.common import Answer, input_path, names, sizes, told
from onnxviz.errors import BadUsage, OnnxvizError
from onnxviz.numbers import whole_number
from onnxviz.reading import require_valid_files

PROFILE_SECONDS = 2.0
MOST_NODES = 10
"""Of a profile in words; JSON has them all."""

PROFILE_LIMIT_SECONDS = 300


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
    if args.machines:
        return bench_on_machines(args.machines, plan, paths)
    jobs.run("look", "Reading the models", require_valid_files, paths)
    limits = jobs.Limits(seconds=longest_s(plan))
    result: BenchResult = jobs.run("bench", "Benchmarking", run_bench, plan, limits=limits)
    failed = [one for one in result.measurements if one.error]
    lines = [_row(one) for one in result.measurements]
    lines += [f"{one.a} against {one.b}: {one.verdict}" for one in result.comparisons]
    lines += [f"{one.a} and {one.b}: {one.sentence}" for one in result.agreements]
    lines += [f"Note: {advice.text}" for advice in result.warnings]
    data = to_json(result)
    if args.profile:
        profiles = [None if one.error else _profile(one, plan) for one in result.measurements]
        data["results"] = [
            {**row, "profile": one.to_json() if isinstance(one, Profile) else None}
            for row, one in zip(cast("list[dict[str, object]]", data["results"]), profiles, strict=True)
        ]
        lines += [line for one in profiles if one is not None for line in _slowest(one)]
    complaint = failed[0].error if failed else ""
    return Answer(data, told(lines), complaint)


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
        return one.error
    times = ", ".join(
        f"{name} {value * 1e3:.3f} ms"
        for name, value in (("median", one.median_s), ("p90", one.p90_s), ("p99", one.p99_s))
    )
    ran = f"{one.peak_bytes / 1e6:,.0f} MB at most, ran on {one.provider_used}"
    return f"{one.label}: {times}, {one.throughput_per_s:.1f}/s, {len(one.times_s)} runs, {ran}"


def _profile(one: Measurement, plan: Plan) -> Profile | OnnxvizError:
    """The profile, or why there is none: what was measured is worth having all the same."""
    try:
        found: Profile = jobs.run(
            "bench",
            f"Profiling {one.label}",
            profile,
            one.configuration,
            inputs=plan.inputs,
            seed=plan.seed,
            seconds=min(PROFILE_SECONDS, plan.seconds),
            limits=jobs.Limits(seconds=PROFILE_LIMIT_SECONDS),
        )
    except OnnxvizError as error:
        return error
    return found


def _slowest(found: Profile | OnnxvizError) -> list[str]:
    """The nodes that take longest, and what of the time is the runtime's own; or why that is not known."""
    if isinstance(found, OnnxvizError):
        return [f"Note: no profile: {found}"]
    total_s = found.total_s or 1.0
    lines = [f"Where the time of {found.configuration.label} goes, in {found.runs} runs:"]
    for node in found.nodes[:MOST_NODES]:
        others = f", with {len(node.others)} fused into it" if node.others else ""
        share = f"{node.seconds / total_s:6.1%} {node.seconds * 1e3:9.3f} ms"
        lines.append(f"  {share}  {node.op_type} {node.id} on {node.provider}{others}")
    own_s = found.total_s - found.mapped_s
    if found.runtime:
        lines.append(f"  {own_s / total_s:6.1%} {own_s * 1e3:9.3f} ms  made by the runtime")
    return lines


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
    lines += [f"{label}: only in the old result, or without times in the new one" for label in found.gone]
    lines += [f"{label}: only in the new result, or without times in the old one" for label in found.new]
    lines += [f"Note: {difference}" for difference in found.machine]
    lines += [error for _, error in found.failed]
    complaints = [f"Slower beyond {args.tolerance:.0%}: {', '.join(one.label for one in slower)}"] * bool(
        slower
    )
    complaints += [f"Gives no times any more: {label}" for label, _ in found.failed]
    complaint = "; ".join(complaints)
    return Answer({**found.to_json(), "slower": [one.label for one in slower]}, told(lines), complaint)
