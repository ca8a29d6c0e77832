"""How far two outputs lie apart: the arithmetic behind `Agreement`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxviz.errors import RewriteFailed
from onnxviz.rewrites.types import Agreement

Array = NDArray[Any]

STEPS = 4
"""Rounding steps of the element type that the relative tolerance allows at least: float16 has steps of
1e-3, coarser than a tolerance made for float32."""

RELATIVE_FLOOR = 1e-6
"""Below this an element counts as zero when its relative error is taken."""


def pairs(name: str, x: Any, y: Any) -> Iterator[tuple[Array, Array]]:
    """The arrays of two outputs, those inside sequences and maps too, in step.

    Raises RewriteFailed where they are not of one type and shape.
    """
    if isinstance(x, list | tuple) or isinstance(y, list | tuple):
        if not isinstance(x, list | tuple) or not isinstance(y, list | tuple) or len(x) != len(y):
            raise RewriteFailed(f"The output {name!r}", "is a sequence of another length after")
        for left, right in zip(x, y, strict=True):
            yield from pairs(name, left, right)
    elif isinstance(x, dict) or isinstance(y, dict):
        if not isinstance(x, dict) or not isinstance(y, dict) or x.keys() != y.keys():
            raise RewriteFailed(f"The output {name!r}", "is a map with other keys after")
        for key in x:
            yield from pairs(name, x[key], y[key])
    else:
        a, b = _plain(x), _plain(y)
        if a.shape != b.shape or a.dtype != b.dtype:
            cause = f"is {a.dtype}{list(a.shape)} before and {b.dtype}{list(b.shape)} after"
            raise RewriteFailed(f"The output {name!r}", cause)
        yield a, b


def worse(so_far: Agreement, name: str, before: Array, after: Array) -> Agreement:
    """`so_far` with what one pair of arrays of the same type and shape adds.

    Real and complex numbers agree within the tolerance, and NaN with NaN, an infinity only with
    itself; everything else (integers, booleans, strings) only when equal.
    """
    if _equal(before, after):
        return so_far
    absolute, relative, close = _gaps(before, after, so_far)
    # An output that disagrees is the one to name, however far apart others that agree may be.
    is_worst = (not close, absolute) > (not so_far.agrees, so_far.absolute if so_far.worst_output else -1.0)
    return replace(
        so_far,
        agrees=so_far.agrees and close,
        absolute=max(absolute, so_far.absolute),
        relative=max(relative, so_far.relative),
        worst_output=name if is_worst else so_far.worst_output,
    )


def _plain(x: Any) -> Array:
    """An array; the narrow types that NumPy does not know (bfloat16, float8) as float32, which holds them."""
    array = np.asarray(x)
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def _equal(before: Array, after: Array) -> bool:
    if before.dtype.kind == "O":
        return bool(before.tolist() == after.tolist())
    return bool(np.array_equal(before, after, equal_nan=before.dtype.kind in "fc"))


def _gaps(before: Array, after: Array, tolerance: Agreement) -> tuple[float, float, bool]:
    """Largest absolute and relative error of two arrays that are not equal, and whether they are close."""
    kind = before.dtype.kind
    if kind not in "fciub":
        return np.inf, np.inf, False
    wide = np.complex128 if kind == "c" else np.float64
    a, b = np.atleast_1d(before).astype(wide), np.atleast_1d(after).astype(wide)
    with np.errstate(all="ignore"):
        gap = np.abs(a - b)
        gap[(a == b) | (np.isnan(a) & np.isnan(b))] = 0
        # From an infinity or a NaN to anything else is as far as it gets.
        gap[~np.isfinite(gap)] = np.inf
        relative = np.where(np.isfinite(gap), gap / np.maximum(np.abs(a), RELATIVE_FLOOR), np.inf)
        relative[gap == 0] = 0
        rtol = max(tolerance.rtol, STEPS * float(np.finfo(before.dtype).eps)) if kind in "fc" else 0.0
        close = np.isfinite(gap) & (gap <= tolerance.atol + rtol * np.abs(a))
    # Large integers may differ by less than a float64 can tell: they are not equal, so they are not close.
    agrees = kind in "fc" and bool(close.all())
    return float(gap.max(initial=0)), float(relative.max(initial=0)), agrees
