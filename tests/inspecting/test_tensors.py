"""The figures of a tensor, for every type and every way of storing it."""

from __future__ import annotations

from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnxviz.errors import RefusedFile
from onnxviz.inspecting import contents
from onnxviz.inspecting.tensors import TensorFacts, tensor_facts
from onnxviz.progress import listening
from tests.inspecting.models import external, holding, pointing, raw, save

RNG = np.random.default_rng(7)

NUMBERS = {
    "float16": np.float16(RNG.standard_normal((3, 5))),
    "float": np.float32(RNG.standard_normal((3, 5))),
    "double": RNG.standard_normal((3, 5)),
    "bfloat16": RNG.standard_normal((3, 5)).astype(ml_dtypes.bfloat16),
    "float8e4m3fn": RNG.standard_normal((3, 5)).astype(ml_dtypes.float8_e4m3fn),
    "float8e4m3fnuz": RNG.standard_normal((3, 5)).astype(ml_dtypes.float8_e4m3fnuz),
    "float8e5m2": RNG.standard_normal((3, 5)).astype(ml_dtypes.float8_e5m2),
    "float8e5m2fnuz": RNG.standard_normal((3, 5)).astype(ml_dtypes.float8_e5m2fnuz),
    "float8e8m0": np.float32([[0.5, 1], [2, 4]]).astype(ml_dtypes.float8_e8m0fnu),
    "float4e2m1": np.float32([[0.5, 1, -6]]).astype(ml_dtypes.float4_e2m1fn),
    "float6e2m3": np.float32([0.5, 1, -6, 2, 7.5]).astype(ml_dtypes.float6_e2m3fn),
    "float6e3m2": np.float32([0.5, 1, -6, 2, 28]).astype(ml_dtypes.float6_e3m2fn),
    "int4": np.int8([[-8, 7, 0], [1, 2, 3]]).astype(ml_dtypes.int4),
    "uint4": np.uint8([15, 0, 3]).astype(ml_dtypes.uint4),
    "int2": np.int8([-2, 1, 0, 1, -1]).astype(ml_dtypes.int2),
    "uint2": np.uint8([3, 0, 1, 2, 2]).astype(ml_dtypes.uint2),
    "int8": np.int8([-128, 127, 0]),
    "uint8": np.uint8([255, 0]),
    "int16": np.int16([[-5], [9]]),
    "uint16": np.uint16([65535, 1]),
    "int32": np.int32([-(2**31), 5]),
    "uint32": np.uint32([2**32 - 1, 5]),
    "int64": np.int64([2**63 - 1, -(2**63), 0]),
    "uint64": np.uint64([2**64 - 1, 1]),
    "bool": np.bool_([True, False, True]),
}


def agrees(facts: TensorFacts, array: np.ndarray) -> None:
    """Compare with numpy's own figures of the whole array."""
    whole = array.dtype.name.startswith(("int", "uint", "bool"))
    plain = array.astype(object if whole else np.float64)
    wide = np.asarray(plain.tolist(), dtype=np.float64)
    assert (facts.shape, facts.elements) == (array.shape, array.size)
    assert facts.minimum == min(plain.reshape(-1))
    assert facts.maximum == max(plain.reshape(-1))
    assert facts.mean == pytest.approx(wide.mean())
    assert facts.std == pytest.approx(wide.std())
    assert facts.zeros == np.count_nonzero(wide == 0)
    assert facts.distinct == len(np.unique(wide))
    assert facts.histogram is not None
    assert sum(facts.histogram.counts) == array.size


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("stored", ["bytes", "fields", "another file"])
def test_figures_are_those_of_numpy(tmp_path: Path, dtype: str, stored: str) -> None:
    array = NUMBERS[dtype]
    if stored == "bytes":
        tensor = raw("w", array)
    elif stored == "fields":
        tensor = in_fields(array)
    else:
        tensor = external(array, tmp_path, offset=13)
    facts = tensor_facts(save(tmp_path, holding(tensor)), "", "w")
    assert facts.dtype == dtype
    assert facts.nbytes == len(raw("w", array).raw_data)
    assert facts.where == ("in w.bin" if stored == "another file" else "in the model file")
    agrees(facts, array)


