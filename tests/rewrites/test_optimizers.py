"""Optimizers side by side: one interface, known results, options that all share, failures as sentences."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper, parser

from onnxviz.delivery import receive
from onnxviz.errors import BadUsage, RefusedFile, RewriteFailed
from onnxviz.model import Model
from onnxviz.progress import listening
from onnxviz.reading import read_model
from onnxviz.rewrites.optimizers import (
    OptimizeOptions,
    Optimizer,
    find,
    names,
    optimize,
    optimize_all,
    optimize_file,
    optimize_into_store,
    register,
    registry,
)
from onnxviz.rewrites.simplify import SimplifyOptions
from onnxviz.rewrites.types import Agreement, Rewrite
from onnxviz.store import Store

ALL = ("onnxsim", "onnxslim", "onnxscript", "ort-basic", "ort-extended", "ort-all")

FOLDABLE = """<ir_version: 8, opset_import: ["": 17]>
g (float[2, 3] x) => (float[2, 3] y) {
  two = Constant <value = float {2}> ()
  three = Constant <value = float {3}> ()
  six = Mul(two, three)
  a = Identity(x)
  b = Mul(a, six)
  y = Relu(b)
}"""

DYNAMIC = """<ir_version: 8, opset_import: ["": 17]>
g (float[batch, 4] x, float[batch, 4] z) => (float[batch, 4] y) {
  s = Shape(x)
  r = Reshape(z, s)
  y = Add(x, r)
}"""


def written(proto: onnx.ModelProto | str, folder: Path, name: str = "model.onnx") -> Model:
    path = folder / name
    onnx.save(parser.parse_model(proto) if isinstance(proto, str) else proto, path)
    return read_model(path)


def checked(rewrite: Rewrite) -> Rewrite:
    assert isinstance(rewrite.agreement, Agreement)
    assert rewrite.agreement.agrees, rewrite.agreement.sentence
    if not any("Only ONNX Runtime" in note or "processor" in note for note in rewrite.notes):
        onnx.checker.check_model(rewrite.after.path, full_check=True)
    return rewrite


def test_the_registry_has_them_in_order_and_says_what_each_is() -> None:
    assert names()[: len(ALL)] == ALL
    assert all(find(name).about.endswith(".") for name in ALL)
    assert [name for name in ALL if find(name).can_be_watched] == ["onnxsim"]


def test_a_name_that_is_not_known_is_refused_with_what_was_meant(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="Did you mean onnxsim"):
        optimize("onnxsin", written(FOLDABLE, tmp_path), tmp_path / "out.onnx")


@pytest.mark.parametrize("name", ALL)
def test_each_folds_a_constant_subexpression_and_drops_an_identity(name: str, tmp_path: Path) -> None:
    rewrite = checked(optimize(name, written(FOLDABLE, tmp_path), tmp_path / "out.onnx"))
    ops = rewrite.after.graph.op_counts()
    assert {op: count for op, count in ops.items() if op != "Constant"} == {"Mul": 1, "Relu": 1}
    assert rewrite.name == name
    assert rewrite.seconds > 0
    assert rewrite.after.name == f"model.onnx · {name}"


@pytest.mark.parametrize("name", ALL)
def test_a_dimension_is_fixed_wherever_it_stands(name: str, tmp_path: Path) -> None:
    options = OptimizeOptions(set_dims={"batch": 3})
    rewrite = checked(optimize(name, written(DYNAMIC, tmp_path), tmp_path / "out.onnx", options))
    proto = onnx.load(rewrite.after.path)
    shapes = [[dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in proto.graph.input]
    assert shapes == [[3, 4], [3, 4]]
    assert "Shape" not in rewrite.after.graph.op_counts()
    assert "Fixed for this result: batch = 3." in rewrite.notes
    assert rewrite.before.graph.values["x"].shape == ("batch", 4), "the original stays as it is"


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("dims", "sentence"),
    [
        ({"sequence": 8}, "The dimension 'sequence': is in no input of the model: its inputs have batch"),
        ({"batch": 0}, "The size of the dimension 'batch': is 0"),
    ],
)
def test_a_dimension_that_does_not_fit_is_refused_in_words(
    name: str, dims: dict[str, int], sentence: str, tmp_path: Path
) -> None:
    options = OptimizeOptions(set_dims=dims)
    with pytest.raises(BadUsage, match=sentence):
        optimize(name, written(DYNAMIC, tmp_path), tmp_path / "out.onnx", options)


@pytest.mark.parametrize("name", ALL)
def test_faults_are_mended_first_and_told(name: str, tmp_path: Path) -> None:
    proto = parser.parse_model(
        '<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y) { y = Relu(z) z = Neg(x) }'
    )
    proto.graph.name = ""
    proto.graph.output[0].type.tensor_type.ClearField("shape")
    rewrite = checked(optimize(name, written(proto, tmp_path), tmp_path / "out.onnx"))
    told = " ".join(rewrite.notes)
    assert "had no name" in told
    assert "not in topological order" in told
    assert "Shapes were inferred for 1 output." in told


@pytest.mark.parametrize("name", ALL)
def test_a_tensor_that_nothing_makes_is_one_sentence(name: str, tmp_path: Path) -> None:
    text = '<ir_version: 8, opset_import: ["": 17]> g (float[2] x) => (float[2] y) { y = Add(x, nowhere) }'
    with pytest.raises(RefusedFile, match="the Add that makes 'y' reads 'nowhere', which nothing makes"):
        optimize(name, written(text, tmp_path), tmp_path / "out.onnx")


def third_version() -> onnx.ModelProto:
    """A model whose weights are inputs too, as IR version 3 has it."""
    w = helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("x", "w", "y")]
    nodes = [helper.make_node("Neg", ["w"], ["n"]), helper.make_node("Add", ["x", "n"], ["y"])]
    graph = helper.make_graph(nodes, "g", infos[:2], infos[2:], [w])
    return helper.make_model(graph, ir_version=3, opset_imports=[helper.make_opsetid("", 9)])


@pytest.mark.parametrize("name", [name for name in ALL if name.startswith("ort")])
def test_the_runtime_leaves_no_input_without_a_value(name: str, tmp_path: Path) -> None:
    rewrite = checked(optimize(name, written(third_version(), tmp_path), tmp_path / "out.onnx"))
    assert rewrite.after.graph.inputs == ("x",)
    assert rewrite.after.graph.op_counts() == {"Add": 1}
    assert any("cannot be replaced by a caller any more" in note for note in rewrite.notes)


def test_onnxscript_says_why_it_folds_no_weight_that_is_an_input_and_freezing_lets_it(tmp_path: Path) -> None:
    before = written(third_version(), tmp_path)
    plain = checked(optimize("onnxscript", before, tmp_path / "plain.onnx"))
    assert plain.after.graph.op_counts() == {"Add": 1, "Neg": 1}
    assert any("Freezing the weights lets it" in note for note in plain.notes)
    frozen = checked(
        optimize("onnxscript", before, tmp_path / "frozen.onnx", OptimizeOptions(freeze_weights=True))
    )
    assert frozen.after.graph.op_counts() == {"Add": 1}


def test_the_runtimes_own_operators_are_told(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 20]>
    g (float[1, 4, 8, 8] x, float[8, 4, 3, 3] w) => (float[1, 8, 6, 6] y) { a = Conv(x, w) y = Relu(a) }"""
    rewrite = checked(optimize("ort-extended", written(text, tmp_path), tmp_path / "out.onnx"))
    assert "com.microsoft.FusedConv" in rewrite.after.graph.op_counts()
    assert any("operators of its own (1 FusedConv)" in note for note in rewrite.notes)


