"""Functions put in the place of their calls, and those that cannot be."""

from __future__ import annotations

import pytest
from onnx import parser

from onnxviz.errors import RewriteFailed
from onnxviz.rewrites.functions import inlined

HEAD = '<ir_version: 8, opset_import: ["": 17, "l": 1]> g (float[2] x) => (float[2] y) { y = l.f(x) }'
TWICE = '<domain: "l", opset_import: ["": 17]> f (a) => (b) { c = Neg(a) b = Neg(c) }'
CYCLE = """
<domain: "l", opset_import: ["": 17, "l": 1]> f (a) => (b) { c = l.h(a) b = Neg(c) }
<domain: "l", opset_import: ["": 17, "l": 1]> h (a) => (b) { c = l.f(a) b = Neg(c) }
"""


def test_a_call_becomes_the_body_of_its_function() -> None:
    found = inlined(parser.parse_model(f"{HEAD} {TWICE}"), "m")
    assert [node.op_type for node in found.graph.node] == ["Neg", "Neg"]
    assert not found.functions


def test_functions_that_call_each_other_are_one_sentence() -> None:
    with pytest.raises(
        RewriteFailed, match=r"^m: its functions cannot be inlined\. Fold it without\.$"
    ) as told:
        inlined(parser.parse_model(HEAD + CYCLE), "m")
    assert "recursive" in told.value.detail
