"""Models that carry a mark of their own in every name, so that one visitor's is known from another's."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnx.compose
from onnx import NodeProto, TensorProto, helper, numpy_helper

from tests.conftest import wheel_data

WIDTH = 16
"""Columns of the activations of `exported_like`."""

REAL = ("squeezenet", "shufflenet")
"""Of the real models that the `onnx` wheel carries, two whose weights, once folded, take some megabytes."""


def mark(number: int, dice: random.Random) -> str:
    """`only07` and eight hex digits: no other text has it, and `PATTERN` finds it."""
    return f"only{number:02}{dice.getrandbits(32):08x}"


PATTERN = r"only\d\d[0-9a-f]{8}"
"""What a mark looks like, for Python and JavaScript."""


def written(folder: Path, number: int, sign: str) -> Path:
    """The model of visitor `number` as `<sign>.onnx`: every second one is a real model."""
    model = real(REAL[number // 2 % len(REAL)], sign) if number % 2 else exported_like(4 + number, sign)
    path = folder / f"{sign}.onnx"
    onnx.save(model, str(path))
    return path


def exported_like(layers: int, sign: str) -> onnx.ModelProto:
    """Layers as an exporter writes them: scopes in the names, a Reshape whose shape is computed and folds.

    Of the 9 nodes of a layer onnxsim leaves 3.
    """
    nodes: list[NodeProto] = []
    weights = [numpy_helper.from_array(np.array([0], np.int64), f"{sign}.zero")]
    weights.append(numpy_helper.from_array(np.array([WIDTH], np.int64), f"{sign}.width"))
    flow = f"{sign}_x"
    for layer in range(layers):
        scope = f"/{sign}/layers.{layer}"
        drawn = np.random.default_rng(layer).standard_normal((WIDTH, WIDTH)) / WIDTH
        weights.append(numpy_helper.from_array(drawn.astype(np.float32), f"{scope}.weight"))
        nodes += _layer(scope, sign, flow)
        flow = f"{scope}/Relu_output"
    graph = helper.make_graph(
        nodes,
        sign,
        [helper.make_tensor_value_info(f"{sign}_x", TensorProto.FLOAT, [1, WIDTH])],
        [helper.make_tensor_value_info(flow, TensorProto.FLOAT, [1, WIDTH])],
        weights,
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model, full_check=True)
    return model


def _layer(scope: str, sign: str, flow: str) -> Iterator[NodeProto]:
    def node(op: str, *inputs: str, **attributes: int) -> NodeProto:
        return helper.make_node(op, list(inputs), [f"{scope}/{op}_output"], f"{scope}/{op}", **attributes)

    yield node("MatMul", flow, f"{scope}.weight")
    yield node("Shape", flow)
    yield node("Gather", f"{scope}/Shape_output", f"{sign}.zero", axis=0)
    yield node("Cast", f"{scope}/Gather_output", to=TensorProto.INT64)
    yield node("Concat", f"{scope}/Cast_output", f"{sign}.width", axis=0)
    yield node("Reshape", f"{scope}/MatMul_output", f"{scope}/Concat_output")
    yield node("Identity", f"{scope}/Reshape_output")
    yield node("Add", f"{scope}/Identity_output", flow)
    yield node("Relu", f"{scope}/Add_output")


def real(name: str, sign: str) -> onnx.ModelProto:
    """A model of the `onnx` wheel with the mark before each of its names."""
    model = onnx.load(str(wheel_data() / "light" / f"light_{name}.onnx"))
    marked = onnx.compose.add_prefix(model, f"{sign}_")
    marked.graph.name = sign
    return marked
