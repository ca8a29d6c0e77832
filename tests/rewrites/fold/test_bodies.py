"""Folding within bodies, an If that becomes a branch, and functions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import parser
from onnx.reference import ReferenceEvaluator

from onnxviz.rewrites.fold import Did, FoldOptions
from tests.rewrites.fold.checking import OPSET, folded, ops, reasons

CONSTANT_IF = """g (float[2] x) => (float[2] y) {
  yes = Constant <value = bool {CONDITION}> ()
  h = Neg(x)
  y = If (yes) <
    then_branch = t () => (float[2] z) {
      two = Constant <value = float {2}> ()
      four = Mul(two, two)
      z = Mul(h, four)
    },
    else_branch = e () => (float[2] z) {
      two = Constant <value = float {3}> ()
      z = Add(h, two)
    }
  >
}"""


@pytest.mark.parametrize(("condition", "op"), [("1", "Mul"), ("0", "Add")])
def test_an_if_with_a_constant_condition_becomes_its_branch(condition: str, op: str, tmp_path: Path) -> None:
    found = folded(CONSTANT_IF.replace("CONDITION", condition), tmp_path)
    assert ops(found) == {"Neg": 1, op: 1}
    assert found.after.graph.outputs == ("y",)
    assert [step.did for step in found.steps].count(Did.INLINED) == 1


def test_names_of_the_branch_that_are_taken_get_a_number(tmp_path: Path) -> None:
    found = folded(CONSTANT_IF.replace("CONDITION", "1"), tmp_path)
    assert found.after.graph.initializers == ("four",)
    assert any(step.node == "two_1" for step in found.steps), "both branches have a 'two'"


def test_a_branch_that_gives_out_one_thing_twice_or_a_constant(tmp_path: Path) -> None:
    # ONNX Runtime 1.32.0 leaves the first of the two empty; the reference does not.
    model = parser.parse_model(
        OPSET
        + """g (float[2] x) => (float[2] a, float[2] b, float[2] c) <bool yes = {1}> {
          h = Neg(x)
          a, b, c = If (yes) <
            then_branch = t () => (float[2] z, float[2] z, float[2] w) <float[2] w = {1, 2}> { z = Abs(h) },
            else_branch = e () => (float[2] u, float[2] u, float[2] u) { u = Neg(h) }
          >
        }"""
    )
    found = folded(model, tmp_path, runs=False)
    assert ops(found) == {"Neg": 1, "Abs": 1, "Identity": 1, "Constant": 1}
    x = np.array([1, -2], np.float32)
    given = ReferenceEvaluator(model).run(None, {"x": x})
    assert [each.tolist() for each in ReferenceEvaluator(found.after.path).run(None, {"x": x})] == [
        each.tolist() for each in given
    ]


def test_a_branch_that_gives_out_what_is_around_it(tmp_path: Path) -> None:
    # ONNX Runtime refuses the original, and takes the result.
    found = folded(
        """g (float[2] x) => (float[2] a) <bool yes = {1}> {
          h = Neg(x)
          a = If (yes) <
            then_branch = t () => (float[2] h) {},
            else_branch = e () => (float[2] u) { u = Abs(h) }
          >
        }""",
        tmp_path,
        runs=False,
    )
    assert ops(found) == {"Neg": 1, "Identity": 1}
    onnx.checker.check_model(found.after.path, full_check=True)


def test_an_if_within_a_branch_that_is_taken_follows(tmp_path: Path) -> None:
    found = folded(
        """g (float[2] x) => (float[2] y) <bool yes = {1}, bool no = {0}> {
          y = If (yes) <
            then_branch = t () => (float[2] z) {
              n = Not(no)
              z = If (n) <
                then_branch = tt () => (float[2] u) { u = Abs(x) },
                else_branch = te () => (float[2] v) { v = Neg(x) }
              >
            },
            else_branch = e () => (float[2] z) { z = Relu(x) }
          >
        }""",
        tmp_path,
    )
    assert ops(found) == {"Abs": 1}
    assert found.after.graph.initializers == ()


def test_an_if_that_depends_on_an_input_stays_and_its_branches_fold(tmp_path: Path) -> None:
    found = folded(
        """g (float[2] x, bool b) => (float[2] y) <float two = {2}> {
          y = If (b) <
            then_branch = t () => (float[2] z) {
              four = Mul(two, two)
              z = Mul(x, four)
            },
            else_branch = e () => (float[2] w) {
              p = Constant <value = float[2] {1, 2}> ()
              w = Neg(p)
            }
          >
        }""",
        tmp_path,
    )
    assert ops(found) == {"If": 1, "Mul": 1, "Constant": 1}
    assert found.dropped == 1, "what was constant outside is read by nothing any more"
    assert found.kept == ()


def test_a_condition_that_is_known_only_once_a_branch_has_folded_is_taken_in_another_run(
    tmp_path: Path,
) -> None:
    # The shape of `a` is known when the branches give out the same shape, which takes folding inside them.
    found = folded(
        """g (float[6] x, bool b) => (float[a] y) <int64 one = {1}, int64[1] three = {3}> {
          a = If (b) <
            then_branch = t () => (float[k] z) { six = Add(three, three) z = Reshape(x, six) },
            else_branch = e () => (float[k] w) { six2 = Add(three, three) w = Reshape(x, six2) }
          >
          s = Shape(a)
          six3 = Add(three, three)
          same = Equal(s, six3)
          flat = Squeeze(same)
          y = If (flat) <
            then_branch = tt () => (float[k] u) { u = Neg(a) },
            else_branch = te () => (float[k] v) { v = Abs(a) }
          >
        }""",
        tmp_path,
    )
    assert "Abs" not in ops(found)


LOOP = """g (float[2] x, int64 n) => (float[2] y) <bool yes = {1}, float two = {2}> {
  y = Loop (n, yes, x) <
    body = b (int64 i, bool c, float[2] state) => (bool go, float[2] next) {
      go = Identity(c)
      three = Constant <value = float {3}> ()
      six = Mul(two, three)
      s = Shape(state)
      e = ConstantOfShape <value = float[1] {1}> (s)
      m = Mul(state, six)
      next = Add(m, e)
    }
  >
}"""


def test_the_body_of_a_loop_folds_what_does_not_change_from_turn_to_turn(tmp_path: Path) -> None:
    found = folded(LOOP, tmp_path)
    assert {step.node for step in found.steps} == {"y/body:0/three", "y/body:0/six"}
    assert reasons(found) == {"y/body:0/s": "body", "y/body:0/e": "body"}
    body = found.after.graph.nodes[0].subgraphs[0][1]
    assert body.initializers == ("six",)


def test_a_loop_whose_every_input_is_constant_is_computed(tmp_path: Path) -> None:
    text = LOOP.replace("(float[2] x, int64 n) => (float[2] y) <", "(float[2] z) => (float[2] y) <")
    text = text.replace("> {\n  y = Loop", ", int64 n = {3}, float[2] x = {1, 2}> {\n  k = Loop")
    found = folded(text.removesuffix("}") + "  y = Add(k, z)\n}", tmp_path)
    assert ops(found) == {"Add": 1}
    assert found.dropped == 4


def test_a_random_node_within_a_body_keeps_the_loop(tmp_path: Path) -> None:
    text = """g (float[2] z) => (float[2] y) <bool yes = {1}, int64 n = {3}, float[2] x = {1, 2}> {
      k = Loop (n, yes, x) <
        body = b (int64 i, bool c, float[2] state) => (bool go, float[2] next) {
          go = Identity(c)
          r = RandomUniformLike(state)
          next = Add(state, r)
        }
      >
      m = Mul(k, zero)
      y = Add(m, z)
    }""".replace("float[2] x =", "float zero = {0}, float[2] x =")
    found = folded(text, tmp_path)
    assert reasons(found) == {"k": "random", "m": "random"}


FUNCTION = """<ir_version: 8, opset_import: ["": 17, "own": 1]>
g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> {
  a = own.twice(w)
  b = own.twice(x)
  y = Add(a, b)
}
<domain: "own", opset_import: ["": 17]>
twice (v) => (r) {
  one = Constant <value = float {1}> ()
  two = Add(one, one)
  r = Mul(v, two)
}"""


def test_functions_stay_with_that_reason_and_fold_once_inlined(tmp_path: Path) -> None:
    found = folded(FUNCTION, tmp_path)
    assert ops(found) == {"own.twice": 2, "Add": 1}
    assert set(reasons(found).values()) == {"function"}
    assert {each.op_type for each in found.kept} == {"own.twice", "Add"}
    inlined = folded(FUNCTION, tmp_path, FoldOptions(inline_functions=True))
    assert ops(inlined) == {"Mul": 1, "Add": 1}
    assert "1 function was inlined." in inlined.notes


def test_lists_of_one_name_in_two_bodies_are_not_taken_for_one_another(tmp_path: Path) -> None:
    # Data propagation of onnx 1.23.2 knows them by name alone.
    branch = """{
      i = Constant <value = int64[1] {0}> ()
      s = Shape(x)
      n = Gather(s, i)
      k = Concat <axis = 0> (LIST)
      f = ConstantOfShape <value = float[1] {1}> (k)
      t = Shape(f)
      c = Cast <to = 1> (t)
      out = ReduceSum(c)
    }"""
    text = f"""g (float[batch, 3] x, bool b) => (float[p] y, float[q] z) <int64[1] two = {{2}}> {{
      y = If (b) <
        then_branch = t1 () => (float[p] out) {branch.replace("LIST", "n, two")},
        else_branch = e1 () => (float[p] out) {branch.replace("LIST", "n, two, two")}
      >
      z = If (b) <
        then_branch = t2 () => (float[q] out) {branch.replace("LIST", "two, n, two, two")},
        else_branch = e2 () => (float[q] out) {branch.replace("LIST", "n")}
      >
    }}"""
    model = parser.parse_model(OPSET + text)
    for info in model.graph.output:
        info.type.tensor_type.ClearField("shape")
    for node in model.graph.node:
        for attribute in node.attribute:
            attribute.g.output[0].type.tensor_type.ClearField("shape")
    found = folded(model, tmp_path)
    assert found.agreement is not None
    assert found.agreement.relative == 0
    assert all(str(each.reason) in ("symbolic dim", "no rule") for each in found.kept)
