"""When two outputs agree, and when they do not: the arithmetic of distances."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from ml_dtypes import bfloat16
from onnx import parser

from onnxviz.rewrites.differences import Unlike, gap, pairs, precision_of, typical, ulp
from onnxviz.rewrites.types import Agreement, Tolerance
from onnxviz.rewrites.verify import compare_outputs, worse

FRESH = Agreement(1, agrees=True)
INF, NAN = float("inf"), float("nan")
TOLERANCE = Tolerance(1e-4, "made up")


def compared(x: Any, y: Any, tolerance: Tolerance = TOLERANCE) -> Agreement:
    found = FRESH
    for pair in pairs("y", x, y):
        found = worse(found, "y", pair if isinstance(pair, Unlike) else gap(*pair), tolerance)
    return found


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.float32([1, NAN, INF, -INF]), np.float32([1, NAN, INF, -INF])),
        (np.float32([1000]), np.float32([1000.05])),
        (np.float32([0, 1]), np.float32([9e-5, 1])),
        (bfloat16(1), bfloat16(1)),
        (np.complex64([1 + 1j]), np.complex64([1 + 1.00001j])),
        (np.int64([2**60]), np.int64([2**60])),
        (np.array(["a", "b"], object), np.array(["a", "b"], object)),
        ([np.ones(2), np.ones(3)], [np.ones(2), np.ones(3)]),
        ({"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0}),
    ],
)
def test_these_agree(x: Any, y: Any) -> None:
    assert compared(x, y).agrees


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.float32([INF]), np.float32([0])),
        (np.float32([INF]), np.float32([-INF])),
        (np.float32([INF]), np.float32([NAN])),
        (np.float32([1]), np.float32([NAN])),
        (np.float32([1]), np.float32([INF])),
        (np.float32([1]), np.float32([1.001])),
        (np.int64([2**60]), np.int64([2**60 + 1])),
        (np.uint64([2**64 - 1]), np.uint64([2**64 - 3])),
        (np.int64([30521]), np.int64([30522])),
        (np.array([True]), np.array([False])),
        (np.array(["a"], object), np.array(["b"], object)),
        ([np.ones(2), np.ones(3)], [np.ones(2), np.zeros(3)]),
        ({"a": 1.0}, {"a": 2.0}),
    ],
)
def test_these_do_not_agree(x: Any, y: Any) -> None:
    found = compared(x, y)
    assert not found.agrees
    assert "differ" in found.sentence


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones(2), np.ones(3)),
        (np.ones(2, np.float32), np.ones(2, np.float64)),
        ([np.ones(2)], [np.ones(2), np.ones(2)]),
        ([np.ones(2)], np.ones(2)),
        ({"a": 1.0}, {"b": 1.0}),
    ],
)
def test_another_shape_or_type_is_told_and_is_no_agreement(x: Any, y: Any) -> None:
    found = compared(x, y)
    assert not found.agrees
    assert not found.is_beyond
    assert found.sentence.startswith("The result is not the same function. The output 'y' is")


def test_the_output_that_disagrees_is_named_however_far_apart_another_lies() -> None:
    found = worse(FRESH, "large", gap(np.float64([1e9]), np.float64([1e9 + 10])), TOLERANCE)
    found = worse(found, "wrong", gap(np.float64([1.0]), np.float64([1.5])), TOLERANCE)
    assert not found.agrees
    assert found.worst_output == "wrong"
    assert found.absolute == 10
    assert found.relative == pytest.approx(0.5)


def test_only_equal_outputs_are_called_the_same_bit_for_bit() -> None:
    assert "Bit for bit" in compared(np.ones(3), np.ones(3)).sentence
    assert "Bit for bit" not in compared(np.float64([1]), np.float64([1 + 1e-9])).sentence


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, bfloat16])
@pytest.mark.parametrize("value", [1.0, 1.5, 3.0, -1000.0, 0.375])
def test_a_neighbouring_number_is_one_ulp_away(dtype: Any, value: float) -> None:
    here = np.array([value], dtype)
    step = ulp(np.abs(here.astype(np.float64)), here.dtype)
    there = (here.astype(np.float64) + step).astype(dtype)
    assert gap(here, there).ulps == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_an_ulp_is_what_numpy_calls_spacing_down_to_the_subnormal_numbers(dtype: Any) -> None:
    tiny = float(np.finfo(dtype).tiny)
    sizes = np.array([1, 2, 2.5, 1024, tiny, tiny / 2, tiny / 4], dtype)
    assert np.array_equal(ulp(sizes.astype(np.float64), sizes.dtype), np.spacing(sizes).astype(np.float64))


def test_the_narrow_types_have_the_bits_of_their_names() -> None:
    assert precision_of(np.dtype(np.float32)) == (24, -126)
    assert precision_of(np.dtype(bfloat16))[0] == 8


def test_a_small_element_is_as_uncertain_as_what_cancelled_in_it() -> None:
    large = np.float32([1, 2, 3, 4])
    near, off = gap(np.append(large, np.float32(1e-9)), np.append(large, np.float32(2e-5))), None
    assert near.ratio < 1e-4
    assert near.ulps < 200
    off = gap(np.append(large, np.float32(1e-9)), np.append(large, np.float32(2e-2)))
    assert off.ratio > 1e-3


def test_a_stand_in_for_infinity_does_not_make_everything_else_small() -> None:
    masked = np.float32([-3.4e38, -3.4e38, -3.4e38, 1, 2, 3])
    wrong = np.float32([-3.4e38, -3.4e38, -3.4e38, 1, 2, 3.5])
    assert typical(np.abs(masked)) == 2
    assert not compared(masked, wrong).agrees


def test_large_integers_that_a_float_cannot_tell_apart_are_not_equal() -> None:
    found = gap(np.int64([2**60, 5]), np.int64([2**60 + 1, 5]))
    assert found.share == 0.5
    assert found.ratio == INF


def written(text: str, path: Path) -> Path:
    onnx.save(parser.parse_model(text), path)
    return path


def test_a_size_that_one_side_fixes_is_given_to_both(tmp_path: Path) -> None:
    body = "y = ReduceSum <keepdims = 0> (x)"
    head = '<ir_version: 8, opset_import: ["": 17]>'
    dynamic = written(f"{head} g (float[n, 3] x) => (float y) {{ {body} }}", tmp_path / "a.onnx")
    fixed = written(f"{head} g (float[8, 3] x) => (float y) {{ {body} }}", tmp_path / "b.onnx")
    found = compare_outputs(dynamic, fixed, 2)
    assert found.agrees
    assert not found.error


def test_outputs_without_elements_claim_nothing(tmp_path: Path) -> None:
    head = '<ir_version: 8, opset_import: ["": 17]> g (float[0] x) => (float[0] y)'
    one = written(f"{head} {{ y = Exp(x) }}", tmp_path / "a.onnx")
    other = written(f"{head} {{ y = Neg(x) }}", tmp_path / "b.onnx")
    assert compare_outputs(one, other, 1).sentence.startswith("Not compared")


def test_a_model_that_cannot_run_is_told_and_nothing_claimed(tmp_path: Path) -> None:
    text = (
        '<ir_version: 8, opset_import: ["": 17, "acme": 1]> g (float[2] x) => (float[2] y) { y = acme.A(x) }'
    )
    path = written(text, tmp_path / "a.onnx")
    found = compare_outputs(path, path, 1)
    assert not found.agrees
    assert found.sentence.startswith("Not compared")
