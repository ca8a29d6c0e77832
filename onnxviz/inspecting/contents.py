"""The elements of one tensor as a thing to read from, in pieces."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from onnxviz.errors import RefusedFile
from onnxviz.reading.tensors import shorten, text_of

if TYPE_CHECKING:
    import onnx

Array: TypeAlias = npt.NDArray[Any]

PIECE = 1 << 17
"""Elements of a piece: in float64, with what is computed from it, it stays in a processor's cache. A
multiple of 8, so that a piece of any packed type begins with a byte."""

_RESAVE = "Export or save the model again"


@dataclass(frozen=True, slots=True)
class Contents:
    """A tensor that is open for reading.

    `read(start, stop)` gives elements of the flattened tensor as a vector, in the tensor's own type
    (numpy's or that of `ml_dtypes`; str for strings). `stored` counts what `stored_pieces` gives: all
    elements, or those that a sparse tensor holds; the others are zeros. `nbytes` is what is stored.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int
    stored: int
    where: str
    """`"in the model file"`, `"in weights.bin"`."""
    read: Callable[[int, int], Array]
    read_stored: Callable[[int, int], Array]

    @property
    def elements(self) -> int:
        """Elements that the shape has: 1 for a scalar."""
        return math.prod(self.shape)

    @property
    def is_sparse(self) -> bool:
        """True where only some elements are stored."""
        return self.read is not self.read_stored

    def stored_pieces(self) -> Iterator[Array]:
        """The stored elements, up to `PIECE` at a time."""
        for start in range(0, self.stored, PIECE):
            yield self.read_stored(start, min(start + PIECE, self.stored))


def refused(tensor: onnx.TensorProto, subject: str, cause: str, detail: str = "") -> RefusedFile:
    """The error for a tensor that cannot be read."""
    return RefusedFile(
        subject, f"tensor {shorten(text_of(tensor.name), 60)!r} {cause}", _RESAVE, detail=detail
    )


def plain_array(values: Array) -> Array:
    """`values` in a type of numpy's own: float32 or int8/uint8 for those of `ml_dtypes`.

    Exact: each bfloat16, float8, float6 and float4 is a float32, each int4 and int2 an int8.
    """
    if values.dtype.kind in "biufcOU" and values.dtype.isbuiltin == 1:
        return values
    name = values.dtype.name
    if name.startswith(("int", "uint")):
        return values.astype(np.uint8 if name.startswith("u") else np.int8)
    return values.astype(np.float32)
