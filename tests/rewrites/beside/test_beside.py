"""What each folder folds, counted and explained, on models that are small enough to be read."""

from __future__ import annotations

import inspect
import pickle
from pathlib import Path

import onnx
import pytest

from onnxviz.errors import BadUsage, JobCrashed
from onnxviz.model import Model
from onnxviz.progress import listening
from onnxviz.reading import read_model
from onnxviz.rewrites import prepare
from onnxviz.rewrites.beside import FOLDERS, Beside, Column, beside, column, failed, join
from onnxviz.rewrites.beside.counting import folded, gone
from onnxviz.rewrites.explain.origins import origins
from onnxviz.rewrites.fold import FoldOptions, fold
from onnxviz.rewrites.reasons import Stayed
from tests.rewrites.fold.checking import saved

CONSTANTS = """float[2] k = {1, 2}, uint8[2] u = {3, 4}, float scale = {0.5}, bool yes = {1}, int64 n = {2},
    int64[2] halves = {1, 1}, int64[1] two = {2}, int64[1] many = {300000}"""

SHAPE_MATH = """g (float[batch, 4, 6] x) => (float[batch, 24] y) {
    s = Shape(x)
    zero = Constant<value = int64[1] {0}>() one = Constant<value = int64[1] {1}>()
    two = Constant<value = int64[1] {2}>()
    b = Gather(s, zero) c = Gather(s, one) d = Gather(s, two)
    cd = Mul(c, d) target = Concat<axis = 0>(b, cd) y = Reshape(x, target)
}"""

TAKEN = """g (float[2] x) => (float[2] y) <float[2] k = {1, 2}, bool yes = {1}> {
    y = If(yes) <then_branch = t () => (float[2] a) { m = Neg(k) a = Add(x, m) },
                 else_branch = e () => (float[2] b) { b = Abs(x) }>
}"""

IN_A_BODY = """g (float[2] x, bool c) => (float[2] y) <float[2] k = {1, 2}> {
    y = If(c) <then_branch = t () => (float[2] a) { m = Neg(k) a = Add(x, m) },
               else_branch = e () => (float[2] b) { b = Abs(x) }>
}"""


def model(text: str, folder: Path) -> Model:
    return read_model(saved(text, folder))


def computing(body: str, folder: Path) -> Model:
    """A model that adds to its input what `body` makes under the name `c`."""
    return model(f"g (float[2] x) => (float[2] y) <{CONSTANTS}> {{ {body} y = Add(x, c) }}", folder)


def reasons(found: Column) -> dict[str, Stayed]:
    return {kept.node: kept.reason for kept in found.stayed}


@pytest.mark.parametrize("name", FOLDERS)
def test_every_folder_folds_a_chain_and_leaves_what_reads_an_input(name: str, tmp_path: Path) -> None:
    found = column(name, computing("a = Neg(k) z = Constant<value_float = 2.0>() c = Mul(a, z)", tmp_path))
    assert (found.error, set(found.folded), found.stayed) == ("", {"a", "c"}, ())
    assert (found.nodes, found.left) == (3, 1)
    assert found.nbytes > 0
    assert found.seconds > 0


FACTS = [
    ("onnxscript", "d = ConstantOfShape(two) c = Add(d, k)", {"d": Stayed.SETTING, "c": Stayed.SETTING}),
    ("onnxscript", "c, d = Split<axis = 0>(k, halves)", {"c": Stayed.NO_RULE}),
    (
        "onnxscript",
        "d = Expand(scale, many) c = ReduceSum(d)",
        {"d": Stayed.SIZE_LIMIT, "c": Stayed.SIZE_LIMIT},
    ),
    ("onnxscript", "d = ConstantOfShape(many) c = ReduceSum(d)", {"d": Stayed.SETTING, "c": Stayed.SETTING}),
    ("onnxsim", "c = DequantizeLinear(u, scale)", {"c": Stayed.NO_RULE}),
    ("onnxsim", "c = CastLike(k, x)", {"c": Stayed.NO_RULE}),
    ("ort-basic", "c = DequantizeLinear(u, scale)", {"c": Stayed.SETTING}),
    ("ort-basic", "d = NonZero(k) c = Cast<to = 1>(d)", {"d": Stayed.SIZE_LIMIT, "c": Stayed.SIZE_LIMIT}),
    ("ort-basic", "d = Size(x) c = Cast<to = 1>(d)", {"d": Stayed.NO_RULE, "c": Stayed.NO_RULE}),
    *(
        (
            name,
            "c = Loop(n, yes, k) <body = l (int64 i, bool go, float[2] v) => (bool on, float[2] w) "
            "{ on = Identity(go) w = Neg(v) }>",
            {"c": Stayed.NO_RULE},
        )
        for name in ("onnxsim", "onnxscript", "ort-basic")
    ),
]


