"""Tests of onnxviz.rewrites.calling."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import parser

from onnxviz.rewrites import calling


@pytest.mark.parametrize("call", [calling.with_onnxruntime, calling.with_reference])
def test_each_runtime_gives_all_outputs_in_the_order_of_the_graph(
    call: Callable[..., list[Any]], tmp_path: Path
) -> None:
    text = """
        <ir_version: 10, opset_import: ["": 20]>
        g (float[n] x) => (float[n] double, float[n] square) { square = Mul(x, x) double = Add(x, x) }
    """
    onnx.save(parser.parse_model(text), tmp_path / "model.onnx")
    double, square = call(str(tmp_path / "model.onnx"), {"x": np.array([1, 3], np.float32)})
    assert double.tolist() == [2, 6]
    assert square.tolist() == [1, 9]
