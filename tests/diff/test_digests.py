"""Equal contents have equal digests, however a file stores them; different ones differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnxviz.diff.digests import constant_digests
from onnxviz.errors import RefusedFile
from tests.diff.texts import model


def digests_of(folder: Path, *tensors: TensorProto) -> dict[str, str]:
    """By name, of a model that has the tensors as initializers."""
    graph = helper.make_graph([], "g", [], [], list(tensors))
    onnx.save(helper.make_model(graph), folder / "m.onnx")
    return {name: digest for (place, name), digest in constant_digests(folder / "m.onnx").values.items()}


def raw(tensor: TensorProto, name: str) -> TensorProto:
    """The same elements as bytes."""
    copy = numpy_helper.from_array(numpy_helper.to_array(tensor), name)
    assert copy.HasField("raw_data")
    return copy


NUMBERS = [
    (TensorProto.FLOAT, [1.5, -0.0, float("inf")]),
    (TensorProto.DOUBLE, [1.5, 2.0, 1e300]),
    (TensorProto.INT64, [-1, 2**40, 0]),
    (TensorProto.INT32, [-1, 2, 3]),
    (TensorProto.INT16, [-1, 2, 3]),
    (TensorProto.INT8, [-1, 2, 3]),
    (TensorProto.UINT8, [255, 2, 3]),
    (TensorProto.UINT16, [65535, 2, 3]),
    (TensorProto.UINT32, [2**32 - 1, 2, 3]),
    (TensorProto.UINT64, [2**64 - 1, 2, 3]),
    (TensorProto.BOOL, [True, False, True]),
    (TensorProto.FLOAT16, [1.5, -2.0, 65504.0]),
    (TensorProto.BFLOAT16, [1.5, -2.0, 3.0]),
    (TensorProto.FLOAT8E4M3FN, [1.5, -2.0, 3.0]),
    (TensorProto.INT4, [-8, 7, 3]),
    (TensorProto.UINT4, [15, 7, 3]),
    (TensorProto.COMPLEX64, [1 + 2j, 3j, 0]),
]


@pytest.mark.parametrize(("dtype", "items"), NUMBERS, ids=[TensorProto.DataType.Name(t) for t, _ in NUMBERS])
def test_typed_fields_and_raw_bytes_of_equal_elements_have_one_digest(
    tmp_path: Path, dtype: int, items: list[complex]
) -> None:
    typed = helper.make_tensor("typed", dtype, [3], items)
    assert not typed.HasField("raw_data")
    other = helper.make_tensor("other", dtype, [3], [items[1], items[0], items[2]])
    found = digests_of(tmp_path, typed, raw(typed, "raw"), other)
    assert found["typed"] == found["raw"]
    assert found["typed"] != found["other"]


def test_dtype_and_shape_are_part_of_the_content(tmp_path: Path) -> None:
    zeros = (
        numpy_helper.from_array(np.zeros(shape, dtype), f"{dtype.__name__}{shape}")
        for shape in ((2, 3), (3, 2), (6,))
        for dtype in (np.float32, np.int32)
    )
    assert len(set(digests_of(tmp_path, *zeros).values())) == 6


def test_any_byte_but_0_is_true_and_unused_bits_say_nothing(tmp_path: Path) -> None:
    yes = TensorProto(name="yes", data_type=TensorProto.BOOL, dims=[2], raw_data=b"\x01\x00")
    also = TensorProto(name="also", data_type=TensorProto.BOOL, dims=[2], raw_data=b"\x80\x00")
    odd = TensorProto(name="odd", data_type=TensorProto.INT4, dims=[3], raw_data=b"\x21\x03")
    dirty = TensorProto(name="dirty", data_type=TensorProto.INT4, dims=[3], raw_data=b"\x21\xf3")
    found = digests_of(tmp_path, yes, also, odd, dirty)
    assert found["yes"] == found["also"]
    assert found["odd"] == found["dirty"]


def test_strings_are_told_apart_by_where_each_ends(tmp_path: Path) -> None:
    one = helper.make_tensor("one", TensorProto.STRING, [2], [b"ab", b"c"])
    two = helper.make_tensor("two", TensorProto.STRING, [2], [b"a", b"bc"])
    found = digests_of(tmp_path, one, two)
    assert found["one"] != found["two"]


def test_data_that_lies_beside_the_model_has_the_digest_that_it_has_within(tmp_path: Path) -> None:
    array = np.arange(3_000_000, dtype=np.float32)
    within = digests_of(tmp_path, numpy_helper.from_array(array, "w"))
    graph = helper.make_graph([], "g", [], [], [numpy_helper.from_array(array, "w")])
    path = tmp_path / "split.onnx"
    onnx.save(helper.make_model(graph), path, save_as_external_data=True, location="split.data")
    assert not onnx.load(path, load_external_data=False).graph.initializer[0].raw_data
    assert constant_digests(path).values == {((), "w"): within["w"]}


def test_data_files_are_checked_before_they_are_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(16))
    (tmp_path / "inside").mkdir()
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="../secret")
    path = tmp_path / "inside" / "m.onnx"
    path.write_bytes(helper.make_model(helper.make_graph([], "g", [], [], [tensor])).SerializeToString())
    with pytest.raises(RefusedFile):
        constant_digests(path)


def test_data_that_is_not_what_was_promised_has_a_digest_of_its_own(tmp_path: Path) -> None:
    whole = TensorProto(name="whole", data_type=TensorProto.FLOAT, dims=[1], raw_data=bytes(4))
    short = TensorProto(name="short", data_type=TensorProto.FLOAT, dims=[1], raw_data=bytes(3))
    unknown = TensorProto(name="unknown", data_type=99, dims=[1], raw_data=bytes(4))
    negative = TensorProto(name="negative", data_type=TensorProto.FLOAT, dims=[-1], raw_data=bytes(4))
    empty = TensorProto(name="empty", data_type=TensorProto.FLOAT, dims=[1])
    assert len(set(digests_of(tmp_path, whole, short, unknown, negative, empty).values())) == 5


CONSTANTS = """g (float[1] x) => (float[1] y) {
    a = Constant <value_float = 2.0> ()
    b = Constant <value = float {2.0}> ()
    c = Constant <value_ints = [3, 4]> ()
    d = Constant <value = int64[2] {3, 4}> ()
    e = Constant <value_string = "s"> ()
    f = Constant <value_strings = ["s"]> ()
    g = Constant <value_float = 3.0> ()
    y = Add(x, a)
}"""


def test_a_constant_has_one_digest_whichever_attribute_holds_it(tmp_path: Path) -> None:
    onnx.save(model(CONSTANTS), tmp_path / "m.onnx")
    found = {name: digest for (_, name), digest in constant_digests(tmp_path / "m.onnx").values.items()}
    assert found["a"] == found["b"]
    assert found["c"] == found["d"]
    assert len({found[name] for name in "acefg"}) == 5


def test_constants_of_bodies_and_functions_are_kept_apart_by_place(tmp_path: Path) -> None:
    body = "{{ n{0} = Constant <value = float {{ {0} }}> () v{0} = Add(x, n{0}) }}"
    text = f"""g (float x, bool c) => (float y) <float n = {{0}}> {{
        z = own.f(n) y = If (c) <
        then_branch = t () => (float v1) {body.format(1)},
        else_branch = e () => (float v2) {body.format(2)}> }}"""
    function = f'<domain: "own", opset_import: ["" : 21]> f (x) => (v3) {body.format(3)}'
    onnx.save(model(text, function, ', "own" : 1'), tmp_path / "m.onnx")
    found = constant_digests(tmp_path / "m.onnx")
    assert sorted(found.values) == [((), "n"), ((-1,), "n3"), ((1, 0), "n1"), ((1, 1), "n2")]
    assert len(set(found.values.values())) == 4


def test_a_sparse_constant_has_a_digest_of_values_indices_and_dense_shape(tmp_path: Path) -> None:
    def digest(at: int, size: int) -> str:
        values = helper.make_tensor("s", TensorProto.FLOAT, [1], [1.0])
        indices = helper.make_tensor("", TensorProto.INT64, [1], [at])
        sparse = helper.make_sparse_tensor(values, indices, [size])
        graph = helper.make_graph([], "g", [], [], sparse_initializer=[sparse])
        onnx.save(helper.make_model(graph), tmp_path / "m.onnx")
        return constant_digests(tmp_path / "m.onnx").values[(), "s"]

    assert digest(1, 9) == digest(1, 9)
    assert len({digest(1, 9), digest(2, 9), digest(1, 8)}) == 3


def test_attributes_whose_text_is_rounded_have_a_digest(tmp_path: Path) -> None:
    onnx.save(model("g (float[1] x) => (float[1] y) { y = Elu <alpha = 0.5> (x) }"), tmp_path / "m.onnx")
    assert list(constant_digests(tmp_path / "m.onnx").attributes) == [((), 0, "alpha")]


def test_a_file_that_is_gone_or_no_model_any_more_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="cannot be read any more"):
        constant_digests(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"\xff\xff\xff")
    with pytest.raises(RefusedFile, match="is no ONNX model any more"):
        constant_digests(tmp_path / "bad.onnx")