@pytest.mark.parametrize(("name", "body", "expected"), FACTS)
def test_why_a_folder_leaves_a_node_is_shown_by_a_trial(
    name: str, body: str, expected: dict[str, Stayed], tmp_path: Path
) -> None:
    found = column(name, computing(body, tmp_path))
    assert reasons(found) == expected
    first = found.stayed[0]
    assert dict(first.evidence)["checked"].startswith("tried alone")
    assert FOLDERS[name].library in dict(first.evidence)["version"]
    assert all(kept.sentence.startswith("It waits for") for kept in found.stayed[1:])


def test_ours_gives_the_reason_of_the_engine(tmp_path: Path) -> None:
    found = column("fold", computing("c = RandomNormalLike(k)", tmp_path))
    assert reasons(found) == {"c": Stayed.RANDOM}
    tight = FoldOptions(tensor_bytes=0, total_bytes=0)
    large = computing("d = ConstantOfShape(many) e = Neg(d) c = ReduceSum(e)", tmp_path)
    assert set(column("fold", large, tight).folded) >= {"c"}


def test_the_limits_that_sentences_name_are_those_of_the_library() -> None:
    from onnxscript.optimizer import fold_constants_ir

    limits = inspect.signature(fold_constants_ir).parameters
    sentence = FOLDERS["onnxscript"].trials[0].sentence
    for name in ("input_size_limit", "output_size_limit"):
        assert f"{limits[name].default:,}" in sentence


def test_onnx_runtime_does_nothing_but_fold(tmp_path: Path) -> None:
    before = model(
        """g (float[2, 2] x) => (float[2, 2] y) <float[2, 2] w = {1, 2, 3, 4}, float[2] b = {1, 2}> {
            i = Identity(x) m = MatMul(i, w) a = Add(m, b) t = Transpose<perm = [1, 0]>(a)
            u = Transpose<perm = [1, 0]>(t) p = Relu(u) q = Relu(u) d = Dropout(p) y = Add(d, q)
        }""",
        tmp_path,
    )
    found = column("ort-basic", before)
    assert (found.folded, found.left) == ((), found.nodes)


@pytest.mark.parametrize("name", ["fold", "onnxscript", "ort-basic"])
def test_an_if_that_became_its_branch_counts_once_with_what_it_held(name: str, tmp_path: Path) -> None:
    assert column(name, model(TAKEN, tmp_path)).folded == ("y",)


def test_onnxsim_leaves_the_if_and_what_stands_in_it(tmp_path: Path) -> None:
    found = column("onnxsim", model(TAKEN, tmp_path))
    assert found.folded == ()
    assert reasons(found) == {"y": Stayed.NO_RULE, "y/then_branch:0/m": Stayed.BODY}


def test_nodes_in_bodies_are_rows(tmp_path: Path) -> None:
    found = beside(model(IN_A_BODY, tmp_path))
    assert [(row.node, row.op_type) for row in found.rows] == [("y/then_branch:0/m", "Neg")]
    row = found.rows[0]
    assert row.folded_by == ("fold", "onnxscript", "ort-basic")
    kept = row.kept("onnxsim")
    assert kept is not None
    assert (kept.reason, kept.blocker) == (Stayed.BODY, "y")
    assert row.kept("fold") is None
    assert row.why == f"onnxsim: {kept.sentence}"


def test_sizes_known_one_by_one_are_folded_by_some_and_the_others_say_why_not(tmp_path: Path) -> None:
    found = beside(model(SHAPE_MATH, tmp_path))
    rows = {row.node: row for row in found.rows}
    assert set(rows) == {"c", "d", "cd"}
    assert {row.folded_by[:2] for row in found.rows} == {("fold", "onnxsim")}
    for row in found.rows:
        assert {kept.reason for _, kept in row.left_by} == {Stayed.SYMBOLIC_DIM}
        checked = {dict(kept.evidence)["checked"] for _, kept in row.left_by}
        assert checked == {"tried with a number for every open size: it folds"}
    assert found.unexplained == 0


def test_a_sentence_that_is_the_same_for_several_is_told_once(tmp_path: Path) -> None:
    text = SHAPE_MATH.replace("int64[1] {1}>()", "int64 {1}>()").replace("Mul(c, d)", "Mul(d, c)")
    rows = {row.node: row for row in beside(model(text, tmp_path)).rows}
    assert [name for name, _ in rows["c"].left_by] == ["onnxscript", "ort-basic"]
    assert rows["c"].why.startswith("onnxscript, ONNX Runtime: It asks only for sizes that are known")


def test_a_size_for_the_batch_is_given_to_all(tmp_path: Path) -> None:
    found = beside(model(SHAPE_MATH, tmp_path), FoldOptions(set_dims={"batch": 2}))
    assert found.rows == ()
    assert found.agreed == 6


