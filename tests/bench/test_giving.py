"""Inputs of a person's own: what fits is used as it is, what does not is refused by name."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onnxviz.bench import giving
from onnxviz.bench.feeds import Input
from onnxviz.errors import RefusedFile

X = Input("x", 1, ("n", 4))
IDS = Input("ids", 7, (1, None))


def written(folder: Path, **arrays: Any) -> Path:
    path = folder / "inputs.npz"
    np.savez(path, **arrays)
    return path


def test_each_input_gets_the_array_of_its_name(tmp_path: Path) -> None:
    x, ids = np.ones((2, 4), np.float32), np.arange(3).reshape(1, 3)
    found = giving.read(written(tmp_path, x=x, ids=ids, more=x), [X, IDS])
    assert list(found) == ["x", "ids"]
    assert (found["x"] == x).all()
    assert found["ids"].dtype == np.int64


def test_one_array_will_do_for_one_input(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((3, 4), np.float32))
    assert giving.read(tmp_path / "x.npy", [X])["x"].shape == (3, 4)


def test_a_scalar_stays_one(tmp_path: Path) -> None:
    found = giving.read(written(tmp_path, s=np.float32(2)), [Input("s", 1, ())])
    assert found["s"].shape == ()


def test_an_array_that_is_turned_is_laid_out_anew(tmp_path: Path) -> None:
    found = giving.read(written(tmp_path, x=np.ones((4, 2), np.float32).T), [X])
    assert found["x"].flags.c_contiguous


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"y": np.ones((2, 4), np.float32)}, "has no array for the input 'x'. Name it so; there are 'y'"),
        ({"x": np.ones((2, 4))}, "gives float64 for the input 'x', which takes float32"),
        ({"x": np.ones((2, 5), np.float32)}, "gives 2 × 5 for the input 'x', which takes n × 4"),
        ({"x": np.ones(4, np.float32)}, "gives 4 for the input 'x', which takes n × 4"),
        ({"x": np.float32(1)}, "gives a scalar for the input 'x'"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, arrays: dict[str, Any], words: str) -> None:
    with pytest.raises(RefusedFile) as refused:
        giving.read(written(tmp_path, **arrays), [X])
    assert words in str(refused.value)
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no", b"no arrays at all"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "inputs.npz"
    path.write_bytes(data)
    with pytest.raises(RefusedFile, match=r"inputs\.npz"):
        giving.read(path, [X])
    with pytest.raises(RefusedFile, match="cannot be read"):
        giving.read(tmp_path / "missing.npz", [X])


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    np.savez(tmp_path / "inputs.npz", x=np.array([Trap()], dtype=object))
    with pytest.raises(RefusedFile):
        giving.read(tmp_path / "inputs.npz", [X])
    assert not (tmp_path / "sprung").exists()


def test_an_npy_file_is_not_enough_for_two_inputs(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((3, 4), np.float32))
    with pytest.raises(RefusedFile, match="has no array for the input 'x'"):
        giving.read(tmp_path / "x.npy", [X, IDS])


def test_a_file_in_the_archive_that_is_no_array_is_left_alone(tmp_path: Path) -> None:
    path = written(tmp_path, y=np.ones(2))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x", b"no array")
    with pytest.raises(RefusedFile, match="has no array for the input 'x'"):
        giving.read(path, [X])


def test_an_archive_that_is_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "inputs.npz"
    np.savez_compressed(path, x=np.random.default_rng(0).random((40, 4)).astype(np.float32))
    data = bytearray(path.read_bytes())
    data[60:400] = bytes(340)
    path.write_bytes(data)
    with pytest.raises(RefusedFile, match="cannot be read as arrays of NumPy"):
        giving.read(path, [X])
