"""How far two outputs lie apart: the arithmetic behind `Agreement`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

RELATIVE_FLOOR = 1e-6
"""Below this an element counts as zero when its relative error is taken."""

SENTINEL = 1e30
"""From this magnitude on a number stands for infinity, as -3.4e38 does in an attention mask: it says
nothing of the size of its tensor's other elements."""

SAMPLE = 100_000
"""Elements that are enough for a median."""


@dataclass(frozen=True, slots=True)
class Unlike:
    """Two outputs that cannot be compared element by element; `sentence` says why."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Gap:
    """The largest distances between two arrays of one type and shape.

    `absolute`, `relative` and `ulps` as in `Agreement`. `ratio` is the largest |a - b| / (|a| + m), m
    being `typical`, what a tolerance is held against; it is infinite where numbers that are no reals
    differ. `share` is the part of the elements that are not equal.
    """

    absolute: float = 0.0
    relative: float = 0.0
    ulps: float = 0.0
    ratio: float = 0.0
    share: float = 0.0
    is_exact: bool = False
    """True for integers, booleans and strings, which have to be equal."""

    @property
    def is_equal(self) -> bool:
        """Bit for bit the same (NaN with NaN)."""
        return self.share == 0


def pairs(name: str, x: Any, y: Any) -> Iterator[tuple[Array, Array] | Unlike]:
    """The arrays of two outputs, those inside sequences and maps too, in step."""
    if isinstance(x, list | tuple) or isinstance(y, list | tuple):
        if not isinstance(x, list | tuple) or not isinstance(y, list | tuple) or len(x) != len(y):
            yield Unlike(f"The output {name!r} is a sequence of another length in the result.")
            return
        for left, right in zip(x, y, strict=True):
            yield from pairs(name, left, right)
    elif isinstance(x, dict) or isinstance(y, dict):
        if not isinstance(x, dict) or not isinstance(y, dict) or x.keys() != y.keys():
            yield Unlike(f"The output {name!r} is a map with other keys in the result.")
            return
        for key in x:
            yield from pairs(name, x[key], y[key])
    else:
        a, b = np.asarray(x), np.asarray(y)
        if a.shape != b.shape or a.dtype != b.dtype:
            types = f"{a.dtype}{list(a.shape)} in the original and {b.dtype}{list(b.shape)} in the result"
            yield Unlike(f"The output {name!r} is {types}.")
        else:
            yield a, b


def gap(before: Array, after: Array) -> Gap:
    """How far apart two arrays of the same type and shape are.

    NaN agrees with NaN, an infinity only with itself; from either to anything else is as far as it gets.
    """
    kind = "f" if before.dtype.kind == "V" else before.dtype.kind
    if _equal(before, after, kind):
        return Gap(is_exact=kind not in "fc")
    if kind not in "fciub":
        unequal = float(np.mean(np.asarray(before != after, dtype=bool)))
        return Gap(np.inf, np.inf, np.inf, np.inf, unequal, is_exact=True)
    a, b = _widened(before, kind), _widened(after, kind)
    with np.errstate(all="ignore"):
        size = np.abs(a)
        apart = np.abs(a - b)
        apart[(a == b) | (np.isnan(a) & np.isnan(b))] = 0
        apart[~np.isfinite(apart)] = np.inf
        relative = _over(apart, np.maximum(size, RELATIVE_FLOOR))
        # Large integers may differ by less than a float64 can tell: then `share` alone says it.
        exact = kind not in "fc"
        unlike = np.asarray(before != after) if exact else apart > 0
        usual = 0.0 if exact else typical(size)
        ratio = np.inf if exact else float(_over(apart, size + usual).max(initial=0))
        steps = apart if exact else _over(apart, ulp(np.maximum(size, usual), before.dtype))
    return Gap(
        float(apart.max(initial=0)),
        float(relative.max(initial=0)),
        float(steps.max(initial=0)),
        ratio,
        float(np.mean(unlike)),
        exact,
    )


def typical(magnitudes: Array) -> float:
    """The median of what is neither zero, nor infinite, nor a stand-in for infinity; 0 where nothing is.

    Of a large array every n-th element is asked, some `SAMPLE` of them.
    """
    magnitudes = magnitudes.ravel()[:: max(1, magnitudes.size // SAMPLE)]
    known = magnitudes[(magnitudes > 0) & (magnitudes < SENTINEL)]
    return float(np.median(known)) if known.size else 0.0


def ulp(magnitudes: Array, dtype: np.dtype[Any]) -> Array:
    """The unit in the last place of each magnitude: the step of the type at that size.

    For a type of p significant bits, ulp(x) = 2^(max(e, e_min) - p + 1) with 2^e <= |x| < 2^(e+1): the
    definition of Goldberg ("What every computer scientist should know about floating-point arithmetic",
    ACM Computing Surveys 23(1), 1991, section 1.2), extended to subnormal numbers as in Muller et al.
    (Handbook of Floating-Point Arithmetic, 2nd ed., Birkhäuser 2018, section 2.3.2). An error of one ULP is
    one step between neighbouring numbers of the type.
    """
    precision, smallest = precision_of(dtype)
    _, exponent = np.frexp(magnitudes)
    # frexp has its fraction in [1/2, 1), one exponent above the definition's.
    return np.asarray(np.ldexp(1.0, np.maximum(exponent - 1, smallest) - precision + 1))


def precision_of(dtype: np.dtype[Any]) -> tuple[int, int]:
    """(significant bits with the hidden one, smallest exponent of a normal number) of a real type.

    A complex type has those of its parts.
    """
    if dtype.kind == "V":
        import ml_dtypes

        narrow = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
        return int(narrow.nmant) + 1, int(narrow.minexp)
    wide = np.finfo(dtype)
    return int(wide.nmant) + 1, int(wide.minexp)


def _over(apart: Array, size: Array) -> Array:
    found = np.where(np.isfinite(apart), apart / size, np.inf)
    found[apart == 0] = 0
    return found


def _widened(array: Array, kind: str) -> Array:
    return np.atleast_1d(array).astype(np.complex128 if kind == "c" else np.float64)


def _equal(before: Array, after: Array, kind: str) -> bool:
    if kind == "O":
        return bool(before.tolist() == after.tolist())
    if before.dtype.kind == "V":
        # NumPy does not know the narrow types (bfloat16, float8) and float32 holds all their numbers.
        before, after = before.astype(np.float32), after.astype(np.float32)
    return bool(np.array_equal(before, after, equal_nan=kind in "fc"))
