"""Each rule folds what it says, and what stays has its reason."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper, parser

from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.rewrites.fold import Did, FoldOptions, fold_file
from tests.rewrites.fold.checking import folded, ops, reasons, saved


def value(path: str, name: str) -> object:
    """An initializer of the result."""
    tensors = {tensor.name: tensor for tensor in onnx.load(path).graph.initializer}
    return onnx.numpy_helper.to_array(tensors[name]).tolist()


def test_constants_fold_in_the_first_wave_and_what_reads_them_in_the_next(tmp_path: Path) -> None:
    found = folded(
        """g (float[2] x) => (float[2] y) {
          two = Constant <value = float {2}> ()
          three = Constant <value_float = 3.0> ()
          six = Mul(two, three)
          y = Mul(x, six)
        }""",
        tmp_path,
    )
    assert [(step.wave, step.node, step.rule) for step in found.steps] == [
        (1, "two", 1),
        (1, "three", 1),
        (2, "six", 2),
    ]
    assert found.steps[2].sentence == "Mul(2, 3) = 6"
    assert [step.bytes_after for step in found.steps] == [8, 8, 4]
    assert ops(found) == {"Mul": 1}
    assert found.after.graph.initializers == ("six",)


def test_the_shape_of_an_input_is_known_though_the_input_is_not(tmp_path: Path) -> None:
    found = folded(
        """g (float[2, 3] x, float[6] z) => (float[2, 3] y, float w) {
          s = Shape(x)
          r = Reshape(z, s)
          y = Add(x, r)
          n = Size(x)
          c = Cast <to = 1> (n)
          m = ReduceSum <keepdims = 0> (x)
          w = Div(m, c)
        }""",
        tmp_path,
    )
    assert {step.node: step.rule for step in found.steps} == {"s": 3, "n": 4, "c": 2}
    assert found.steps[0].sentence == "Shape(x: float[2, 3]) = [2, 3]"


@pytest.mark.parametrize("axis", [7, -(2**62), 2**62])
def test_what_a_shape_becomes_on_an_axis_that_is_not_there_is_not_foretold(tmp_path: Path, axis: int) -> None:
    # Case 5857 of the fuzz: NumPy takes no axis beyond a C int, and says so by an error of its own.
    path = saved(
        f"""g (float[n, 3] x) => (int64[1] y) <int64[1] axes = {{{axis}}}> {{
          s = Shape(x)
          y = Unsqueeze(s, axes)
        }}""",
        tmp_path,
    )
    # No valid model has such an axis: what is left is not checked here.
    found = fold_file(path, tmp_path / "out.onnx")
    assert ops(found) == {"Shape": 1, "Unsqueeze": 1}
    assert set(reasons(found)) == {"s", "y"}


def test_the_part_of_a_shape_that_is_known_folds_and_the_shape_goes_with_it(tmp_path: Path) -> None:
    found = folded(
        """g (float[batch, 3, 4] x, float[12] z) => (float[3, 4] y) {
          s = Shape(x)
          one = Constant <value = int64 {1}> ()
          minus = Constant <value = int64[1] {-1}> ()
          zero = Constant <value = int64[1] {0}> ()
          channels = Gather(s, one)
          listed = Unsqueeze(channels, zero)
          target = Concat <axis = 0> (listed, minus)
          y = Reshape(z, target)
        }""",
        tmp_path,
    )
    assert ops(found) == {"Reshape": 1}
    gather = next(step for step in found.steps if step.node == "channels")
    assert gather.rule == 5
    assert gather.sentence == "Gather([batch, 3, 4], 1) = 3"
    assert [step.node for step in found.steps if step.did is Did.DROPPED] == ["s"]
    assert value(found.after.path, "target") == [3, -1]
    assert found.kept == ()


def test_a_slice_of_known_axes_and_arithmetic_on_them_fold(tmp_path: Path) -> None:
    found = folded(
        """g (float[batch, 8, 4] x, float[32] z) => (float[4, a] y) {
          s = Shape(x)
          one = Constant <value = int64[1] {1}> ()
          far = Constant <value = int64[1] {9}> ()
          two = Constant <value = int64[2] {2, 1}> ()
          minus = Constant <value = int64[1] {-1}> ()
          zero = Constant <value = int64[1] {0}> ()
          inner = Slice(s, one, far)
          half = Div(inner, two)
          first = Slice(half, zero, one)
          target = Concat <axis = 0> (first, minus)
          y = Reshape(z, target)
        }""",
        tmp_path,
    )
    assert ops(found) == {"Reshape": 1}
    assert value(found.after.path, "target") == [4, -1]


def test_the_exporters_expand_pattern_folds_through_a_comparison_with_an_open_size(tmp_path: Path) -> None:
    # TorchScript's `expand(-1, 3)`: a size is never equal to -1, whatever it is.
    found = folded(
        """g (float[batch, 1] x) => (float[batch, a] y) {
          s = Shape(x)
          minus = Constant <value = int64[2] {-1, -1}> ()
          ones = Constant <value = int64[2] {1, 3}> ()
          same = Equal(s, minus)
          target = Where(same, s, ones)
          y = Expand(x, target)
        }""",
        tmp_path,
    )
    assert ops(found) == {"Expand": 1}
    assert next(step for step in found.steps if step.node == "same").sentence.endswith("= [False, False]")


def test_an_open_size_stays_with_its_symbol_and_setting_it_frees_it(tmp_path: Path) -> None:
    text = """g (float[batch, 4] x, float[batch, 4] z) => (float[batch, 4] y) {
      s = Shape(x)
      c = Cast <to = 7> (s)
      r = Reshape(z, c)
      y = Add(x, r)
    }"""
    found = folded(text, tmp_path)
    assert reasons(found) == {"s": "symbolic dim", "c": "symbolic dim"}
    assert found.kept[0].blocker == "x"
    assert found.kept[0].remedy is not None
    freed = folded(text, tmp_path, FoldOptions(set_dims=dict(found.kept[0].remedy.options["set_dims"])))
    assert ops(freed) == {"Add": 1, "Reshape": 1}
    assert "Fixed for this result: batch = 1." in freed.notes


@pytest.mark.parametrize(
    ("shape", "told"),
    [("batch, 4", ""), ("batch, length", ", and for 1 more"), ("batch, length, width", ", and for 2 more")],
)
def test_the_first_open_size_is_named_and_others_are_counted(shape: str, told: str, tmp_path: Path) -> None:
    rank = shape.count(",") + 1
    found = folded(f"g (float[{shape}] x) => (int64[{rank}] y) {{ y = Shape(x) }}", tmp_path)
    (kept,) = found.kept
    assert kept.sentence == f"It asks for the size 'batch', axis 0 of the input 'x', which is open{told}."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("y = Shape(x)", "1 step in 1 wave."),
        ("s = Shape(x)\n y = Neg(s)", "2 steps in 2 waves."),
    ],
)
def test_steps_and_waves_are_counted_in_words(text: str, told: str, tmp_path: Path) -> None:
    found = folded(f"g (float[2, 3] x) => (int64[2] y) {{ {text} }}", tmp_path)
    assert told in found.notes


def test_a_type_alone_is_enough_for_cast_like_and_a_shape_for_eye_like(tmp_path: Path) -> None:
    found = folded(
        """g (float[2, 2] x) => (float[2, 2] y) {
          one = Constant <value = int64 {1}> ()
          e = EyeLike(x)
          c = CastLike(one, x)
          a = Add(x, e)
          y = Add(a, c)
        }""",
        tmp_path,
    )
    assert ops(found) == {"Add": 2}
    assert {step.node for step in found.steps if step.rule == 6} == {"e", "c"}


def test_a_constant_output_keeps_its_name_as_a_constant(tmp_path: Path) -> None:
    found = folded(
        """g (float[2] x) => (float[2] y, float z) {
          two = Constant <value = float {2}> ()
          z = Mul(two, two)
          y = Mul(x, z)
        }""",
        tmp_path,
    )
    assert ops(found) == {"Constant": 1, "Mul": 1}
    assert found.after.graph.outputs == ("y", "z")
    assert found.steps[-1].rule == 8


def test_two_outputs_of_one_node_both_keep_their_names(tmp_path: Path) -> None:
    found = folded(
        """g (float[2] x) => (float[1] a, float[2] y, float[1] b)
        <float[2] w = {1, 2}> {
          a, b = Split <axis = 0> (w)
          y = Add(x, w)
        }""",
        tmp_path,
    )
    assert ops(found) == {"Add": 1, "Constant": 2}


@pytest.mark.parametrize(
    "call",
    [
        "r = RandomNormal <shape = [2]> ()",
        "r = RandomUniformLike(w)",
        "r = Bernoulli(w)",
        "r = Dropout(w, half, yes)",
    ],
)
def test_what_differs_from_run_to_run_stays_and_what_reads_it_says_so(call: str, tmp_path: Path) -> None:
    text = f"""g (float[2] x) => (float[2] y)
    <float[2] w = {{0.5, 0.5}}, float half = {{0.5}}, bool yes = {{1}}> {{
      {call}
      n = Neg(r)
      y = Where(b, x, n)
      b = Equal(x, x)
    }}"""
    found = fold_file(saved(text, tmp_path), tmp_path / "out.onnx", FoldOptions(checks=0))
    assert reasons(found) == {"r": "random", "n": "random"}
    assert found.kept[1].blocker == "r"


def test_a_dropout_that_is_not_in_training_folds(tmp_path: Path) -> None:
    found = folded(
        """g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { d = Dropout(w) y = Add(x, d) }""", tmp_path
    )
    assert ops(found) == {"Add": 1}


def test_an_operator_of_an_unknown_domain_stays(tmp_path: Path) -> None:
    found = folded(
        """<ir_version: 8, opset_import: ["": 17, "acme": 1]>
        g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> {
          a = acme.Magic(w)
          n = Neg(a)
          b = acme.Magic(x)
          c = Add(b, n)
          y = Add(c, x)
        }""",
        tmp_path,
        runs=False,
    )
    assert reasons(found) == {"a": "custom op", "n": "custom op"}


def test_an_unknown_operator_that_nothing_reads_stays_since_it_may_do_more(tmp_path: Path) -> None:
    found = folded(
        """<ir_version: 8, opset_import: ["": 17, "acme": 1]>
        g (float[2] x) => (float[2] y) <int64[1] i = {0}> {
          s = Shape(x)
          a = acme.Print(s)
          y = Neg(x)
        }""",
        tmp_path,
        runs=False,
    )
    assert "acme.Print" in ops(found)


def third_version() -> onnx.ModelProto:
    """A model whose weights are inputs too, as IR version 3 has it."""
    w = helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("x", "w", "y")]
    nodes = [
        helper.make_node("Neg", ["w"], ["n"]),
        helper.make_node("Abs", ["n"], ["a"]),
        helper.make_node("Add", ["x", "a"], ["y"]),
    ]
    graph = helper.make_graph(nodes, "g", infos[:2], infos[2:], [w])
    return helper.make_model(graph, ir_version=3, opset_imports=[helper.make_opsetid("", 9)])


def test_a_weight_that_a_caller_may_replace_is_no_constant_until_it_is_frozen(tmp_path: Path) -> None:
    found = folded(third_version(), tmp_path)
    assert reasons(found) == {"n": "graph input", "a": "graph input"}
    assert {each.blocker for each in found.kept} == {"w"}
    assert found.after.nbytes == found.before.nbytes
    frozen = folded(third_version(), tmp_path, FoldOptions(freeze_weights=True))
    assert ops(frozen) == {"Add": 1}
    assert frozen.dropped == 1


def test_folding_an_old_model_raises_its_ir_version_and_leaves_its_listed_weights(tmp_path: Path) -> None:
    model = third_version()
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value_float=2.0))
    model.graph.node[-1].ClearField("attribute")
    model.graph.node[-1].attribute.append(
        helper.make_attribute("value", helper.make_tensor("", TensorProto.FLOAT, [2], [1.0, 1.0]))
    )
    model.graph.node.append(helper.make_node("Add", ["y", "c"], ["z"]))
    model.graph.output[0].name = "z"
    found = folded(model, tmp_path)
    proto = onnx.load(found.after.path)
    assert proto.ir_version == 4
    assert [info.name for info in proto.graph.input] == ["x", "w"]
    assert any("IR version was raised" in note for note in found.notes)


def test_a_sequence_stays_with_that_reason(tmp_path: Path) -> None:
    found = folded(
        """g (float[1] x) => (float[1] y) <float[2] w = {1, 2}, int64 i = {0}> {
          parts = SplitToSequence <axis = 0, keepdims = 1> (w)
          first = SequenceAt(parts, i)
          y = Add(x, first)
        }""",
        tmp_path,
    )
    assert reasons(found) == {"parts": "no rule", "first": "no rule"}
    assert "a sequence" in found.kept[0].sentence


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("Div(a, zero)", "by zero"),
        ("Mod(a, zero)", "by zero"),
        ("Div(least, minus)", "by -1"),
        ("Gather(a, far)", "cannot compute it"),
    ],
)
def test_what_cannot_be_computed_is_kept_with_that_reason_and_breaks_nothing_else(
    call: str, why: str, tmp_path: Path
) -> None:
    text = f"""g (int32[1] x) => (int32[1] y)
    <int32[1] a = {{1}}, int32[1] zero = {{0}}, int32[1] least = {{-2147483648}}, int32[1] minus = {{-1}},
     int64[1] far = {{7}}> {{
      bad = {call}
      good = Add(a, a)
      b = Add(x, bad)
      y = Add(b, good)
    }}"""
    found = fold_file(saved(text, tmp_path), tmp_path / "out.onnx", FoldOptions(checks=0))
    assert reasons(found) == {"bad": "no rule"}
    assert why in found.kept[0].sentence
    assert [step.node for step in found.steps] == ["good"]


def test_types_that_the_runtime_lacks_are_computed_by_the_reference(tmp_path: Path) -> None:
    w = helper.make_tensor("w", TensorProto.BFLOAT16, [2], [1.5, 2.0])
    nodes = [
        helper.make_node("Mul", ["w", "w"], ["m"]),
        helper.make_node("Cast", ["m"], ["c"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["x", "c"], ["y"]),
    ]
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "g", infos[:1], infos[1:], [w])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    found = folded(model, tmp_path, runs=False)
    assert ops(found) == {"Add": 1}
    assert value(found.after.path, "c") == [2.25, 4.0]


def test_strings_fold_too(tmp_path: Path) -> None:
    found = folded(
        """g (int64[2] i) => (string[2] y) {
          words = Constant <value_strings = ["a", "b"]> ()
          more = Concat <axis = 0> (words, words)
          y = Gather(more, i)
        }""",
        tmp_path,
    )
    assert ops(found) == {"Gather": 1}


def test_a_shape_that_the_file_notes_wrongly_is_not_believed(tmp_path: Path) -> None:
    model = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17]>
        g (float[batch, 4] x) => (float[batch, 4] y) <float[1, 4] r> {
          r = Relu(x)
          s = Shape(r)
          e = ConstantOfShape <value = float[1] {1}> (s)
          y = Add(r, e)
        }"""
    )
    found = folded(model, tmp_path)
    assert ops(found) == {"Add": 1, "ConstantOfShape": 1, "Relu": 1, "Shape": 1}
    assert reasons(found) == {"s": "symbolic dim", "e": "symbolic dim"}


