"""Do two models compute the same? Both run on the same seeded inputs, and outputs are compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from onnxviz.bench import feeds
from onnxviz.errors import BenchFailed, RewriteFailed
from onnxviz.model import Dim
from onnxviz.progress import report
from onnxviz.rewrites import differences
from onnxviz.rewrites.types import Agreement

SIDES = ("The original", "The result")

_NOISE = re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : |/\S+\.(?:cc|h):\d+ ")


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


def unoptimized_session(source: str | bytes, side: str = "The model") -> Any:
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
            side, f"ONNX Runtime cannot load it: {_first_line(error)}", detail=str(error)
        ) from error


def _compare(before: Path, after: Path, tries: int, seed: int) -> Agreement:
    import onnx

    protos = [onnx.load(path, load_external_data=False) for path in (before, after)]
    inputs, dims = _same_sizes([feeds.inputs_of(proto) for proto in protos])
    sessions = [
        unoptimized_session(str(path), side) for path, side in zip((before, after), SIDES, strict=True)
    ]
    worst, compared = Agreement(tries, agrees=True), 0
    for attempt in range(tries):
        report(f"Comparing outputs: input {attempt + 1} of {tries}", attempt / tries)
        a, b = (
            _run(session, feeds.make(given, seed + attempt, dims), side)
            for session, given, side in zip(sessions, inputs, SIDES, strict=True)
        )
        if len(a) != len(b):
            raise RewriteFailed("The result", f"has {len(b)} outputs and the original has {len(a)}")
        for (name, x), (_, y) in zip(a, b, strict=True):
            for left, right in differences.pairs(name, x, y):
                compared += left.size
                worst = differences.worse(worst, name, left, right)
    if not compared:
        return Agreement(tries, error="the outputs have no elements on these inputs")
    return worst


def _same_sizes(
    sides: list[tuple[feeds.Input, ...]],
) -> tuple[list[tuple[feeds.Input, ...]], dict[str, int]]:
    """The inputs of both models under the sizes that either of them fixes, and sizes for the symbols.

    A rewrite may have fixed a dynamic input, and both have to get the same numbers.
    """
    fixed: dict[str, tuple[Dim, ...]] = {}
    dims: dict[str, int] = {}
    for one in (one for side in sides for one in side):
        known = fixed.setdefault(one.name, one.shape)
        if len(known) == len(one.shape):
            pairs = list(zip(known, one.shape, strict=True))
            fixed[one.name] = tuple(a if isinstance(a, int) else b for a, b in pairs)
            both_ways = (*pairs, *(pair[::-1] for pair in pairs))
            dims |= {a: b for a, b in both_ways if isinstance(a, str) and isinstance(b, int)}
    merged = {
        str(place): tuple(replace(one, shape=fixed[one.name]) for one in side)
        for place, side in enumerate(sides)
    }
    return list(feeds.agreed(merged).values()), dims


def _first_line(error: Exception) -> str:
    """What the runtime says, without where in its own sources it found it."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return _NOISE.sub("", text)[:300].rstrip(". ")


def _run(session: Any, feed: Mapping[str, NDArray[Any]], side: str) -> list[tuple[str, Any]]:
    names = [output.name for output in session.get_outputs()]
    try:
        return list(zip(names, session.run(names, dict(feed)), strict=True))
    except Exception as error:
        # The runtime's error classes have no common base below Exception.
        raise RewriteFailed(
            side, f"ONNX Runtime cannot run it on these inputs: {_first_line(error)}", detail=str(error)
        ) from error
