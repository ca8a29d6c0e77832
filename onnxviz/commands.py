"""The verbs of the command line: each returns JSON-ready data and, apart from it, text for a person."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from onnxviz import jobs
from onnxviz.bench.export import to_json
from onnxviz.bench.providers import probe
from onnxviz.bench.runner import run as run_bench
from onnxviz.bench.types import BenchResult, Level, Measurement, Plan, Provider
from onnxviz.errors import BadUsage
from onnxviz.numbers import whole_number
from onnxviz.reading import describe, read_model
from onnxviz.rewrites.simplify import SimplifyOptions, simplify_file
from onnxviz.rewrites.types import Rewrite
from onnxviz.samples.catalog import SAMPLES, find
from onnxviz.samples.export import export
from onnxviz.samples.options import ExportOptions, complete, parse_dynamic, parse_settings
from onnxviz.scene.picture import FORMATS, render

BENCH_GRACE_SECONDS = 300
"""On top of twice the budget: loading models and creating sessions is not part of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found. `complaint` is set when a check failed (exit code 1)."""

    data: Any
    text: str
    complaint: str = ""


def samples(_: argparse.Namespace) -> Answer:
    """The gallery."""
    data = [
        {
            "id": sample.id,
            "title": sample.title,
            "teaches": sample.teaches,
            "exporters": list(sample.exporters),
            "settings": sample.defaults(),
        }
        for sample in SAMPLES.values()
    ]
    width = max(len(sample) for sample in SAMPLES)
    return Answer(data, "\n".join(f"{row['id']:{width}}  {row['teaches']}" for row in data))


def export_sample(args: argparse.Namespace) -> Answer:
    """Export one sample with PyTorch."""
    options = ExportOptions(
        exporter=args.exporter,
        opset=args.opset,
        input_names=_names(args.input_names),
        output_names=_names(args.output_names),
        dynamic=parse_dynamic(args.dynamic) if args.dynamic is not None else None,
        optimize=args.optimize,
        settings=parse_settings(args.set or []),
    )
    sample = find(args.sample)
    full = complete(sample, options)
    out = _output(args.output)
    label = f"Exporting {sample.title}"
    done = jobs.run("torch", label, export, args.sample, out, options)
    data = {
        "sample": args.sample,
        "path": str(done.path),
        "bytes": done.nbytes,
        "seconds": done.seconds,
        "exporter": full.exporter,
        "opset": full.opset,
        "notes": list(done.notes),
        "script": done.script,
    }
    lines = [f"{done.path}: {done.nbytes:,} bytes in {done.seconds:.1f} s", *done.notes]
    return Answer(data, "\n".join(lines))


def inspect(args: argparse.Namespace) -> Answer:
    """What is in a file."""
    path = _input(args.model)
    model = jobs.run("look", f"Reading {path.name}", read_model, path)
    data = describe(model)
    ops = ", ".join(f"{op} {count}" for op, count in data["op_types"].items())
    lines = [
        f"{model.name}: {data['nodes']:,} nodes, {data['parameters']:,} parameters, {data['bytes']:,} bytes",
        f"producer   {model.producer or 'not said'}; IR version {model.ir_version}",
        f"opsets     {', '.join(f'{domain} {version}' for domain, version in data['opsets'].items())}",
        *(f"input      {_typed(model, name)}" for name in model.graph.inputs),
        *(f"output     {_typed(model, name)}" for name in model.graph.outputs),
        f"op types   {ops}",
        *(f"note       {note}" for note in model.notes),
    ]
    return Answer(data, "\n".join(lines))


def simplify(args: argparse.Namespace) -> Answer:
    """Simplify a file into another, and compare their outputs."""
    path, out = _input(args.model), _output(args.output)
    if out.exists() and out.samefile(path):
        raise BadUsage(str(out), "is the model itself", "Give another file for the result")
    options = SimplifyOptions(
        input_shapes=_shapes(args.input_shape or []),
        skipped_optimizers=tuple(args.skip_pass or ()),
        skip_constant_folding=args.no_folding,
        skip_optimization=args.no_optimization,
        skip_shape_inference=args.no_shape_inference,
        tensor_size_threshold=args.tensor_size_threshold,
        include_subgraph=args.subgraphs,
        inline_functions=args.inline_functions,
        checks=args.checks,
    )
    done: Rewrite = jobs.run("rewrite", f"Simplifying {path.name}", simplify_file, path, out, options)
    data = {**done.to_json(), "path": str(out)}
    before, after = data["before"]["nodes"], data["after"]["nodes"]
    changes = [f"  {op:24} {a:6} -> {b:6}" for op, a, b in done.op_changes() if a != b]
    agreement = done.agreement
    lines = [
        f"{out}: {before:,} -> {after:,} nodes in {done.seconds:.1f} s with {done.name}",
        *changes,
        *done.notes,
        *([agreement.sentence] if agreement else []),
    ]
    differs = agreement is not None and not agreement.error and not agreement.agrees
    complaint = f"{path.name}: {agreement.sentence}" if differs and agreement else ""
    return Answer(data, "\n".join(lines), complaint)


def draw(args: argparse.Namespace) -> Answer:
    """Draw a file as SVG or DOT."""
    path, out = _input(args.model), _output(args.output)
    if out.suffix not in FORMATS:
        raise BadUsage(out.name, "is not a format that can be drawn", f"Use one of {', '.join(FORMATS)}")
    label = f"Drawing {path.name}"
    data = jobs.run("look", label, render, str(path), str(out), args.open, args.direction, dark=args.dark)
    size = f", {data['boxes']} boxes" if "boxes" in data else ""
    return Answer(data, f"{out}: {data['nodes']} nodes{size}")


def bench(args: argparse.Namespace) -> Answer:
    """Time files against each other on execution providers."""
    paths = [_input(model) for model in (args.model, *args.others)]
    if args.seconds <= 0:
        raise BadUsage("--seconds", f"is {args.seconds:g}", "Give a positive number")
    plan = Plan(
        tuple((path.stem, str(path)) for path in paths),
        providers=tuple(_names(args.providers) or ("cpu",)),
        seconds=args.seconds,
        seed=args.seed,
        dims=(tuple(_sizes(args.dim or []).items()),),
        # `run` refuses a level that there is none of, in a sentence.
        levels=tuple(cast("Level", level) for level in _names(args.levels) or ("all",)),
        threads=_counts(args.threads),
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
    ran = f"ran on {one.provider_used}"
    return f"{one.label}: {times}, {one.throughput_per_s:.1f}/s, {len(one.times_s)} runs, {ran}"


def _typed(model: Any, name: str) -> str:
    value = model.graph.values.get(name)
    return f"{name}: {value.type_text if value else '?'}"


def _input(text: str) -> Path:
    path = Path(text)
    if path.is_dir():
        raise BadUsage(text, "is a folder", "Give the .onnx file in it")
    if not path.is_file():
        raise BadUsage(text, "is not there", "Check the path")
    # Absolute, since a worker need not be in the same folder.
    return path.absolute()


def _output(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise BadUsage(text, "is a folder, or lies in a folder that is not there", "Give a file")
    return path.absolute()


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def _shapes(items: list[str]) -> dict[str, tuple[int, ...]]:
    """`["x=1,3,224,224"]` -> `{"x": (1, 3, 224, 224)}`."""
    found = {}
    for item in items:
        name, _, text = item.rpartition("=")
        sizes = [whole_number(part) for part in text.split(",")]
        known = tuple(size for size in sizes if size is not None)
        if not name or len(known) != len(sizes):
            raise BadUsage(f"The shape {item!r}", "cannot be read", "Write it like x=1,3,224,224")
        found[name] = known
    return found


def _sizes(items: list[str]) -> dict[str, int]:
    """`["batch=8"]` -> `{"batch": 8}`."""
    found = {}
    for item in items:
        name, _, text = item.rpartition("=")
        size = whole_number(text)
        if not name or not size:
            raise BadUsage(f"The size {item!r}", "cannot be read", "Write it like batch=8")
        found[name] = size
    return found


def _counts(text: str | None) -> tuple[int, ...]:
    """`"0,2"` -> `(0, 2)`."""
    counts = [whole_number(part) for part in _names(text) or ("0",)]
    known = tuple(count for count in counts if count is not None)
    if len(known) != len(counts):
        raise BadUsage(f"The threads {text!r}", "cannot be read", "Write them like 1,2; 0 is the default")
    return known