def in_fields(array: np.ndarray) -> TensorProto:
    kind = helper.np_dtype_to_tensor_dtype(array.dtype)
    if (array.dtype.itemsize == 1 and array.dtype.kind == "V") or array.dtype.name in ("bfloat16", "float16"):
        bits = array.view(np.uint16 if array.dtype.itemsize == 2 else np.uint8)
        if array.dtype.name in ("int4", "uint4", "float4_e2m1fn", "int2", "uint2"):
            bits = np.frombuffer(raw("w", array).raw_data, np.uint8)
        return TensorProto(name="w", data_type=kind, dims=array.shape, int32_data=bits.reshape(-1).tolist())
    return helper.make_tensor("w", kind, array.shape, array.reshape(-1).tolist())


@pytest.mark.parametrize("stored", ["bytes", "another file"])
@pytest.mark.parametrize("dtype", ["float", "int4", "uint2", "bool", "bfloat16", "float4e2m1"])
def test_a_tensor_of_many_pieces_has_the_figures_of_one(
    tmp_path: Path, dtype: str, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "PIECE", 16)
    array = np.tile(NUMBERS[dtype].reshape(-1), 50)[:131].reshape(131, 1)
    tensor = raw("w", array) if stored == "bytes" else external(array, tmp_path, offset=5)
    agrees(tensor_facts(save(tmp_path, holding(tensor)), "", "w"), array)


