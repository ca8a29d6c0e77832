"""onnxslim (https://github.com/inisis/OnnxSlim, version 0.1.98)."""

from __future__ import annotations

from pathlib import Path

from onnxviz.errors import RewriteFailed
from onnxviz.model import Model
from onnxviz.rewrites.optimizers.frame import LARGEST_FILE, nbytes_of, rewritten, save
from onnxviz.rewrites.optimizers.types import OptimizeOptions
from onnxviz.rewrites.types import Rewrite

NAME = "onnxslim"

FIRST_INFERRED = 7
"""`SymbolicShapeInference.infer_shapes` of onnxslim 0.1.98 returns None for a lower opset."""


def optimize(before: Model, out: Path, options: OptimizeOptions) -> Rewrite:
    """See `registry.Optimize`."""
    import onnxslim  # noqa: F401 — so that its time is not counted

    return rewritten(before, out, options, NAME, _slim)


def _slim(source: Path, out: Path) -> tuple[str, ...]:
    import onnxslim

    if nbytes_of(source) > LARGEST_FILE:
        raise RewriteFailed(
            NAME,
            "cannot take a model of 2 GB or more: it passes it on as one protobuf message",
            "Use another optimizer: onnxsim, onnxscript and ONNX Runtime can",
        )
    version = _opset(source)
    # Below opset 7 its shape inference gives nothing, and the rest of it stumbles over that.
    infers = version >= FIRST_INFERRED
    result = onnxslim.slim(str(source), no_shape_infer=not infers)
    if result is None:
        raise RewriteFailed(NAME, "gave no result", "The original is untouched")
    save(result, out)
    note = f"It did without shape inference, which begins at opset {FIRST_INFERRED}: the model has {version}."
    return () if infers else (note,)


def _opset(path: Path) -> int:
    import onnx

    proto = onnx.load(path, load_external_data=False)
    return max((entry.version for entry in proto.opset_import if entry.domain in ("", "ai.onnx")), default=1)
