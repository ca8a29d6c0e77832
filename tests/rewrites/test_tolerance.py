"""How much rounding is allowed follows from the longest path, its sums and its types."""

from __future__ import annotations

import math

import pytest
from onnx import parser

from onnxviz.rewrites.tolerance import SINGLE, Depth, Depths

HEAD = '<ir_version: 8, opset_import: ["": 17]>'


def depths(text: str) -> Depths:
    return Depths(parser.parse_model(f"{HEAD} {text}"))


@pytest.mark.parametrize(
    ("body", "roundings"),
    [
        ("(float[8] x) => (float[8] y) { y = Relu(x) }", 1),
        ("(float[8] x) => (float[8] y) { a = Relu(x) y = Neg(a) }", 2),
        ("(float[2, 50] x) => (float[2, 3] y) <float[50, 3] w> { y = MatMul(x, w) }", 50),
        ("(float[50, 2] x) => (float[2, 3] y) <float[50, 3] w> { y = Gemm <transA = 1> (x, w) }", 50),
        ("(float[1, 4, 8, 8] x) => (float[1, 6, 6, 6] y) <float[6, 4, 3, 3] w> { y = Conv(x, w) }", 36),
        ("(float[3, 40] x) => (float[3, 40] y) { y = Softmax(x) }", 40),
        ("(float[3, 40] x) => (float[3] y) { y = ReduceMean <axes = [1], keepdims = 0> (x) }", 40),
        ("(float[1, 3, 5, 7] x) => (float[1, 3, 1, 1] y) { y = GlobalAveragePool(x) }", 35),
        ("(float[n, k] x, float[k, m] w) => (float[n, m] y) { y = MatMul(x, w) }", 1),
        ("(int64[8] x) => (int64[8] y) { y = Neg(x) }", 0),
    ],
)
def test_a_sum_counts_its_terms(body: str, roundings: int) -> None:
    assert depths(f"g {body}").of("y").roundings == roundings


def test_the_longest_path_counts() -> None:
    found = depths("g (float[8] x) => (float[8] y) { a = Relu(x) b = Neg(a) c = Abs(b) y = Add(x, c) }")
    assert found.of("y").operators == 4
    assert found.of("x") == Depth()


def test_a_tolerance_is_eight_times_the_root_of_the_sum_of_squares() -> None:
    found = depths("g (float[2, 100] x) => (float[2, 3] y) <float[100, 3] w> { y = MatMul(x, w) }")
    tolerance = found.of("y").tolerance
    assert tolerance.rtol == pytest.approx(8 * math.sqrt(100) * SINGLE)
    assert "1 operator and rounds 100 times, each time by up to 6e-08" in tolerance.reason


def test_half_precision_rounds_once_an_operator_and_coarsely() -> None:
    found = depths("g (float16[2, 100] x) => (float16[2, 3] y) <float16[100, 3] w> { y = MatMul(x, w) }")
    assert found.of("y").roundings == 1
    assert found.of("y").tolerance.rtol == pytest.approx(8 * 2.0**-11)


def test_a_loop_counts_its_body_several_times_and_functions_their_own() -> None:
    looped = depths(
        """g (int64 n, bool c, float[4] x) => (float[4] y) {
          y = Loop(n, c, x) <body = b (int64 i, bool p, float[4] s) => (bool q, float[4] t) {
            q = Identity(p) u = Mul(s, s) t = Add(u, s) }>
        }"""
    )
    assert looped.of("y").roundings == 32
    proto = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17, "own": 1]>
        g (float[2] x) => (float[2] y) { y = own.Twice(x) }
        <domain: "own", opset_import: ["": 17]> Twice (a) => (c) { b = Neg(a) c = Neg(b) }"""
    )
    assert Depths(proto).of("y").roundings == 2


def test_a_function_that_calls_itself_comes_to_an_end() -> None:
    proto = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17, "own": 1]>
        g (float[2] x) => (float[2] y) { y = own.Round(x) }
        <domain: "own", opset_import: ["": 17, "own": 1]> Round (a) => (c) { b = Neg(a) c = own.Round(b) }"""
    )
    assert Depths(proto).of("y").operators >= 1