def test_data_in_another_file_is_read_a_piece_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    plain = contents.Contents.stored_pieces

    def watched(self: contents.Contents):  # type: ignore[no-untyped-def]
        for piece in plain(self):
            sizes.append(len(piece))
            yield piece

    monkeypatch.setattr(contents.Contents, "stored_pieces", watched)
    array = np.arange(3 * contents.PIECE + 5, dtype=np.float32)
    path = save(tmp_path, holding(external(array, tmp_path)))
    said: list[float | None] = []
    with listening(lambda _, fraction: said.append(fraction)):
        facts = tensor_facts(path, "", "w")
    assert facts.maximum == 3 * contents.PIECE + 4
    assert sizes == [contents.PIECE] * 3 + [5] + [contents.PIECE] * 3 + [5]
    fractions = [fraction for fraction in said if fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_values_that_are_no_numbers_are_counted_apart(tmp_path: Path) -> None:
    array = np.float32([np.nan, np.inf, -np.inf, 0, 2])
    facts = tensor_facts(save(tmp_path, holding(raw("w", array))), "", "w")
    assert (facts.nans, facts.infinities, facts.zeros, facts.zero_share) == (1, 2, 1, 0.2)
    assert (facts.minimum, facts.maximum, facts.mean, facts.std) == (0, 2, 1, 1)
    assert facts.histogram is not None
    assert sum(facts.histogram.counts) == 2
    assert facts.first.rows == (("nan", "inf", "-inf", "0", "2"),)


@pytest.mark.parametrize(
    "array", [np.float32([np.nan, np.nan]), np.zeros((0, 3), np.float32), np.zeros(0, np.int64)]
)
def test_a_tensor_without_a_finite_value_has_no_figures(tmp_path: Path, array: np.ndarray) -> None:
    facts = tensor_facts(save(tmp_path, holding(raw("w", array))), "", "w")
    assert (facts.minimum, facts.mean, facts.std, facts.histogram) == (None, None, None, None)
    assert facts.nans == np.isnan(array).sum()
    assert facts.zero_share == 0


def test_a_scalar_has_one_element(tmp_path: Path) -> None:
    facts = tensor_facts(save(tmp_path, holding(raw("w", np.array(2.5, np.float32)))), "", "w")
    assert (facts.shape, facts.elements, facts.minimum, facts.std) == ((), 1, 2.5, 0)
    assert facts.first.rows == (("2.5",),)


def test_figures_that_would_overflow_are_left_out(tmp_path: Path) -> None:
    facts = tensor_facts(save(tmp_path, holding(raw("w", np.float64([1e308, 1e308, -1e308])))), "", "w")
    assert (facts.minimum, facts.maximum, facts.std) == (-1e308, 1e308, None)


def test_of_complex_numbers_the_magnitudes_count(tmp_path: Path) -> None:
    array = np.complex64([3 + 4j, 0, -1j])
    facts = tensor_facts(save(tmp_path, holding(raw("w", array))), "", "w")
    assert (facts.minimum, facts.maximum, facts.mean) == (0, 5, 2)
    assert facts.notes == ("The figures are of the magnitudes of its complex numbers.",)
    assert facts.first.rows[0][0] == "3+4j"


def test_strings_are_counted_and_shown_as_text(tmp_path: Path) -> None:
    tensor = helper.make_tensor("w", TensorProto.STRING, [2, 2], [b"a", b"\xff<b>", b"a", b"x" * 500])
    facts = tensor_facts(save(tmp_path, holding(tensor)), "", "w")
    assert (facts.dtype, facts.distinct, facts.minimum, facts.nbytes) == ("string", 3, None, 506)
    assert facts.first.rows[0] == ('"a"', '"\\xff<b>"')
    assert len(facts.first.rows[1][1]) < 50


def test_a_byte_that_is_neither_0_nor_1_is_true(tmp_path: Path) -> None:
    tensor = TensorProto(name="w", data_type=TensorProto.BOOL, dims=[3], raw_data=b"\x00\x02\xff")
    facts = tensor_facts(save(tmp_path, holding(tensor)), "", "w")
    assert (facts.mean, facts.zeros, facts.distinct) == (pytest.approx(2 / 3), 1, 2)
    assert facts.first.rows == (("False", "True", "True"),)


SPARSE = {
    "linear": (np.int64([1, 5]), np.float32([2, -4])),
    "unsorted": (np.int64([5, 1]), np.float32([-4, 2])),
    "coordinates": (np.int64([[0, 1], [1, 2]]), np.float32([2, -4])),
}


def sparse(indices: np.ndarray, values: np.ndarray, dims: list[int]) -> onnx.ModelProto:
    model = holding()
    found = helper.make_sparse_tensor(raw("w", values), raw("", indices), dims)
    model.graph.sparse_initializer.append(found)
    return model


@pytest.mark.parametrize("form", SPARSE)
def test_a_sparse_tensor_has_the_figures_of_a_dense_one(tmp_path: Path, form: str) -> None:
    path = save(tmp_path, sparse(*SPARSE[form], [2, 3]))
    facts = tensor_facts(path, "", "w")
    agrees(facts, np.float32([[0, 2, 0], [0, 0, -4]]))
    assert facts.dtype == "sparse_tensor(float)"
    assert facts.first.rows == (("0", "2", "0"), ("0", "0", "-4"))
    assert facts.notes == ("It is sparse: 2 elements are stored, and the others are zeros.",)


def test_a_sparse_tensor_of_a_huge_shape_costs_what_it_stores(tmp_path: Path) -> None:
    path = save(tmp_path, sparse(np.int64([7]), np.float32([2]), [10**9, 10**9]))
    facts = tensor_facts(path, "", "w")
    assert (facts.elements, facts.zeros, facts.maximum) == (10**18, 10**18 - 1, 2)


@pytest.mark.parametrize(
    ("indices", "dims", "words"),
    [
        (np.int64([1, 6]), [2, 3], "outside its shape"),
        (np.int64([-1, 2]), [2, 3], "outside its shape"),
        (np.int64([[0, 1], [0, 3]]), [2, 3], "outside its shape"),
        (np.int64([1]), [2, 3], "1 indices for 2 values"),
        (np.int64([1, 1]), [2, 3], "a position twice"),
        (np.int32([1, 2]), [2, 3], "indices other than int64"),
        (np.int64([1, 2]), [2**40, 2**40], "beyond 64 bits"),
        (np.int64([1, 2]), [-2, 3], "negative size"),
    ],
)
def test_a_damaged_sparse_tensor_is_one_sentence(
    tmp_path: Path, indices: np.ndarray, dims: list[int], words: str
) -> None:
    with pytest.raises(RefusedFile, match=words):
        tensor_facts(save(tmp_path, sparse(indices, np.float32([1, 2]), dims)), "", "w")


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (TensorProto(name="w", data_type=1, dims=[3], raw_data=bytes(8)), "needs 12 bytes .* has 8"),
        (TensorProto(name="w", data_type=1, dims=[3], float_data=[1]), "other data than its shape"),
        (TensorProto(name="w", data_type=1, dims=[10**12]), "other data than its shape"),
        (TensorProto(name="w", data_type=1, dims=[-3], raw_data=bytes(8)), "negative size"),
        (TensorProto(name="w", data_type=0, dims=[1], raw_data=bytes(8)), "element type 'undefined'"),
        (TensorProto(name="w", data_type=99, dims=[1], raw_data=bytes(8)), "element type 'type 99'"),
        (TensorProto(name="w", data_type=8, dims=[2], string_data=[b"a"]), "1 strings for 2 elements"),
    ],
)
def test_damaged_data_is_one_sentence(tmp_path: Path, tensor: TensorProto, words: str) -> None:
    with pytest.raises(RefusedFile, match=words):
        tensor_facts(save(tmp_path, holding(tensor)), "", "w")


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"location": "../w.bin"}, "leads out of the model's own folder"),
        ({"location": "/etc/passwd"}, "absolute path"),
        ({"location": "none.bin"}, "missing: 'none.bin'"),
        ({"location": "link.bin"}, "is a link"),
        ({"location": "w.bin", "offset": 8}, "has 16 bytes"),
        ({"location": "w.bin", "length": 4}, "needs 16 bytes"),
        ({"location": "w.bin", "offset": "-1"}, "has offset"),
        ({}, "does not name"),
    ],
)
def test_another_file_is_read_only_where_it_may_be(
    tmp_path: Path, entries: dict[str, object], words: str
) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(16))
    (tmp_path / "link.bin").symlink_to(tmp_path / "w.bin")
    tensor = pointing(TensorProto(name="w", data_type=1, dims=[4]), **entries)
    with pytest.raises(RefusedFile, match=words):
        tensor_facts(save(tmp_path, holding(tensor)), "", "w")


