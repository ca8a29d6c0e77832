"""A model that breaks rules is read, each breach with the nodes and tensors that it is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, parser

from onnxviz.errors import RefusedFile
from onnxviz.model import Model, Problem
from onnxviz.reading import describe, read_model, require_valid
from onnxviz.reading.problems import MOST_OF_A_RULE
from onnxviz.scene.draw import to_svg
from onnxviz.scene.picture import View, picture
from onnxviz.scene.stage import Source

HEAD = '<ir_version: 8, opset_import: ["" : 17, "own" : 1]>'


def written(tmp_path: Path, body: str, change: Callable[[onnx.ModelProto], None] | None = None) -> Path:
    proto = parser.parse_model(f"{HEAD} g (float[4] x) => (float[4] y) {{ {body} }}")
    if change is not None:
        change(proto)
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


def weight(**fields: Any) -> Callable[[onnx.ModelProto], None]:
    return lambda proto: proto.graph.initializer.append(TensorProto(name="w", **fields))


def sparse(proto: onnx.ModelProto) -> None:
    found = proto.graph.sparse_initializer.add()
    found.dims.append(4)
    found.values.CopyFrom(TensorProto(name="w", data_type=1, dims=[2], float_data=[1, 2]))
    found.indices.CopyFrom(TensorProto(data_type=7, dims=[3], int64_data=[0, 1, 2]))


def twice(proto: onnx.ModelProto) -> None:
    for _ in range(2):
        weight(data_type=1, dims=[1], float_data=[1.0])(proto)


BREACHES: dict[str, tuple[str, Callable[[onnx.ModelProto], None] | None, Problem]] = {
    "cycle": (
        "a = Add(x, c)  c = Relu(a)  y = Abs(c)",
        None,
        Problem("cycle", "none can run: a -> c -> a", ("a", "c")),
    ),
    "made twice": (
        "a = Relu(x)  a = Neg(x)  y = Abs(a)",
        None,
        Problem("twice", "another node makes it too", ("a", "a#2"), ("a",)),
    ),
    "shadows an input": (
        "x = Relu(x)  y = Abs(x)",
        None,
        Problem("twice", "an input or initializer has that name too", ("x",), ("x",)),
    ),
    "initializers of one name": (
        "y = Add(x, w)",
        twice,
        Problem("twice", "several initializers are called 'w'", ("y",), ("w",)),
    ),
    "never made": (
        "y = Add(x, gone)",
        None,
        Problem("unmade", "the Add that makes 'y' reads 'gone'", ("y",), ("gone",)),
    ),
    "output never made": ("z = Relu(x)", None, Problem("unmade", "the output 'y' is made by no", (), ("y",))),
    "too early": ("y = Abs(a)  a = Relu(x)", None, Problem("order", "reads 'a' before", ("y",), ("a",))),
    "raw data": (
        "y = Add(x, w)",
        weight(data_type=1, dims=[4], raw_data=b"123"),
        Problem("data", "'w' is float[4], 16 bytes, and holds 3", ("y",), ("w",)),
    ),
    "too many elements": (
        "y = Add(x, w)",
        weight(data_type=7, dims=[1], int64_data=[1, 2]),
        Problem("data", "'w' is int64[1], 1 elements, and holds 2", ("y",), ("w",)),
    ),
    "no data": (
        "y = Add(x, w)",
        weight(data_type=1, dims=[4]),
        Problem("data", "4 elements, and holds none", ("y",), ("w",)),
    ),
    "sparse": ("y = Add(x, w)", sparse, Problem("data", "do not fit a tensor of shape [4]", ("y",), ("w",))),
    "negative size": (
        "y = Add(x, w)",
        weight(data_type=1, dims=[-4]),
        Problem("type", "float[-4]", ("y",), ("w",)),
    ),
    "no such operator": ("y = Relux(x)", None, Problem("operator", "no operator Relux at opset 17", ("y",))),
    "too many inputs": ("y = Relu(x, x)", None, Problem("node", "input size 2 not in range", ("y",))),
    "attribute missing": (
        "h = Cast(x)  y = Abs(h)",
        None,
        Problem("node", "attribute 'to' is missing", ("h",)),
    ),
    "in a body": (
        "b = Cast<to = 9>(x)  y = If(b) <then_branch = t () => (float[4] p) { p = Relu(x, x) }, "
        "else_branch = e () => (float[4] q) { q = Abs(x) }>",
        None,
        Problem("node", "the Relu that makes 'p'", ("y/then_branch:0/p",)),
    ),
    "IR version": (
        "y = Abs(x)",
        lambda proto: setattr(proto, "ir_version", 999),
        Problem("version", "IR version 999 is newer"),
    ),
    "opset": (
        "y = Abs(x)",
        lambda proto: setattr(proto.opset_import[0], "version", 99999),
        Problem("version", "opset 99999 is newer"),
    ),
}


@pytest.mark.parametrize("kind", BREACHES)
def test_a_breach_is_said_once_and_with_its_place(tmp_path: Path, kind: str) -> None:
    body, change, wanted = BREACHES[kind]
    model = read_model(written(tmp_path, body, change))
    assert [problem.rule for problem in model.problems] == [wanted.rule]
    found = model.problems[0]
    assert wanted.sentence in found.sentence
    assert (found.nodes, found.values) == (wanted.nodes, wanted.values)
    assert found.note in model.notes
    assert describe(model)["problems"][0]["sentence"] == found.sentence


@pytest.mark.parametrize("kind", BREACHES)
def test_what_needs_a_valid_model_refuses_it_in_one_sentence_that_names_the_part(
    tmp_path: Path, kind: str
) -> None:
    body, change, wanted = BREACHES[kind]
    model = read_model(written(tmp_path, body, change))
    if wanted.rule == "order":
        # The nodes are sorted first.
        require_valid(model)
        return
    with pytest.raises(RefusedFile) as caught:
        require_valid(model)
    assert wanted.sentence in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_box_says_what_is_wrong_and_so_does_the_file_that_is_saved(tmp_path: Path) -> None:
    body, change, _ = BREACHES["raw data"]
    scene = picture(Source.of_file(written(tmp_path, body, change))).scene
    add = next(box for box in scene.boxes if box.id == "y")
    assert add.flagged
    assert add.lines[0] == "⚠ data of a wrong size"
    assert [box.id for box in scene.boxes if box.flagged] == ["y"]
    assert "⚠ data of a wrong size" in to_svg(scene)


def test_an_output_that_nothing_makes_is_marked_itself(tmp_path: Path) -> None:
    scene = picture(Source.of_file(written(tmp_path, "z = Relu(x)"))).scene
    assert [(box.id, box.lines[0]) for box in scene.boxes if box.flagged] == [("out:y", "⚠ made by no node")]


def test_a_closed_group_says_how_many_nodes_in_it_have_a_problem(tmp_path: Path) -> None:
    def named(proto: onnx.ModelProto) -> None:
        for number, node in enumerate(proto.graph.node):
            node.name = f"/{'first' if number < 4 else 'second'}/{node.output[0]}"

    chain = "a = Relux(x)  b = Relux(a)  c = Abs(b)  d = Add(c, c)  e = Abs(d)  f = Neg(e)  y = Add(f, f)"
    path = written(tmp_path, chain, named)
    scene = picture(Source.of_file(path), View("none")).scene
    assert [(box.kind, box.lines[0]) for box in scene.boxes if box.flagged] == [
        ("group", "⚠ 2 nodes with a problem")
    ]


def test_a_problem_in_a_function_is_at_each_of_its_calls(tmp_path: Path) -> None:
    proto = parser.parse_model(
        f"""{HEAD} g (float[4] x) => (float[4] y) {{ h = own.Twice(x)  y = own.Twice(h) }}
        <domain: "own", opset_import: ["" : 17]> Twice (p) => (q) {{ q = Relu(p, p) }}"""
    )
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    scene = picture(Source.of_file(path), View("all")).scene
    assert sorted(box.id for box in scene.boxes if box.flagged) == [
        "h/Twice/function own.Twice/q",
        "y/Twice/function own.Twice/q",
    ]


def test_custom_operators_and_those_of_the_runtime_are_no_problem(tmp_path: Path) -> None:
    model = read_model(written(tmp_path, "h = own.Magic(x)  y = SimplifiedLayerNormalization(h, x)"))
    assert model.problems == ()
    require_valid(model)


def test_a_thousand_breaches_are_counted_and_the_first_are_kept(tmp_path: Path) -> None:
    nodes = " ".join(f"n{i} = Add(x, gone{i})" for i in range(1000))
    model: Model = read_model(written(tmp_path, f"{nodes} y = Abs(x)"))
    assert len(model.problems) == MOST_OF_A_RULE
    assert any("and 995 more" in note for note in model.notes)


def test_an_output_without_a_shape_does_not_keep_a_model_from_being_run(tmp_path: Path) -> None:
    def shapeless(proto: onnx.ModelProto) -> None:
        proto.graph.output[0].ClearField("type")

    model = read_model(written(tmp_path, "y = Abs(x)", shapeless))
    assert [(problem.rule, problem.values) for problem in model.problems] == [("graph", ("y",))]
    require_valid(model)


def test_what_shape_inference_crashes_at_can_be_looked_at(tmp_path: Path) -> None:
    proto = parser.parse_model(
        '<ir_version: 10, opset_import: ["" : 20]> g () => (bool y) { y = RegexFullMatch(nowhere) }'
    )
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    model = read_model(path)
    assert [problem.rule for problem in model.problems] == ["unmade"]
    assert model.graph.nodes[0].domain == ""
