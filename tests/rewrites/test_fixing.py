"""Fixing symbolic dims: one name, one size, wherever it stands."""

from __future__ import annotations

import pytest
from onnx import ModelProto, parser

from onnxviz.errors import BadUsage
from onnxviz.rewrites.fixing import fix_dims, symbols

TEXT = """<ir_version: 8, opset_import: ["": 17]>
g (float[batch, seq] x, bool c) => (float[batch, seq] y) <float[batch, 2] v> {
  y = If (c) <
    then_branch = one () => (float[batch, seq] a) { a = Relu(x) },
    else_branch = two () => (float[batch, seq] b) { b = Neg(x) }
  >
}"""


def dims(proto: ModelProto, name: str) -> list[int | str]:
    value = next(
        v for v in (*proto.graph.input, *proto.graph.output, *proto.graph.value_info) if v.name == name
    )
    return [d.dim_value if d.HasField("dim_value") else d.dim_param for d in value.type.tensor_type.shape.dim]


def test_a_name_gets_its_size_in_inputs_outputs_noted_shapes_and_bodies() -> None:
    proto = parser.parse_model(TEXT)
    assert symbols(proto) == ("batch", "seq")
    assert fix_dims(proto, {"batch": 3}) == "Fixed for this result: batch = 3."
    assert dims(proto, "x") == dims(proto, "y") == [3, "seq"]
    assert dims(proto, "v") == [3, 2]
    body = proto.graph.node[0].attribute[0].g
    assert body.output[0].type.tensor_type.shape.dim[0].dim_value == 3


def test_a_sum_of_names_follows_once_all_of_them_have_a_size() -> None:
    proto = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17]>
        g (float[past] p, float[seq] s) => (float[k] y) { y = Concat <axis = 0> (p, s) }"""
    )
    proto.graph.output[0].type.tensor_type.shape.dim[0].dim_param = "past + seq"
    fix_dims(proto, {"past": 4})
    assert dims(proto, "y") == ["past + seq"]
    proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "past"
    fix_dims(proto, {"past": 4, "seq": 2})
    assert dims(proto, "y") == [6]


def test_nothing_to_fix_does_nothing() -> None:
    proto = parser.parse_model(TEXT)
    assert fix_dims(proto, {}) is None
    assert proto == parser.parse_model(TEXT)


def test_a_model_of_fixed_sizes_says_so() -> None:
    proto = parser.parse_model(
        '<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y) { y = Relu(x) }'
    )
    with pytest.raises(BadUsage, match="all sizes of its inputs are fixed"):
        fix_dims(proto, {"batch": 1})