def test_what_the_runtime_cannot_load_is_one_sentence_without_a_path(tmp_path: Path) -> None:
    text = (
        '<ir_version: 8, opset_import: ["": 17, "acme": 1]> g (float[2] x) => (float[2] y) { y = acme.A(x) }'
    )
    with pytest.raises(RewriteFailed, match="ONNX Runtime cannot load the model") as caught:
        optimize("ort-basic", written(text, tmp_path), tmp_path / "out.onnx")
    assert str(tmp_path) not in str(caught.value)


def test_onnxslim_does_without_inference_below_opset_seven(tmp_path: Path) -> None:
    text = """<ir_version: 3, opset_import: ["": 6]>
    g (float[2] x) => (float[2] y) { a = Identity(x) y = Relu(a) }"""
    rewrite = optimize("onnxslim", written(text, tmp_path), tmp_path / "out.onnx")
    assert any("the model has 6" in note for note in rewrite.notes)


def test_onnxsims_own_options_reach_it(tmp_path: Path) -> None:
    options = OptimizeOptions(simplify=SimplifyOptions(skipped_optimizers=("eliminate_identity",)))
    rewrite = checked(optimize("onnxsim", written(FOLDABLE, tmp_path), tmp_path / "out.onnx", options))
    assert rewrite.after.graph.op_counts()["Identity"] == 1


