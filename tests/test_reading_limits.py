"""What a model may hold at most: each limit is a setting, and its sentence says limit, figure and name."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper, parser

from onnxviz import settings
from onnxviz.errors import RefusedFile
from onnxviz.model import Graph, Model, Node
from onnxviz.reading import describe, read_model
from onnxviz.reading.limits import survey

BASE = '<ir_version: 8, opset_import: ["" : 17]> g (float[4] x) => (float[4] y) { h = Relu(x)  y = Abs(h) }'


def base() -> onnx.ModelProto:
    return parser.parse_model(BASE)


def tensor(**fields: Any) -> Callable[[onnx.ModelProto], None]:
    return lambda proto: proto.graph.initializer.append(TensorProto(name="w", **fields))


def nested(proto: onnx.ModelProto) -> None:
    graph = proto.graph
    for _ in range(3):
        node = graph.node.add(op_type="If", output=["p"])
        graph = node.attribute.add(name="then_branch", type=onnx.AttributeProto.GRAPH).g
        graph.name = "b"


def renamed(proto: onnx.ModelProto) -> None:
    proto.graph.node[0].name = "n" * 101


def sized(proto: onnx.ModelProto) -> None:
    proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "s" * 101


LIMITS: dict[str, tuple[settings.Whole, int, Callable[[onnx.ModelProto], object], str]] = {
    "bytes": (settings.MAX_FILE_BYTES, 50, lambda proto: None, "bytes; the limit here is 50"),
    "nodes": (settings.MAX_NODES, 1, lambda proto: None, "2 or more nodes; the limit here is 1"),
    "nesting": (settings.MAX_NESTING, 2, nested, "bodies within bodies, 3 or more deep"),
    "claimed bytes": (
        settings.MAX_TENSOR_BYTES,
        1000,
        tensor(data_type=1, dims=[251]),
        "a tensor, 'w', that claims to have 1,004 bytes",
    ),
    "values": (settings.MAX_VALUES, 5, lambda proto: None, "or more names and sizes of tensors"),
    "constants": (
        settings.MAX_TENSORS,
        1,
        lambda proto: [tensor(data_type=1)(proto) for _ in range(2)],
        "2 or more constants",
    ),
    "attributes": (
        settings.MAX_ATTRIBUTES,
        1,
        lambda proto: [proto.graph.node[0].attribute.add(name=name, type=2) for name in "ab"],
        "2 or more attributes",
    ),
    "name of a node": (settings.MAX_NAME_CHARS, 100, renamed, "name of a node, 'nnn"),
    "name of a size": (settings.MAX_NAME_CHARS, 100, sized, "name of a size, 'sss"),
}


@pytest.mark.parametrize("kind", LIMITS)
def test_a_limit_is_a_setting_and_its_sentence_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    setting, most, change, words = LIMITS[kind]
    proto = base()
    change(proto)
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    read_model(path)
    monkeypatch.setenv(setting.name, str(most))
    with pytest.raises(RefusedFile) as caught:
        read_model(path)
    sentence = str(caught.value)
    assert words in sentence
    assert f"{most:,}" in sentence
    assert f"set {setting.name} higher" in sentence


@pytest.mark.parametrize(
    "dims",
    [[10**6, 10**6], [2**62, 2**62, 8], [2**63 - 1] * 20],
    ids=["4 TB", "past 64 bits", "past everything"],
)
def test_a_tensor_that_claims_more_than_there_can_be_is_refused(tmp_path: Path, dims: list[int]) -> None:
    proto = base()
    tensor(data_type=1, dims=dims)(proto)
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(RefusedFile, match=r"a tensor, 'w', that claims to have .* bytes") as caught:
        read_model(path)
    assert len(str(caught.value)) < 300


def test_a_tensor_with_a_million_dimensions_is_refused(tmp_path: Path) -> None:
    proto = base()
    tensor(data_type=1, dims=[1] * 1_000_000)(proto)
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(RefusedFile, match="1,000,000 dimensions"):
        read_model(path)


def test_a_nest_of_20000_bodies_that_was_built_in_memory_is_refused() -> None:
    proto = base()
    graph = proto.graph
    for _ in range(20_000):
        node = graph.node.add(op_type="If", output=["p"])
        graph = node.attribute.add(name="then_branch", type=onnx.AttributeProto.GRAPH).g
    with pytest.raises(RefusedFile, match="bodies within bodies, 33 or more deep"):
        survey(proto, "m")


def test_a_description_of_20000_bodies_is_walked_and_counted() -> None:
    graph = Graph("b", ())
    for number in range(20_000):
        graph = Graph("g", (Node(f"n{number}", "If", outputs=("p",), subgraphs=(("then_branch", graph),)),))
    model = Model("m", "d" * 64, "m.onnx", graph)
    found = describe(model)
    assert (found["nodes"], found["op_types"]) == (20_000, {"If": 20_000})


def test_many_long_names_are_refused_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(base().SerializeToString())
    monkeypatch.setattr("onnxviz.reading.limits.MOST_CHARACTERS", 200)
    read_model(path)
    proto = base()
    for number in range(3):
        proto.graph.node.append(helper.make_node("Relu", ["x"], [f"{number}" * 70]))
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(RefusedFile, match="its names have more than 200 characters together"):
        read_model(path)


def test_long_names_around_a_large_body_do_not_multiply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onnxviz.reading.graphs.MOST_ID_CHARS", 10_000)
    nodes = [helper.make_node("Relu", ["x"], [f"b{number}"]) for number in range(20)]
    body = helper.make_graph(nodes, "b", [], [])
    proto = base()
    proto.graph.node.append(helper.make_node("If", ["x"], ["n" * 1000], then_branch=body, else_branch=body))
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(RefusedFile, match="more than 10,000 characters"):
        read_model(path)


def test_long_lists_are_told_apart_by_a_mark_and_are_not_written_out(tmp_path: Path) -> None:
    texts = []
    for last in (1, 2):
        proto = base()
        items = [*range(100_000), last]
        proto.graph.node[0].attribute.add(name="k", type=onnx.AttributeProto.INTS).ints.extend(items)
        proto.graph.node.append(helper.make_node("Constant", [], ["c"], value_ints=items))
        path = tmp_path / "m.onnx"
        path.write_bytes(proto.SerializeToString())
        graph = read_model(path).graph
        texts.append(graph.nodes[0].attributes[0].text)
        constant = graph.values["c"]
        assert (constant.type_text, constant.nbytes, constant.preview) == ("int64[100001]", 800_008, None)
    assert texts[0] != texts[1]
    assert all(len(text) < 120 for text in texts)


def test_shapes_are_inferred_without_counting_through_a_list_of_a_billion(tmp_path: Path) -> None:
    # With the data of such a list inference takes gigabytes and does not end.
    for given in ("float[1000000000]", "float[100000,10000]"):
        text = f"""<ir_version: 8, opset_import: ["" : 17]> g ({given} x) => (float[1000000000] y) {{
            all = Constant<value = int64[1] {{-1}}>()  h = Reshape(x, all)  y = Add(h, h) }}"""
        path = tmp_path / "m.onnx"
        path.write_bytes(parser.parse_model(text).SerializeToString())
        assert read_model(path).graph.values["h"].type_text == "float[1000000000]"


def test_a_zip_is_told_by_its_directory_and_never_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.onnx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data.pkl", bytes(10_000_000))

    def unpack(*_: object, **__: object) -> None:
        raise AssertionError("a part was opened")

    monkeypatch.setattr(zipfile.ZipFile, "open", unpack)
    with pytest.raises(RefusedFile, match="PyTorch checkpoint"):
        read_model(path)
    # Nor is a directory read that is itself the bomb.
    monkeypatch.setattr("onnxviz.reading.sniff._MOST_DIRECTORY", 50)
    with pytest.raises(RefusedFile, match="zip archive of very many files"):
        read_model(path)
