"""Bytes -> Model: what is kept, and how a person and the other stages see it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper, parser

from onnxviz.model import Model
from onnxviz.reading import describe, external_locations, node_rows, read_model
from onnxviz.store import Store, digest_of
from tests.conftest import wheel_data

HEAD = '<ir_version: 8, opset_import: ["" : 17]>'


def read(tmp_path: Path, text: str | onnx.ModelProto) -> Model:
    proto = parser.parse_model(text) if isinstance(text, str) else text
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    return read_model(path, "m", "d" * 64)


def types(model: Model) -> dict[str, str]:
    return {name: value.type_text for name, value in model.graph.values.items()}


def test_a_model_is_described_without_its_weights(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        """<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 3], producer_name: "hand",
            producer_version: "1", doc_string: "a small one", metadata_props: ["license": "MIT"]>
        g (float[N, 4] x) => (float[N, 2] y)
        <float[4, 2] w = {1, 2, 3, 4, 5, 6, 7, 8}, float[2] b = {0.5, -1}>
        { h = MatMul(x, w)  y = Add(h, b) }""",
    )
    assert (model.name, model.digest, model.ir_version) == ("m", "d" * 64, 8)
    assert (model.producer, model.doc, model.metadata) == ("hand 1", "a small one", (("license", "MIT"),))
    assert model.opsets == (("", 17), ("ai.onnx.ml", 3))
    assert (model.parameters, model.nbytes) == (10, (tmp_path / "m.onnx").stat().st_size)
    assert (model.graph.inputs, model.graph.outputs, model.graph.initializers) == (("x",), ("y",), ("w", "b"))
    assert types(model) == {
        "x": "float[N, 4]",
        "y": "float[N, 2]",
        "w": "float[4, 2]",
        "b": "float[2]",
        "h": "float[N, 2]",
    }
    weight = model.graph.values["w"]
    assert (weight.is_constant, weight.nbytes, weight.preview) == (True, 32, "[1, 2, 3, 4, 5, 6, 7, 8]")
    assert model.notes == ()


def test_the_description_is_json_and_counts_bodies(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        HEAD
        + """ g (bool c, float[2] x) => (float[2] y) {
        y = If (c) <then_branch = t () => (float[2] z) { a = Relu(x)  z = Abs(a) },
                    else_branch = e () => (float[2] z2) { z2 = Relu(x) }> }""",
    )
    found = json.loads(json.dumps(describe(model)))
    assert found == {
        "name": "m",
        "digest": "d" * 64,
        "nodes": 4,
        "op_types": {"Relu": 2, "Abs": 1, "If": 1},
        "parameters": 0,
        "bytes": model.nbytes,
        "opsets": {"ai.onnx": 17},
        "ir_version": 8,
        "producer": "",
        "inputs": [
            {"name": "c", "dtype": "bool", "shape": []},
            {"name": "x", "dtype": "float", "shape": [2]},
        ],
        "outputs": [{"name": "y", "dtype": "float", "shape": [2]}],
        "functions": [],
        "external_files": [],
        "notes": [],
        "problems": [],
    }
    assert [row["id"] for row in node_rows(model)] == [
        "y",
        "y/then_branch:0/a",
        "y/then_branch:0/z",
        "y/else_branch:0/z2",
    ]
    assert node_rows(model)[1]["inputs"] == "x: float[2]"


def test_bodies_have_types_of_their_own(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        HEAD
        + """ g (bool c, float[2,3] x) => (y) {
        y = If (c) <then_branch = t () => (z) { a = Transpose(x)  z = Shape(a) },
                    else_branch = e () => (z2) { z2 = Shape(x) }> }""",
    )
    (then_name, then), _ = model.graph.nodes[0].subgraphs
    assert then_name == "then_branch"
    assert {name: value.type_text for name, value in then.values.items()} == {
        "z": "int64[2]",
        "a": "float[3, 2]",
    }
    assert types(model)["y"] == "int64[2]"


def test_constants_of_every_kind_have_a_type_and_a_preview(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        HEAD
        + """ g () => (a) {
        a = Constant<value = int64[3] {-1, 0, 7}>()
        b = Constant<value_float = 0.1>()
        c = Constant<value_ints = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]>()
        d = Constant<value_string = "hi">()
        e = Constant<value_floats = [1.0, 2.5]>()
        f = Constant<value_int = 5>()
        s = Constant<value_strings = ["p", "q"]>()
        t = Constant<value = bool[2] {1, 0}>() }""",
    )
    assert {name: (value.type_text, value.preview) for name, value in model.graph.values.items()} == {
        "a": ("int64[3]", "[-1, 0, 7]"),
        "b": ("float[]", "0.1"),
        "c": ("int64[10]", "[1, 2, 3, 4, 5, 6, 7, 8, …]"),
        "d": ("string[]", '"hi"'),
        "e": ("float[2]", "[1, 2.5]"),
        "f": ("int64[]", "5"),
        "s": ("string[2]", '["p", "q"]'),
        "t": ("bool[2]", "[True, False]"),
    }
    assert all(value.is_constant for value in model.graph.values.values())


@pytest.mark.parametrize(
    ("code", "items", "text", "nbytes"),
    [
        (TensorProto.INT4, [-8, 7, 1], "int4[3]", 2),
        (TensorProto.UINT4, [15, 0], "uint4[2]", 1),
        (TensorProto.FLOAT8E4M3FN, [1.0, 0.5], "float8e4m3fn[2]", 2),
        (TensorProto.BFLOAT16, [1.5, -2.0], "bfloat16[2]", 4),
        (TensorProto.FLOAT16, [1.5, -2.0], "float16[2]", 4),
        (TensorProto.COMPLEX64, [1 + 2j], "complex64[1]", 8),
        (TensorProto.UINT2, [3, 1, 0, 2, 1], "uint2[5]", 2),
        (TensorProto.FLOAT4E2M1, [0.5, 6.0], "float4e2m1[2]", 1),
    ],
)
def test_odd_element_types_are_named_sized_and_previewed(
    tmp_path: Path, code: int, items: list[complex], text: str, nbytes: int
) -> None:
    tensor = helper.make_tensor("w", code, [len(items)], items)
    graph = helper.make_graph(
        [helper.make_node("Identity", ["w"], ["y"])],
        "g",
        [],
        [helper.make_tensor_value_info("y", code, None)],
        [tensor],
    )
    value = read(tmp_path, helper.make_model(graph)).graph.values["w"]
    assert (value.type_text, value.nbytes) == (text, nbytes)
    shown = (value.preview or "").strip("[]").split(", ")
    assert [complex(item) for item in shown] == items


def test_sequences_maps_and_optionals_are_named_in_full(tmp_path: Path) -> None:
    tensor = helper.make_tensor_type_proto(1, [2])
    kinds = {
        "s": helper.make_sequence_type_proto(tensor),
        "o": helper.make_optional_type_proto(helper.make_sequence_type_proto(tensor)),
        "m": helper.make_map_type_proto(7, tensor),
        "p": helper.make_sparse_tensor_type_proto(11, [3, "N"]),
    }
    infos = [helper.make_value_info(name, kind) for name, kind in kinds.items()]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["s"], ["y"])], "g", infos, [helper.make_value_info("y", kinds["s"])]
    )
    assert types(read(tmp_path, helper.make_model(graph))) == {
        "y": "seq(tensor(float))",
        "s": "seq(tensor(float))",
        "o": "optional(seq(tensor(float)))",
        "m": "map(int64, tensor(float))",
        "p": "sparse_tensor(double)[3, N]",
    }


def test_a_sparse_initializer_counts_what_it_stores(tmp_path: Path) -> None:
    values = helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])
    indices = helper.make_tensor("i", TensorProto.INT64, [2], [0, 999])
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", 1, [1])],
        [helper.make_tensor_value_info("y", 1, [1])],
        sparse_initializer=[helper.make_sparse_tensor(values, indices, [1000])],
    )
    model = read(tmp_path, helper.make_model(graph))
    value = model.graph.values["w"]
    assert (value.type_text, value.nbytes, value.preview) == ("sparse_tensor(float)[1000]", 24, "[1, 2]")
    assert (model.parameters, model.graph.initializers) == (2, ("w",))


def test_inputs_that_are_initializers_too_are_left_out_of_the_inputs(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        """<ir_version: 3, opset_import: ["" : 7]>
        g (float[1] x, float[1] w) => (float[1] y) <float[1] w = {2}> { y = Add(x, w) }""",
    )
    assert model.graph.inputs == ("x",)
    assert model.graph.values["w"].preview == "[2]"


def test_sizes_made_up_by_the_inference_are_unknown_and_the_models_own_symbols_stay(tmp_path: Path) -> None:
    model = read(tmp_path, HEAD + " g (float[N, 4] x) => (int64[2, K] y) { a = Relu(x)  y = NonZero(a) }")
    assert types(model)["a"] == "float[N, 4]"
    other = read(tmp_path, HEAD + " g (float[N, 4] x) => (z) { y = NonZero(x)  z = Neg(y) }")
    assert types(other)["z"] == "int64[2, ?]"


def test_shapes_computed_in_the_graph_are_found_by_data_propagation(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        HEAD
        + """ g (float[2, 3, 4] x) => (y) {
        s = Shape(x)  i = Constant<value = int64[1] {0}>()  n = Gather(s, i)
        m = Constant<value = int64[1] {-1}>()  t = Concat<axis = 0>(n, m)  y = Reshape(x, t) }""",
    )
    assert types(model)["y"] == "float[2, 12]"


def test_large_weights_do_not_stand_in_the_way_of_shape_inference(tmp_path: Path) -> None:
    proto = parser.parse_model(HEAD + " g (float[1, 3, 8, 8] x) => (y) { y = Conv(x, w) }")
    proto.graph.initializer.append(numpy_helper.from_array(np.ones((64, 3, 3, 3), np.float32), "w"))
    model = read(tmp_path, proto)
    assert types(model)["y"] == "float[1, 64, 6, 6]"
    assert (model.graph.values["w"].nbytes, model.graph.values["w"].preview) == (64 * 27 * 4, None)


def test_failed_inference_is_a_note(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        """<ir_version: 10, opset_import: ["" : 17, "l" : 1]> g (float[4] x) => (y) { y = l.f(x) }
        <domain: "l", opset_import: ["" : 17, "l" : 1]> f (a) => (b) { b = l.f(a) }""",
    )
    assert any("not inferred: its functions call one another too often" in note for note in model.notes)


def test_functions_that_double_at_each_level_do_not_hang_the_reader(tmp_path: Path) -> None:
    text = '<ir_version: 10, opset_import: ["" : 17, "l" : 1]> g (float[4] x) => (y) { y = l.f0(x) }'
    for n in range(60):
        text += '<domain: "l", opset_import: ["" : 17, "l" : 1]> '
        text += f"f{n} (a) => (b) {{ c = l.f{n + 1}(a) b = l.f{n + 1}(c) }}"
    text += '<domain: "l", opset_import: ["" : 17]> f60 (a) => (b) { b = Relu(a) }'
    model = read(tmp_path, text)
    assert len(model.functions) == 61
    assert any("call one another" in note for note in model.notes)


def test_functions_are_graphs_of_their_own(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        """<ir_version: 10, opset_import: ["" : 17, "l" : 1]>
        g (float[4] x) => (float[4] y) { y = l.f<alpha = 0.5>(x) }
        <domain: "l", opset_import: ["" : 17]>
        f <alpha> (a) => (b) { c = LeakyRelu<alpha: float = @alpha>(a)  b = Relu(c) }""",
    )
    [(name, body)] = model.functions
    assert (name, body.inputs, body.outputs) == ("l.f", ("a",), ("b",))
    assert [node.id for node in body.nodes] == ["function l.f/c", "function l.f/b"]
    assert body.nodes[0].attributes[0].text == "@alpha"
    assert set(body.values) == {"a", "b", "c"}
    assert model.notes == ()


def test_ids_are_unique_even_where_outputs_repeat_or_are_missing(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["y"]),
        helper.make_node("Abs", ["x"], ["y"]),
        helper.make_node("Neg", ["x"], ["y"]),
        helper.make_node("Relu", ["x"], ["y#2"]),
        helper.make_node("Foo", ["x"], []),
        helper.make_node("Dropout", ["x"], ["", "mask"]),
    ]
    info = [helper.make_tensor_value_info(name, 1, [1]) for name in "xy"]
    model = read(tmp_path, helper.make_model(helper.make_graph(nodes, "g", info[:1], info[1:])))
    ids = [node.id for node in model.graph.nodes]
    assert ids == ["y", "y#2", "y#3", "y#2#2", "Foo@4", "mask"]
    assert any("made more than once" in note and "'y'" in note for note in model.notes)


def test_attributes_that_are_cut_short_still_differ_where_their_content_does(tmp_path: Path) -> None:
    def text(last: int) -> str:
        attributes = {
            "many": [*range(99), last],
            "t": numpy_helper.from_array(np.array([*range(2000), last])),
            "s": "long " * 99 + str(last),
            "p": "plain",
            "f": 0.1,
            "g": ["a", "b"],
        }
        node = helper.make_node("Foo", ["x"], ["y"], domain="d", **attributes)
        info = [helper.make_tensor_value_info(name, 1, [1]) for name in "xy"]
        model = read(tmp_path, helper.make_model(helper.make_graph([node], "g", info[:1], info[1:])))
        return json.dumps({a.name: a.text for a in model.graph.nodes[0].attributes}, ensure_ascii=False)

    first = json.loads(text(1))
    assert (first["p"], first["f"], first["g"]) == ("plain", "0.1", '["a", "b"]')
    assert all(len(value) < 200 for value in first.values())
    second = json.loads(text(2))
    assert {name for name in first if first[name] != second[name]} == {"many", "t", "s"}
    assert text(1) == text(1)


def test_the_dynamo_exporters_scopes_are_relative_and_match_torchscripts(tmp_path: Path) -> None:
    proto = parser.parse_model(
        HEAD + " g (float[1] x) => (float[1] y) { a = Relu(x)  b = Abs(a)  y = Neg(b) }"
    )
    layer = "encoder.layer.0"
    listed = str(["", "encoder", layer, f"{layer}.ff", f"{layer}.ff.1", f"{layer}.ff.1.0", "relu"])
    kinds = str(["m.M", "m.Enc", "m.Layer", "nn.Sequential", "nn.Sequential", "nn.ReLU", "aten.relu.default"])
    for key, text in (("name_scopes", listed), ("class_hierarchy", kinds), ("stack_trace", "File …")):
        proto.graph.node[0].metadata_props.add(key=f"pkg.torch.onnx.{key}", value=text)
    proto.graph.node[1].name = "/encoder/layer.0/ff/ff.1/ff.1.0/Abs"
    proto.graph.node[2].metadata_props.add(key="pkg.torch.onnx.name_scopes", value="['', 'neg']")
    relu, absolute, neg = read(tmp_path, proto).graph.nodes
    assert relu.scope == absolute.scope == ("encoder", "layer.0", "ff", "ff.1", "ff.1.0")
    assert relu.scope_types == ("Enc", "Layer", "Sequential", "Sequential", "ReLU")
    assert (relu.source, absolute.scope_types, neg.scope) == ("File …", ("",) * 5, ())


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("", ()),
        ("Conv_3", ()),
        ("/Add", ()),
        ("/l.0/l.0.1/Relu", ("l.0", "l.0.1")),
        ("model/block1/Conv2D", ("model", "block1")),
        ("a/b/Relu;a/b/BiasAdd;c/d", ("a", "b")),
        ("//a// /x", ("a",)),
        ("/////", ()),
        ("http://x.org/y", ("http:", "x.org")),
        ("/".join("d" * 99), tuple("d" * 32)),
    ],
)
def test_a_scope_is_read_from_a_node_name_with_slashes(
    tmp_path: Path, name: str, scope: tuple[str, ...]
) -> None:
    proto = parser.parse_model(HEAD + " g (float[1] x) => (float[1] y) { y = Relu(x) }")
    proto.graph.node[0].name = name
    node = read(tmp_path, proto).graph.nodes[0]
    assert (node.scope, len(node.scope_types)) == (scope, len(scope))


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "[[[[" * 999,
        "['a'" + ", 'a'" * 9999 + "]",
        "[1, 2]",
        "{}",
        "__import__('os')",
        "['a', ['b']]",
        "[" + "-" * 5000 + "1]",
    ],
)
def test_scopes_that_are_no_list_of_strings_are_ignored(tmp_path: Path, text: str) -> None:
    proto = parser.parse_model(HEAD + " g (float[1] x) => (float[1] y) { y = Relu(x) }")
    proto.graph.node[0].metadata_props.add(key="pkg.torch.onnx.name_scopes", value=text)
    assert read(tmp_path, proto).graph.nodes[0].scope == ()


def external_model(folder: Path, elements: int = 5000) -> Path:
    proto = parser.parse_model(HEAD + " g (float[N, 50] x) => (y) { h = Reshape(x, s)  y = Add(h, w) }")
    proto.graph.initializer.append(numpy_helper.from_array(np.array([-1, 25]), "s"))
    proto.graph.initializer.append(numpy_helper.from_array(np.ones((elements // 25, 25), np.float32), "w"))
    path = folder / "big.onnx"
    onnx.save(proto, path, save_as_external_data=True, location="big.data", size_threshold=0)
    return path


def test_external_data_is_checked_counted_and_read_only_where_it_is_small(tmp_path: Path) -> None:
    path = external_model(tmp_path)
    model = read_model(path)
    assert (model.name, model.external_files) == ("big.onnx", ("big.data",))
    assert model.nbytes == path.stat().st_size + (tmp_path / "big.data").stat().st_size
    assert model.digest == digest_of(path, {"big.data": tmp_path / "big.data"})
    assert (model.graph.values["s"].preview, model.graph.values["w"].preview) == ("[-1, 25]", None)
    assert types(model)["h"] == "float[?, 25]"
    assert external_locations(path) == ("big.data",)


def test_the_store_and_the_reader_agree_on_the_digest(tmp_path: Path) -> None:
    path = external_model(tmp_path)
    store = Store(tmp_path / "store")
    stored = store.add({"big.onnx": path, "big.data": tmp_path / "big.data"}, "big.onnx")
    model = read_model(stored.path)
    assert (model.digest, model.nbytes) == (stored.digest, stored.nbytes)


def test_three_gigabytes_of_external_weights_open_without_being_read(tmp_path: Path) -> None:
    tensor = TensorProto(name="w", data_type=1, dims=[3, 2**28], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="w.bin")
    graph = helper.make_graph(
        [helper.make_node("Relu", ["w"], ["y"])],
        "g",
        [],
        [helper.make_tensor_value_info("y", 1, None)],
        [tensor],
    )
    with (tmp_path / "w.bin").open("wb") as stream:
        stream.truncate(3 * 2**30)  # a sparse file: it takes no room
    model = read(tmp_path, helper.make_model(graph))
    assert (model.parameters, types(model)["y"]) == (3 * 2**28, f"float[3, {2**28}]")
    assert model.nbytes > 3 * 2**30


def test_every_model_in_the_onnx_wheel_is_read_with_unique_ids_and_no_notes() -> None:
    paths = sorted(wheel_data().glob("**/*.onnx"))
    assert len(paths) >= 140
    for path in paths:
        model = read_model(path, digest="d" * 64)
        nodes = list(model.graph.walk())
        assert len({node.id for node in nodes}) == len(nodes), path
        assert describe(model)["nodes"] == len(node_rows(model)) == len(nodes), path
        assert model.notes == (), path


def test_every_value_of_the_light_models_that_matters_has_a_type(light_models: list[Path]) -> None:
    for path in light_models:
        graph = read_model(path, digest="d" * 64).graph
        # What stays unknown is the optional mask of Dropout and the like, which nobody reads.
        read_somewhere = {name for node in graph.nodes for name in node.inputs if name}
        assert all(graph.values[name].shape is not None for name in read_somewhere), path


def test_importing_the_reader_and_the_store_loads_nothing_heavy() -> None:
    code = (
        "import sys, onnxviz.reading, onnxviz.store;"
        "print([m for m in ('onnx', 'numpy', 'torch', 'onnxruntime', 'streamlit') if m in sys.modules])"
    )
    root = Path(__file__).parents[1]
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert found.stdout.strip() == "[]"
