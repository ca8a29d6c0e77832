"""Bytes that a node puts out and constants that it reads."""

from __future__ import annotations

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnxviz.costs.sizes import output_bytes, parameters_of
from onnxviz.model import Node, Value
from onnxviz.reading.tensors import BITS
from tests.costs.calls import call, known


def typed(dtype: str | None, *shape: int) -> Value:
    return Value("v", dtype, shape)


@pytest.mark.parametrize(
    ("dtype", "nbytes"),
    [
        ("float", 60),
        ("float16", 30),
        ("int64", 120),
        ("bool", 15),
        ("int4", 8),
        ("uint2", 4),
        ("complex128", 240),
    ],
)
def test_an_output_has_the_bytes_of_its_type_and_shape(dtype: str, nbytes: int) -> None:
    node, values = call("Cast", [(3, 5)], [typed(dtype, 3, 5)])
    assert known(output_bytes(node, values)) == nbytes


def test_all_outputs_count_and_missing_ones_do_not() -> None:
    node, values = call("Op", [], [(2, 3), None, typed("int64", 4)])
    cost = output_bytes(node, values)
    assert known(cost) == 24 + 32
    assert cost.sizes == (("o0", (2, 3)), ("o2", (4,)))


def test_a_node_without_outputs_puts_out_nothing() -> None:
    assert output_bytes(Node("x", "Op"), {}).amount == 0


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Value("v", "string", (3,)), "o0 is of type string, which has no fixed size"),
        (Value("v", "seq(tensor(float))"), "o0 is of type seq(tensor(float)), which has no fixed size"),
        (Value("v", None, (3,)), "the type of o0 is not known"),
        (Value("v", "float"), "the shape of o0 is not known"),
        (Value("v", "float", ("n",)), "the size n of o0 is not known"),
    ],
)
def test_an_output_of_unknown_size_says_why(value: Value, reason: str) -> None:
    cost = output_bytes(*call("Op", [], [value]))
    assert cost.amount is None
    assert cost.reason == reason


def test_symbolic_outputs_take_given_and_assumed_sizes() -> None:
    node, values = call("Op", [], [("n", 4)])
    assert known(output_bytes(node, values, dims={"n": 3})) == 48
    cost = output_bytes(node, values, assume=1)
    assert (cost.amount, cost.assumed) == (16, ("n",))


def test_every_number_type_of_onnx_has_a_width() -> None:
    names = {name.lower() for name in onnx.TensorProto.DataType.keys()}  # noqa: SIM118 - an enum wrapper
    assert names - set(BITS) == {"undefined", "string"}


def test_parameters_are_the_constants_that_a_node_reads_each_once() -> None:
    node = Node("y", "Op", inputs=("w", "x", "w", "b", "", "gone"), outputs=("y",))
    values = {
        "w": Value("w", "float", (64, 3, 7, 7), is_constant=True),
        "b": Value("b", "float", (64,), is_constant=True),
        "x": Value("x", "float", (1000,)),
    }
    cost = parameters_of(node, values)
    assert known(cost) == 64 * 3 * 49 + 64
    assert cost.sizes == (("w", (64, 3, 7, 7)), ("b", (64,)))
    assert parameters_of(Node("z", "Relu", inputs=("x",)), values).amount == 0


def test_a_constant_of_unknown_shape_makes_the_parameters_unknown() -> None:
    values = {"w": Value("w", "float", None, is_constant=True)}
    assert parameters_of(Node("y", "Op", inputs=("w",)), values).reason == "the shape of w is not known"


@given(st.lists(st.integers(0, 20), max_size=4), st.sampled_from(sorted(BITS)))
def test_bytes_are_bits_rounded_up(shape: list[int], dtype: str) -> None:
    node, values = call("Op", [], [typed(dtype, *shape)])
    cost = output_bytes(node, values)
    elements = 1
    for size in shape:
        elements *= size
    assert cost.amount is not None
    assert 0 <= 8 * cost.amount - elements * BITS[dtype] < 8