def test_no_check_is_no_agreement(tmp_path: Path) -> None:
    rewrite = optimize(
        "ort-basic", written(FOLDABLE, tmp_path), tmp_path / "o.onnx", OptimizeOptions(checks=0)
    )
    assert rewrite.agreement is None
    with pytest.raises(BadUsage, match="The number of checks"):
        OptimizeOptions(checks=-1)


def test_all_of_them_side_by_side_one_failure_stopping_no_other(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17, "acme": 1]>
    g (float[2] x) => (float[2] y) { a = Identity(x) b = acme.A(a) y = Relu(b) }"""
    told: list[tuple[str, float | None]] = []
    with listening(lambda sentence, fraction: told.append((sentence, fraction))):
        found = optimize_all(written(text, tmp_path), tmp_path / "results", ALL)
    assert [outcome.name for outcome in found] == list(ALL)
    failed = {outcome.name for outcome in found if outcome.failure}
    assert failed == {"ort-basic", "ort-extended", "ort-all"}
    rows = json.loads(json.dumps([outcome.to_json() for outcome in found]))
    assert {"nodes", "initializers", "bytes", "seconds", "verified"} <= rows[0].keys()
    assert "ONNX Runtime cannot load the model" in rows[3]["error"]
    fractions = [fraction for _, fraction in told if fraction is not None]
    assert fractions == sorted(fractions)
    assert max(fractions) <= 1
    assert any(sentence.startswith("onnxslim: ") for sentence, _ in told)


def test_a_wrong_name_among_several_is_told_before_any_has_run(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="is not known"):
        optimize_all(written(FOLDABLE, tmp_path), tmp_path / "results", ["onnxsim", "fold it"])
    assert not (tmp_path / "results").exists()


def spoil(before: Model, out: Path, options: OptimizeOptions) -> Rewrite:
    """An optimizer that is wrong: another optimizer's frame, and a Relu less."""
    from onnxviz.rewrites.optimizers.frame import rewritten

    def work(source: Path, target: Path) -> tuple[str, ...]:
        proto = onnx.load(source)
        next(node for node in proto.graph.node if node.op_type == "Relu").op_type = "Neg"
        onnx.save(proto, target)
        return ()

    return rewritten(before, out, options, "spoil", work)


def test_an_optimizer_from_elsewhere_joins_by_one_entry_and_its_fault_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_KNOWN", dict(registry._KNOWN))
    register(Optimizer("spoil", "Is wrong.", "", "", f"{spoil.__module__}:spoil"))
    monkeypatch.setattr(Optimizer, "load", lambda self: spoil)
    rewrite = optimize("spoil", written(FOLDABLE, tmp_path), tmp_path / "out.onnx")
    assert rewrite.agreement is not None
    assert not rewrite.agreement.agrees
    assert rewrite.agreement.first is not None
    assert rewrite.agreement.first.op_after == "Neg"


