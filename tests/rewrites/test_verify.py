"""Is it the same function? Right rewrites pass, wrong ones are caught and placed, and no more is claimed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.rewrites.types import Agreement
from onnxviz.rewrites.verify import compare_outputs, verify_files
from onnxviz.samples.catalog import START
from tests.benchmarks.mutants import MAKERS, mutant

HEAD = '<ir_version: 8, opset_import: ["": 17]>'

NET = f"""{HEAD} g (float[2, 4] x) => (float[2, 3] y) {{
  a = MatMul(x, w)
  c = Add(a, b)
  d = Relu(c)
  e = MatMul(d, v)
  y = Softmax <axis = -1> (e)
}}"""

WEIGHTS = {"w": (4, 5), "b": (5,), "v": (5, 3)}


def net(text: str = NET, **weights: Any) -> onnx.ModelProto:
    """The model with drawn weights, and others that are given."""
    proto = parser.parse_model(text)
    random = np.random.default_rng(5)
    drawn = {name: random.standard_normal(shape).astype(np.float32) for name, shape in WEIGHTS.items()}
    tensors = [numpy_helper.from_array(array, name) for name, array in {**drawn, **weights}.items()]
    proto.graph.initializer.extend(tensors)
    return proto


def saved(proto: onnx.ModelProto | str, path: Path) -> Path:
    onnx.save(parser.parse_model(proto) if isinstance(proto, str) else proto, path)
    return path


def compared(before: onnx.ModelProto | str, after: onnx.ModelProto | str, folder: Path) -> Agreement:
    a, b = saved(before, folder / "a.onnx"), saved(after, folder / "b.onnx")
    return compare_outputs(a, b, 2, inside=True)


def test_a_model_is_the_same_function_as_itself_bit_for_bit_inside_too(tmp_path: Path) -> None:
    found = compared(net(), net(), tmp_path)
    assert found.agrees
    assert found.inside == 4
    assert "Bit for bit the same outputs on 2 random inputs. 4 tensors inside agree too." in found.sentence


def test_one_tensor_inside_is_told_in_the_singular(tmp_path: Path) -> None:
    text = """<ir_version: 10, opset_import: ["": 20]>
    g (float[2] x) => (float[2] y) { t = Neg(x)  y = Neg(t) }"""
    found = compared(text, text, tmp_path)
    assert found.inside == 1
    assert " 1 tensor inside agrees too." in found.sentence
    assert "Evidence, not a proof" in found.sentence


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("d = Relu(c)", "d = Identity(c)", "d"),
        ("a = MatMul(x, w)", "n = Neg(x) a = MatMul(n, w)", "a"),
        ("<axis = -1>", "<axis = 0>", "y"),
        ("c = Add(a, b)", "c = Sub(a, b)", "c"),
    ],
)
def test_a_wrong_rewrite_is_caught_and_the_first_tensor_where_it_parts_is_named(
    right: str, wrong: str, place: str, tmp_path: Path
) -> None:
    found = compared(net(), net(NET.replace(right, wrong)), tmp_path)
    assert not found.agrees
    assert found.first is not None
    assert found.first.tensor == place
    assert f"They first part at '{place}'" in found.sentence


def test_a_changed_weight_is_placed_at_the_operator_that_reads_it(tmp_path: Path) -> None:
    wrong = net()
    array = numpy_helper.to_array(wrong.graph.initializer[2]).copy()
    array[0, 0] += 1
    wrong.graph.initializer[2].CopyFrom(numpy_helper.from_array(array, "v"))
    found = compared(net(), wrong, tmp_path)
    assert found.first is not None
    assert (found.first.tensor, found.first.op_before, found.first.same_before) == ("e", "MatMul", 3)


def test_a_fault_that_the_outputs_hide_is_found_inside(tmp_path: Path) -> None:
    hiding = NET.replace("(e)", "(s)").replace("y = Softmax", "s = Mul(e, zero) y = Softmax")
    zero = np.float32(0)
    right, wrong = net(hiding, zero=zero), net(hiding.replace("Relu(c)", "Identity(c)"), zero=zero)
    found = compared(right, wrong, tmp_path)
    assert not found.agrees
    assert found.is_hidden
    assert found.first is not None
    assert found.first.tensor == "d"
    assert "the models still do not compute the same inside" in found.sentence


def test_a_name_that_a_fusion_gave_another_meaning_is_no_fault(tmp_path: Path) -> None:
    text = f"""{HEAD} g (float[1, 2] x) => (float[1, 2] y) <float[2] s = {{2, 3}}> {{
      a = Relu(x) m = Mul(a, s) y = Tanh(m)
    }}"""
    fused = f"""{HEAD} g (float[1, 2] x) => (float[1, 2] y) <float[2] s = {{2, 3}}> {{
      p = Mul(x, s) a = Relu(p) y = Tanh(a)
    }}"""
    found = compared(text, fused, tmp_path)
    assert found.agrees, found.sentence


def test_a_tensor_that_only_has_another_shape_inside_is_no_fault(tmp_path: Path) -> None:
    text = f"""{HEAD} g (float[1, 2] x) => (float[1, 2] y) <int64[2] s = {{1, 2}}, int64[1] t = {{2}}> {{
      a = Relu(x) b = Reshape(a, s) y = Tanh(b)
    }}"""
    moved = f"""{HEAD} g (float[1, 2] x) => (float[1, 2] y) <int64[2] s = {{1, 2}}, int64[1] t = {{2}}> {{
      q = Reshape(x, t) a = Relu(q) b = Reshape(a, s) y = Tanh(b)
    }}"""
    assert compared(text, moved, tmp_path).agrees


def test_an_output_of_another_shape_is_a_difference_in_words(tmp_path: Path) -> None:
    text = f"{HEAD} g (float[2, 3] x) => (float y) {{ y = ReduceSum <keepdims = 0> (x) }}"
    found = compared(text, text.replace("float y", "float[1, 1] y").replace("= 0", "= 1"), tmp_path)
    assert not found.agrees
    assert "float32[] in the original and float32[1, 1] in the result" in found.sentence


@pytest.mark.parametrize(
    ("signature", "body", "agrees", "sentence"),
    [
        ("(float[2] x) => (float[2] y)", "y = Relu(x)", False, "The result has no output 'z'."),
        ("(float[2] x) => (float[2] y, float[2] k)", "y = Relu(x) k = Neg(x)", True,
         "The output 'z' is called 'k' in the result."),
        ("(float[2] x) => (float[2] z, float[2] y)", "y = Relu(x) z = Neg(x)", True,
         "The outputs come in another order in the result."),
        ("(float[2] i) => (float[2] y, float[2] z)", "y = Relu(i) z = Neg(i)", True,
         "The input 'x' is called 'i' in the result."),
        ("(float[2] x, float[3] k) => (float[2] y, float[2] z)", "y = Relu(x) z = Neg(x)", False,
         "The result asks for an input 'k' that the original does not have."),
        ("(float[2] x) => (float[2] y, float[2] z, float[2] q)", "y = Relu(x) z = Neg(x) q = Abs(x)", False,
         "The result has an output 'q' more."),
    ],
)  # fmt: skip
def test_inputs_and_outputs_that_changed_are_told(
    signature: str, body: str, agrees: bool, sentence: str, tmp_path: Path
) -> None:
    text = f"{HEAD} g (float[2] x) => (float[2] y, float[2] z) {{ y = Relu(x) z = Neg(x) }}"
    found = compared(text, f"{HEAD} g {signature} {{ {body} }}", tmp_path)
    assert sentence in found.changes
    assert found.agrees is agrees
    assert sentence in found.sentence


def test_an_input_that_went_is_told_and_the_numbers_still_count(tmp_path: Path) -> None:
    text = f"{HEAD} g (float[2] x, float[2] unused) => (float[2] y) {{ y = Relu(x) }}"
    found = compared(text, text.replace(", float[2] unused", ""), tmp_path)
    assert found.agrees
    assert found.changes == ("The result no longer has the input 'unused'.",)


def test_an_input_of_another_type_is_no_comparison_at_all(tmp_path: Path) -> None:
    text = f"{HEAD} g (float[2] x) => (float[2] y) {{ y = Relu(x) }}"
    other = f"{HEAD} g (double[2] x) => (float[2] y) {{ z = Relu(x) y = Cast <to = 1> (z) }}"
    found = compared(text, other, tmp_path)
    assert "is float[2] in the original and double[2] in the result" in found.error


def test_a_model_that_draws_random_numbers_cannot_be_compared(tmp_path: Path) -> None:
    text = f"{HEAD} g (float[64] x) => (float[64] y) {{ r = RandomNormalLike(x) y = Add(x, r) }}"
    found = compared(text, text.replace("RandomNormalLike", "Neg"), tmp_path)
    assert "draws random numbers" in found.error
    assert not found.agrees


def test_a_result_that_cannot_run_is_not_the_same_function(tmp_path: Path) -> None:
    text = f"{HEAD} g (float[2] x) => (float[k] y) <int64[1] s = {{2}}> {{ y = Reshape(x, s) }}"
    found = compared(text, text.replace("{2}", "{3}"), tmp_path)
    assert not found.agrees
    assert not found.error
    assert "The result: ONNX Runtime cannot" in found.sentence
    assert str(tmp_path) not in found.sentence


def test_a_result_that_the_runtime_lacks_an_operator_for_is_not_judged(tmp_path: Path) -> None:
    text = f"{HEAD} g (float[2] x) => (float[2] y) {{ y = Relu(x) }}"
    custom = text.replace('["": 17]', '["": 17, "acme": 1]').replace("Relu(x)", "acme.Relu(x)")
    assert compared(text, custom, tmp_path).error


def test_a_quantized_model_may_jump_a_step_where_rounding_alone_makes_it_jump(tmp_path: Path) -> None:
    text = f"""{HEAD} g (float[64, 64] x) => (uint8[64, 64] y) {{
      a = MatMul(x, m) r = Mul(a, s) y = QuantizeLinear(r, s, z)
    }}"""
    other = text.replace("a = MatMul(x, m) r = Mul(a, s)", "n = Mul(m, s) r = MatMul(x, n)")
    m = np.random.default_rng(1).standard_normal((64, 64)).astype(np.float32)
    protos = [net(one, m=m, s=np.float32(0.07), z=np.uint8(128)) for one in (text, other)]
    paths = [saved(proto, tmp_path / f"{number}.onnx") for number, proto in enumerate(protos)]
    found = compare_outputs(*paths, 50)
    assert found.absolute == 1, "the two round differently somewhere"
    assert found.agrees
    assert "This model is sensitive" in found.tolerance.reason


def test_the_tolerance_says_where_it_comes_from(tmp_path: Path) -> None:
    found = compared(net(), net(), tmp_path)
    assert found.tolerance.rtol == pytest.approx(8 * 2.0**-24 * np.sqrt(4 + 1 + 1 + 5 + 3))
    assert "5 operators and rounds 14 times" in found.tolerance.reason


def test_the_answer_is_json_for_a_shell(tmp_path: Path) -> None:
    right, wrong = saved(net(), tmp_path / "a.onnx"), net(NET.replace("d = Relu(c)", "d = Identity(c)"))
    data = json.loads(json.dumps(verify_files(right, saved(wrong, tmp_path / "b.onnx"), 2, 7).to_json()))
    assert data["equal"] is False
    assert data["inputs"] == 2
    assert data["first_difference"]["tensor"] == "d"
    assert {"max_abs_error", "max_rel_error", "max_ulps", "tolerance", "reason"} <= data.keys()
    same = verify_files(right, right).to_json()
    assert (same["equal"], same["max_abs_error"], same["first_difference"]) == (True, 0.0, None)


def test_a_difference_without_end_is_json_too(tmp_path: Path) -> None:
    text = f"{HEAD} g (float[2] x) => (float[2] y) <float z = {{0}}> {{ a = Relu(x) y = Div(a, z) }}"
    found = compared(text, text.replace("Div", "Mul"), tmp_path)
    assert not found.agrees
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["max_abs_error"] is None


def test_files_that_are_no_models_and_tries_that_are_none_are_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"no model")
    with pytest.raises(RefusedFile):
        verify_files(START, bad)
    with pytest.raises(BadUsage, match="The number of inputs to try: is 0"):
        verify_files(START, START, 0)


def test_weights_in_another_file_are_compared_inside_too(tmp_path: Path) -> None:
    proto = net()
    path = tmp_path / "a.onnx"
    onnx.save(proto, path, save_as_external_data=True, location="a.data", size_threshold=0)
    found = compare_outputs(path, saved(net(), tmp_path / "b.onnx"), 1, inside=True)
    assert found.agrees
    assert found.inside == 4


def test_a_model_too_large_to_be_looked_into_is_judged_by_its_outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onnxviz.rewrites.pairing.LARGEST_INSIDE", 10)
    assert compared(net(), net(), tmp_path).inside == 0
    wrong = compared(net(), net(NET.replace("Relu(c)", "Identity(c)")), tmp_path)
    assert not wrong.agrees
    assert wrong.first is None


@pytest.mark.parametrize("kind", MAKERS)
def test_seeded_faults_in_a_real_model_are_caught(kind: str, tmp_path: Path) -> None:
    missed, faults = [], 0
    for seed in range(8):
        made = mutant(onnx.load(START), kind, seed)
        path = tmp_path / f"{seed}.onnx"
        # A weight that only feeds what a Relu cuts off changes nothing: that is no fault.
        if made is not None and _differs_at_all(START, saved(made.model, path)):
            faults += 1
            if compare_outputs(START, path, 3, inside=True).agrees:
                missed.append(made.what)
    assert faults
    assert missed == []


def _differs_at_all(before: Path, after: Path) -> bool:
    found = compare_outputs(before, after, 10, 99, locate=False)
    return bool(found.worst_output or found.changes)


def test_sequences_of_tensors_of_many_sizes_inside_two_models_are_no_obstacle(tmp_path: Path) -> None:
    paths = []
    for name, sizes in (("before", "2, 3, 1"), ("after", "3, 2, 1")):
        text = f"""<ir_version: 8, opset_import: ["" : 17]> g (float[6] x) => (float[n] y)
            <int64[3] sizes = {{{sizes}}}, int64 zero = {{0}}>
            {{ s = SplitToSequence <axis = 0> (x, sizes)  y = SequenceAt(s, zero) }}"""
        paths.append(tmp_path / f"{name}.onnx")
        paths[-1].write_bytes(parser.parse_model(text).SerializeToString())
    found = verify_files(*paths)
    assert not found.agrees
    assert not found.error
