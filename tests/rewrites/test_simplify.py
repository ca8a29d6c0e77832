"""Simplification: it works on models as they are, its options do what they say, failures are sentences."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import parser

from onnxviz.delivery import receive
from onnxviz.errors import BadUsage, OnnxvizError, RewriteFailed
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.rewrites import prepare
from onnxviz.rewrites.simplify import (
    SimplifyOptions,
    optimizer_passes,
    parse_size,
    simplify,
    simplify_into_store,
)
from onnxviz.rewrites.types import Rewrite
from onnxviz.store import Store

FOLDABLE = """<ir_version: 8, opset_import: ["": 17]>
g (float[2, 3] x) => (float[3, 2] y) {
  two = Constant <value = float {2}> ()
  three = Constant <value = float {3}> ()
  six = Mul(two, three)
  scaled = Mul(x, six)
  shape = Constant <value = int64[2] {3, 2}> ()
  y = Reshape(scaled, shape)
}"""

DYNAMIC = """<ir_version: 8, opset_import: ["": 17]>
g (float[batch, 4] x) => (float[batch, 4] y) {
  s = Shape(x)
  y = Reshape(x, s)
}"""


def written(proto: onnx.ModelProto, folder: Path, name: str = "model.onnx") -> Model:
    path = folder / name
    onnx.save(proto, path)
    return read_model(path)


def simplified(proto: onnx.ModelProto, folder: Path, **options: object) -> Rewrite:
    rewrite = simplify(written(proto, folder), folder / "out.onnx", SimplifyOptions(**options))  # type: ignore[arg-type]
    onnx.checker.check_model(str(folder / "out.onnx"), full_check=True)
    assert rewrite.agreement is None or rewrite.agreement.agrees, rewrite.agreement
    return rewrite


def test_a_constant_subexpression_folds_and_the_result_agrees(tmp_path: Path) -> None:
    rewrite = simplified(parser.parse_model(FOLDABLE), tmp_path, checks=3)
    assert rewrite.before.graph.node_count() == 6
    assert rewrite.after.graph.op_counts() == {"Constant": 1, "Mul": 1, "Reshape": 1}
    assert rewrite.op_changes()[0] == ("Constant", 3, 1)
    assert rewrite.agreement is not None
    assert rewrite.agreement.tried == 3
    assert rewrite.to_json()["before"]["nodes"] == 6


def test_the_course_example_folds_nothing(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17]>
    g (float[4] x) => (float[4] y) <float two = {2}, float three = {3}> {
      scaled = Mul(x, two)
      y = Add(scaled, three)
    }"""
    rewrite = simplified(parser.parse_model(text), tmp_path)
    assert rewrite.after.graph.op_counts() == {"Add": 1, "Mul": 1}
    assert "The number of nodes did not change." in rewrite.notes


def test_folding_can_be_switched_off(tmp_path: Path) -> None:
    rewrite = simplified(
        parser.parse_model(FOLDABLE), tmp_path, skip_constant_folding=True, skip_optimization=True
    )
    assert rewrite.after.graph.op_counts()["Mul"] == 2


def test_a_skipped_pass_leaves_its_nodes(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17]>
    g (float[4] x) => (float[4] y) { a = Identity(x) b = Relu(a) y = Identity(b) }"""
    plain = simplified(parser.parse_model(text), tmp_path)
    kept = simplified(parser.parse_model(text), tmp_path, skipped_optimizers=("eliminate_identity",))
    assert plain.after.graph.op_counts().get("Identity", 0) < kept.after.graph.op_counts()["Identity"] == 2


def test_a_fixed_input_shape_lets_the_shape_arithmetic_fold(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17]>
    g (float[batch, 4] x) => (float[p, q] y) {
      s = Shape(x)
      half = Constant <value = int64[2] {2, 1}> ()
      t = Div(s, half)
      minus = Constant <value = int64[1] {-1}> ()
      one = Constant <value = int64[1] {0}> ()
      first = Gather(t, one)
      target = Concat <axis = 0> (first, minus)
      y = Reshape(x, target)
    }"""
    dynamic = simplified(parser.parse_model(text), tmp_path, checks=0)
    fixed = simplified(parser.parse_model(text), tmp_path, input_shapes={"x": (2, 4)}, checks=0)
    assert fixed.after.graph.op_counts() == {"Reshape": 1}
    assert dynamic.after.graph.node_count() > 1


