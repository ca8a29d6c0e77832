"""What is said of one change to a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import numpy_helper

from onnxviz.diff import diff
from onnxviz.diff.rows import by_op_type
from onnxviz.model import Attribute, Graph, Node, Value
from tests.diff.texts import changes, compared, constants, gone, model, new

ONE_CHANGED = {"before": 0, "after": 1, "matched": 1, "changed": 1, "added": 0, "removed": 0}

CHAIN = "g (float[2] x) => (float[2] y) {{ a = Relu(x) b = {}(a) c = Relu(b) y = Relu(c) }}"


def test_another_attribute_is_told_with_both_texts(tmp_path: Path) -> None:
    text = "g (float[2,3] x) => (float[3,2] y) {{ a = LeakyRelu <alpha: float = {}> (x) y = Transpose(a) }}"
    found = compared(tmp_path, text.format("0.1"), text.format("0.25"))
    assert changes(found) == {"a": [("attribute:alpha", "0.1", "0.25")]}
    assert gone(found) == new(found) == []


def test_an_attribute_that_differs_in_the_last_digit_alone_is_found(tmp_path: Path) -> None:
    text = "g (float[2] x) => (float[2] y) {{ y = LeakyRelu <alpha: float = {}> (x) }}"
    found = compared(tmp_path, text.format("0.10000000"), text.format("0.10000001"))
    ((field, before, after),) = changes(found)["y"]
    assert field == "attribute:alpha"
    assert before != after
    assert before is not None
    assert before.startswith("0.1 #")


def test_operands_that_changed_places_are_two_rewired_inputs(tmp_path: Path) -> None:
    text = "g (float[2] x) => (float[2] y) {{ a = Relu(x) b = Neg(x) y = Add({}) }}"
    found = compared(tmp_path, text.format("a, b"), text.format("b, a"))
    assert changes(found) == {"y": [("input:0", "a", "b"), ("input:1", "b", "a")]}


def test_a_node_that_went_is_told_from_its_look_alikes_by_name(tmp_path: Path) -> None:
    after = "g (float[2] x) => (float[2] y) { a = Relu(x) c = Relu(a) y = Relu(c) }"
    found = compared(tmp_path, CHAIN.format("Relu"), after)
    assert gone(found) == ["b"]
    assert changes(found) == {"c": [("input:0", "b", "a")]}


def test_a_node_put_in_between_is_added_and_its_reader_rewired(tmp_path: Path) -> None:
    before = "g (float[2] x) => (float[2] y) { a = Relu(x) y = Neg(a) }"
    after = "g (float[2] x) => (float[2] y) { a = Relu(x) n = Abs(a) y = Neg(n) }"
    found = compared(tmp_path, before, after)
    assert new(found) == ["n"]
    assert changes(found) == {"y": [("input:0", "a", "n")]}


def test_a_node_that_takes_over_a_name_is_not_the_one_that_had_it(tmp_path: Path) -> None:
    before = "g (float[2] x) => (float[2] y) { a = Relu(x) y = Neg(a) }"
    after = "g (float[2] x) => (float[2] y) { r = Relu(x) a = Abs(r) y = Neg(a) }"
    found = compared(tmp_path, before, after)
    assert new(found) == ["a"]
    assert found.pairs()["a"] == "r"
    assert changes(found) == {"y": [("input:0", "a of Relu", "a of Abs")]}


def test_an_op_exchanged_between_neighbours_that_stayed_is_one_changed_node(tmp_path: Path) -> None:
    found = compared(tmp_path, CHAIN.format("Sigmoid"), CHAIN.format("Tanh"))
    assert changes(found) == {"b": [("op_type", "Sigmoid", "Tanh")]}
    assert by_op_type(found)["Tanh"] == ONE_CHANGED


def test_a_changed_weight_is_told_once_however_many_read_it(tmp_path: Path) -> None:
    text = "g (float[2] x) => (float[2] y) <float[2] w = {{1, {}}}> {{ a = Add(x, w) y = Mul(a, w) }}"
    found = compared(tmp_path, text.format(2), text.format(3))
    assert changes(found) == {}
    ((field, before, after),) = constants(found)["w"]
    assert field == "value"
    assert before is not None
    assert after is not None
    assert len(before) == len(after) == 32


def test_a_weight_of_another_dtype_says_so(tmp_path: Path) -> None:
    text = "g (float[2] x) => (int64 y) <{} k = {{0}}> {{ y = ArgMax(x) z = Gather(x, k) }}"
    found = compared(tmp_path, text.format("int64[1]"), text.format("int32[1]"))
    assert [row[0] for row in constants(found)["k"]] == ["value", "dtype"]
    assert constants(found)["k"][1] == ("dtype", "int64", "int32")


def test_a_value_changed_in_a_constant_node_is_that_nodes_change(tmp_path: Path) -> None:
    text = "g (float[1] x) => (float[1] y) {{ c = Constant <value_floats = [{}]> () y = Add(x, c) }}"
    found = compared(tmp_path, text.format(1.0), text.format(2.0))
    assert [row[0] for row in changes(found)["c"]] == ["value"]


@pytest.mark.parametrize("form", ["value_ints = [7]", "value: tensor = int64[1] {7}"])
def test_a_constant_that_became_an_initializer_does_not_touch_its_readers(tmp_path: Path, form: str) -> None:
    before = f"g (int64[1] x) => (int64[1] y) {{ c = Constant <{form}> () y = Add(x, c) }}"
    after = "g (int64[1] x) => (int64[1] y) <int64[1] w = {7}> { y = Add(x, w) }"
    found = compared(tmp_path, before, after)
    assert gone(found) == ["c"]
    assert changes(found) == {}
    assert constants(found) == {"c": [("kept", "Constant", "initializer")]}


def test_two_equal_weights_merged_into_one_do_not_touch_their_readers(tmp_path: Path) -> None:
    text = "g (float[1] x) => (float[1] y) <{}> {{ a = Add(x, v) y = Mul(a, {}) }}"
    found = compared(
        tmp_path, text.format("float[1] v = {5}, float[1] w = {5}", "w"), text.format("float[1] v = {5}", "v")
    )
    assert changes(found) == {}
    assert [value.name for value in found.constants.removed] == ["w"]


def test_types_that_became_known_are_no_change_and_contradicting_ones_are() -> None:
    def graph(kind: Value, alpha: str = "1") -> Graph:
        nodes = (
            Node("a", "Elu", inputs=("x",), outputs=("a",), attributes=(Attribute("alpha", "float", alpha),)),
            Node("y", "Relu", inputs=("a",), outputs=("y",)),
        )
        return Graph("g", nodes, {"a": kind}, ("x",), ("y",))

    unknown, known = graph(Value("a")), graph(Value("a", "float", ("batch", None)))
    assert diff(unknown, known).empty
    assert diff(known, graph(Value("a", "float", ("batch", 3)))).empty
    (match,) = diff(known, graph(Value("a", "double", ("batch", None)))).changed
    assert match.is_retyped
    assert [(c.field, c.before, c.after) for c in match.changes] == [
        ("type:0", "float[batch, ?]", "double[batch, ?]")
    ]
    (match,) = diff(known, graph(Value("a", "float", (1, 2)), alpha="2")).changed
    assert not match.is_retyped


def test_an_input_of_another_type_says_so_and_the_types_below_follow(tmp_path: Path) -> None:
    text = "g ({0} x) => ({0} y) {{ a = Relu(x) y = Neg(a) }}"
    found = compared(tmp_path, text.format("float[2]"), text.format("float[3]"))
    (twin,) = found.inputs.changed
    assert [(c.field, c.before, c.after) for c in twin.changes] == [("type", "float[2]", "float[3]")]
    assert all(match.is_retyped for match in found.changed)


def test_inputs_that_changed_places_are_a_change_of_position_and_of_nothing_else(tmp_path: Path) -> None:
    text = "g ({}) => (float[2] y) {{ y = Sub(x, z) }}"
    found = compared(tmp_path, text.format("float[2] x, float[2] z"), text.format("float[2] z, float[2] x"))
    assert changes(found) == {}
    assert [(t.before, t.after, t.changes[0].field) for t in found.inputs.changed] == [
        ("x", "x", "position"),
        ("z", "z", "position"),
    ]


def test_inputs_whose_names_changed_hands_go_by_what_they_feed(tmp_path: Path) -> None:
    before = "g (float[2] x, float[2] z) => (float[2] y) { a = Relu(x) b = Neg(z) y = Sub(a, b) }"
    after = "g (float[2] z, float[2] x) => (float[2] y) { a = Relu(z) b = Neg(x) y = Sub(a, b) }"
    assert compared(tmp_path, before, after).empty


def test_an_input_and_an_output_that_came_are_added(tmp_path: Path) -> None:
    before = "g (float[2] x) => (float[2] y) { y = Relu(x) }"
    after = "g (int64[1] n, float[2] x) => (float[2] y, float[2] z) { y = Relu(x) z = Neg(x) }"
    found = compared(tmp_path, before, after)
    assert [value.name for value in found.inputs.added] == ["n"]
    assert [value.name for value in found.outputs.added] == ["z"]
    assert not found.inputs.changed


def test_an_output_that_another_node_gives_out_now_says_so(tmp_path: Path) -> None:
    before = "g (float[2] x) => (float[2] y) { a = Relu(x) y = Neg(a) }"
    after = "g (float[2] x) => (float[2] y) { y = Relu(x) }"
    found = compared(tmp_path, before, after)
    assert gone(found) == ["y"]
    (twin,) = found.outputs.changed
    assert [(c.field, c.before, c.after) for c in twin.changes] == [("source", "y of Neg", "y of Relu")]


def test_an_opset_that_was_raised_is_a_difference(tmp_path: Path) -> None:
    before = model("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    after = model("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    after.opset_import[0].version = 22
    found = compared(tmp_path, before, after)
    assert not found.empty
    assert [(c.field, c.before, c.after) for c in found.opsets] == [("opset:ai.onnx", "21", "22")]


def test_a_value_that_no_preview_shows_is_found_by_its_digest_alone(tmp_path: Path) -> None:
    text = "g (float[5000] x, float[5000] w) => (float[5000] y) { y = Add(x, w) }"
    models = [model(text), model(text)]
    for number, one in enumerate(models):
        data = np.zeros(5000, np.float32)
        data[4321] = number
        one.graph.initializer.append(numpy_helper.from_array(data, "w"))
    found = compared(tmp_path, *models)
    assert [row[0] for row in constants(found)["w"]] == ["value"]