def test_weights_that_are_inputs_too_stay_where_a_folder_minds_that(tmp_path: Path) -> None:
    text = """<ir_version: 3, opset_import: ["": 9]>
    g (float[2] x, float[2] k) => (float[2] y) <float[2] k = {1, 2}> { c = Neg(k) y = Add(x, c) }"""
    before = model(text, tmp_path)
    found = beside(before)
    assert [(row.node, row.folded_by) for row in found.rows] == [("c", ("onnxsim", "ort-basic"))]
    assert {kept.reason for _, kept in found.rows[0].left_by} == {Stayed.GRAPH_INPUT}
    frozen = beside(before, FoldOptions(freeze_weights=True))
    assert (frozen.rows, frozen.agreed) == ((), 1)


def test_a_folder_that_gives_up_costs_its_own_column(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17, "made.up": 1]>
    g (float[2] x) => (float[2] y) <float[2] k = {1, 2}> { c = Neg(k) d = made.up.Own(c) y = Add(x, d) }"""
    parts: list[object] = []
    with listening(lambda *_: None, parts.append):
        found = beside(model(text, tmp_path))
    runtime = found.column("ort-basic")
    assert runtime is not None
    assert "made.up" in runtime.error
    assert runtime.folded == ()
    assert {each.folder for each in found.columns if not each.error} == {"fold", "onnxsim", "onnxscript"}
    assert (found.agreed, found.rows) == (1, ())
    assert parts == list(found.columns)
    assert runtime.to_json() == {"folder": "ort-basic", "error": runtime.error}


def test_columns_are_joined_as_they_come_and_go_through_a_pipe(tmp_path: Path) -> None:
    before = model(SHAPE_MATH, tmp_path)
    ours, runtime = column("fold", before), column("ort-basic", before)
    assert pickle.loads(pickle.dumps((ours, runtime))) == (ours, runtime)
    assert join(before, []) == Beside((), ())
    assert join(before, [runtime]).rows == ()
    found = join(before, [runtime, ours])
    assert [each.folder for each in found.columns] == ["fold", "ort-basic"]
    assert [row.node for row in found.rows] == ["c", "d", "cd"]
    crashed = failed("onnxsim", JobCrashed("onnxsim", "its worker died", detail="signal 11"))
    again = join(before, [ours, crashed, runtime])
    assert (again.rows, again.column("onnxsim")) == (found.rows, crashed)


def test_what_nobody_can_show_is_said_to_be_unexplained(tmp_path: Path) -> None:
    before = model(SHAPE_MATH, tmp_path)
    found = join(before, [column("fold", before), Column("onnxsim", nodes=6)])
    assert found.unexplained == len(found.rows) == 3
    assert found.to_json()["unexplained"] == 3


def test_a_folder_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="ort-basic"):
        column("gcc", model(SHAPE_MATH, tmp_path))


def test_a_node_whose_output_has_another_name_now_is_not_gone(tmp_path: Path) -> None:
    before = model("g (float[2] x) => (float[2] y) { a = Relu(x) y = Neg(a) }", tmp_path)
    (tmp_path / "after").mkdir()
    after = model("g (float[2] x) => (float[2] y) { b = Relu(x) y = Neg(b) }", tmp_path / "after")
    assert gone(before, after) == frozenset()


@pytest.mark.parametrize("text", [SHAPE_MATH, TAKEN, IN_A_BODY])
def test_ours_counts_the_same_by_its_steps_as_by_its_result(text: str, tmp_path: Path) -> None:
    before = model(text, tmp_path)
    after = fold(before, tmp_path / "folded.onnx", FoldOptions(checks=0)).after
    seen = folded(before, after, gone(before, after), origins(before.graph))
    assert set(column("fold", before).folded) == set(seen)


@pytest.mark.parametrize("name", ["start", "light_squeezenet", "light_shufflenet"])
def test_what_onnxscript_or_onnxsim_fold_ours_folds_or_excuses(
    name: str, light_models: list[Path], tmp_path: Path
) -> None:
    from onnxviz.samples.catalog import START

    path = {each.stem: each for each in (START, *light_models)}[name]
    proto = onnx.load(path)
    prepare.freeze_weights(proto)
    found = beside(read_model(saved(proto, tmp_path)))
    assert [each.error for each in found.columns] == [""] * len(FOLDERS)
    ours = found.column("fold")
    assert ours is not None
    excused = {kept.node for kept in ours.stayed}
    for other in ("onnxscript", "onnxsim"):
        theirs = found.column(other)
        assert theirs is not None
        assert set(theirs.folded) <= {*ours.folded, *excused}
    assert found.unexplained == 0
