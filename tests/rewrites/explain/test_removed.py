"""Why a node went: each reason is given where it can be shown, and vanishes where the result is doctored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from onnxviz.diff.models import diff_models
from onnxviz.progress import listening
from onnxviz.reading import read_model
from onnxviz.rewrites.explain.explain import explain_files
from onnxviz.rewrites.explain.went.removed import gone
from onnxviz.rewrites.reasons import Explanation, How, Removed, Went

HEAD = '<ir_version: 8, opset_import: ["": 17]>'

Model = str | onnx.ModelProto


def saved(model: Model, path: Path) -> Path:
    proto = parser.parse_model(f"{HEAD} {model}") if isinstance(model, str) else model
    onnx.save(proto, path)
    return path


@pytest.fixture
def explained(tmp_path: Path) -> Callable[[Model, Model], dict[str, Removed]]:
    """Node id -> its reason; each node that went has exactly one."""

    def find(before: Model, after: Model) -> dict[str, Removed]:
        paths = saved(before, tmp_path / "before.onnx"), saved(after, tmp_path / "after.onnx")
        found = explain_files(*paths)
        ids = [each.node for each in found.removed]
        assert sorted(ids) == sorted(node.id for node in gone(diff_models(*paths)))
        assert found.is_complete
        return {each.node: each for each in found.removed}

    return find


Explained = Callable[[Model, Model], dict[str, Removed]]

FOLD = """g (float[2] x) => (float[2] y) <float[2] one = {1, 2}, float[2] two = {3, 5}> {
  s = Add(one, two) t = Mul(s, two) y = Sub(x, t)
}"""
FOLDED = "g (float[2] x) => (float[2] y) <float[2] t = {12, 35}> { y = Sub(x, t) }"


def test_a_folded_value_is_recomputed_and_found_and_so_is_what_led_to_it(explained: Explained) -> None:
    found = explained(FOLD, FOLDED)
    assert found["t"].reason is Went.FOLDED
    evidence = dict(found["t"].evidence)
    assert evidence["from"] == "two, one"
    assert evidence["value"] == "float[2] [12, 35]"
    assert evidence["bytes"] == "8"
    assert evidence["found"] == "t, an initializer"
    assert found["s"].reason is Went.FOLDED
    assert found["s"].before_nodes == ("t",)


def test_a_wrong_folded_value_is_no_reason_and_neither_is_its_chain(explained: Explained) -> None:
    found = explained(FOLD, FOLDED.replace("35", "36"))
    assert {each.reason for each in found.values()} == {Went.UNEXPLAINED}
    assert found["t"].evidence


def test_a_right_value_at_another_place_is_no_reason(explained: Explained) -> None:
    wrong = "g (float[2] x) => (float[2] y) <float[2] t = {12, 35}, float[2] u = {0, 0}> { y = Sub(x, u) }"
    assert explained(FOLD, wrong)["t"].reason is Went.UNEXPLAINED


def test_fixed_sizes_are_folded_and_sizes_that_are_open_are_not(explained: Explained) -> None:
    before = """g (float[3, 4] x) => (int64[2] y) <int64[2] k = {1, 1}> { s = Shape(x) y = Add(s, k) }"""
    after = "g (float[3, 4] x) => (int64[2] y) <int64[2] s = {3, 4}, int64[2] k = {1, 1}> { y = Add(s, k) }"
    found = explained(before, after)
    assert found["s"].reason is Went.FOLDED
    assert dict(found["s"].evidence)["sizes of"] == "x float[3, 4]"
    opened = [text.replace("float[3, 4]", "float[n, 4]") for text in (before, after)]
    assert explained(*opened)["s"].reason is Went.UNEXPLAINED


def test_what_fed_a_shape_that_was_folded_is_dead(explained: Explained) -> None:
    before = (
        "g (float[3, 4] x) => (int64[2] y) <int64[2] k = {1, 1}> { a = Abs(x) s = Shape(a) y = Add(s, k) }"
    )
    after = "g (float[3, 4] x) => (int64[2] y) <int64[2] s = {3, 4}, int64[2] k = {1, 1}> { y = Add(s, k) }"
    found = explained(before, after)
    assert found["a"].reason is Went.DEAD
    assert "Shape" in found["a"].sentence


def test_a_value_that_is_drawn_is_never_folded(explained: Explained) -> None:
    before = """g (float[2] x) => (float[2] y) {
      r = RandomNormal <shape = [2], seed = 1.0> () y = Add(x, r)
    }"""
    after = "g (float[2] x) => (float[2] y) <float[2] r = {0.1, 0.2}> { y = Add(x, r) }"
    assert explained(before, after)["r"].reason is Went.UNEXPLAINED


NO_OPS = [
    ("Identity(x)", "", "Identity"),
    ("Dropout(x)", "", "Dropout outside training"),
    ("Cast <to = 1> (x)", "", "Cast to the type that it has"),
    ("Transpose <perm = [0, 1]> (x)", "", "Transpose that keeps the order of axes"),
    ("Concat <axis = 0> (x)", "", "Concat of one"),
    ("Reshape(x, k)", "int64[2] k = {2, -1}", "Reshape to the shape that it has"),
    ("Flatten(x)", "", "Flatten to the shape that it has"),
    ("Add(x, k)", "float k = {0}", "Add of zero"),
    ("Mul(x, k)", "float[1, 1] k = {1}", "Mul by one"),
    ("Div(x, k)", "float k = {1}", "Div by one"),
    ("Expand(x, k)", "int64[2] k = {1, 3}", "Expand to the shape that it has"),
    ("Tile(x, k)", "int64[2] k = {1, 1}", "Tile by one"),
    ("Pad(x, k)", "int64[4] k = {0, 0, 0, 0}", "Pad by nothing"),
    ("Slice(x, k, l)", "int64[2] k = {0, 0}, int64[2] l = {9, 9}", "Slice of everything"),
    ("Max(x)", "", "Max of one, or of what is larger anyway"),
]


@pytest.mark.parametrize(("call", "constants", "rule"), NO_OPS)
def test_a_no_op_is_named_by_its_rule(call: str, constants: str, rule: str, explained: Explained) -> None:
    kept = f"<{constants}>" if constants else ""
    before = f"g (float[2, 3] x) => (float[2, 3] y) {kept} {{ a = {call} y = Exp(a) }}"
    found = explained(before, f"g (float[2, 3] x) => (float[2, 3] y) {kept} {{ y = Exp(x) }}")
    assert found["a"].reason is Went.NO_OP
    assert dict(found["a"].evidence)["rule"] == rule


@pytest.mark.parametrize(
    ("call", "constants"),
    [
        ("Add(x, k)", "float k = {0.5}"),
        ("Mul(x, k)", "float k = {1.0000002}"),
        ("Transpose <perm = [1, 0]> (x)", ""),
        ("Relu(x)", ""),
        ("Slice(x, k, l)", "int64[2] k = {0, 1}, int64[2] l = {9, 9}"),
    ],
)
def test_what_only_looks_like_a_no_op_is_none(call: str, constants: str, explained: Explained) -> None:
    kept = f"<{constants}>" if constants else ""
    before = f"g (float[2, 2] x) => (float[n, m] y) {kept} {{ a = {call} y = Exp(a) }}"
    found = explained(before, f"g (float[2, 2] x) => (float[n, m] y) {kept} {{ y = Exp(x) }}")
    assert found["a"].reason is not Went.NO_OP


def test_a_no_op_whose_reader_reads_something_else_is_no_reason(explained: Explained) -> None:
    before = "g (float[2] x, float[2] z) => (float[2] y) { a = Identity(x) b = Neg(z) y = Sub(a, b) }"
    wrong = "g (float[2] x, float[2] z) => (float[2] y) { b = Neg(z) y = Sub(z, b) }"
    assert explained(before, wrong)["a"].reason is Went.UNEXPLAINED


def test_transposes_that_cancel_out_are_no_ops_together(explained: Explained) -> None:
    before = """g (float[2, 3] x) => (float[2, 3] y) {
      a = Transpose <perm = [1, 0]> (x) b = Transpose <perm = [1, 0]> (a) y = Exp(b)
    }"""
    found = explained(before, "g (float[2, 3] x) => (float[2, 3] y) { y = Exp(x) }")
    assert {each.reason for each in found.values()} == {Went.NO_OP}
    assert found["a"].before_nodes == ("b",)


TWINS = "g (float[2] x) => (float[2] y) { a = Exp(x) b = Exp(x) c = Neg(a) d = Abs(b) y = Add(c, d) }"


def test_a_twin_is_merged_and_named(explained: Explained) -> None:
    found = explained(TWINS, TWINS.replace("b = Exp(x) ", "").replace("Abs(b)", "Abs(a)"))
    assert found["b"].reason is Went.MERGED
    assert (found["b"].before_nodes, found["b"].after_nodes) == (("a",), ("a",))


@pytest.mark.parametrize("other", ["b = Exp(z)", "b = Log(x)"])
def test_what_is_no_twin_is_not_merged(other: str, explained: Explained) -> None:
    before = TWINS.replace("b = Exp(x)", other).replace("[2] x)", "[2] x, float[2] z)")
    found = explained(before, before.replace(f"{other} ", "").replace("Abs(b)", "Abs(a)"))
    assert found["b"].reason is Went.UNEXPLAINED


def test_a_twin_whose_reader_reads_another_tensor_now_is_no_reason(explained: Explained) -> None:
    wrong = TWINS.replace("b = Exp(x) ", "").replace("Abs(b)", "Abs(x)")
    assert explained(TWINS, wrong)["b"].reason is Went.UNEXPLAINED


def test_two_constants_of_one_value_are_merged(explained: Explained) -> None:
    before = """g (float[2] x) => (float[2] y) {
      k = Constant <value = float[2] {1, 2}> () l = Constant <value = float[2] {1, 2}> ()
      a = Add(x, k) y = Mul(a, l)
    }"""
    after = "g (float[2] x) => (float[2] y) <float[2] k = {1, 2}> { a = Add(x, k) y = Mul(a, k) }"
    assert explained(before, after)["l"].reason is Went.MERGED
    assert "k" not in explained(before, after)
    assert explained(before, after.replace("Mul(a, k)", "Mul(a, a)"))["l"].reason is Went.UNEXPLAINED


def test_what_nothing_reads_is_dead_with_all_that_led_to_it_alone(explained: Explained) -> None:
    before = "g (float[2] x) => (float[2] y) { a = Exp(x) b = Neg(a) y = Abs(x) }"
    found = explained(before, "g (float[2] x) => (float[2] y) { y = Abs(x) }")
    assert {each.reason for each in found.values()} == {Went.DEAD}
    assert found["a"].before_nodes == ("b",)


def test_what_is_read_is_not_dead(explained: Explained) -> None:
    before = "g (float[2] x) => (float[2] y) { a = Exp(x) b = Neg(a) y = Add(x, b) }"
    found = explained(before, "g (float[2] x) => (float[2] y) { y = Add(x, x) }")
    assert {each.reason for each in found.values()} == {Went.UNEXPLAINED}


def conv(weight: float, *, is_fused: bool) -> onnx.ModelProto:
    """A Conv of one channel, and a BatchNormalization behind it or in it."""
    norm = "" if is_fused else "n = BatchNormalization(c, scale, bias, mean, var)"
    inner, end = ("conv = Conv(x, w, b)", "conv") if is_fused else ("c = Conv(x, w)", "n")
    text = f"{HEAD} g (float[1, 1, 4, 4] x) => (float[1, 1, 4, 4] y) {{ {inner} {norm} y = Relu({end}) }}"
    proto = parser.parse_model(text.replace("conv", "n") if is_fused else text)
    parts = {"w": [[[[weight]]]], "b": [0.5]} if is_fused else {
        "w": [[[[weight]]]], "scale": [2.0], "bias": [0.5], "mean": [0.0], "var": [1.0],
    }  # fmt: skip
    tensors = [numpy_helper.from_array(np.array(v, np.float32), k) for k, v in parts.items()]
    proto.graph.initializer.extend(tensors)
    return proto


def test_a_normalization_is_fused_into_the_conv_before_it(explained: Explained) -> None:
    found = explained(conv(3.0, is_fused=False), conv(6.0 / np.sqrt(1 + 1e-5), is_fused=True))
    (reason,) = found.values()
    assert reason.reason is Went.FUSED
    assert reason.after_nodes == ("n",)
    assert dict(reason.evidence)["old"] == "Conv, BatchNormalization"
    assert reason.sentence == "Conv, BatchNormalization became one Conv.", "the reason is said beside it"


def test_a_fused_node_with_a_wrong_weight_is_no_reason(explained: Explained) -> None:
    found = explained(conv(3.0, is_fused=False), conv(6.01, is_fused=True))
    assert {each.reason for each in found.values()} == {Went.UNEXPLAINED}


LINEAR = """g (float[2, 3] x) => (float[2, 2] y)
  <float[3, 2] w = {1, -2, 3, 4, -5, 6}, float[2] b = {1, 2}> { m = MatMul(x, w) a = Add(m, b) y = Exp(a) }"""


def test_a_product_and_a_sum_became_one_node(explained: Explained) -> None:
    after = LINEAR.replace("m = MatMul(x, w) a = Add(m, b)", "a = Gemm(x, w, b)")
    found = explained(LINEAR, after)
    assert set(found) >= {"m"}
    assert {each.reason for each in found.values()} == {Went.FUSED}
    assert found["m"].after_nodes == ("a",)
    wrong = explained(LINEAR, after.replace("-5", "-4"))
    assert wrong["m"].reason is Went.UNEXPLAINED


def test_an_old_pattern_became_a_new_one(explained: Explained) -> None:
    after = LINEAR.replace("m = MatMul(x, w) a = Add(m, b)", "c = Neg(x) d = Neg(c) a = Gemm(d, w, b)")
    found = explained(LINEAR, after)
    assert found["m"].reason is Went.REWRITTEN
    assert dict(found["m"].evidence)["new"] == "Neg × 2, Gemm"
    assert found["m"].sentence.endswith("became Neg × 2, Gemm.")
    wrong = explained(LINEAR, after.replace("d = Neg(c)", "d = Abs(c)"))
    assert wrong["m"].reason is Went.UNEXPLAINED


def test_a_counterpart_that_reads_something_else_is_no_reason(explained: Explained) -> None:
    before = LINEAR.replace("[2, 3] x)", "[2, 3] x, float[2, 3] z)")
    after = before.replace("m = MatMul(x, w) a = Add(m, b)", "a = Gemm(z, w, b)")
    assert explained(before, after)["m"].reason is Went.UNEXPLAINED


IF = """g (float[2] x) => (float[2] y) {
  c = Constant <value = bool {1}> ()
  y = If (c) <
    then_branch = t () => (float[2] u) { a = Neg(x) u = Exp(a) },
    else_branch = e () => (float[2] v) { b = Abs(x) v = Log(b) }>
}"""


def test_an_if_that_always_goes_one_way_leaves_its_branch(explained: Explained) -> None:
    found = explained(IF, "g (float[2] x) => (float[2] y) { a = Neg(x) y = Exp(a) }")
    assert found["y"].reason is Went.REWRITTEN
    assert "always true" in found["y"].sentence
    others = {node: each.reason for node, each in found.items() if "else_branch" in node}
    assert set(others.values()) == {Went.DEAD}
    wrong = explained(IF, "g (float[2] x) => (float[2] y) { b = Abs(x) y = Log(b) }")
    assert wrong["y"].reason is Went.UNEXPLAINED


LOOP = """g (int64 n, bool c, float[2] x) => (float[2] y) {
  y = Loop (n, c, x) <body = b (int64 i, bool k, float[2] s) => (bool k2, float[2] t)
    <float[2] one = {1, 1}, float[2] two = {2, 3}> {
      k2 = Identity(k) d = Identity(s) w = Add(one, two) t = Mul(d, w) }>
}"""


def test_what_went_inside_a_body_is_explained_there(explained: Explained) -> None:
    after = LOOP.replace("d = Identity(s) w = Add(one, two) t = Mul(d, w)", "t = Mul(s, w)")
    after = after.replace("<float[2] one = {1, 1}, float[2] two = {2, 3}>", "<float[2] w = {3, 4}>")
    found = explained(LOOP, after)
    assert {each.op_type: each.reason for each in found.values()} == {
        "Identity": Went.NO_OP, "Add": Went.FOLDED,
    }  # fmt: skip
    wrong = explained(LOOP, after.replace("{3, 4}", "{3, 5}"))
    assert {each.op_type: each.reason for each in wrong.values()}["Add"] is Went.UNEXPLAINED


def test_a_call_of_a_function_that_was_written_out_is_rewritten(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17, "own": 1]>
    g (float[2] x) => (float[2] y) { a = own.twice(x) y = Exp(a) }
    <domain: "own", opset_import: ["": 17]> twice (p) => (r) { q = Neg(p) r = Sub(p, q) }"""
    plain = """<ir_version: 8, opset_import: ["": 17]>
    g (float[2] x) => (float[2] y) { q = Neg(x) a = Sub(x, q) y = Exp(a) }"""
    paths = [saved(parser.parse_model(t), tmp_path / f"{n}.onnx") for n, t in enumerate((text, plain))]
    assert [each.reason for each in explain_files(*paths).removed] in ([Went.REWRITTEN], [])
    wrong = saved(parser.parse_model(plain.replace("Neg", "Abs")), tmp_path / "wrong.onnx")
    assert all(each.reason is Went.UNEXPLAINED for each in explain_files(paths[0], wrong).removed)


