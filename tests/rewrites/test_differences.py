"""When two outputs agree, and when they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import parser

from onnxviz.errors import RewriteFailed
from onnxviz.rewrites.differences import pairs, worse
from onnxviz.rewrites.types import Agreement
from onnxviz.rewrites.verify import compare_outputs

FRESH = Agreement(1, agrees=True)
INF, NAN = float("inf"), float("nan")


def compared(x: Any, y: Any) -> Agreement:
    found = FRESH
    for left, right in pairs("y", x, y):
        found = worse(found, "y", left, right)
    return found


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.float32([1, NAN, INF, -INF]), np.float32([1, NAN, INF, -INF])),
        (np.float32([1000]), np.float32([1000.05])),
        (np.float32([0]), np.float32([9e-6])),
        (np.float16([1]), np.float16([1.002])),
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
def test_another_shape_or_type_is_no_comparison_at_all(x: Any, y: Any) -> None:
    with pytest.raises(RewriteFailed, match="The output 'y'"):
        compared(x, y)


def test_the_output_that_disagrees_is_named_however_far_apart_another_lies() -> None:
    found = worse(FRESH, "large", np.float64([1e9]), np.float64([1e9 + 10]))
    found = worse(found, "wrong", np.float64([1.0]), np.float64([1.5]))
    assert not found.agrees
    assert found.worst_output == "wrong"
    assert found.absolute == 10
    assert found.relative == pytest.approx(0.5)


def test_only_equal_outputs_are_called_the_same_bit_for_bit() -> None:
    assert "Bit for bit" in compared(np.ones(3), np.ones(3)).sentence
    assert "Bit for bit" not in compared(np.float64([1]), np.float64([1 + 1e-9])).sentence


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
