from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from onnx.parser import parse_model

from onnxviz.bench import feeds
from onnxviz.bench.meanings import Meaning
from onnxviz.errors import BenchFailed

HEAD = '<ir_version: 10, opset_import: ["": 21]>'


def model(text: str) -> onnx.ModelProto:
    return parse_model(f"{HEAD} {text}")


@given(st.integers(0, 2**32), st.integers(1, 9))
@settings(deadline=None, max_examples=20)
def test_the_same_seed_gives_the_same_numbers_of_the_right_type_and_shape(seed: int, batch: int) -> None:
    m = model("g (float[batch, 3] x, int64[batch] k) => (float[batch, 3] y) { y = Relu(x) }")
    first, again = (feeds.feeds(m, seed, {"batch": batch}) for _ in range(2))
    assert first["x"].shape == (batch, 3)
    assert first["x"].dtype == np.float32
    assert first["k"].shape == (batch,)
    assert first["k"].dtype == np.int64
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_another_seed_gives_other_numbers() -> None:
    m = model("g (float[8] x) => (float[8] y) { y = Relu(x) }")
    assert not np.array_equal(feeds.feeds(m, 1)["x"], feeds.feeds(m, 2)["x"])


def test_numbers_do_not_depend_on_the_order_of_the_inputs() -> None:
    one = feeds.feeds(model("g (float[4] a, float[4] b) => (float[4] y) { y = Add(a, b) }"))
    two = feeds.feeds(model("g (float[4] b, float[4] a) => (float[4] y) { y = Add(a, b) }"))
    assert np.array_equal(one["a"], two["a"])
    assert np.array_equal(one["b"], two["b"])


@pytest.mark.parametrize("code", sorted(set(TensorProto.DataType.values()) - {TensorProto.UNDEFINED}))
def test_every_element_type_of_onnx_can_be_made(code: int) -> None:
    array = feeds.make([feeds.Input("x", code, (2, 3))])["x"]
    assert array.shape == (2, 3)
    assert array.dtype == helper.tensor_dtype_to_np_dtype(code)


def test_token_ids_stay_within_the_embedding_table() -> None:
    m = model("""g (int64[batch, seq] ids) => (float[batch, seq, 2] y) <float[5, 2] table> {
        short = Cast<to = 6>(ids)
        y = Gather(table, short)
    }""")
    ids = feeds.feeds(m, 3, {"batch": 16, "seq": 64})["ids"]
    assert ids.min() == 0
    assert ids.max() == 4


def test_an_index_that_is_shifted_first_stays_small() -> None:
    m = model("""g (int64[40] ids) => (float[40, 2] y) <float[9, 2] table, int64 two = {2}> {
        moved = Add(ids, two)
        y = Gather(table, moved)
    }""")
    assert set(feeds.feeds(m)["ids"].tolist()) <= {0, 1}


def test_an_index_read_inside_a_branch_stays_within_the_table() -> None:
    m = model("""g (bool c, int64[30] ids) => (float[30, 2] y) <float[3, 2] table> {
        y = If (c) <
            then_branch = t () => (float[30, 2] a) { a = Gather(table, ids) },
            else_branch = e () => (float[30, 2] b) { b = Gather(table, ids) }
        >
    }""")
    assert feeds.feeds(m)["ids"].max() <= 2


MEANT: list[tuple[str, str, Callable[[np.ndarray], bool]]] = [
    ("Reshape", "g (float[4] x, int64[2] k) => (float[a, b] y) { y = Reshape(x, k) }",
     lambda k: k.tolist() == [-1, 1]),
    ("Expand", "g (float[4] x, int64[2] k) => (float[a, b] y) { y = Expand(x, k) }",
     lambda k: k.tolist() == [1, 1]),
    ("Split", "g (float[6] x, int64[2] k) => (float[a] y, float[b] z) { y, z = Split(x, k) }",
     lambda k: k.sum() == 6),
    ("Div", "g (int64[50] x, int64[50] k) => (int64[50] y) { y = Div(x, k) }", lambda k: k.min() >= 1),
    ("ReduceSum", "g (float[2, 3] x, int64[2] k) => (float[a, b] y) { y = ReduceSum(x, k) }",
     lambda k: k.tolist() == [0, 1]),
    ("ConstantOfShape", "g (int64[3] k) => (float[a, b, c] y) { y = ConstantOfShape(k) }",
     lambda k: k.tolist() == [1, 1, 1]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "is_right"), [m[1:] for m in MEANT], ids=[m[0] for m in MEANT])
