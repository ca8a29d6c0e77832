"""Calling a model as a program that uses it does: load the file, give inputs, take outputs.

`rewrites.running` is for comparing files: there the runtime's optimizations are off and its errors become
sentences. Here both runtimes work as they come, and what they raise is let through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

Feed = Mapping[str, NDArray[Any]]


def with_onnxruntime(file: str, feed: Feed) -> list[Any]:
    """All outputs, computed by ONNX Runtime on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return list(session.run(None, dict(feed)))


def with_reference(file: str, feed: Feed) -> list[Any]:
    """All outputs, computed by the reference evaluator of the `onnx` package: Python and NumPy."""
    from onnx.reference import ReferenceEvaluator

    return list(ReferenceEvaluator(file).run(None, dict(feed)))