def test_the_same_model_twice_and_an_empty_graph_have_nothing_to_explain(explained: Explained) -> None:
    assert explained(FOLD, FOLD) == {}
    empty = "g (float[2] x) => () { }"
    assert explained(empty, empty) == {}


def test_names_that_mean_harm_are_only_names(explained: Explained) -> None:
    before = parser.parse_model(f"{HEAD} {FOLD}")
    after = parser.parse_model(f"{HEAD} {FOLDED}")
    bad = "<img src=x onerror=alert(1)>\n](javascript:0)" + "n" * 500
    for proto in (before, after):
        for node in proto.graph.node:
            for names in (node.input, node.output):
                for slot, name in enumerate(names):
                    names[slot] = bad if name == "t" else name
        for tensor in proto.graph.initializer:
            tensor.name = bad if tensor.name == "t" else tensor.name
    found = explained(before, after)
    assert found[bad].reason is Went.FOLDED
    assert all(len(text) < 300 and "\n" not in text for _, text in found[bad].evidence)


def test_a_model_that_cannot_run_has_the_reasons_of_structure_and_a_note(tmp_path: Path) -> None:
    head = '<ir_version: 8, opset_import: ["": 17, "acme": 1]>'
    before = f"""{head} g (float[2] x) => (float[2] y) {{
      a = Identity(x) b = acme.Strange(a) d = Neg(b) e = Abs(x) f = Mul(b, e) y = Add(f, f) }}"""
    after = f"{head} g (float[2] x) => (float[2] y) {{ b = acme.Strange(x) y = acme.Other(b, x) }}"
    paths = [saved(parser.parse_model(t), tmp_path / f"{n}.onnx") for n, t in enumerate((before, after))]
    found = explain_files(*paths)
    reasons = {each.node: each.reason for each in found.removed}
    assert reasons["a"] is Went.NO_OP
    assert reasons["d"] is Went.DEAD
    assert reasons["f"] is Went.UNEXPLAINED


