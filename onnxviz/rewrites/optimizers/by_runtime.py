"""What ONNX Runtime makes of a model before it runs it, written to a file.

The three levels are those of
https://onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from onnxviz.errors import RewriteFailed
from onnxviz.library_words import said
from onnxviz.model import Model
from onnxviz.rewrites.optimizers.frame import LARGEST_FILE, nbytes_of, rewritten
from onnxviz.rewrites.optimizers.types import OptimizeOptions
from onnxviz.rewrites.runnable import runnable
from onnxviz.rewrites.running import serialized
from onnxviz.rewrites.types import Rewrite

if TYPE_CHECKING:
    import onnx

_LEVELS = {
    "ort-basic": "ORT_ENABLE_BASIC",
    "ort-extended": "ORT_ENABLE_EXTENDED",
    "ort-all": "ORT_ENABLE_ALL",
}

_NAMED = 6
"""Operators that a note names before it says "and N more"."""


def basic(before: Model, out: Path, options: OptimizeOptions) -> Rewrite:
    """See `registry.Optimize`."""
    return _optimize("ort-basic", before, out, options)


def extended(before: Model, out: Path, options: OptimizeOptions) -> Rewrite:
    """See `registry.Optimize`."""
    return _optimize("ort-extended", before, out, options)


def everything(before: Model, out: Path, options: OptimizeOptions) -> Rewrite:
    """See `registry.Optimize`."""
    return _optimize("ort-all", before, out, options)


def _optimize(name: str, before: Model, out: Path, options: OptimizeOptions) -> Rewrite:
    import onnxruntime  # noqa: F401 — loaded here, so that its time is not counted as the optimizer's

    # ONNX Runtime 1.32 folds weights of IR version 3 although they are inputs, and leaves those inputs behind
    # without a value: a model that nobody can call.
    return rewritten(before, out, options, name, partial(_written, name), freezes=True)


def _written(name: str, source: Path, out: Path) -> tuple[str, ...]:
    import onnx
    import onnxruntime as ort

    settings = ort.SessionOptions()
    settings.graph_optimization_level = getattr(ort.GraphOptimizationLevel, _LEVELS[name])
    settings.optimized_model_filepath = str(out)
    settings.log_severity_level = 4
    if nbytes_of(source) > LARGEST_FILE:
        settings.add_session_config_entry(
            "session.optimized_model_external_initializers_file_name", f"{out.name}.data"
        )
    note = load_or_copy(
        source, lambda model: ort.InferenceSession(model, settings, providers=["CPUExecutionProvider"]), name
    )
    return (*note, *_remarks(onnx.load(out, load_external_data=False)))


def load_or_copy(source: Path, load: Callable[[str | bytes], object], name: str) -> tuple[str, ...]:
    """Have `load` take the file at `source`, or a copy that the runtime takes; returns what a person
    should know of that. Raises RewriteFailed, of the optimizer called `name`.
    """
    import onnx

    try:
        load(str(source))
    except Exception as error:
        # The runtime's error classes have no common base below Exception.
        copy = runnable(onnx.load(source, load_external_data=False), str(error))
        if copy is None:
            raise RewriteFailed(
                name, f"ONNX Runtime cannot load the model: {said(error)}", detail=str(error)
            ) from error
        load(serialized(copy.proto, name))
        return (copy.note,)
    return ()


def _remarks(result: onnx.ModelProto) -> tuple[str, ...]:
    """What a person should know before the file goes anywhere else."""
    domains: dict[str, Counter[str]] = {}
    for node in result.graph.node:
        domains.setdefault(node.domain, Counter())[node.op_type] += 1
    notes = []
    if own := domains.get("com.microsoft"):
        notes.append(f"Only ONNX Runtime can run it: it holds operators of its own ({_listed(own)}).")
    if blocked := domains.get("com.microsoft.nchwc"):
        notes.append(
            f"It was made for this processor: {_listed(blocked)} work on a layout whose blocks have the "
            "width of its vector registers. Do not ship this file to other machines."
        )
    return tuple(notes)


def _listed(ops: Counter[str]) -> str:
    named = ", ".join(f"{count} {op}" for op, count in ops.most_common(_NAMED))
    return f"{named} and {len(ops) - _NAMED} more kinds" if len(ops) > _NAMED else named
