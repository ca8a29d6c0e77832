"""Rewriting a model: by one optimizer, or by each in turn."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from onnxviz import jobs
from onnxviz.commands.common import Answer, explained, input_path, output_path, reason_lines, sizes, told
from onnxviz.errors import BadUsage, OnnxvizError, RefusedFile
from onnxviz.numbers import whole_number
from onnxviz.reading import read_in_place
from onnxviz.rewrites import optimizers
from onnxviz.rewrites.optimizers import OptimizeOptions, Outcome, optimize_file
from onnxviz.rewrites.reasons import Explanation, How
from onnxviz.rewrites.simplify import SimplifyOptions
from onnxviz.rewrites.types import Rewrite, summary
from onnxviz.rewrites.watch import Watched, WatchOptions, watch_file

ALL = "all"
"""In place of an optimizer's name: each in turn, on the same model."""

ONNXSIM = "onnxsim"


def simplify(args: argparse.Namespace) -> Answer:
    """Rewrite a file into another, compare their outputs, and say why nodes went and stayed."""
    path, options = input_path(args.model), _options(args)
    if args.optimizer not in (ONNXSIM, ALL) and options.simplify != SimplifyOptions():
        raise BadUsage(
            f"--optimizer {args.optimizer}", "was given options of onnxsim's own", "Leave them out"
        )
    if args.steps and args.optimizer != ONNXSIM:
        raise BadUsage("--steps", f"cannot show those of {args.optimizer}", "Only onnxsim can be watched")
    return _each(args, path, options) if args.optimizer == ALL else _one(args, path, options)


def _one(args: argparse.Namespace, path: Path, options: OptimizeOptions) -> Answer:
    out = output_path(args.output, path)
    done = _rewritten(args.optimizer, path, out, options)
    data = {**done.to_json(), "path": str(out)}
    before, after = data["before"]["nodes"], data["after"]["nodes"]
    lines = [
        f"{out}: {before:,} -> {after:,} nodes in {done.seconds:.1f} s with {done.name}",
        *(f"  {op:24} {a:6} -> {b:6}" for op, a, b in done.op_changes() if a != b),
        *done.notes,
        *([done.agreement.sentence] if done.agreement else []),
    ]
    if found := _reasons(args, args.optimizer, path, out, options):
        data |= found.to_json()
        lines += reason_lines(found)
    if args.steps:
        watched = _watched(path, options)
        data["steps"] = [_without_file(step.to_json()) for step in watched.steps]
        data["as_in_one_go"] = watched.as_in_one_go
        lines += _step_lines(watched)
    return Answer(data, told(lines), _complaint(path, done))


def _each(args: argparse.Namespace, path: Path, options: OptimizeOptions) -> Answer:
    """A job for each optimizer, so that one that crashes or runs too long takes no other with it."""
    targets = _targets(args.output, path)
    before = jobs.run("look", f"Reading {path.name}", read_in_place, path)
    rows: list[dict[str, Any]] = []
    lines = [f"{'':14}{'nodes':>8}{'initializers':>14}{'bytes':>14}{'seconds':>9}  outputs"]
    lines.append(f"{'before':14}{_counts(summary(before))}")
    complaints = []
    for name, out in targets.items():
        outcome = _outcome(name, path, out, options)
        row = outcome.to_json()
        if outcome.rewrite is None:
            lines.append(f"{name:14}{outcome.failure}")
            complaints.append(outcome.failure)
        else:
            lines.append(_line(outcome.rewrite, row))
            complaints.append(_complaint(out, outcome.rewrite))
            if found := _reasons(args, name, path, out, options):
                row |= found.to_json()
                lines += [f"{'':14}{line}" for line in reason_lines(found)[:1]]
        rows.append(row)
    data = {"optimizer": ALL, "before": summary(before), "results": rows}
    return Answer(data, told(lines), next(filter(None, complaints), ""))


