"""A tensor as a `.npy` file: what numpy loads is what the model holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from onnxviz.errors import RefusedFile
from onnxviz.inspecting import npy
from onnxviz.inspecting.npy import save_npy
from tests.inspecting.models import external, holding, raw, save
from tests.inspecting.test_tensors import NUMBERS, SPARSE, sparse

CONVERTED = {
    "bfloat16": "float32",
    "float8e4m3fn": "float32",
    "float8e4m3fnuz": "float32",
    "float8e5m2": "float32",
    "float8e5m2fnuz": "float32",
    "float8e8m0": "float32",
    "float4e2m1": "float32",
    "float6e2m3": "float32",
    "float6e3m2": "float32",
    "int4": "int8",
    "int2": "int8",
    "uint4": "uint8",
    "uint2": "uint8",
}


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("stored", ["bytes", "another file"])
def test_numpy_loads_what_the_model_holds(
    tmp_path: Path, dtype: str, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npy, "PIECE", 8)
    array = NUMBERS[dtype]
    tensor = raw("w", array) if stored == "bytes" else external(array, tmp_path)
    out = tmp_path / "w.npy"
    saved = save_npy(save(tmp_path, holding(tensor)), "", "w", out)
    loaded = np.load(out, allow_pickle=False)
    wanted = CONVERTED.get(dtype)
    assert loaded.dtype == np.dtype(wanted or array.dtype)
    assert loaded.shape == array.shape
    assert loaded.tolist() == array.astype(loaded.dtype).tolist()
    assert (saved.nbytes, saved.dtype) == (out.stat().st_size, loaded.dtype.name)
    assert saved.note == (f"{dtype} saved as {wanted}" if wanted else "")


@pytest.mark.parametrize("shape", [(), (0,), (0, 4), (1, 1, 3)])
def test_every_shape_comes_back(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = np.ones(shape, np.complex128)
    save_npy(save(tmp_path, holding(raw("w", array))), "", "w", tmp_path / "w.npy")
    assert np.array_equal(np.load(tmp_path / "w.npy"), array)


def test_strings_become_unicode_of_a_fixed_width(tmp_path: Path) -> None:
    tensor = helper.make_tensor("w", TensorProto.STRING, [2, 2], [b"a", "füß".encode(), b"", b"\xff"])
    saved = save_npy(save(tmp_path, holding(tensor)), "", "w", tmp_path / "w.npy")
    loaded = np.load(tmp_path / "w.npy", allow_pickle=False)
    assert loaded.tolist() == [["a", "füß"], ["", "\\xff"]]
    assert saved.note == "strings saved as unicode of 4 characters"


def test_one_long_string_does_not_make_a_huge_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npy, "MOST_STRING_BYTES", 1000)
    tensor = helper.make_tensor("w", TensorProto.STRING, [100], [b"x" * 100, *[b""] * 99])
    with pytest.raises(RefusedFile, match="too long for an array of fixed width"):
        save_npy(save(tmp_path, holding(tensor)), "", "w", tmp_path / "w.npy")
    assert not (tmp_path / "w.npy").exists()


@pytest.mark.parametrize("form", SPARSE)
def test_a_sparse_tensor_is_written_with_its_zeros(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npy, "PIECE", 4)
    saved = save_npy(save(tmp_path, sparse(*SPARSE[form], [2, 3])), "", "w", tmp_path / "w.npy")
    assert np.load(tmp_path / "w.npy").tolist() == [[0, 2, 0], [0, 0, -4]]
    assert saved.note == "its zeros written out"


def test_a_huge_sparse_tensor_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, sparse(np.int64([7]), np.float32([2]), [10**6, 10**6]))
    with pytest.raises(RefusedFile, match=r"1,000,000,000,000 elements with its zeros"):
        save_npy(path, "", "w", tmp_path / "w.npy")


def test_more_dimensions_than_numpy_has_are_refused(tmp_path: Path) -> None:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1] * 65, raw_data=bytes(4))
    with pytest.raises(RefusedFile, match="65 dimensions"):
        save_npy(save(tmp_path, holding(tensor)), "", "w", tmp_path / "w.npy")


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    path = save(tmp_path, holding(raw("w", np.float32([1]))))
    with pytest.raises(RefusedFile, match=r"w\.npy: cannot be written"):
        save_npy(path, "", "w", tmp_path / "none" / "w.npy")
