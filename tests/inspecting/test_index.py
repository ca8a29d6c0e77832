"""Who feeds and reads what, in bodies and functions too; and the exporter's stack trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx import parser

from onnxviz.inspecting.index import Index, index
from onnxviz.inspecting.tensors import tensor_facts
from onnxviz.inspecting.trace import Frame, frames, written_at
from onnxviz.reading import read_model
from tests.conftest import wheel_data
from tests.inspecting.models import save

BRANCHES = """ g (bool c, float[1] x) => (float[1] y) <float[1] w = {1}> {
    a = Add(x, w)
    b = Mul(x, w)
    y = If (c) <then_branch = t () => (float[1] z) { z = Abs(a) },
                else_branch = e () => (float[1] z2) { z2 = Add(b, w) }> }"""

CALLS = """<ir_version: 8, opset_import: ["" : 17, "d" : 1]>
    g (float[1] x) => (float[1] y) { h = d.f(x)  y = d.f(h) }
    <domain: "d", opset_import: ["" : 17, "d" : 1]> f (v) => (u) { t = d.k(v)  u = Relu(t) }
    <domain: "d", opset_import: ["" : 17]> k (v) => (u) { c = Constant<value_float = 5.0>() u = Add(v, c) }"""


def made(tmp_path: Path, text: str) -> Index:
    return index(read_model(save(tmp_path, parser.parse_model(text) if text.startswith("<") else text)))


def test_each_input_has_its_maker_and_each_output_its_readers(tmp_path: Path) -> None:
    found = made(tmp_path, BRANCHES)
    assert found.maker("a", "x") == "in:x"
    assert found.maker("a", "w") is None
    assert found.maker("out:y", "y") == "y"
    assert list(found.readers("in:x", "x")) == ["a", "b"]
    assert list(found.readers("y", "y")) == ["out:y"]
    assert list(found.readers("nothing", "y")) == []


def test_what_a_body_takes_from_around_it_is_read_by_its_nodes(tmp_path: Path) -> None:
    found = made(tmp_path, BRANCHES)
    assert list(found.readers("a", "a")) == ["y/then_branch:0/z"]
    assert found.maker("y/else_branch:0/z2", "b") == "b"
    assert found.value("y/else_branch", "b").type_text == "float[1]"
    assert found.value("", "nothing").type_text == "?"


def test_a_constant_knows_all_that_read_it(tmp_path: Path) -> None:
    found = made(tmp_path, BRANCHES)
    weight = found.constant("a", 1)
    assert weight is not None
    assert weight.name == "w"
    assert list(found.sharers(weight)) == ["a", "b", "y/else_branch:0/z2"]
    assert found.constant("a", 0) is None


def test_a_node_of_a_function_has_the_id_that_it_has_in_the_file(tmp_path: Path) -> None:
    found = made(tmp_path, CALLS)
    relus = [at for at in found.places if found.places[at].node.op_type == "Relu"]
    adds = [at for at in found.places if found.places[at].node.op_type == "Add"]
    assert len(relus) == len(adds) == 2
    assert {found.places[at].file_id for at in relus} == {"function d.f/u"}
    assert {found.places[at].file_id for at in adds} == {"function d.k/u"}
    assert {found.places[at].file_id for at in ("h", "y")} == {"h", "y"}
    assert tensor_facts(tmp_path / "m.onnx", found.places[adds[0]].file_id, "c").minimum == 5


def test_every_constant_that_a_node_reads_is_found_in_the_file() -> None:
    for path in sorted((wheel_data() / "light").glob("*.onnx"))[:3]:
        found = index(read_model(path))
        for node_id, constants in list(found.wiring.constants.items())[:5]:
            for _, value in constants:
                facts = tensor_facts(path, found.places[node_id].file_id, value.name)
                assert (facts.dtype, facts.shape) == (value.dtype, value.shape)


def test_boxes_are_called_by_what_they_are(tmp_path: Path) -> None:
    found = made(tmp_path, BRANCHES)
    labels = [found.label(box) for box in ("a", "in:x", "out:y", "y/then_branch", "elsewhere")]
    assert labels == ["Add a", "input x", "output y", "then_branch", "elsewhere"]


TRACE = """  File "/home/me/net.py", line 12, in forward
    return self.body(x)
  File "/env/lib/python3.11/site-packages/torch/nn/modules/container.py", line 253, in forward
    input = module(input)
  File "/home/me/blocks.py", line 7, in forward
    return self.conv(x)
  File "/env/lib/python3.11/site-packages/torch/nn/modules/conv.py", line 565, in forward
    return self._conv_forward(input, self.weight, self.bias)"""


def test_the_innermost_line_of_the_author_is_found() -> None:
    assert written_at(TRACE) == Frame("/home/me/blocks.py", 7, "forward", "return self.conv(x)")
    assert [frame.line for frame in frames(TRACE)] == [12, 253, 7, 565]
    found = written_at(TRACE)
    assert found is not None
    assert found.short_file == "me/blocks.py"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("", None),
        ("no trace at all", None),
        ('File "C:\\x\\Lib\\site-packages\\a.py", line 3, in f', 3),
        ('…cut off\n  File "m.py", line 5, in <lambda>', 5),
        ('File "m.py", line 99999999999999, in f', None),
        ('File "a.py", line 1, in f\n' * 3000, 1),
    ],
    ids=["empty", "words", "libraries alone", "cut", "huge number", "long"],
)
def test_whatever_stands_in_the_place_of_a_trace_is_borne(source: str, line: int | None) -> None:
    found = written_at(source)
    assert (found.line if found else None) == line