def _targets(text: str, original: Path) -> dict[str, Path]:
    """Optimizer -> its file: `G-NAME.onnx` where `G.onnx` was named, else `NAME.onnx` in the folder `G`."""
    folder, stem = Path(text), ""
    if folder.suffix == ".onnx":
        folder, stem = folder.parent, f"{folder.stem}-"
    elif folder.exists() and not folder.is_dir():
        raise BadUsage(text, "is a file", "Give a folder for the results, or a name that ends in .onnx")
    else:
        folder.mkdir(exist_ok=True, parents=True)
    return {name: output_path(str(folder / f"{stem}{name}.onnx"), original) for name in optimizers.names()}


def _outcome(name: str, path: Path, out: Path, options: OptimizeOptions) -> Outcome:
    try:
        return Outcome(name, _rewritten(name, path, out, options))
    except (BadUsage, RefusedFile):
        # What is wrong with the words or the file is wrong for every optimizer.
        raise
    except OnnxvizError as error:
        return Outcome(name, failure=str(error), detail=error.detail)


def _rewritten(name: str, path: Path, out: Path, options: OptimizeOptions) -> Rewrite:
    label = f"{name} on {path.name}"
    done: Rewrite = jobs.run("rewrite", label, optimize_file, name, path, out, options)
    return done


def _reasons(
    args: argparse.Namespace, name: str, path: Path, out: Path, options: OptimizeOptions
) -> Explanation | None:
    """They take seconds: given where they were asked for, and in JSON unless they were declined."""
    wanted = args.json if args.reasons is None else args.reasons
    return explained(path, out, How(name, options), args.seconds) if wanted else None


def _watched(path: Path, options: OptimizeOptions) -> Watched:
    """All of onnxsim's passes, one at a time. The files of the steps go with their folder."""
    with tempfile.TemporaryDirectory(prefix="onnxviz-steps-") as folder:
        wanted = WatchOptions(options.set_dims)
        found: Watched = jobs.run(
            "rewrite", f"Watching onnxsim on {path.name}", watch_file, path, Path(folder), wanted
        )
    return found


def _step_lines(watched: Watched) -> list[str]:
    lines = [f"{len(watched.steps)} steps of onnxsim changed something, in {watched.rounds} rounds:"]
    for step in watched.steps:
        ops = ", ".join(f"{op} {after - before:+,}" for op, before, after in step.op_changes)
        nodes = f"{step.before.nodes:,} -> {step.after.nodes:,} nodes"
        lines.append(f"  {step.number:3}  {step.name}: {nodes}{f' ({ops})' if ops else ''}")
    return [*lines, *watched.notes]


def _without_file(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "file"}


def _line(done: Rewrite, row: dict[str, Any]) -> str:
    agreement = done.agreement
    outputs = agreement.sentence if agreement else "not compared"
    return f"{done.name:14}{_counts(row)}{done.seconds:9.2f}  {outputs}"


def _counts(row: dict[str, Any]) -> str:
    return f"{row['nodes']:8,}{row['initializers']:14,}{row['bytes']:14,}"


def _complaint(path: Path, done: Rewrite) -> str:
    agreement = done.agreement
    if agreement is None or agreement.error or agreement.agrees:
        return ""
    return f"{path.name}: {agreement.sentence}"


def _options(args: argparse.Namespace) -> OptimizeOptions:
    return OptimizeOptions(
        set_dims=sizes(args.set_dim or []),
        checks=args.checks,
        freeze_weights=args.freeze_weights,
        simplify=SimplifyOptions(
            input_shapes=_shapes(args.input_shape or []),
            skipped_optimizers=tuple(args.skip_pass or ()),
            skip_constant_folding=args.no_folding,
            skip_optimization=args.no_optimization,
            skip_shape_inference=args.no_shape_inference,
            tensor_size_threshold=args.tensor_size_threshold,
            include_subgraph=args.subgraphs,
            inline_functions=args.inline_functions,
        ),
    )


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