def test_a_size_threshold_keeps_a_large_value_computed(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17]>
    g (float[1000, 1000] x) => (float[1000, 1000] y) {
      size = Constant <value = int64[2] {1000, 1000}> ()
      ones = ConstantOfShape <value = float[1] {1}> (size)
      y = Add(x, ones)
    }"""
    large = simplified(parser.parse_model(text), tmp_path)
    small = simplified(parser.parse_model(text), tmp_path, tensor_size_threshold="10KB")
    assert "ConstantOfShape" not in large.after.graph.op_counts()
    assert "ConstantOfShape" in small.after.graph.op_counts()
    assert any("The file grew" in note for note in large.notes)
    assert not any("The file grew" in note for note in small.notes)


def test_functions_can_be_inlined(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17, "own": 1]>
    g (float[4] x) => (float[4] y) { y = own.Twice(x) }
    <domain: "own", opset_import: ["": 17]>
    Twice (a) => (b) { c = Constant <value = float {2}> () b = Mul(a, c) }"""
    kept = simplified(parser.parse_model(text), tmp_path)
    inlined = simplified(parser.parse_model(text), tmp_path, inline_functions=True)
    assert kept.after.graph.op_counts() == {"own.Twice": 1}
    assert inlined.after.graph.op_counts() == {"Constant": 1, "Mul": 1}


def test_the_option_for_subgraphs_is_honest_about_doing_nothing(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17]>
    g (float[2] x, bool t) => (float[2] y) {
      y = If (t) <
        then_branch = one () => (float[2] a) {
          two = Constant <value = float {2}> ()
          six = Mul(two, two)
          a = Mul(x, six)
        },
        else_branch = other () => (float[2] b) { b = Relu(x) }
      >
    }"""
    off = simplified(parser.parse_model(text), tmp_path)
    on = simplified(parser.parse_model(text), tmp_path, include_subgraph=True)
    assert on.after.graph.op_counts() == off.after.graph.op_counts()
    assert any("does nothing with it" in note for note in on.notes)


def test_a_nameless_graph_is_named_first_and_the_person_is_told(tmp_path: Path) -> None:
    proto = parser.parse_model(FOLDABLE)
    proto.graph.name = ""
    assert any("had no name" in note for note in simplified(proto, tmp_path).notes)


def test_outputs_without_a_shape_get_one_first_and_the_person_is_told(tmp_path: Path) -> None:
    proto = parser.parse_model(DYNAMIC)
    for output in proto.graph.output:
        output.type.tensor_type.ClearField("shape")
    assert "Shapes were inferred for 1 output." in simplified(proto, tmp_path).notes


def test_an_output_without_any_type_gets_one_too(tmp_path: Path) -> None:
    proto = parser.parse_model(FOLDABLE)
    proto.graph.output[0].ClearField("type")
    assert "Shapes were inferred for 1 output." in simplified(proto, tmp_path).notes


def test_an_output_whose_rank_nobody_can_find_is_refused_in_words(tmp_path: Path) -> None:
    proto = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17]>
        g (float[n] x, int64[k] s) => (float[a, b] y) { y = Reshape(x, s) }"""
    )
    proto.graph.output[0].type.tensor_type.ClearField("shape")
    with pytest.raises(RewriteFailed, match="The output 'y': the file does not say its shape") as caught:
        simplified(proto, tmp_path)
    assert "fixed input shape" in caught.value.remedy


def test_ir_version_three_is_raised_only_when_folding_needs_it(tmp_path: Path) -> None:
    proto = parser.parse_model(FOLDABLE)
    proto.ir_version = 3
    plain = parser.parse_model(
        '<ir_version: 3, opset_import: ["": 11]> g (float[2] x) => (float[2] y) { y = Relu(x) }'
    )
    assert any("IR version was raised from 3 to 4" in note for note in simplified(proto, tmp_path).notes)
    assert not any("IR version" in note for note in simplified(plain, tmp_path).notes)


def test_nodes_out_of_order_are_sorted_first(tmp_path: Path) -> None:
    proto = parser.parse_model(
        '<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y) { y = Relu(z) z = Neg(x) }'
    )
    rewrite = simplified(proto, tmp_path)
    assert any("not in topological order" in note for note in rewrite.notes)
    assert rewrite.after.graph.node_count() == 2


