"""Inputs that a person gives: an `.npz` file with an array for each, or an `.npy` file for a single one.

Read with `allow_pickle=False`, since an object array would run code
(https://numpy.org/doc/stable/reference/generated/numpy.load.html).
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxviz.bench.feeds import Feed, Input, dtype_of
from onnxviz.errors import RefusedFile


def read(path: str | Path, inputs: Sequence[Input]) -> Feed:
    """The arrays of the file for `inputs`. Raises RefusedFile, naming the input that does not fit."""
    path = Path(path)
    arrays = _arrays(path, inputs)
    missing = [one.name for one in inputs if one.name not in arrays]
    if missing:
        has = ", ".join(map(repr, list(arrays)[:5])) or "none"
        raise RefusedFile(
            path.name, f"has no array for the input {missing[0]!r}", f"Name it so; there are {has}"
        )
    return {one.name: _fitting(path, one, arrays[one.name]) for one in inputs}


def _arrays(path: Path, inputs: Sequence[Input]) -> Mapping[str, NDArray[Any]]:
    try:
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
            if isinstance(found, np.ndarray):
                return {inputs[0].name: found} if len(inputs) == 1 else {}
            # A file in it that is no array comes out as bytes.
            return {name: one for name in found.files if isinstance(one := found[name], np.ndarray)}
    # Of a ZIP file: an encrypted one, another method of packing, damage.
    except (OSError, ValueError, EOFError, KeyError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
        cause = "cannot be read as arrays of NumPy"
        raise RefusedFile(path.name, cause, "Write it with numpy.savez", detail=str(error)) from error


def _fitting(path: Path, one: Input, array: NDArray[Any]) -> NDArray[Any]:
    wanted = dtype_of(one)
    if array.dtype != wanted:
        cause = f"gives {array.dtype} for the input {one.name!r}, which takes {wanted}"
        raise RefusedFile(path.name, cause, f"Convert it with .astype({str(wanted)!r})")
    sizes = zip(array.shape, one.shape, strict=False)
    if array.ndim != len(one.shape) or any(
        isinstance(dim, int) and dim not in (-1, size) for size, dim in sizes
    ):
        asked = " × ".join("?" if dim is None else str(dim) for dim in one.shape) or "a scalar"
        given = " × ".join(map(str, array.shape)) or "a scalar"
        raise RefusedFile(
            path.name, f"gives {given} for the input {one.name!r}, which takes {asked}", "Give it that shape"
        )
    return np.ascontiguousarray(array).reshape(array.shape)
