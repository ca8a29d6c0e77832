"""Sparse tensors: `SparseTensorProto` of https://github.com/onnx/onnx/blob/v1.23.2/onnx/onnx.proto."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from onnxviz.inspecting.contents import Array, Contents, refused

if TYPE_CHECKING:
    import onnx

MOST_STORED = 1 << 24
"""Stored elements that are read: their positions have to be sorted in memory, some 500 MB for these."""


def sparse(proto: onnx.SparseTensorProto, values: Contents, indices: Contents, subject: str) -> Contents:
    """The contents of a sparse tensor; `read` fills in the zeros. Raises `RefusedFile` for bad indices."""
    shape = tuple(proto.dims)
    if min(shape, default=0) < 0 or math.prod(shape) >= 2**63:
        raise refused(proto.values, subject, "has a negative size, or one beyond 64 bits")
    if values.dtype == "string" or indices.dtype != "int64":
        raise refused(proto.values, subject, "is sparse, of strings or with indices other than int64")
    if values.stored > MOST_STORED:
        raise refused(proto.values, subject, f"stores {values.stored:,} elements, too many to sort")
    positions = _positions(proto, shape, values, indices, subject)
    order = np.argsort(positions, kind="stable")
    positions, held = positions[order], values.read(0, values.stored)[order]

    def read(start: int, stop: int) -> Array:
        low, high = np.searchsorted(positions, (start, stop))
        found = np.zeros(stop - start, dtype=held.dtype)
        found[positions[low:high] - start] = held[low:high]
        return found

    nbytes = values.nbytes + indices.nbytes
    dtype = f"sparse_tensor({values.dtype})"
    return replace(values, dtype=dtype, shape=shape, nbytes=nbytes, read=read)


def _positions(
    proto: onnx.SparseTensorProto, shape: tuple[int, ...], values: Contents, indices: Contents, subject: str
) -> Array:
    """Places in the flattened tensor, in the order of the stored values."""
    found = indices.read(0, indices.elements)
    count = values.stored
    total = math.prod(shape)
    if indices.shape == (count, len(shape)) and len(shape) != 1:
        found = found.reshape(indices.shape)
        if ((found < 0) | (found >= np.asarray(shape, dtype=np.int64))).any():
            raise refused(proto.values, subject, "has an index outside its shape")
        strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
        found = found @ np.asarray(strides, dtype=np.int64)
    elif found.size != count:
        raise refused(proto.values, subject, f"has {found.size:,} indices for {count:,} values")
    if count and (found.min() < 0 or found.max() >= total):
        raise refused(proto.values, subject, "has an index outside its shape")
    if len(np.unique(found)) != count:
        raise refused(proto.values, subject, "names a position twice")
    return found