def test_a_custom_operator_stays_and_the_rest_is_simplified(tmp_path: Path) -> None:
    proto = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17, "acme": 1]>
        g (float[2] x) => (float[2] y) {
          two = Constant <value = float {2}> ()
          four = Mul(two, two)
          a = acme.Gizmo(x, four)
          y = Relu(a)
        }"""
    )
    rewrite = simplify(written(proto, tmp_path), tmp_path / "out.onnx", SimplifyOptions(checks=1))
    assert "Mul" not in rewrite.after.graph.op_counts()
    assert rewrite.after.graph.op_counts()["acme.Gizmo"] == 1
    assert rewrite.agreement is not None
    assert rewrite.agreement.sentence.startswith("Not compared")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"input_shapes": {"q": (1,)}}, "The input 'q': is not in the model"),
        ({"input_shapes": {"x": (1, 2, 3)}}, "the input has 2 dimensions"),
        ({"input_shapes": {"x": (0, 4)}}, "one size of at least 1"),
        ({"skipped_optimizers": ("eliminate_everything",)}, "not one of onnxsim's"),
        ({"tensor_size_threshold": "big"}, "not a number with a unit"),
        ({"tensor_size_threshold": "2GB"}, "which onnxsim refuses"),
    ],
)
def test_an_option_that_does_not_fit_is_refused_in_words(
    options: dict[str, object], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(BadUsage) as caught:
        simplified(parser.parse_model(DYNAMIC), tmp_path, **options)
    assert sentence in str(caught.value)


def test_sizes_are_read_with_their_units() -> None:
    assert parse_size("10KB") == 10 * 1024
    assert parse_size(" 1.5 gb ") == int(1.5 * 1024**3)


def test_the_passes_that_can_be_skipped_are_onnxsims_own() -> None:
    assert "fuse_bn_into_conv" in optimizer_passes()
    assert "nop" not in optimizer_passes()


def test_the_result_goes_into_the_store_under_its_own_digest(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", 10**9)
    before = written(parser.parse_model(FOLDABLE), tmp_path)
    rewrite = simplify_into_store(before, store.root, store.cap_bytes)
    assert rewrite.after.digest not in store, "a worker does not know what may be evicted"
    after = receive(store, rewrite.after)
    assert store.path(after.digest) == Path(after.path)
    assert read_model(Path(after.path)).graph.op_counts() == rewrite.after.graph.op_counts()


def test_the_original_file_is_left_as_it_was(tmp_path: Path) -> None:
    proto = parser.parse_model(FOLDABLE)
    proto.graph.name = ""
    before = written(proto, tmp_path)
    content = Path(before.path).read_bytes()
    simplify(before, tmp_path / "out.onnx")
    assert Path(before.path).read_bytes() == content


@pytest.mark.parametrize(
    ("name", "most"), [("light_resnet50", 123), ("light_densenet121", 550), ("light_shufflenet", 154)]
)
def test_real_models_shrink_as_measured(
    name: str, most: int, light_models: list[Path], tmp_path: Path
) -> None:
    path = next(path for path in light_models if path.stem == name)
    rewrite = simplify(read_model(path), tmp_path / "out.onnx", SimplifyOptions(checks=1))
    assert rewrite.after.graph.node_count() <= most
    assert rewrite.agreement is not None
    assert rewrite.agreement.agrees


def test_a_cycle_is_refused_in_words(tmp_path: Path) -> None:
    proto = parser.parse_model(
        '<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y) { y = Add(x, z) z = Relu(y) }'
    )
    with pytest.raises(OnnxvizError, match=r"cycle|wait for each other"):
        simplify(written(proto, tmp_path), tmp_path / "out.onnx")


def test_nodes_in_bodies_are_sorted_by_what_they_capture(tmp_path: Path) -> None:
    proto = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17]>
        g (float[2] x, bool t) => (float[2] y) {
          y = If (t) <
            then_branch = one () => (float[2] a) { a = Relu(z) },
            else_branch = other () => (float[2] b) { b = Neg(z) }
          >
          z = Abs(x)
        }"""
    )
    rewrite = simplified(proto, tmp_path)
    assert any("not in topological order" in note for note in rewrite.notes)


def test_sorting_keeps_sparse_initializers() -> None:
    proto = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17]>
        g (float[2] x) => (float[2] y) { y = Add(z, s) z = Relu(x) }"""
    )
    values = onnx.helper.make_tensor("s", onnx.TensorProto.FLOAT, [1], [3.0])
    places = onnx.helper.make_tensor("i", onnx.TensorProto.INT64, [1], [0])
    proto.graph.sparse_initializer.append(onnx.helper.make_sparse_tensor(values, places, [2]))
    assert prepare.sort_nodes(proto) is not None
    assert [node.op_type for node in proto.graph.node] == ["Relu", "Add"]
    assert len(proto.graph.sparse_initializer) == 1
    assert prepare.sort_nodes(proto) is None


@pytest.mark.parametrize("text", ["9" * 400 + "GB", "²KB", "1e3KB", "-1KB", ""])
def test_a_size_that_is_no_size_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadUsage):
        parse_size(text)


def test_a_negative_number_of_checks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="The number of checks"):
        simplified(parser.parse_model(FOLDABLE), tmp_path, checks=-1)


def test_sequences_of_uneven_tensors_can_be_compared(tmp_path: Path) -> None:
    proto = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17]>
        g (float[5] x) => (seq(float[k]) y) <int64[2] parts = {2, 3}> {
          z = Identity(x)
          y = SplitToSequence(z, parts)
        }"""
    )
    agreement = simplified(proto, tmp_path).agreement
    assert agreement is not None
    assert agreement.agrees
