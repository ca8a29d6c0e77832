"""Models for the tests of this folder: written as text, or around one tensor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, parser

HEAD = '<ir_version: 8, opset_import: ["" : 17]>'


def save(folder: Path, model: str | onnx.ModelProto) -> Path:
    """Write a model, given as ONNX text or as a proto, and return its path."""
    proto = parser.parse_model(HEAD + model) if isinstance(model, str) else model
    path = folder / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


def holding(*tensors: TensorProto, nodes: list[onnx.NodeProto] | None = None) -> onnx.ModelProto:
    """A model of one Identity node `y` that has these initializers, unchecked."""
    graph = helper.make_graph(
        nodes or [helper.make_node("Identity", ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", 1, [1])],
        [helper.make_tensor_value_info("y", 1, [1])],
        list(tensors),
    )
    return helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)])


def raw(name: str, array: np.ndarray) -> TensorProto:
    """An initializer with its elements in `raw_data`."""
    return numpy_helper.from_array(array, name)


def external(
    array: np.ndarray, folder: Path, name: str = "w", *, location: str = "w.bin", offset: int = 0
) -> TensorProto:
    """A tensor in another file, which is written behind `offset` bytes of something else."""
    kept = raw(name, array)
    data = kept.raw_data
    (folder / location).write_bytes(b"\xff" * offset + data)
    return pointing(kept, location=location, offset=offset, length=len(data))


def pointing(tensor: TensorProto, **entries: object) -> TensorProto:
    """The tensor as a reference to another file, with these entries, whether or not they are true."""
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor
