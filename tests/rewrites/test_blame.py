"""The pass to blame is found by halving, and named only after the difference came and went with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path

import onnx
import pytest
from onnx import parser

from onnxviz.errors import RewriteFailed
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.rewrites import blame as blaming
from onnxviz.rewrites.blame import NO_PASS, Apply, blame, blame_onnxsim
from onnxviz.rewrites.passes import FOLDING, optimizer_passes, run_only
from onnxviz.rewrites.watch import WatchOptions, prepared

TEXT = """<ir_version: 8, opset_import: ["": 17]>
g (float[4] x) => (float[4] y) {
  two = Constant <value = float {2}> ()
  three = Constant <value = float {3}> ()
  six = Mul(two, three)
  a = Identity(x)
  b = Mul(a, six)
  c = Relu(b)
  y = Identity(c)
}"""

PASSES = ("one", "two", "three", "four", "five")

Fault = Callable[[onnx.ModelProto, Collection[str]], None]


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    onnx.save(parser.parse_model(TEXT), path)
    return path


def made_wrong(proto: onnx.ModelProto) -> None:
    next(node for node in proto.graph.node if node.op_type == "Relu").op_type = "Neg"


def optimizer(original: Path, *wrong: str, after: str = "") -> Apply:
    """A made-up optimizer whose passes do nothing, save for those that are `wrong` (once `after` has run)."""

    def apply(allowed: Collection[str], out: Path) -> None:
        proto = onnx.load(original)
        if (not after or after in allowed) and any(name in allowed for name in wrong):
            made_wrong(proto)
        onnx.save(proto, out)

    return apply


@pytest.mark.parametrize("wrong", PASSES)
def test_a_wrong_pass_is_named_wherever_it_stands(wrong: str, original: Path) -> None:
    found = blame(original, PASSES, optimizer(original, wrong))
    assert found.passes == (wrong,)
    assert found.is_cleared
    assert not found.needs_others
    assert found.sentence == f"{wrong} is to blame: without it the outputs agree again."
    assert json.dumps(found.to_json())


def test_the_number_of_tries_grows_with_the_logarithm(original: Path) -> None:
    many = [f"pass {number}" for number in range(64)]
    assert blame(original, many, optimizer(original, "pass 41")).runs <= 11


def test_two_wrong_passes_are_both_named(original: Path) -> None:
    found = blame(original, PASSES, optimizer(original, "two", "five"))
    assert set(found.passes) == {"two", "five"}
    assert "without them the outputs agree again" in found.sentence


def test_a_pass_that_goes_wrong_only_after_another_is_the_one_to_blame(original: Path) -> None:
    found = blame(original, PASSES, optimizer(original, "four", after="two"))
    assert found.passes == ("four",)
    assert found.needs_others
    assert "only after what other passes did" in found.sentence


def test_where_nothing_differs_nobody_is_to_blame(original: Path) -> None:
    found = blame(original, PASSES, optimizer(original))
    assert found.passes == ()
    assert found.sentence == "No pass is to blame: the outputs agree."


def test_a_difference_without_any_pass_is_told_as_that(original: Path) -> None:
    def apply(allowed: Collection[str], out: Path) -> None:
        proto = onnx.load(original)
        made_wrong(proto)
        onnx.save(proto, out)

    found = blame(original, PASSES, apply)
    assert found.passes == (NO_PASS,)
    assert "even with all of them left out" in found.sentence


def test_models_that_cannot_be_compared_have_nobody_to_blame(tmp_path: Path) -> None:
    path = tmp_path / "random.onnx"
    body = "r = RandomNormalLike(x) y = Relu(r)"
    text = f'<ir_version: 8, opset_import: ["": 17]> g (float[8] x) => (float[8] y) {{ {body} }}'
    onnx.save(parser.parse_model(text), path)
    with pytest.raises(RewriteFailed, match="cannot be found"):
        blame(path, PASSES, optimizer(path, "one"))


def faulty(before: Model, fault: Fault) -> Apply:
    """onnxsim itself, with a fault that depends on what was allowed."""
    proto, _ = prepared(before, WatchOptions())

    def apply(allowed: Collection[str], out: Path) -> None:
        result = run_only(proto, allowed)
        fault(result, allowed)
        onnx.save(result, out)

    return apply


@pytest.mark.parametrize("wrong", [FOLDING, "eliminate_identity", "fuse_bn_into_conv"])
def test_a_fault_injected_into_a_pass_of_onnxsim_is_found(wrong: str, original: Path) -> None:
    def fault(result: onnx.ModelProto, allowed: Collection[str]) -> None:
        if wrong in allowed:
            made_wrong(result)

    apply = faulty(read_model(original), fault)
    found = blame(original, (blaming.INFERENCE, FOLDING, *optimizer_passes()), apply)
    assert found.passes == (wrong,)
    assert found.runs <= 12


def test_onnxsim_as_it_is_has_nobody_to_blame(original: Path) -> None:
    assert blame_onnxsim(read_model(original)).passes == ()