def test_an_error_inside_a_library_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxslim

    def broken(*given: object, **options: object) -> None:
        raise AttributeError("'NoneType' object has no attribute 'x'\nand more")

    monkeypatch.setattr(onnxslim, "slim", broken)
    with pytest.raises(RewriteFailed) as caught:
        optimize("onnxslim", written(FOLDABLE, tmp_path), tmp_path / "out.onnx")
    assert str(caught.value) == (
        "onnxslim: gave up: 'NoneType' object has no attribute 'x'. The original is untouched."
    )
    assert caught.value.detail.startswith("AttributeError")


@pytest.mark.parametrize("name", ["onnxslim", "ort-basic"])
def test_a_result_goes_into_the_store_under_its_own_digest(name: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "store", 10**9)
    rewrite = optimize_into_store(name, written(FOLDABLE, tmp_path), store.root, store.cap_bytes)
    after = receive(store, rewrite.after)
    assert read_model(Path(after.path)).graph.op_counts() == rewrite.after.graph.op_counts()


@pytest.mark.parametrize("name", ALL)
def test_weights_in_another_file_stay_part_of_the_model(name: str, tmp_path: Path) -> None:
    proto = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17]>
        g (float[3] x) => (float[3] y) { a = Identity(x) y = Add(a, w) }"""
    )
    proto.graph.initializer.append(helper.make_tensor("w", TensorProto.FLOAT, [3], [1, 2, 3]))
    path = tmp_path / "model.onnx"
    onnx.save(proto, path, save_as_external_data=True, location="w.data", size_threshold=0)
    rewrite = checked(optimize_file(name, path, tmp_path / "out.onnx"))
    assert rewrite.after.parameters == 3
    assert read_model(Path(rewrite.after.path)).graph.op_counts() == {"Add": 1}


def test_a_model_too_large_for_onnxslim_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onnxviz.rewrites.optimizers.by_onnxslim.LARGEST_FILE", 10)
    with pytest.raises(RewriteFailed, match="cannot take a model of 2 GB or more"):
        optimize("onnxslim", written(FOLDABLE, tmp_path), tmp_path / "out.onnx")


@pytest.mark.parametrize("name", ["onnxscript", "ort-basic"])
def test_a_large_result_has_its_weights_beside_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("by_onnxscript", "by_runtime"):
        monkeypatch.setattr(f"onnxviz.rewrites.optimizers.{module}.LARGEST_FILE", 10)
    proto = parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17]>
        g (float[1024] x) => (float[1024] y) { a = Identity(x) y = Add(a, w) }"""
    )
    proto.graph.initializer.append(helper.make_tensor("w", TensorProto.FLOAT, [1024], [1.5] * 1024))
    rewrite = checked(optimize(name, written(proto, tmp_path), tmp_path / "out.onnx"))
    assert rewrite.after.external_files == ("out.onnx.data",)


@pytest.mark.parametrize(
    ("name", "nodes"),
    [("onnxsim", 550), ("onnxslim", 491), ("onnxscript", 1746), ("ort-basic", 491), ("ort-all", 557)],
)
def test_a_real_model_comes_out_as_measured(
    name: str, nodes: int, light_models: list[Path], tmp_path: Path
) -> None:
    path = next(path for path in light_models if path.stem == "light_densenet121")
    rewrite = optimize_file(name, path, tmp_path / "out.onnx", OptimizeOptions(checks=0))
    assert rewrite.before.graph.node_count() == 1746
    # How many layouts "all" turns depends on the processor.
    assert rewrite.after.graph.node_count() <= nodes * (1.2 if name == "ort-all" else 1)
