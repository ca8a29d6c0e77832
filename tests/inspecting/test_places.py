"""Which tensor a name means: ids as the reader gives them, the innermost graph first."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper, parser

from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.inspecting.places import _places, around, find_constant, load
from onnxviz.inspecting.tensors import tensor_facts
from onnxviz.reading import read_model
from tests.conftest import wheel_data
from tests.inspecting.models import HEAD, holding, raw, save

BODIES = """ g (bool c, float[1] x) => (float[1] y) <float[1] w = {1}, float[1] outer = {7}> {
    a = Add(x, w)
    y = If (c) <
        then_branch = t () => (float[1] z) <float[1] w = {2}> {
            z = If (c) <
                then_branch = tt () => (float[1] q) <float[1] w = {3}> { q = Add(w, outer) },
                else_branch = te () => (float[1] r) { r = Identity(w) }
            >
        },
        else_branch = e () => (float[1] z2) { w2 = Constant<value_float = 4.0>()  z2 = Add(w, w2) }
    >
}"""


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        ("", "w", 1),
        ("a", "w", 1),
        ("y", "w", 1),
        ("y/then_branch:0/z", "w", 2),
        ("y/then_branch:0/z/then_branch:0/q", "w", 3),
        ("y/then_branch:0/z/then_branch:0/q", "outer", 7),
        ("y/then_branch:0/z/else_branch:0/r", "w", 2),
        ("y/else_branch:0/z2", "w", 1),
        ("y/else_branch:0/z2", "w2", 4),
        ("y/else_branch:0/w2", "w2", 4),
        ("y/then_branch:0", "w", 2),
    ],
)
def test_a_name_means_the_innermost_tensor(tmp_path: Path, place: str, name: str, value: float) -> None:
    assert tensor_facts(save(tmp_path, BODIES), place, name).minimum == value


@pytest.mark.parametrize(
    ("place", "name", "words"),
    [
        ("", "x", "computed when the model runs"),
        ("", "a", "computed when the model runs"),
        ("a", "nothing", "is not to be seen from 'a'"),
        ("", "nothing", "is not in the graph"),
        ("", "w2", "is not in the graph"),
        ("nowhere", "w", "is not in the model"),
        ("y/then_branch:1", "w", "is not in the model"),
    ],
)
def test_what_is_no_constant_there_is_one_sentence(tmp_path: Path, place: str, name: str, words: str) -> None:
    with pytest.raises(BadUsage, match=words):
        tensor_facts(save(tmp_path, BODIES), place, name)


def test_a_computed_tensor_hides_a_constant_around_it(tmp_path: Path) -> None:
    path = save(
        tmp_path,
        """ g (bool c, float[1] x) => (float[1] y) <float[1] w = {1}> {
        y = If (c) <then_branch = t () => (float[1] z) { w = Relu(x)  z = Abs(w) },
                    else_branch = e () => (float[1] z2) { z2 = Abs(w) }> }""",
    )
    with pytest.raises(BadUsage, match="computed"):
        tensor_facts(path, "y/then_branch:0/z", "w")
    assert tensor_facts(path, "y/else_branch:0/z2", "w").minimum == 1


def test_a_function_sees_its_own_constants_alone(tmp_path: Path) -> None:
    proto = parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17, "d" : 1]>
        g (float[1] x) => (float[1] y) <float[1] w = {1}> { y = d.f(x) }
        <domain: "d", opset_import: ["" : 17]>
        f (v) => (u) { c = Constant<value_float = 5.0>() u = Add(v, c) }"""
    )
    path = save(tmp_path, proto)
    assert tensor_facts(path, "function d.f/u", "c").minimum == 5
    assert tensor_facts(path, "function d.f", "c").minimum == 5
    with pytest.raises(BadUsage, match="is not to be seen"):
        tensor_facts(path, "function d.f/u", "w")


def test_constants_of_every_kind_are_found(tmp_path: Path) -> None:
    path = save(
        tmp_path,
        """ g () => (a) {
        a = Constant<value = int64[3] {-1, 0, 7}>()
        b = Constant<value_float = 0.5>()
        c = Constant<value_floats = [1.0, 2.0]>()
        d = Constant<value_int = 3>()
        e = Constant<value_ints = [4, 5]>()
        f = Constant<value_string = "word">()
        h = Constant<value_strings = ["p", "q"]>() }""",
    )
    found = {name: tensor_facts(path, name, name) for name in "abcdefh"}
    assert {name: (facts.dtype, facts.shape, facts.maximum) for name, facts in found.items()} == {
        "a": ("int64", (3,), 7),
        "b": ("float", (), 0.5),
        "c": ("float", (2,), 2),
        "d": ("int64", (), 3),
        "e": ("int64", (2,), 5),
        "f": ("string", (), None),
        "h": ("string", (2,), None),
    }
    assert found["f"].first.rows == (('"word"',),)


def test_of_repeated_names_the_last_counts_as_in_reading(tmp_path: Path) -> None:
    one, two = (helper.make_tensor("w", TensorProto.FLOAT, [1], [value]) for value in (1.0, 2.0))
    path = save(tmp_path, holding(one, two))
    value = read_model(path).graph.values["w"]
    assert value.preview == "[2]"
    assert tensor_facts(path, "", "w").minimum == 2


@pytest.mark.parametrize("name", ["../w", "a/b:0", "\u202eabc\n<b>", "w" * 5000, "#2", "y"])
def test_a_hostile_name_is_a_name_like_any_other(tmp_path: Path, name: str) -> None:
    import numpy as np

    path = save(tmp_path, holding(raw(name, np.float32([3]))))
    assert tensor_facts(path, "y", name).minimum == 3


def test_ids_are_those_of_the_reader_on_every_model_of_the_wheel() -> None:
    paths = sorted(wheel_data().rglob("*.onnx"))
    assert len(paths) > 50
    for path in paths:
        model = read_model(path)
        wanted = [node.id for node in model.graph.walk()]
        wanted += [node.id for _, body in model.functions for node in body.walk()]
        found = [at for at, _, is_node in _places(load(path)) if is_node]
        assert sorted(found) == sorted(wanted), path.name


def test_repeated_outputs_have_the_ids_of_the_reader(tmp_path: Path) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["y"]) for _ in range(3)]
    nodes += [helper.make_node("Relu", ["x"], ["y#2"]), helper.make_node("Sink", ["x"], [""])]
    path = save(tmp_path, holding(nodes=nodes))
    wanted = [node.id for node in read_model(path).graph.nodes]
    assert [at for at, _, _ in _places(load(path))] == wanted
    assert len(set(wanted)) == 5


def test_a_file_that_is_gone_or_changed_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="cannot be read any more"):
        load(tmp_path / "gone.onnx")
    (tmp_path / "m.onnx").write_bytes(b"\x08\x08\x3a\xff\xff\xff\xff\x0fjunk")
    with pytest.raises(RefusedFile, match="is no ONNX model any more"):
        load(tmp_path / "m.onnx")


def test_the_graphs_around_a_place_come_innermost_first() -> None:
    model: onnx.ModelProto = parser.parse_model(HEAD + BODIES)
    found = around(model, "y/then_branch:0/z/then_branch:0/q")
    assert [graph.name for graph in found] == ["tt", "t", "g"]
    assert isinstance(find_constant(model, "a", "w"), TensorProto)
