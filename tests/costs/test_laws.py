"""What must hold between formulas, whatever the sizes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from onnxviz.costs.flops import flops_of
from tests.costs.calls import Shaped, call, known

size = st.integers(1, 12)


def flops(op: str, inputs: list[Shaped], outputs: list[Shaped], **attributes: Any) -> int:
    return known(flops_of(*call(op, inputs, outputs, **attributes)))


@given(size, size, size, size)
def test_products_by_three_operators_cost_the_same(b: int, m: int, n: int, k: int) -> None:
    by_matmul = flops("MatMul", [(b, m, k), (b, k, n)], [(b, m, n)])
    by_einsum = flops("Einsum", [(b, m, k), (b, k, n)], [(b, m, n)], equation="bij,bjk->bik")
    by_gemm = flops("Gemm", [(m, k), (k, n)], [(m, n)])
    assert by_matmul == by_einsum == b * by_gemm


@given(size, size, size, size)
def test_a_convolution_with_a_kernel_of_one_is_a_product_for_each_place(
    n: int, c: int, m: int, side: int
) -> None:
    by_conv = flops("Conv", [(n, c, side, side), (m, c, 1, 1)], [(n, m, side, side)])
    assert by_conv == flops("MatMul", [(n, side * side, c), (c, m)], [(n, side * side, m)])


@given(size, size, size, size)
def test_a_transposed_convolution_costs_what_the_convolution_the_other_way_costs(
    n: int, c: int, m: int, side: int
) -> None:
    large, small = (n, m, 2 * side, 2 * side), (n, c, side, side)
    forth = flops("Conv", [large, (c, m, 2, 2)], [small], strides=[2, 2])
    assert forth == flops("ConvTranspose", [small, (c, m, 2, 2)], [large], strides=[2, 2])


@given(size, size, st.integers(1, 4))
def test_groups_divide_the_cost_of_a_convolution(side: int, width: int, groups: int) -> None:
    c = width * groups
    whole = flops("Conv", [(1, c, side), (c, c, 3)], [(1, c, side)])
    split = flops("Conv", [(1, c, side), (c, width, 3)], [(1, c, side)], group=groups)
    assert whole == groups * split


@given(st.integers(1, 5), size, size)
def test_twice_the_batch_is_twice_the_cost(batch: int, c: int, side: int) -> None:
    for op, weights, attributes in (
        ("Conv", [(c, c, 3, 3)], {}),
        ("Relu", [], {}),
        ("Softmax", [], {}),
        ("BatchNormalization", [(c,)] * 4, {}),
        ("MaxPool", [], {"kernel_shape": [3, 3]}),
        ("LRN", [], {"size": 3}),
        ("QuantizeLinear", [(), ()], {}),
    ):
        one, two = ((n, c, side, side) for n in (batch, 2 * batch))
        single = flops(op, [one, *weights], [one], **attributes)
        assert flops(op, [two, *weights], [two], **attributes) == 2 * single


@given(size, size, size, size)
def test_attention_is_its_two_products_its_scale_and_its_softmax(b: int, h: int, s: int, d: int) -> None:
    whole = flops("Attention", [(b, h, s, d)] * 3, [(b, h, s, d)])
    scores = flops("MatMul", [(b, h, s, d), (b, h, d, s)], [(b, h, s, s)])
    mixed = flops("MatMul", [(b, h, s, s), (b, h, s, d)], [(b, h, s, d)])
    scaled = flops("Mul", [(b, h, s, s), ()], [(b, h, s, s)])
    softmax = flops("Softmax", [(b, h, s, s)], [(b, h, s, s)])
    assert whole == scores + mixed + scaled + softmax


@given(size, size)
def test_a_sum_in_two_steps_costs_what_a_sum_in_one_costs(a: int, b: int) -> None:
    at_once = flops("ReduceSum", [(a, b)], [()])
    assert at_once == flops("ReduceSum", [(a, b)], [(a,)]) + flops("ReduceSum", [(a,)], [()])