def test_when_the_time_is_up_the_rest_is_unexplained_and_counted(tmp_path: Path) -> None:
    paths = saved(FOLD, tmp_path / "a.onnx"), saved(FOLDED, tmp_path / "b.onnx")
    found = explain_files(*paths, seconds=0.0)
    assert not found.is_complete
    assert found.counts()["unexplained"] == 2
    assert any("time was up" in note for note in found.notes)


def test_parts_are_handed_over_as_they_are_found_each_node_once(tmp_path: Path) -> None:
    before = FOLD.replace("y = Sub(x, t)", "z = Exp(x) i = Identity(x) y = Sub(i, t)")
    paths = saved(before, tmp_path / "a.onnx"), saved(FOLDED, tmp_path / "b.onnx")
    parts: list[object] = []
    with listening(lambda text, fraction: None, parts.append):
        found: Explanation = explain_files(*paths)
    batches = [part for part in parts if isinstance(part, tuple) and part and isinstance(part[0], Removed)]
    assert [each.node for each in batches[0]] == ["z", "i"] or {e.node for e in batches[0]} == {"z", "i"}
    assert sorted(e.node for batch in batches for e in batch) == sorted(e.node for e in found.removed)


def test_sizes_that_the_result_fixed_count_as_fixed(explained: Explained) -> None:
    before = "g (float[n, 4] x) => (int64[2] y) <int64[2] k = {1, 1}> { s = Shape(x) y = Add(s, k) }"
    after = "g (float[3, 4] x) => (int64[2] y) <int64[2] s = {3, 4}, int64[2] k = {1, 1}> { y = Add(s, k) }"
    assert explained(before, after)["s"].reason is Went.FOLDED


def test_every_node_that_onnxsim_takes_from_a_real_model_has_a_reason(
    light_models: list[Path], tmp_path: Path
) -> None:
    from onnxviz.rewrites.simplify import SimplifyOptions, simplify_file

    path = next(path for path in light_models if "shufflenet" in path.name)
    out = tmp_path / "after.onnx"
    simplify_file(path, out, SimplifyOptions(checks=0))
    found = explain_files(path, out, How())
    assert len(found.removed) > 200
    assert found.counts()["unexplained"] == 0
    assert read_model(out).graph.node_count() < read_model(path).graph.node_count()
