"""onnxsim (https://github.com/onnxsim/onnxsim), through `rewrites.simplify`, which knows its faults."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from onnxviz.model import Model
from onnxviz.rewrites.optimizers.frame import prepared
from onnxviz.rewrites.optimizers.types import OptimizeOptions
from onnxviz.rewrites.simplify import simplify
from onnxviz.rewrites.types import Rewrite
from onnxviz.rewrites.verify import compare_outputs

NAME = "onnxsim"


def optimize(before: Model, out: Path, options: OptimizeOptions) -> Rewrite:
    """See `registry.Optimize`."""
    import onnxsim  # noqa: F401 — loaded here, so that its time is not counted as the optimizer's

    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".optimize-") as folder:
        source, notes = Path(before.path), tuple[str, ...]()
        if options.set_dims or options.freeze_weights:
            source, notes = prepared(before, Path(folder), options, freeze=options.freeze_weights)
        done = simplify(replace(before, path=str(source)), out, replace(options.simplify, checks=0))
    agreement = None
    if options.checks:
        agreement = compare_outputs(Path(before.path), out, options.checks, options.seed, inside=True)
    return replace(done, before=before, notes=(*notes, *done.notes), agreement=agreement)
