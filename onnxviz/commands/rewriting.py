"""Rewriting a model."""

from __future__ import annotations

import argparse

from onnxviz import jobs
from onnxviz.commands.common import Answer, input_path, output_path
from onnxviz.errors import BadUsage
from onnxviz.numbers import whole_number
from onnxviz.rewrites.simplify import SimplifyOptions, simplify_file
from onnxviz.rewrites.types import Rewrite


def simplify(args: argparse.Namespace) -> Answer:
    """Simplify a file into another, and compare their outputs."""
    path, out = input_path(args.model), output_path(args.output)
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
