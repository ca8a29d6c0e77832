"""Thirty small models to begin from: real ones of the `onnx` wheel, the app's own, and some made here.

Each is under 100 kB and is read, drawn and compared as it is; most can be run as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper, parser

from tests.conftest import wheel_data
from tests.fuzz.texts import TEXTS


@dataclass(frozen=True, slots=True)
class Seed:
    """A model file, and the files of external data (by relative name) that belong beside it."""

    name: str
    data: bytes
    beside: Mapping[str, bytes] = field(default_factory=dict)


_WHEEL = (
    "simple/test_sequence_model8",
    "simple/test_gradient_of_add_and_mul",
    "simple/test_strnorm_model_monday_casesensintive_upper",
    "pytorch-converted/test_Conv2d_groups",
    "pytorch-converted/test_GLU",
    "pytorch-operator/test_operator_symbolic_override_nested",
)


@cache
def seeds() -> tuple[Seed, ...]:
    """All thirty, always in the same order."""
    wheel = [Seed(name.split("test_")[1], _wheel_bytes(name)) for name in _WHEEL]
    texts = [Seed(name, parser.parse_model(text).SerializeToString()) for name, text in TEXTS.items()]
    start = files("onnxviz.samples").joinpath("start.onnx").read_bytes()
    made = [Seed("start", start), _external(), _sparse(), _trained()]
    return (*wheel, *texts, *made)


def seed_called(name: str) -> Seed:
    """The seed of this name."""
    return next(seed for seed in seeds() if seed.name == name)


def _wheel_bytes(name: str) -> bytes:
    return (wheel_data() / name / "model.onnx").read_bytes()


def _parsed(name: str) -> ModelProto:
    return parser.parse_model(TEXTS[name])


def _external() -> Seed:
    """Two initializers in one file beside the model, at offsets."""
    model = _parsed("constant_math")
    content = b""
    for tensor in model.graph.initializer:
        raw = numpy_helper.to_array(tensor).tobytes()
        tensor.ClearField("float_data")
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        where = {"location": "weights.bin", "offset": str(len(content)), "length": str(len(raw))}
        for key, value in where.items():
            tensor.external_data.add(key=key, value=value)
        content += raw
    return Seed("external_data", model.SerializeToString(), {"weights.bin": content})


def _sparse() -> Seed:
    """A sparse initializer and a sparse constant."""
    model = _parsed("twins_and_dead")
    values = helper.make_tensor("few", TensorProto.FLOAT, [2], [1.0, 2.0])
    places = helper.make_tensor("places", TensorProto.INT64, [2], [1, 3])
    sparse = helper.make_sparse_tensor(values, places, [4])
    model.graph.sparse_initializer.append(sparse)
    constant = helper.make_node("Constant", [], ["also_few"], sparse_value=sparse)
    added = helper.make_node("Add", ["few", "also_few"], ["sum"])
    model.graph.node.extend([constant, added])
    model.graph.output.append(helper.make_tensor_value_info("sum", TensorProto.FLOAT, [4]))
    return Seed("sparse", model.SerializeToString())


def _trained() -> Seed:
    """Training information, quantization annotations, metadata, a device configuration and a map type."""
    model = _parsed("constant_math")
    step = model.training_info.add()
    step.algorithm.CopyFrom(_parsed("twins_and_dead").graph)
    step.initialization.name = "start"
    step.update_binding.add(key="w", value="y")
    note = model.graph.quantization_annotation.add(tensor_name="w")
    note.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="s")
    model.metadata_props.add(key="author", value="<b>me</b>")
    model.graph.node[0].metadata_props.add(key="pkg.torch.onnx.name_scopes", value="['', 'layer.0', 'mul']")
    kind = helper.make_map_type_proto(
        TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, [2])
    )
    model.graph.value_info.append(helper.make_value_info("by_key", kind))
    weights = np.arange(12, dtype=np.float32).reshape(3, 4)
    model.graph.initializer.append(numpy_helper.from_array(weights, "unread"))
    return Seed("training_info", model.SerializeToString())
