"""Files that are no model, or broken ones: each ends in one sentence, or is read with a note."""

from __future__ import annotations

import io
import os
import pickle
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper, parser

from onnxviz.errors import OnnxvizError, RefusedFile
from onnxviz.model import Graph, Model
from onnxviz.reading import describe, external_locations, node_rows, read_model
from onnxviz.reading.scopes import scopes_of
from tests.conftest import wheel_data

TINY = parser.parse_model(
    '<ir_version: 8, opset_import: ["" : 17]> g (float[4] x) => (float[4] y) { h = Relu(x)  y = Abs(h) }'
)
BYTES = TINY.SerializeToString()
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return stream.getvalue()


def saved(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


class Bomb:
    """Unpickling it would end the test run."""

    def __reduce__(self) -> tuple[Callable[[int], None], tuple[int]]:
        return os._exit, (3,)


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def field(number: int, content: bytes | int) -> bytes:
    """A field of a protobuf: of a number, or of bytes with their length."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def nested(depth: int) -> bytes:
    # Built from the inside out as bytes: protobuf would not parse or build it.
    graph = field(2, b"g")
    for _ in range(depth):
        graph = field(2, b"g") + field(
            1, field(4, b"If") + field(5, field(1, b"then_branch") + field(6, graph))
        )
    return b"\x08\x08" + field(7, graph)


NOT_MODELS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "zeros": (bytes(10_000), "zeros alone"),
    "pytorch checkpoint": (zipped("archive/data.pkl", "archive/data/0"), "PyTorch checkpoint"),
    "torchscript": (zipped("m/data.pkl", "m/constants.pkl", "m/code/m.py"), "TorchScript archive"),
    "exported program": (zipped("p/archive_format", "p/models/model.json"), "exported program"),
    "keras archive": (zipped("config.json", "model.weights.h5"), "Keras archive"),
    "npz": (zipped("a.npy", "b.npy"), "NumPy archive"),
    "zip with a model": (zipped("dir/m.onnx"), "with an .onnx file inside"),
    "zip": (zipped("readme.txt"), "zip archive without"),
    "broken zip": (zipped("archive/data.pkl")[:20], "cut off or damaged"),
    "pickle that acts": (pickle.dumps(Bomb()), "Python pickle"),
    "old checkpoint": (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.", "Python pickle"),
    "tflite": (b"\x1c\0\0\0TFL3" + bytes(40), "TensorFlow Lite"),
    "ort": (b"\x1c\0\0\0ORTM" + bytes(40), "ONNX Runtime's own"),
    "gguf": (b"GGUF\x03\0\0\0", "GGUF"),
    "safetensors": ((20).to_bytes(8, "little") + b'{"__metadata__":{}}  ', "safetensors"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(30), "HDF5"),
    "numpy": (saved(np.ones(3)), "NumPy array"),
    "gzip": (b"\x1f\x8b\x08" + bytes(20), "gzip"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(20), "zstd"),
    "tar": (b"m.onnx" + bytes(251) + b"ustar\x0000", "tar archive"),
    "program": (b"\x7fELF\x02\x01", "program or library"),
    "picture": (b"\x89PNG\r\n\x1a\n", "picture"),
    "git lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "git lfs pull"),
    "web page": (b"\n<!DOCTYPE html>\n<html><title>Sign in</title>", "web page"),
    "openvino": (b'<?xml version="1.0"?>\n<net name="m" version="11">', "OpenVINO"),
    "xml": (b"<?xml version='1.0'?><a/>", "XML text"),
    "json": (b'{"architectures": ["BertModel"]}', "JSON text"),
    "json error": (b'{"error": "Repository not found"}', "server's error"),
    "json model": (b'{"irVersion": "8", "graph": {}}', "ONNX's JSON form"),
    "onnx text": (onnx.printer.to_text(TINY).encode(), "ONNX's text syntax"),
    "bare onnx text": (b"g (float[4] x) => (float[4] y) { y = Relu(x) }", "ONNX's text syntax"),
    "text proto": (str(TINY).encode(), "protobuf's text format"),
    "ncnn": (b"7767517\n75 83\n", "ncnn"),
    "python": ("# Übung\nimport torch\n".encode(), "is text"),
    "utf-16": ("model".encode("utf-16"), "UTF-16"),
    "old pickle": (pickle.dumps([1], protocol=0), "Python pickle"),
    "joblib": (b"\x78\x9c" + bytes(range(200, 250)), "compressed with zlib"),
    "executorch": (b"\x1c\0\0\0ET12" + bytes(40), "ExecuTorch"),
    "core ml package": (zipped("m.mlpackage/Data/com.apple.CoreML/model.mlmodel"), "Core ML package"),
    "zipped saved model": (zipped("m/saved_model.pb", "m/variables/variables.index"), "zipped SavedModel"),
    "saved model": (field(1, 1) + field(2, field(1, field(4, b"serve")) + b"\x12\0"), "TensorFlow graph"),
    "frozen graph": (field(1, field(1, b"x") + field(2, b"Placeholder")) * 3, "TensorFlow graph"),
    "tensorflow text": (
        b'node {\n  name: "x"\n  op: "Placeholder"\n}\n',
        "TensorFlow graph in protobuf's text",
    ),
    "paddle": (field(1, field(1, 0) + field(2, 0)) + field(4, field(1, 0)), "PaddlePaddle"),
    "core ml": (field(1, 4) + field(2, b"\x0a\0") + field(500, field(1, b"")), "Core ML model"),
    "caffe": (field(1, b"LeNet") + field(100, field(1, b"conv1")), "Caffe model"),
    "old caffe": (field(1, b"CaffeNet") + field(2, field(4, b"data")), "Caffe model"),
    "prototxt": (b'name: "LeNet"\nlayer {\n  name: "data"\n}', "network description of Caffe"),
    "a tensor": (
        numpy_helper.from_array(np.ones((2, 3), np.float32), "x").SerializeToString(),
        "single tensor",
    ),
    "no graph": (onnx.ModelProto(ir_version=8, producer_name="me").SerializeToString(), "no ONNX graph"),
    "an empty graph": (
        onnx.ModelProto(ir_version=8, graph=onnx.GraphProto(name="g")).SerializeToString(),
        "empty graph",
    ),
    "cut off": (BYTES[:-9], "is cut off"),
    "cut off in the head": (b"\x08", "is not an ONNX model"),
    "damaged": (BYTES + b"\x0b\x0b", "is damaged"),
    "noise": (bytes(range(255, 0, -1)), "is not an ONNX model"),
    "nested too deeply": (nested(60), "nested deeper"),
    "nested without end": (nested(20_000), "nested deeper"),
}


@pytest.mark.parametrize("kind", NOT_MODELS)
def test_what_is_no_model_is_named_in_one_sentence_with_a_remedy(tmp_path: Path, kind: str) -> None:
    content, words = NOT_MODELS[kind]
    path = tmp_path / "upload.onnx"
    path.write_bytes(content)
    with pytest.raises(RefusedFile, match=re.escape(words)) as caught:
        read_model(path)
    sentence = str(caught.value)
    assert sentence.startswith("upload.onnx: ")
    assert caught.value.remedy
    assert len(sentence) < 300
    assert str(tmp_path) not in sentence


@pytest.mark.parametrize(
    ("name", "words"),
    [("net.mnn", "MNN model"), ("net.engine", "TensorRT engine"), ("net.bin", "weights by its name")],
)
def test_what_no_content_tells_is_told_by_its_name(tmp_path: Path, name: str, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(bytes(range(255, 0, -1)))
    with pytest.raises(RefusedFile, match=words):
        read_model(path)


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, words in (
        (tmp_path / "gone", "is not there"),
        (tmp_path, "is a folder"),
        (tmp_path / "pipe", "is a pipe"),
    ):
        with pytest.raises(RefusedFile, match=words):
            read_model(path)
    with pytest.raises(OnnxvizError):
        read_model(Path("a\0b"))


def test_a_file_past_two_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "m.onnx").open("wb") as stream:
        stream.write(BYTES)
        stream.truncate(2**31 + 5)
    with pytest.raises(RefusedFile, match="more than the 2 GiB"):
        read_model(tmp_path / "m.onnx")


def write_external(folder: Path, **entries: str) -> Path:
    tensor = TensorProto(name="w", data_type=1, dims=[100], data_location=TensorProto.EXTERNAL)
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=value)
    graph = helper.make_graph(
        [helper.make_node("Relu", ["w"], ["y"])],
        "g",
        [],
        [helper.make_tensor_value_info("y", 1, [100])],
        [tensor],
    )
    path = folder / "m.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    return path


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({}, "does not name"),
        ({"location": "/etc/passwd"}, "absolute path"),
        ({"location": "C:/w.bin"}, "absolute path"),
        ({"location": "../w.bin"}, "out of the model's own folder"),
        ({"location": "a\\w.bin"}, "backslash"),
        ({"location": "..\\w.bin"}, "backslash"),
        ({"location": "a/../../w.bin"}, "out of the model's own folder"),
        ({"location": "a/../w.bin"}, "out of the model's own folder"),
        ({"location": ".."}, "out of the model's own folder"),
        ({"location": "//w.bin"}, "absolute path"),
        ({"location": "\\\\host\\share\\w.bin"}, "absolute path"),
        ({"location": "file:///etc/passwd"}, "not a plain relative path"),
        ({"location": "%2e%2e/w.bin"}, "missing: '%2e%2e/w.bin'"),
        ({"location": "/dev/zero"}, "absolute path"),
        ({"location": "pipe"}, "not a regular file"),
        ({"location": "W.BIN"}, "missing: 'W.BIN'"),
        ({"location": "n" * 300}, "longer than a file system allows"),
        ({"location": "n" * 20_000}, "too long for a file name"),
        ({"location": "m.onnx"}, "names itself"),
        ({"location": "dangling.bin"}, "is a link"),
        ({"location": "w.bin", "offset": str(2**63)}, "and tensor 'w' ends at 9,223,372,036,854,776,208"),
        ({"location": "w.bin", "length": str(2**63)}, "ends at 9,223,372,036,854,775,808"),
        ({"location": "w\0.bin"}, "control character"),
        ({"location": "other.bin"}, "missing: 'other.bin'"),
        ({"location": "link.bin"}, "is a link"),
        ({"location": "linked/w.bin"}, "is a link"),
        ({"location": "folder"}, "not a regular file"),
        ({"location": "w.bin", "offset": "8"}, "has 400 bytes, and tensor 'w' ends at 408"),
        ({"location": "w.bin", "length": "401"}, "ends at 401"),
        ({"location": "w.bin", "length": "399"}, "needs 400 bytes and has 399"),
        ({"location": "w.bin", "offset": "-4"}, "offset '-4'"),
        ({"location": "w.bin", "offset": ""}, "offset ''"),
        ({"location": "w.bin", "length": "1e3"}, "length '1e3'"),
        ({"location": "w.bin", "offset": "9" * 500}, "has offset '9"),
        ({"location": "w.bin", "offset": "²"}, "has offset"),
    ],
)
def test_a_bad_reference_to_external_data_is_refused(
    tmp_path: Path, entries: dict[str, str], words: str
) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(400))
    (tmp_path / "link.bin").symlink_to(tmp_path / "w.bin")
    (tmp_path / "linked").symlink_to(tmp_path)
    (tmp_path / "dangling.bin").symlink_to(tmp_path / "nothing")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RefusedFile, match=re.escape(words)) as caught:
        read_model(write_external(tmp_path, **entries))
    assert caught.value.subject == "m.onnx"
    assert len(str(caught.value)) < 400


def outside() -> TensorProto:
    tensor = TensorProto(name="w", data_type=1, dims=[4], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="../secret")
    return tensor


def function_with_default(default: onnx.AttributeProto) -> onnx.ModelProto:
    model = onnx.ModelProto()
    model.CopyFrom(TINY)
    function = model.functions.add(name="F", domain="own", output=["o"])
    function.node.add(op_type="Constant", output=["o"]).attribute.add(
        name="value", ref_attr_name="value", type=default.type
    )
    function.attribute_proto.append(default)
    return model


@pytest.mark.parametrize("place", ["tensor", "body", "sparse list"])
def test_a_functions_default_cannot_name_a_file_outside_either(tmp_path: Path, place: str) -> None:
    default = onnx.AttributeProto(name="value")
    if place == "tensor":
        default.type = onnx.AttributeProto.TENSOR
        default.t.CopyFrom(outside())
    elif place == "body":
        default.type = onnx.AttributeProto.GRAPH
        default.g.CopyFrom(helper.make_graph([], "b", [], [], [outside()]))
    else:
        default.type = onnx.AttributeProto.SPARSE_TENSORS
        default.sparse_tensors.add().values.CopyFrom(outside())
    path = tmp_path / "m.onnx"
    path.write_bytes(function_with_default(default).SerializeToString())
    for look in (read_model, external_locations):
        with pytest.raises(RefusedFile, match="out of the model's own folder"):
            look(path)


def test_a_reference_that_names_two_files_is_refused(tmp_path: Path) -> None:
    path = write_external(tmp_path, location="w.bin")
    model = onnx.load(path, load_external_data=False)
    model.graph.initializer[0].external_data.add(key="location", value="other.bin")
    path.write_bytes(model.SerializeToString())
    with pytest.raises(RefusedFile, match="says twice where its data lies"):
        read_model(path)


def test_a_good_reference_is_read_and_all_missing_files_are_named_together(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(np.arange(101, dtype=np.float32).tobytes())
    path = write_external(tmp_path, location="./w.bin", offset="4", length="400")
    model = read_model(path)
    assert model.external_files == ("w.bin",)
    assert str(model.graph.values["w"].preview).startswith("[1, 2, 3")
    proto = onnx.load(path, load_external_data=False)
    for n in range(7):
        tensor = proto.graph.initializer.add()
        tensor.CopyFrom(proto.graph.initializer[0])
        tensor.name = f"w{n}"
        tensor.external_data[0].value = f"part{n}.bin"
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(RefusedFile, match=r"'part0.bin', .* and 2 more. Add them"):
        read_model(path)
    assert len(external_locations(path)) == 8


def read_graph(tmp_path: Path, nodes: list[onnx.NodeProto], **model: object) -> Model:
    info = [helper.make_tensor_value_info(name, 1, [1]) for name in "xy"]
    proto = helper.make_model(helper.make_graph(nodes, "g", info[:1], info[1:]), **model)
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    return read_model(path)


def node(op: str, reads: str, makes: str, domain: str = "") -> onnx.NodeProto:
    return helper.make_node(op, reads.split(), makes.split(), domain=domain)


OPSET_17 = {"opset_imports": [helper.make_opsetid("", 17)]}


@pytest.mark.parametrize(
    ("nodes", "model", "words"),
    [
        ([node("Add", "x c", "a"), node("Relu", "a", "c"), node("Abs", "c", "y")], OPSET_17, "a -> c -> a"),
        ([node("Add", "x y", "y")], OPSET_17, "cycle, so it cannot be run: 'y -> y'"),
        ([node("Relu", "a", "y"), node("Relu", "x", "a")], OPSET_17, "not in topological order"),
        ([node("Relu", "x", "y"), node("Abs", "x", "y")], OPSET_17, "made more than once"),
        ([node("Relu", "x", "x"), node("Abs", "x", "y")], OPSET_17, "which one is read is unclear: 'x'"),
        ([node("Add", "x gone", "y")], OPSET_17, "read but never made: 'gone'"),
        ([node("Relu", "x", "z")], OPSET_17, "read but never made: 'y'"),
        ([node("Relux", "x", "y")], OPSET_17, "no such operator: Relux (1, opset 17)"),
        ([node("Gelu", "x", "y")], OPSET_17, "no such operator: Gelu (1, opset 17)"),
        ([node("Relu", "x", "y")], {"opset_imports": [helper.make_opsetid("", 9999)]}, "opset 9999 is newer"),
        ([node("Relu", "x", "y")], {"opset_imports": [helper.make_opsetid("", 2**62)]}, "is newer"),
        ([node("Relu", "x", "y")], {"opset_imports": [helper.make_opsetid("z", 1)]}, "no opset version"),
        ([node("Relu", "x", "y")], {**OPSET_17, "ir_version": 999}, "IR version 999 is newer"),
        ([node("Relu", "x", "y")], {**OPSET_17, "ir_version": 0}, "no IR version"),
    ],
)  # fmt: skip
def test_a_breach_of_the_rules_is_a_note_and_the_model_can_be_looked_at(
    tmp_path: Path, nodes: list[onnx.NodeProto], model: dict[str, object], words: str
) -> None:
    found = read_graph(tmp_path, nodes, **model)
    assert any(words in note for note in found.notes), found.notes
    assert found.graph.node_count() == len(nodes)
    assert all(name in found.graph.values for each in found.graph.nodes for name in each.inputs)


def test_a_cycle_through_a_body_is_found(tmp_path: Path) -> None:
    body = helper.make_graph(
        [node("Relu", "late", "z")], "b", [], [helper.make_tensor_value_info("z", 1, [1])]
    )
    branch = helper.make_node("If", ["x"], ["y"], then_branch=body, else_branch=body)
    found = read_graph(tmp_path, [branch, node("Relu", "y", "late")], **OPSET_17)
    assert any("y -> late -> y" in note for note in found.notes)


def test_operators_of_other_domains_and_local_functions_are_no_reason_for_a_note(tmp_path: Path) -> None:
    opsets = {"opset_imports": [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]}
    assert read_graph(tmp_path, [node("Gelu", "x", "y", "com.microsoft")], **opsets).notes == ()


def test_a_graph_without_nodes_is_read(tmp_path: Path) -> None:
    found = read_graph(tmp_path, [], **OPSET_17)
    assert found.graph.nodes == ()


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (TensorProto(name="w", data_type=1, dims=[10**5, 10**5], raw_data=b"1234"), "another size than"),
        (TensorProto(name="w", data_type=1, dims=[2], int32_data=[1, 2]), "data is missing"),
        (TensorProto(name="w", data_type=7, dims=[2], int64_data=[1, 2, 3]), "another size than"),
        (TensorProto(name="w", data_type=1, dims=[5]), "data is missing"),
        (TensorProto(name="w", data_type=99, dims=[5], raw_data=b"1"), "unknown element type"),
        (TensorProto(name="w", data_type=0, dims=[5]), "unknown element type"),
        (TensorProto(name="w", data_type=1, dims=[-5, 2]), "negative size"),
    ],
)
def test_a_tensor_whose_data_does_not_fit_is_a_note(tmp_path: Path, tensor: TensorProto, words: str) -> None:
    graph = helper.make_graph(
        [node("Relu", "w", "y")], "g", [], [helper.make_tensor_value_info("y", 1, None)], [tensor]
    )
    path = tmp_path / "m.onnx"
    path.write_bytes(helper.make_model(graph, **OPSET_17).SerializeToString())
    model = read_model(path)
    assert any(words in note for note in model.notes), model.notes
    assert model.graph.values["w"].preview is None


def test_names_that_are_not_utf8_are_escaped_and_stay_linked(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(BYTES.replace(b"\x01h", b"\x01\xff"))
    graph = read_model(path).graph
    assert graph.nodes[0].outputs == graph.nodes[1].inputs == ("\\xff",)
    assert graph.values["\\xff"].type_text == "float[4]"


def test_hostile_names_stay_text_and_long_ones_stay_whole_in_ids(tmp_path: Path) -> None:
    hostile = "<img src=x onerror=alert(1)>\n\u202e" + "n" * 19_000
    found = read_graph(
        tmp_path,
        [
            helper.make_node("Relu", ["x"], [hostile], doc_string="d" * 10**6),
            helper.make_node("Gone", [hostile, "lost" * 999], ["y"]),
        ],
        **OPSET_17,
        doc_string="z" * 10**6,
    )
    assert found.graph.nodes[0].id == hostile
    assert len(found.doc) < 3000
    assert all(len(note) < 700 for note in found.notes)
    assert any("read but never made" in note for note in found.notes)


def test_the_deepest_bodies_that_protobuf_reads_are_read(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(nested(32))
    model = read_model(path)
    assert model.graph.node_count() == 32
    assert len(node_rows(model)) == 32


def survives(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    try:
        model = read_model(path, digest="d" * 64)
    except OnnxvizError as e:
        assert len(str(e)) < 600  # noqa: PT017 - either outcome is fine
        return
    ids = [each.id for each in model.graph.walk()]
    assert len(set(ids)) == len(ids) == len(node_rows(model)) == describe(model)["nodes"]


@FEW
@given(st.binary(max_size=300))
@example(b"\x08\x08:\x00")
def test_random_bytes_end_in_a_typed_error_or_a_model(tmp_path: Path, content: bytes) -> None:
    survives(tmp_path, content)


REAL = [path.read_bytes() for path in sorted((wheel_data() / "simple").glob("*/model.onnx"))]


@FEW
@given(st.sampled_from(REAL), st.data())
def test_real_models_cut_off_anywhere_end_in_a_typed_error_or_a_model(
    tmp_path: Path, content: bytes, data: st.DataObject
) -> None:
    survives(tmp_path, content[: data.draw(st.integers(0, len(content)))])


@FEW
@given(st.sampled_from([*REAL, BYTES]), st.data())
def test_real_models_with_bytes_changed_end_in_a_typed_error_or_a_model(
    tmp_path: Path, content: bytes, data: st.DataObject
) -> None:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    survives(tmp_path, bytes(changed))


@given(
    st.text(),
    st.dictionaries(
        st.sampled_from(["pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"]),
        st.text() | st.lists(st.text()).map(str),
    ),
)
def test_scopes_and_their_types_are_always_as_long_as_each_other(name: str, metadata: dict[str, str]) -> None:
    scope, types = scopes_of(name, metadata)
    assert len(scope) == len(types) <= 32
    assert all(scope)


def test_a_graph_walk_meets_every_body(light_models: list[Path]) -> None:
    graph: Graph = read_model(light_models[0], digest="d" * 64).graph
    assert sum(graph.op_counts().values()) == graph.node_count() == 40