def test_a_size_or_an_axis_or_a_divisor_is_one(text: str, is_right: Callable[[np.ndarray], bool]) -> None:
    assert is_right(feeds.feeds(model(text))["k"])


def test_a_mask_hides_nothing() -> None:
    m = model("g (int64[1, 4] attention_mask) => (float[1, 4] y) { y = Cast<to = 1>(attention_mask) }")
    assert feeds.feeds(m)["attention_mask"].tolist() == [[1, 1, 1, 1]]


def test_an_input_with_an_initializer_needs_no_number() -> None:
    m = model("g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = Add(x, w) }")
    m.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [2]))
    assert set(feeds.feeds(m)) == {"x"}


def test_versions_of_a_model_agree_on_the_narrowest_meaning() -> None:
    wide = feeds.Input("ids", TensorProto.INT64, (4,), Meaning(size=9))
    narrow = feeds.Input("ids", TensorProto.INT64, (4,), Meaning(size=5))
    silent = feeds.Input("ids", TensorProto.INT64, (4,))
    found = feeds.agreed({"a": (wide,), "b": (narrow,), "c": (silent,)})
    assert {inputs[0].meaning for inputs in found.values()} == {Meaning(high=4)}


def test_inputs_of_one_name_and_different_types_keep_their_own_meanings() -> None:
    ids = feeds.Input("x", TensorProto.INT64, (4,), Meaning(size=5))
    image = feeds.Input("x", TensorProto.FLOAT, (1, 3, 8, 8))
    assert feeds.agreed({"a": (ids,), "b": (image,)})["b"][0].meaning is None


def test_a_sequence_is_refused_in_one_sentence() -> None:
    m = model("g (seq(float[2]) s) => (float[2] y) { y = ConcatFromSequence<axis = 0>(s) }")
    with pytest.raises(BenchFailed, match=r"Input 's': it is a sequence, and only tensors can be made up"):
        feeds.feeds(m)


def test_an_input_without_a_rank_is_refused_in_one_sentence() -> None:
    m = model("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    m.graph.input[0].type.tensor_type.ClearField("shape")
    with pytest.raises(BenchFailed, match="does not even say its rank"):
        feeds.feeds(m)


def test_an_unknown_element_type_is_refused_in_one_sentence() -> None:
    with pytest.raises(BenchFailed, match="code 999"):
        feeds.make([feeds.Input("x", 999, (1,))])


def test_an_input_of_a_terabyte_is_refused_before_it_is_made() -> None:
    with pytest.raises(BenchFailed, match=r"1000000 × 1000000 elements take 3725\.3 GiB"):
        feeds.make([feeds.Input("x", TensorProto.FLOAT, ("n", "n"))], dims={"n": 1_000_000})


@pytest.mark.parametrize("dtype", ["float", "float16", "double", "int64", "bool"])
def test_an_input_without_dims_is_an_array_that_onnx_runtime_takes(dtype: str) -> None:
    import onnxruntime

    scalar = model(f"g ({dtype} x) => ({dtype} y) {{ y = Identity(x) }}")
    made = feeds.feeds(scalar, 0)
    assert isinstance(made["x"], np.ndarray)
    session = onnxruntime.InferenceSession(scalar.SerializeToString(), providers=["CPUExecutionProvider"])
    assert session.run(None, made)[0] == made["x"]
