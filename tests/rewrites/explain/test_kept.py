"""Why a node stayed: each reason on a node that stays for it, and not on one that stays for another."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import parser

from onnxviz.rewrites.explain.stayed.habits import habits
from onnxviz.rewrites.reasons import Kept, Stayed
from tests.rewrites.explain.stayed import HEAD, Result, as_it_is, saved, written

SIZES = """g (float[batch, 3, height] image, float[4] v) => (int64 z, int64 h, float[4] u) {
  zero = Constant <value_int = 0> ()
  two = Constant <value_int = 2> ()
  s = Shape(image)
  b = Gather(s, zero)
  z = Mul(b, two)
  t = Gather(s, two)
  h = Mul(t, two)
  u = Neg(v)
}"""


def test_shape_arithmetic_waits_for_the_symbol_and_is_free_once_that_has_a_size(tmp_path: Path) -> None:
    result = Result(written(SIZES, tmp_path), tmp_path)
    one = result.kept()["z"]
    assert one.reason is Stayed.SYMBOLIC_DIM
    assert one.sentence == "The size of axis 0 of input 'image' is the symbol 'batch'."
    assert one.evidence == (("waits for", "the size of axis 0 of input 'image', the symbol 'batch'"),)
    assert one.blocker == "image"
    assert one.remedy is not None
    assert one.remedy.options == {"set_dims": {"batch": 1}}
    assert result.frees(one)


def test_a_symbol_that_is_not_the_blocker_is_not_named(tmp_path: Path) -> None:
    result = Result(written(SIZES, tmp_path), tmp_path)
    kept = result.kept()
    assert "batch" not in kept["h"].sentence
    assert kept["h"].remedy is not None
    assert list(kept["h"].remedy.options["set_dims"]) == ["height"]
    assert result.frees(kept["h"])
    assert "u" not in kept, "an ordinary node looks foldable to nobody"


def test_the_other_symbol_alone_does_not_free_it(tmp_path: Path) -> None:
    set_to = Result(written(SIZES, tmp_path), tmp_path, set_dims={"height": 5})
    kept = set_to.kept()
    assert kept["z"].reason is Stayed.SYMBOLIC_DIM
    assert "h" not in {node.id for node in set_to.after.graph.walk()}


def test_what_data_decide_on_stays_even_when_all_sizes_are_set(tmp_path: Path) -> None:
    text = """g (float[n] x) => (int64[1] y) { places = NonZero(x) s = Shape(places)
    one = Constant <value_ints = [1]> () c = Gather(s, one) y = Mul(c, c) }"""
    result = Result(written(text, tmp_path), tmp_path, set_dims={"n": 4})
    one = result.kept()["y"]
    assert one.reason is Stayed.GRAPH_INPUT
    assert one.blocker == "x"
    assert one.remedy is None


def test_a_size_without_a_name_is_set_by_the_shape_of_its_input(tmp_path: Path) -> None:
    proto = parser.parse_model(f"{HEAD} g (float[n, 2] x) => (int64[2] y) {{ s = Shape(x) y = Mul(s, s) }}")
    proto.graph.input[0].type.tensor_type.shape.dim[0].Clear()
    result = Result(saved(proto, tmp_path), tmp_path)
    one = result.kept()["y"]
    assert one.reason is Stayed.SYMBOLIC_DIM
    assert one.sentence == "The size of axis 0 of input 'x' is left open."
    assert one.remedy is not None
    assert one.remedy.options == {"simplify": {"input_shapes": {"x": (1, 2)}}}
    assert result.frees(one)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("k = RandomNormal <shape = [2]> ()", Stayed.RANDOM),
        ("k = Bernoulli(w)", Stayed.RANDOM),
        ("k = Dropout(w, half, yes)", Stayed.RANDOM),
    ],
)
def test_a_random_node_and_what_is_made_of_it_stay_and_have_no_remedy(
    call: str, reason: Stayed, tmp_path: Path
) -> None:
    text = f"""g (float[2] x) => (float[2] y) <float[2] w = {{1, 2}}, float half = {{0.5}}, bool yes = {{1}}>
    {{ {call} l = Exp(k) y = Add(x, l) }}"""
    kept = Result(written(text, tmp_path), tmp_path).kept()
    assert {node: (one.reason, one.blocker) for node, one in kept.items()} == {
        "k": (reason, "k"),
        "l": (reason, "k"),
    }
    assert all(one.remedy is None for one in kept.values())


def test_an_operator_of_its_own_is_named(tmp_path: Path) -> None:
    text = "g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { k = own.Mystery(w) y = Add(x, k) }"
    kept = as_it_is(written(text, tmp_path))
    assert set(kept) == {"k"}
    assert kept["k"].reason is Stayed.CUSTOM_OP
    assert "own.Mystery" in kept["k"].sentence


FUNCTION = """g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { k = own.f(w) y = Add(x, k) }
<domain: "own", opset_import: ["": 18]>
f (a) => (b) { two = Constant <value = float {2}> () four = Mul(two, two) b = Mul(a, four) }"""


@pytest.mark.parametrize("node", ["k", "function own.f/four"])
def test_a_call_and_the_inside_of_a_function_are_free_once_it_is_inlined(node: str, tmp_path: Path) -> None:
    result = Result(written(FUNCTION, tmp_path), tmp_path)
    one = result.kept()[node]
    assert one.reason is Stayed.FUNCTION
    assert one.remedy is not None
    assert one.remedy.options == {"simplify": {"inline_functions": True}}
    assert result.frees(one)


IN_A_BODY = """g (int64 n, bool c, float[2] x) => (float[2] y) <float[2] w = {1, 2}> {
  y = Loop(n, c, x) <
    body = turn (int64 i, bool go, float[2] state) => (bool on, float[2] next) {
      k = Mul(w, w) next = Add(state, k) on = Identity(go)
    }>
}"""


def test_a_constant_in_a_body_stays_where_the_optimizer_folds_none_and_another_one_does(
    tmp_path: Path,
) -> None:
    result = Result(written(IN_A_BODY, tmp_path), tmp_path)
    one = result.kept()["y/body:0/k"]
    assert one.reason is Stayed.BODY
    assert one.blocker == "y"
    assert one.remedy is not None
    assert one.remedy.optimizer == "ort-basic"
    assert result.frees(one)


def test_without_time_no_optimizer_is_named(tmp_path: Path) -> None:
    one = Result(written(IN_A_BODY, tmp_path), tmp_path).kept(seconds=0.0)["y/body:0/k"]
    assert one.reason is Stayed.BODY
    assert one.remedy is None


def test_the_output_of_a_body_keeps_its_name(tmp_path: Path) -> None:
    one = Result(written(IN_A_BODY, tmp_path), tmp_path).kept()["y/body:0/on"]
    assert one.reason is Stayed.GRAPH_OUTPUT
    assert one.blocker == "on"


def test_a_shape_in_a_body_needs_both_a_size_and_an_optimizer_that_looks_there(tmp_path: Path) -> None:
    text = """g (int64 t, bool c, float[n] x) => (float[n] y) { y = Loop(t, c, x) <
    body = turn (int64 i, bool go, float[n] state) => (bool on, float[n] next) {
      s = Shape(x) k = ConstantOfShape <value = float[1] {2}> (s)
      next = Add(state, k) on = Identity(go) }> }"""
    result = Result(written(text, tmp_path), tmp_path)
    one = result.kept()["y/body:0/k"]
    assert one.reason is Stayed.SYMBOLIC_DIM
    assert one.remedy is not None
    assert (one.remedy.options, one.remedy.optimizer) == ({"set_dims": {"n": 1}}, "ort-basic")
    assert result.frees(one)


TILED = """g (float[1000] x) => (float[1000] y)
<float[10] v = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, int64[1] n = {100}>
{ k = Tile(v, n) l = Exp(k) y = Add(x, l) }"""


def test_a_value_above_the_size_limit_stays_and_what_is_made_of_it_waits(tmp_path: Path) -> None:
    result = Result(written(TILED, tmp_path), tmp_path, simplify={"tensor_size_threshold": "3999B"})
    kept = result.kept()
    assert kept["k"].reason is kept["l"].reason is Stayed.SIZE_LIMIT
    assert dict(kept["k"].evidence) == {"bytes": "4000", "threshold": "3999"}
    assert kept["l"].blocker == "k"
    for one in kept.values():
        assert one.remedy is not None
        assert one.remedy.options == {"simplify": {"tensor_size_threshold": "4KB"}}
        assert result.frees(one)


def test_a_value_of_just_the_limit_is_not_blamed_on_it(tmp_path: Path) -> None:
    result = Result(written(TILED, tmp_path), tmp_path, simplify={"tensor_size_threshold": "4000B"})
    assert result.kept() == {}


def test_a_constant_of_just_the_limit_that_stays_does_so_for_another_reason(tmp_path: Path) -> None:
    for limit, reason in (("8B", Stayed.NO_RULE), ("7B", Stayed.SIZE_LIMIT)):
        result = Result(written(QUANTIZED, tmp_path), tmp_path, simplify={"tensor_size_threshold": limit})
        assert result.kept(seconds=0.0)["k"].reason is reason


@pytest.mark.parametrize("optimizer", ["onnxscript"])
def test_an_input_above_the_limit_of_onnxscript_is_counted(optimizer: str, tmp_path: Path) -> None:
    most = habits(optimizer).most_elements
    assert most is not None
    text = """g (float[n] x) => (float[n] y) <float[1] v = {1}, int64[1] s = {COUNT}>
    { k = Expand(v, s) l = Exp(k) y = Add(x, l) }"""
    for count, stays in ((most, False), (most + 1, True)):
        model = written(text.replace("COUNT", str(count)).replace("[n]", f"[{count}]"), tmp_path)
        kept = Result(model, tmp_path, optimizer).kept()
        assert ("l" in kept) == stays
        if stays:
            assert kept["l"].reason is Stayed.SIZE_LIMIT
            assert dict(kept["l"].evidence)["elements"] == str(count)


@pytest.mark.parametrize(
    ("chosen", "node", "sentence"),
    [
        ({"skip_constant_folding": True}, "k", "Constant folding is switched off."),
        ({"skip_optimization": True}, "i", "Its optimizations are switched off."),
        (
            {"skipped_optimizers": ("eliminate_identity",)},
            "i",
            "The pass eliminate_identity is switched off.",
        ),
        (
            {"skipped_optimizers": ("eliminate_common_subexpression",)},
            "b",
            "The pass eliminate_common_subexpression is switched off.",
        ),
    ],
)
def test_an_option_that_is_off_is_named_and_switched_on(
    chosen: dict[str, object], node: str, sentence: str, tmp_path: Path
) -> None:
    text = """g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { k = Exp(w) i = Identity(x) a = Sin(i)
    b = Sin(i) c = Neg(a) d = Cos(b) e = Add(c, d) y = Add(e, k) }"""
    result = Result(written(text, tmp_path), tmp_path, simplify=chosen)
    one = result.kept()[node]
    assert one.reason is Stayed.SETTING
    assert one.sentence == sentence
    assert result.frees(one)


def test_a_switched_off_option_is_not_blamed_for_what_waits_for_data(tmp_path: Path) -> None:
    text = "g (float[n] x) => (int64[2] y) { p = NonZero(x) y = Shape(p) }"
    kept = Result(written(text, tmp_path), tmp_path, simplify={"skip_constant_folding": True}).kept()
    assert kept["y"].reason is Stayed.GRAPH_INPUT


def test_a_weight_that_is_an_input_too_is_free_once_it_is_frozen(tmp_path: Path) -> None:
    text = "g (float[2] x, float[2] w) => (float[2] y) { k = Exp(w) y = Add(x, k) }"
    proto = parser.parse_model(f'<ir_version: 3, opset_import: ["": 12]> {text}')
    proto.graph.initializer.append(onnx.helper.make_tensor("w", 1, [2], [1.0, 2.0]))
    result = Result(saved(proto, tmp_path), tmp_path, "onnxscript")
    one = result.kept()["k"]
    assert one.reason is Stayed.SETTING
    assert one.blocker == "w"
    assert one.remedy is not None
    assert one.remedy.options == {"freeze_weights": True}
    assert result.frees(one)
    frozen = Result(result.before, tmp_path, "onnxscript", freeze_weights=True)
    assert frozen.kept() == {}


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("g (float[2] x) => (float[2] y, float[2] z) { y = Identity(x) z = Exp(x) }", "y"),
        ("g (float[2] x) => (float[2] y, float[2] z) { y = Neg(x) z = Identity(y) }", "z"),
        ("g (float[2] x) => (float[2] a, float[2] b) { a = Exp(x) b = Exp(x) }", "b"),
    ],
)
def test_a_name_that_the_graph_gives_out_must_be_made(text: str, node: str, tmp_path: Path) -> None:
    kept = Result(written(text, tmp_path), tmp_path).kept()
    assert set(kept) == {node}
    assert kept[node].reason is Stayed.GRAPH_OUTPUT
    assert kept[node].blocker == node
    assert kept[node].evidence == (), "no other optimizer can do without it: none is tried"


def test_a_missing_rule_is_told_with_the_optimizer_that_has_it(tmp_path: Path) -> None:
    text = """g (float[2, 3] x) => (float[2, 3] y) <int64[2] from = {0, 0}, int64[2] to = {2, 3}>
    { a = Slice(x, from, to) y = Neg(a) }"""
    result = Result(written(text, tmp_path), tmp_path)
    one = result.kept()["a"]
    assert one.reason is Stayed.NO_RULE
    assert one.remedy is not None
    assert one.remedy.optimizer == "onnxslim"
    assert ("checked", "onnxslim takes it out") in one.evidence
    assert result.frees(one)


QUANTIZED = """g (float[2] x) => (float[2] y) <int8[2] w = {1, 2}, float s = {0.5}, int8 z = {0}>
{ k = DequantizeLinear(w, s, z) l = Exp(k) m = Sin(l) y = Add(x, m) }"""


def test_of_a_model_that_nobody_is_known_to_have_optimized_no_rule_is_said_to_be_missing(
    tmp_path: Path,
) -> None:
    one = as_it_is(written(QUANTIZED, tmp_path))["k"]
    assert one.reason is Stayed.NO_RULE
    assert "which optimizer ran on this model, if any, is not known" in one.sentence
    assert "has no rule" not in one.sentence


def test_what_no_optimizer_takes_out_has_no_remedy_and_says_who_was_tried(tmp_path: Path) -> None:
    kept = Result(written(QUANTIZED, tmp_path), tmp_path).kept()
    assert kept["k"].reason is Stayed.NO_RULE
    assert kept["k"].remedy is None
    assert any(label == "checked" and "ort-basic" in said for label, said in kept["k"].evidence)
    assert kept["m"].blocker == kept["l"].blocker == "k"
    assert kept["m"].sentence.count("waits for") == 1, "a chain is told from its beginning, not link by link"


@pytest.mark.parametrize("optimizer", ["ort-basic", "onnxslim", "onnxscript"])
def test_where_shapes_are_folded_whole_all_their_sizes_are_set(optimizer: str, tmp_path: Path) -> None:
    text = """g (float[batch, height] x) => (int64 y, float[batch, height] u) { u = Neg(x) s = Shape(u)
    zero = Constant <value_int = 0> () b = Gather(s, zero) y = Mul(b, b) }"""
    result = Result(written(text, tmp_path), tmp_path, optimizer)
    one = result.kept()["b"]
    assert one.sentence == "The size of axis 0 of input 'x' is the symbol 'batch'."
    assert one.remedy is not None
    assert set(one.remedy.options["set_dims"]) == {"batch", "height"}
    assert result.frees(one)


def test_what_an_optimizer_never_folds_needs_a_size_and_another_one(tmp_path: Path) -> None:
    text = """g (float[n] x) => (float[n] y) { s = Shape(x) k = ConstantOfShape <value = float[1] {2}> (s)
    l = Exp(k) y = Add(x, l) }"""
    result = Result(written(text, tmp_path), tmp_path, "onnxscript")
    for node in ("k", "l"):
        one = result.kept()[node]
        assert one.reason is Stayed.SYMBOLIC_DIM
        assert one.sentence.endswith("And onnxscript folds no ConstantOfShape.")
        assert one.remedy is not None
        assert one.remedy.optimizer == "onnxsim"
        assert result.frees(one)


def test_the_sizes_of_a_remedy_fit_the_model(tmp_path: Path) -> None:
    text = """g (float[length] x) => (float[length] y, int64[1] z) {
    w = Constant <value_floats = [WEIGHTS]> () y = Add(x, w) z = Shape(x) }""".replace(
        "WEIGHTS", ", ".join(["1.0"] * 32)
    )
    result = Result(written(text, tmp_path), tmp_path)
    one = result.kept()["z"]
    assert one.remedy is not None
    assert one.remedy.options == {"set_dims": {"length": 32}}
    assert result.frees(one)


def test_of_a_model_that_nobody_optimized_the_reasons_are_those_of_the_model(tmp_path: Path) -> None:
    kept = as_it_is(written(SIZES, tmp_path))
    assert kept["z"].reason is Stayed.SYMBOLIC_DIM
    assert {one.reason for one in kept.values()} == {Stayed.SYMBOLIC_DIM}


def test_names_of_the_model_are_shortened_in_sentences_and_whole_in_ids(tmp_path: Path) -> None:
    proto = parser.parse_model(f"{HEAD} g (float[n] x) => (int64[1] y) {{ y = Shape(x) }}")
    name = "<b>" + "x" * 500
    proto.graph.input[0].name = proto.graph.node[0].input[0] = name
    one = as_it_is(saved(proto, tmp_path))["y"]
    assert one.blocker == name
    assert len(one.sentence) < 200


def test_a_row_is_ready_for_json(tmp_path: Path) -> None:
    kept: Kept = as_it_is(written(SIZES, tmp_path))["z"]
    assert kept.to_json()["remedy"]["options"] == {"set_dims": {"batch": 1}}
