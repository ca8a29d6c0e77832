"""onnxsim's own passes, each to be run or left out by name.

onnxsim 0.8.1 alternates shape inference, its optimizer's passes and constant folding until nothing
changes (`SimplifyImpl` in its onnxsim.cpp). Each can be run alone: all passes but some are skipped, and
inference and folding are switched off.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Collection, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from onnxviz.errors import RewriteFailed
from onnxviz.library_words import said

if TYPE_CHECKING:
    import onnx

FOLDING = "constant folding"
INFERENCE = "shape inference"

_NAMED_APART = "fuse_matmul_add_bias_into_gemm_batched"
"""A pass that onnxsim 0.8.1 runs and does not list (onnxsim.cpp, `batched_gemm`)."""

_NEVER_RUN = frozenset(("nop", "eliminate_shape_gather", "extract_constant_to_initializer"))
"""Listed, and always left out by onnxsim 0.8.1 itself (onnxsim.cpp, `always_disabled_passes`)."""

_SMALL = """<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y) { y = Relu(x) }"""

_THRESHOLD = "1.5GB"
"""onnxsim's default: a folded tensor above it is not stored."""


@cache
def optimizer_passes() -> tuple[str, ...]:
    """Names of the passes that onnxsim runs, in its own order. They can be skipped by these names."""
    import onnxsim.onnxsim_cpp2py_export as core
    from onnx import parser

    # onnxsim 0.8.1 registers 25 passes of its own when it first runs: before that it lists 40, then 65.
    quietly(parser.parse_model(_SMALL), skipped_optimizers=[])
    return (*(name for name in core._list_optimizers() if name not in _NEVER_RUN), _NAMED_APART)


def run_only(
    model: onnx.ModelProto, allowed: Collection[str], *, rounds: int | None = None
) -> onnx.ModelProto:
    """The model after the passes in `allowed`, which may hold `FOLDING` and `INFERENCE` too.

    `rounds` bounds how often onnxsim starts again; its own bound is 50. The result has no metadata of
    onnxsim's, so that two results are equal when nothing changed. Raises RewriteFailed.
    """
    with _bounded(rounds):
        result = quietly(
            model,
            skipped_optimizers=[name for name in optimizer_passes() if name not in allowed],
            skip_constant_folding=FOLDING not in allowed,
            skip_shape_inference=INFERENCE not in allowed,
        )
    kept = [entry for entry in result.metadata_props if not entry.key.startswith("onnxsim.")]
    del result.metadata_props[:]
    result.metadata_props.extend(kept)
    return result


def quietly(model: onnx.ModelProto, **options: Any) -> onnx.ModelProto:
    """`onnxsim.simplify` in memory, without what it prints and without its proof. Raises RewriteFailed."""
    import onnxsim

    try:
        with contextlib.redirect_stdout(io.StringIO()):
            result: onnx.ModelProto
            result, valid = onnxsim.simplify(
                model, tensor_size_threshold=_THRESHOLD, certify=False, **options
            )
    except MemoryError:
        raise
    except Exception as error:
        raise RewriteFailed("onnxsim", f"gave up: {said(error)}", detail=str(error)) from error
    if not valid:
        raise RewriteFailed("onnxsim", "says that its own result is not valid")
    return result


@contextlib.contextmanager
def _bounded(rounds: int | None) -> Iterator[None]:
    """onnxsim reads its bound from the environment at each call."""
    name = "ONNXSIM_FIXED_POINT_ITERS"
    before = os.environ.get(name)
    if rounds is not None:
        os.environ[name] = str(rounds)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before