def test_what_stays_keeps_its_name_documentation_and_metadata_to_the_byte(tmp_path: Path) -> None:
    model = parser.parse_model(
        """<ir_version: 10, opset_import: ["": 17]>
        g (float[2] x) => (float[2] y) <float[2] m> {
          two = Constant <value = float {2}> ()
          four = Mul(two, two)
          [named] m = Mul(x, four)
          y = Relu(m)
        }"""
    )
    model.graph.node[2].doc_string = "kept"
    model.graph.node[2].metadata_props.add(key="scope", value="a.b")
    model.metadata_props.add(key="author", value="somebody")
    expected = [node.SerializeToString() for node in model.graph.node[2:]]
    found = folded(model, tmp_path)
    proto = onnx.load(found.after.path)
    assert [node.SerializeToString() for node in proto.graph.node] == expected
    assert proto.metadata_props[0].value == "somebody"
    assert [info.name for info in proto.graph.value_info] == ["m"]


def test_a_chain_that_shrinks_its_weights_leaves_the_small_result_alone(tmp_path: Path) -> None:
    weight = helper.make_tensor("w", TensorProto.FLOAT, [100, 100], [0.5] * 10_000)
    model = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17]>
        g (float[1] x) => (float[1] y) { t = Transpose(w) s = ReduceSum <keepdims = 0> (t) y = Add(x, s) }"""
    )
    model.graph.initializer.append(weight)
    found = folded(model, tmp_path)
    assert found.after.graph.initializers == ("s",)
    assert (found.steps[0].bytes_before, found.steps[-1].bytes_after) == (40_000, 4)


def test_weights_in_another_file_are_read_where_they_fold(tmp_path: Path) -> None:
    model = parser.parse_model(
        '<ir_version: 8, opset_import: ["": 17]> g (float[3] x) => (float[3] y) { n = Neg(w) y = Add(x, n) }'
    )
    model.graph.initializer.append(helper.make_tensor("w", TensorProto.FLOAT, [3], [1, 2, 3]))
    path = tmp_path / "model.onnx"
    onnx.save(model, path, save_as_external_data=True, location="w.data", size_threshold=0)
    found = folded(path, tmp_path)
    assert value(found.after.path, "n") == [-1, -2, -3]


def test_nothing_to_fold_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    path = saved("g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = Add(x, w) }", tmp_path)
    found = folded(path, tmp_path)
    assert Path(found.after.path).read_bytes() == path.read_bytes()
    assert "Nothing folds." in found.notes


def test_faults_of_model_and_options_are_sentences(tmp_path: Path) -> None:
    text = "g (float[2] x) => (float[2] y) { y = Add(x, nowhere) }"
    with pytest.raises(RefusedFile, match="reads 'nowhere'"):
        fold_file(saved(text, tmp_path), tmp_path / "out.onnx")
    with pytest.raises(BadUsage, match="limit on bytes"):
        FoldOptions(total_bytes=-1)
    with pytest.raises(BadUsage, match="number of checks"):
        FoldOptions(checks=-1)


def test_a_node_that_asks_for_one_open_size_is_told_by_that_size_and_no_other(tmp_path: Path) -> None:
    found = folded(
        """g (float[batch, sequence] x, float[k] z) => (float[p] y) <int64[1] one = {1}> {
          s = Shape(x)
          n = Gather(s, one)
          y = Reshape(z, n)
        }""",
        tmp_path,
        FoldOptions(checks=0),
        runs=False,
    )
    told = {each.node: each for each in found.kept}
    assert told["n"].remedy is not None
    assert told["n"].remedy.options == {"set_dims": {"sequence": 1}}
    assert "'sequence', axis 1 of the input 'x'" in told["n"].sentence
    assert told["s"].remedy is not None
    assert told["s"].remedy.options == {"set_dims": {"batch": 1, "sequence": 1}}
