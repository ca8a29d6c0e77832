"""A tensor of a model file -> `Contents`, wherever its elements lie.

Layouts are those of `TensorProto` (https://github.com/onnx/onnx/blob/v1.23.2/onnx/onnx.proto): bytes in the
file, typed fields, or bytes of another file; types narrower than a byte are packed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from onnxviz.inspecting.contents import Array, Contents, refused
from onnxviz.inspecting.sparse import sparse
from onnxviz.reading import external
from onnxviz.reading.tensors import dtype_name, promised_bytes, shorten, text_of

if TYPE_CHECKING:
    import onnx

    from onnxviz.inspecting.places import Constant

_UNIT = 8
"""Elements that fill whole bytes in every packed type."""


@contextmanager
def opened(constant: Constant, folder: Path, subject: str) -> Iterator[Contents]:
    """The contents of an initializer or of a `Constant`'s value; `folder` is that of the model file.

    Data in another file is read a piece at a time, and only from a regular file in `folder`. Raises
    `RefusedFile` where data is missing, lies elsewhere, or is not what type and shape promise.
    """
    from onnx import SparseTensorProto

    if isinstance(constant, SparseTensorProto):
        with (
            _dense(constant.values, folder, subject) as values,
            _dense(constant.indices, folder, subject) as indices,
        ):
            yield sparse(constant, values, indices, subject)
    else:
        with _dense(constant, folder, subject) as contents:
            yield contents


@contextmanager
def _dense(tensor: onnx.TensorProto, folder: Path, subject: str) -> Iterator[Contents]:
    shape, dtype = tuple(tensor.dims), dtype_name(tensor.data_type)
    if min(shape, default=0) < 0:
        raise refused(tensor, subject, "has a negative size")
    if dtype == "string":
        yield _strings(tensor, subject)
        return
    needed = promised_bytes(tensor)
    if needed is None:
        raise refused(tensor, subject, f"has the element type {dtype!r}, which cannot be read")
    if external.is_external(tensor):
        reference = external.reference_of(tensor, subject)
        file = external.check((reference,), folder, subject)[reference.location]
        _long_enough(tensor, reference.end - reference.offset, needed, subject)
        with file.open("rb") as stream:

            def bytes_at(start: int, size: int) -> bytes:
                stream.seek(reference.offset + start)
                return stream.read(size)

            yield _packed(tensor, needed, bytes_at, f"in {shorten(reference.location, 80)}", subject)
    elif tensor.HasField("raw_data"):
        data = memoryview(tensor.raw_data)
        _long_enough(tensor, len(data), needed, subject)
        yield _packed(tensor, needed, lambda start, size: data[start : start + size], _HERE, subject)
    else:
        yield _typed(tensor, needed, subject)


_HERE = "in the model file"


def _long_enough(tensor: onnx.TensorProto, has: int, needed: int, subject: str) -> None:
    if has < needed:
        raise refused(tensor, subject, f"needs {needed:,} bytes for its shape and has {has:,}")


def _contents(
    tensor: onnx.TensorProto, nbytes: int, where: str, read: Callable[[int, int], Array]
) -> Contents:
    shape = tuple(tensor.dims)
    name, dtype = text_of(tensor.name), dtype_name(tensor.data_type)
    return Contents(name, dtype, shape, nbytes, math.prod(shape), where, read, read)


def _packed(
    tensor: onnx.TensorProto,
    nbytes: int,
    bytes_at: Callable[[int, int], bytes | memoryview],
    where: str,
    subject: str,
) -> Contents:
    """Elements that lie side by side as bytes (the format of `raw_data`)."""
    from onnx import TensorProto, numpy_helper

    total = math.prod(tensor.dims)
    kind = tensor.data_type
    unit_bytes = promised_bytes(TensorProto(dims=[_UNIT], data_type=kind)) or 0

    def read(start: int, stop: int) -> Array:
        # Elements of a packed type begin with a byte only at multiples of `_UNIT`.
        first = start // _UNIT
        last = min(-(-stop // _UNIT), -(-total // _UNIT))
        size = min(last * unit_bytes, nbytes) - first * unit_bytes
        data = bytes(bytes_at(first * unit_bytes, size))
        if len(data) < size:
            raise refused(tensor, subject, "was cut off while it was read")
        count = min(last * _UNIT, total) - first * _UNIT
        piece = numpy_helper.to_array(TensorProto(dims=[count], data_type=kind, raw_data=data))
        # A byte other than 0 and 1 is a bool that numpy adds up wrongly.
        piece = piece.view(np.uint8) != 0 if piece.dtype == np.bool_ else piece
        return piece[start - first * _UNIT : stop - first * _UNIT]

    return _contents(tensor, nbytes, where, read)


def _typed(tensor: onnx.TensorProto, nbytes: int, subject: str) -> Contents:
    """Elements in `float_data` and its kin."""
    from onnx import numpy_helper

    try:
        whole = numpy_helper.to_array(tensor).reshape(-1)
    except (ValueError, TypeError, KeyError, OverflowError, NotImplementedError) as e:
        raise refused(tensor, subject, "holds other data than its shape promises", str(e)) from e
    return _contents(tensor, nbytes, _HERE, lambda start, stop: whole[start:stop])


def _strings(tensor: onnx.TensorProto, subject: str) -> Contents:
    total = math.prod(tensor.dims)
    if len(tensor.string_data) != total:
        raise refused(tensor, subject, f"has {len(tensor.string_data):,} strings for {total:,} elements")
    nbytes = sum(map(len, tensor.string_data))

    def read(start: int, stop: int) -> Array:
        found = np.empty(stop - start, dtype=object)
        found[:] = [text_of(item) for item in tensor.string_data[start:stop]]
        return found

    return _contents(tensor, nbytes, _HERE, read)
