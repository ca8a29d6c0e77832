"""What stops a rewrite: names that are not text, and data of another size than a tensor has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from onnx import ModelProto, TensorProto, parser

from onnxviz.bench.feeds import inputs_of
from onnxviz.errors import BenchFailed, OnnxvizError, RewriteFailed
from onnxviz.reading import read_model
from onnxviz.rewrites import naming
from onnxviz.rewrites.explain.explain import explain_files
from onnxviz.rewrites.fold.folding import fold_file
from onnxviz.rewrites.verify import verify_files

TEXT = """
    <ir_version: 10, opset_import: ["" : 21, "my" : 1]>
    g (float[N] x) => (float[N] y) <float w = {2.0}>
    { v = my.f (x)  u = Mul(w, w)  y = Mul(v, u) }
    <domain: "my", opset_import: ["" : 21]>
    f (a) => (b) { b = Relu(a) }
"""
Change = Callable[[ModelProto], object]

BAD = b"\xed\xa0\x80\xff"
"""A surrogate and a byte that never occurs in UTF-8; protobuf's Python takes neither as a string."""


def test_names_that_are_text_are_let_through() -> None:
    naming.check(parser.parse_model(TEXT))


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("tensor", lambda m: m.graph.node[1].input.__setitem__(0, "BAD!")),
        ("tensor", lambda m: setattr(m.graph.input[0], "name", "BAD!")),
        ("tensor", lambda m: m.functions[0].node[0].output.__setitem__(0, "BAD!")),
        ("initializer", lambda m: setattr(m.graph.initializer[0], "name", "BAD!")),
        ("operator", lambda m: setattr(m.graph.node[1], "op_type", "BAD!")),
        ("domain", lambda m: setattr(m.graph.node[0], "domain", "BAD!")),
        ("overload", lambda m: setattr(m.functions[0], "overload", "BAD!")),
        ("attribute", lambda m: m.graph.node[1].attribute.add(name="BAD!", i=1, type=2)),
        ("size", lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[0], "dim_param", "BAD!")),
    ],
)
def test_a_name_that_is_no_text_is_refused_with_what_it_names(
    what: str, change: Callable[[ModelProto], object]
) -> None:
    model = parser.parse_model(TEXT)
    change(model)
    broken = ModelProto.FromString(model.SerializeToString().replace(b"BAD!", BAD))
    with pytest.raises(RewriteFailed, match="is not UTF-8 text") as caught:
        naming.check(broken)
    assert caught.value.subject == rf"The {what} '\xed\xa0\x80\xff'"


@pytest.mark.parametrize("end", ["input", "output"])
def test_a_model_with_an_end_whose_name_is_no_text_gets_no_numbers(end: str) -> None:
    model = parser.parse_model(TEXT)
    getattr(model.graph, end)[0].name = "BAD!"
    broken = ModelProto.FromString(model.SerializeToString().replace(b"BAD!", BAD))
    with pytest.raises(BenchFailed, match=f"{end.title()} .*: its name is not UTF-8 text"):
        inputs_of(broken)


def test_two_models_are_not_compared_where_the_output_of_one_has_a_name_that_is_no_text(
    tmp_path: Path,
) -> None:
    text = '<ir_version: 10, opset_import: ["": 21]> g (float[2] x) => (float[2] y) { y = Relu(x) }'
    good, bad = (tmp_path / f"{name}.onnx" for name in ("good", "bad"))
    good.write_bytes(parser.parse_model(text).SerializeToString())
    bad.write_bytes(parser.parse_model(text.replace("y", "BAAD")).SerializeToString().replace(b"BAAD", BAD))
    for pair, side in (((good, bad), "The result"), ((bad, good), "The original")):
        found = verify_files(*pair)
        said = " ".join((found.error, *found.changes))
        assert f"{side}: the tensor '" in said
        assert "has a name that is not UTF-8 text" in said
        assert not found.agrees


def test_data_in_another_file_that_is_too_long_is_named_when_it_is_folded(tmp_path: Path) -> None:
    model = parser.parse_model(TEXT)
    (tmp_path / "w.bin").write_bytes(bytes(20))
    tensor = model.graph.initializer[0]
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "w.bin"), ("length", "20")):
        tensor.external_data.add(key=key, value=value)
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(OnnxvizError, match="'w'") as caught:
        fold_file(path, tmp_path / "out.onnx")
    assert "gave up" not in str(caught.value)


def test_reasons_are_found_for_a_model_with_an_input_without_a_name(tmp_path: Path) -> None:
    texts = ("{ z = Identity(x)  y = Relu(z) }", "{ y = Relu(x) }")
    paths = []
    for number, body in enumerate(texts):
        model = parser.parse_model(
            f'<ir_version: 8, opset_import: ["" : 17]> g (float[2] x, float[2] e) => (float[2] y) {body}'
        )
        model.graph.input[1].name = ""
        paths.append(tmp_path / f"{number}.onnx")
        paths[-1].write_bytes(model.SerializeToString())
    assert "" in read_model(paths[0]).graph.inputs
    assert [each.node for each in explain_files(*paths).removed] == ["z"]