@pytest.mark.parametrize(
    ("shape", "label", "first_row", "left_out"),
    [
        ((70,), "", tuple(str(n) for n in range(64)), (0, 6)),
        ((2, 3), "", ("0", "1", "2"), (0, 0)),
        ((10, 20), "", tuple(str(n) for n in range(8)), (2, 12)),
        ((4, 1, 5, 1), "[:, 0, :, 0]", ("0", "1", "2", "3", "4"), (0, 0)),
        ((2, 2, 3, 3), "[0, 0, :, :]", ("0", "1", "2"), (0, 0)),
        ((1, 6, 1), "[0, :, 0]", ("0", "1", "2", "3", "4", "5"), (0, 0)),
        ((1, 1), "[0, 0]", ("0",), (0, 0)),
    ],
)
def test_the_first_values_are_laid_out_by_the_shape(
    tmp_path: Path, shape: tuple[int, ...], label: str, first_row: tuple[str, ...], left_out: tuple[int, int]
) -> None:
    array = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    first = tensor_facts(save(tmp_path, holding(raw("w", array))), "", "w").first
    assert (first.label, first.rows[0]) == (label, first_row)
    assert (first.more_rows, first.more_columns) == left_out


def test_the_first_values_as_text_are_aligned(tmp_path: Path) -> None:
    matrix, vector = np.int32([[1, 200, 3], [40, 5, 6]]), np.arange(70, dtype=np.int32)
    path = save(tmp_path, holding(raw("m", matrix), raw("v", vector)))
    assert tensor_facts(path, "", "m").first.text() == "  1 200   3\n 40   5   6"
    assert tensor_facts(path, "", "m").first.text(2, 1) == "  1 200 …\n… 1 more row"
    lines = tensor_facts(path, "", "v").first.text(10).split("\n")
    assert (lines[0], lines[-1]) == (" 0  1  2  3  4  5  6  7  8  9", "… 6 more")


def test_a_value_is_as_onnx_reads_it_at_every_offset(tmp_path: Path) -> None:
    from onnxviz.inspecting.opening import opened

    array = np.tile(np.int8([-8, 7, 0, 1, 2]), 9).astype(ml_dtypes.int4)
    tensor = raw("w", array)
    whole = numpy_helper.to_array(tensor)
    with opened(tensor, tmp_path, "m") as found:
        for start in range(0, 45, 3):
            for stop in range(start, 45, 7):
                assert found.read(start, stop).tolist() == whole[start:stop].tolist()
