"""Operators that ONNX Runtime's optimizer writes."""

from __future__ import annotations

import pytest

from onnxviz.costs.flops import flops_of
from tests.costs.calls import Case, call, known

CONV = 2 * 8 * 64 * 6 * 9
IMAGE, WEIGHT, OUT = (1, 6, 10, 10), (8, 6, 3, 3), (1, 8, 8, 8)
TOKENS = (2, 5, 32)

CASES: dict[str, Case] = {
    "a convolution that adds and activates": (
        CONV + 2 * 512, "FusedConv", [IMAGE, WEIGHT, (8,), OUT], [OUT], {"activation": "Relu"},
    ),
    "a quantized convolution": (CONV, "QLinearConv", [IMAGE, (), (), WEIGHT], [OUT], {}),
    "a linear layer that activates": (
        2 * 3 * 5 * 4 + 15, "FusedGemm", [(3, 4), (4, 5)], [(3, 5)], {"activation": "Relu"},
    ),
    "a quantized linear layer": (2 * 3 * 5 * 4, "QGemm", [(3, 4), (), (), (4, 5)], [(3, 5)], {}),
    "a product of the transposed": (2 * 3 * 5 * 4, "FusedMatMul", [(4, 3), (4, 5)], [(3, 5)], {"transA": 1}),
    "a product with packed weights": (2 * 3 * 4 * 5, "MatMulNBits", [(3, 4), (9,), (9,)], [(3, 5)], {"N": 5}),
    "a product of integers": (2 * 3 * 5 * 4, "MatMulIntegerToFloat", [(3, 4), (4, 5)], [(3, 5)], {}),
    # Projection of 10 tokens of 32 to 96, then 4 heads of 8 among 5 tokens.
    "attention with its projection": (
        2 * 10 * 32 * 96 + 2 * 4 * 5 * 5 * (2 * 8 + 2 * 8 + 6), "Attention",
        [TOKENS, (32, 96), (96,)], [TOKENS], {"num_heads": 4},
    ),
    "attention of many heads": (
        2 * 4 * 5 * 7 * (2 * 8 + 2 * 8 + 6), "MultiHeadAttention",
        [TOKENS, (2, 7, 32), (2, 7, 32)], [TOKENS], {"num_heads": 4},
    ),
    "attention of many heads, packed": (
        2 * 4 * 5 * 5 * (2 * 8 + 2 * 8 + 6), "MultiHeadAttention", [(2, 5, 4, 3, 8)], [TOKENS],
        {"num_heads": 4},
    ),
    "attention of many heads to a cache": (
        2 * 4 * 5 * 7 * (2 * 8 + 2 * 6 + 6 + 1), "MultiHeadAttention",
        [TOKENS, (2, 4, 7, 8), (2, 4, 7, 6), None, None, (5, 7)], [TOKENS], {"num_heads": 4},
    ),
    "grouped attention": (
        2 * 4 * 5 * 9 * (2 * 8 + 2 * 8 + 6), "GroupQueryAttention",
        [TOKENS, (2, 5, 16), (2, 5, 16)], [TOKENS, (2, 2, 9, 8), (2, 2, 9, 8)],
        {"num_heads": 4, "kv_num_heads": 2},
    ),
    "grouped attention, packed": (
        2 * 4 * 5 * 5 * (2 * 8 + 2 * 8 + 6), "GroupQueryAttention", [(2, 5, 64)], [TOKENS],
        {"num_heads": 4, "kv_num_heads": 2},
    ),
    "a rotation": (3 * 320, "RotaryEmbedding", [TOKENS, (5,), (9, 4), (9, 4)], [TOKENS], {"num_heads": 4}),
    "an activation": (12, "QuickGelu", [(3, 4)], [(3, 4)], {}),
    "an activation behind a bias": (24, "BiasGelu", [(3, 4), (4,)], [(3, 4)], {}),
    "a sum and its normalization": (
        (1 + 6 + 1 + 1) * 12, "SkipLayerNormalization", [(3, 4), (3, 4), (4,), (4,), (4,)], [(3, 4)], {},
    ),
    "a sum and its root mean square": (
        5 * 12, "SkipSimplifiedLayerNormalization", [(3, 4), (3, 4), (4,)], [(3, 4)], {},
    ),
    "embeddings": (9 * 320, "EmbedLayerNormalization", [(2, 5)], [TOKENS], {}),
    "quantizing": (36, "QuantizeLinear", [(3, 4), (), ()], [(3, 4)], {}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_formula_of_a_contributed_operator_gives_what_a_person_counts(case: Case) -> None:
    expected, op, inputs, outputs, attributes = case
    node, values = call(op, inputs, outputs, "com.microsoft", **attributes)
    cost = flops_of(node, values)
    assert known(cost) == expected
    assert f"ContribOperators.md#com.microsoft.{op}" in cost.source


def test_a_blocked_convolution_costs_what_a_plain_one_does() -> None:
    node, values = call("Conv", [IMAGE, WEIGHT], [OUT], "com.microsoft.nchwc")
    assert known(flops_of(node, values)) == CONV
    node, values = call("ReorderInput", [IMAGE], [IMAGE], "com.microsoft.nchwc")
    assert known(flops_of(node, values)) == 0


def test_the_same_name_in_another_domain_is_another_operator() -> None:
    node, values = call("Conv", [IMAGE, WEIGHT], [OUT], "my.company")
    cost = flops_of(node, values)
    assert cost.amount is None
    assert cost.reason == "my.company.Conv has no formula"
