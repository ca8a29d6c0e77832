"""One constant tensor as a `.npy` file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html),
written in pieces: a verb for a worker of kind "look"."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy_format

from onnxviz.errors import RefusedFile
from onnxviz.inspecting.contents import PIECE, Contents, plain_array
from onnxviz.inspecting.opening import opened
from onnxviz.inspecting.places import find_constant, load
from onnxviz.progress import report
from onnxviz.reading.tensors import shorten

MOST_STRING_BYTES = 256_000_000
"""Of an array of strings: each takes four bytes a character of the longest, so one long string makes a
file of any size."""

MOST_SPARSE_BYTES = 1_000_000_000
"""Of a sparse tensor once its zeros are written out."""

_MOST_DIMENSIONS = 64
"""numpy's own limit (`NPY_MAXDIMS` since 2.0)."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written: bytes of the file, numpy's name of the type, and how that differs from the
    model's, or nothing."""

    nbytes: int
    dtype: str
    note: str = ""


def save_npy(path: str | Path, place: str, name: str, out: str | Path) -> Saved:
    """Write the constant that `name` means at `place` in the model at `path` to the file `out`.

    `place` is as in `places.find_constant`. Types that numpy lacks become wider ones, exactly: bfloat16,
    float8, float6 and float4 float32; int4 and int2 int8; uint4 and uint2 uint8. Strings become unicode
    of a fixed width; nothing is pickled. Raises `BadUsage` and `RefusedFile` as
    `tensors.tensor_facts` does, and `RefusedFile` for what is too large or has too many dimensions.
    """
    path, out = Path(path), Path(out)
    constant = find_constant(load(path), place, name)
    with opened(constant, path.parent, path.name) as contents:
        if len(contents.shape) > _MOST_DIMENSIONS:
            raise _refused(contents, path, f"has {len(contents.shape)} dimensions, and numpy holds 64")
        dtype = _dtype(contents, path)
        try:
            with out.open("wb") as stream:
                _write(contents, dtype, stream)
        except OSError as e:
            raise RefusedFile(
                out.name, "cannot be written", "Check the folder and the room on the disk", detail=str(e)
            ) from e
    return Saved(out.stat().st_size, dtype.name, _note(contents.dtype, dtype))


def _dtype(contents: Contents, path: Path) -> np.dtype[np.generic]:
    if contents.dtype != "string":
        found = plain_array(contents.read(0, 0)).dtype
        if contents.is_sparse and contents.elements * found.itemsize > MOST_SPARSE_BYTES:
            raise _refused(contents, path, f"would have {contents.elements:,} elements with its zeros")
        return found
    longest = max((len(text) for piece in contents.stored_pieces() for text in piece), default=0)
    if 4 * longest * contents.elements > MOST_STRING_BYTES:
        raise _refused(contents, path, "holds strings too long for an array of fixed width")
    return np.dtype(f"U{max(1, longest)}")


def _write(contents: Contents, dtype: np.dtype[np.generic], stream: BinaryIO) -> None:
    little = dtype.newbyteorder("<")
    header = {
        "descr": npy_format.dtype_to_descr(little),
        "fortran_order": False,
        "shape": contents.shape,
    }
    npy_format.write_array_header_1_0(stream, header)
    for start in range(0, contents.elements, PIECE):
        stop = min(start + PIECE, contents.elements)
        stream.write(plain_array(contents.read(start, stop)).astype(little).tobytes())
        report("Writing the array", stop / contents.elements)


def _note(dtype: str, saved: np.dtype[np.generic]) -> str:
    """`"bfloat16 saved as float32"` where the file has another type than the model."""
    inner = dtype.removeprefix("sparse_tensor(").removesuffix(")")
    same = {"float": "float32", "double": "float64"}.get(inner, inner)
    if inner == "string":
        return f"strings saved as unicode of {saved.itemsize // 4} characters"
    dense = ", its zeros written out" if inner != dtype else ""
    if same != saved.name:
        return f"{inner} saved as {saved.name}{dense}"
    return dense.removeprefix(", ")


def _refused(contents: Contents, path: Path, cause: str) -> RefusedFile:
    name = shorten(contents.name, 60)
    return RefusedFile(path.name, f"tensor {name!r} {cause}", "Read it with onnx.numpy_helper in Python")
