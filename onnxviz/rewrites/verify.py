"""Do two models compute the same? Both run on the same seeded inputs, and outputs are compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxviz.bench import feeds
from onnxviz.errors import BenchFailed, RewriteFailed
from onnxviz.progress import report
from onnxviz.rewrites.types import Agreement

RELATIVE_FLOOR = 1e-6
"""Below this an element counts as zero when its relative error is taken."""


def compare_outputs(before: Path, after: Path, tries: int, seed: int = 0) -> Agreement:
    """Run both models on `tries` seeded inputs and compare every output by position.

    Outputs are compared by position, since a rewrite may rename. ONNX Runtime's own optimizations are
    off, so that what is compared is the files and not what the runtime makes of them. Never raises for
    a model that cannot be run: `Agreement.error` says why, and nothing is claimed.
    """
    try:
        return _compare(before, after, tries, seed)
    except (BenchFailed, RewriteFailed) as error:
        return Agreement(tries, error=str(error))


def unoptimized_session(source: str | bytes) -> Any:
    """An ONNX Runtime session on the CPU with graph optimizations off; raises RewriteFailed."""
    import onnxruntime as ort

    settings = ort.SessionOptions()
    settings.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    settings.log_severity_level = 4
    try:
        return ort.InferenceSession(source, settings, providers=["CPUExecutionProvider"])
    except Exception as error:
        # The runtime's error classes have no common base below Exception.
        raise RewriteFailed(
            "The model", "ONNX Runtime could not load it", "See the details", detail=str(error)
        ) from error


def _compare(before: Path, after: Path, tries: int, seed: int) -> Agreement:
    import onnx

    protos = {path: onnx.load(path, load_external_data=False) for path in (before, after)}
    inputs = feeds.agreed({str(path): feeds.inputs_of(proto) for path, proto in protos.items()})
    sessions = {path: unoptimized_session(str(path)) for path in (before, after)}
    worst = Agreement(tries, agrees=True)
    for attempt in range(tries):
        report(f"Comparing outputs: input {attempt + 1} of {tries}", attempt / tries)
        a, b = (_run(sessions[p], feeds.make(inputs[str(p)], seed + attempt)) for p in (before, after))
        if [name for name, _ in a] != [name for name, _ in b] and len(a) != len(b):
            raise RewriteFailed("The result", f"has {len(b)} outputs and the original has {len(a)}")
        for (name, x), (_, y) in zip(a, b, strict=True):
            worst = _worse(worst, name, x, y)
    return worst


def _run(session: Any, feed: Mapping[str, NDArray[Any]]) -> list[tuple[str, Any]]:
    names = [output.name for output in session.get_outputs()]
    try:
        return list(zip(names, session.run(names, dict(feed)), strict=True))
    except Exception as error:
        # The runtime's error classes have no common base below Exception.
        raise RewriteFailed(
            "The model", "ONNX Runtime could not run it on the inputs made for it", detail=str(error)
        ) from error


def _worse(so_far: Agreement, name: str, x: Any, y: Any) -> Agreement:
    """`so_far`, or what the pair of outputs shows where that is worse."""
    left, right = np.asarray(x), np.asarray(y)
    if left.shape != right.shape or left.dtype != right.dtype:
        cause = f"is {left.dtype}{list(left.shape)} before and {right.dtype}{list(right.shape)} after"
        raise RewriteFailed(f"The output {name!r}", cause)
    if left.dtype.kind not in "fciub":
        same = left.tolist() == right.tolist()
        return so_far if same else Agreement(so_far.tried, False, np.inf, np.inf, name)
    exact = np.array_equal(left, right, equal_nan=left.dtype.kind in "fc")
    if exact:
        return so_far
    wide = np.complex128 if left.dtype.kind == "c" else np.float64
    left, right = left.astype(wide), right.astype(wide)
    with np.errstate(all="ignore"):
        gap = np.abs(left - right)
        gap[(left == right) | (np.isnan(left) & np.isnan(right))] = 0
        gap[np.isnan(gap)] = np.inf
        absolute = float(gap.max(initial=0))
        relative = float((gap / np.maximum(np.abs(left), RELATIVE_FLOOR)).max(initial=0))
        agrees = bool((gap <= so_far.atol + so_far.rtol * np.abs(left)).all())
    if absolute <= so_far.absolute and (agrees or not so_far.agrees):
        return so_far
    return Agreement(
        so_far.tried,
        agrees and so_far.agrees,
        max(absolute, so_far.absolute),
        max(relative, so_far.relative),
        name if absolute >= so_far.absolute or not agrees else so_far.worst_output,
    )
