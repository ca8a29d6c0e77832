"""What the steps of a folding begin with, how they point into it, and pictures of the graph after each."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import parser

from onnxviz.delivery import receive
from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.jobs import leaving
from onnxviz.reading import read_model
from onnxviz.rewrites.fold import Did, Folded, FoldOptions, Step, fold_into_store, replay
from onnxviz.scene.finding.focus import Focus
from onnxviz.scene.picture import View, colours, picture, search
from onnxviz.scene.stage import Source
from onnxviz.store import Store
from tests.rewrites.fold.checking import OPSET, folded, saved

CHAIN = """g (float[batch, 3] x, float[3] z) => (float[batch, 3] y) {
  s = Shape(x)
  one = Constant <value = int64[1] {1}> ()
  n = Gather(s, one)
  r = Reshape(z, n)
  y = Add(x, r)
}"""

BRANCH = """g (float[2] x) => (float[2] y) <float two = {2}> {
  yes = Constant <value = bool {1}> ()
  h = Neg(x)
  y = If (yes) <
    then_branch = t () => (float[2] z) {
      four = Mul(two, two)
      k = Mul(h, four)
      z = Relu(k)
    },
    else_branch = e () => (float[2] w) { four = Add(two, two) w = Add(h, four) }
  >
}"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store, and a folder for what this process leaves as a worker would."""
    left = tmp_path / "left"
    left.mkdir()
    monkeypatch.setattr(leaving, "_folder", left)
    return Store(tmp_path / "store", 10**9)


def into(store: Store, text: str, folder: Path, options: FoldOptions | None = None) -> Folded:
    return fold_into_store(read_model(saved(text, folder)), store.root, store.cap_bytes, options)


def by_node(found: Folded) -> dict[str, Step]:
    return {step.node: step for step in found.steps}


def test_a_step_says_what_stands_in_its_place_and_after_which_step_it_could_come(tmp_path: Path) -> None:
    steps = by_node(folded(CHAIN, tmp_path))
    assert [(name, step.value, step.ready) for name, step in steps.items()] == [
        ("one", "[1]", 0),
        ("n", "[3]", steps["one"].number),
        ("s", "", steps["n"].number),
    ]


def test_a_value_is_bounded(tmp_path: Path) -> None:
    found = folded(
        """g (float[2, 8] x) => (float[2, 8] y) {
          w = Constant
            <value = float[2, 8] {0.125, 1.5, 2.25, 3.125, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}> ()
          y = Add(x, w)
        }""",
        tmp_path,
    )
    (step,) = found.steps
    assert step.value.startswith("float[2, 8] [0.125")
    assert len(step.value) <= 40


def test_nodes_out_of_a_branch_are_marked_in_the_branch_and_wait_for_it(tmp_path: Path) -> None:
    found = folded(BRANCH, tmp_path)
    assert found.start is found.before.graph
    steps = by_node(found)
    inlined = next(step for step in found.steps if step.did is Did.INLINED)
    assert (inlined.at, inlined.ready) == ("y", steps["yes"].number)
    four = next(step for step in found.steps if step.op_type == "Mul")
    assert (four.at, four.ready) == ("y/then_branch:0/four", inlined.number)


def test_a_shape_that_a_folded_value_made_known_waits_for_it(tmp_path: Path) -> None:
    steps = by_node(
        folded(
            """g (float[6] x, float[?] q) => (float[?] y) <int64[2] two = {2, 1}, int64[2] one = {1, 3}> {
              to = Max(two, one)
              r = Reshape(x, to)
              s = Shape(r)
              t = Shape(x)
              e = Expand(q, s)
              y = Reshape(e, t)
            }""",
            tmp_path,
            FoldOptions(checks=0),
            runs=False,
        )
    )
    first_wave = [step.number for step in steps.values() if step.wave == 1]
    assert steps["to"].number in first_wave
    assert steps["s"].ready == max(first_wave), "shape inference ran after the wave"
    assert steps["t"].ready == 0


def test_the_model_that_the_steps_begin_with_goes_into_the_store_where_it_is_another(
    store: Store, tmp_path: Path
) -> None:
    plain = into(store, CHAIN, tmp_path)
    assert plain.start_model is plain.before
    fixed = into(store, CHAIN, tmp_path, FoldOptions(set_dims={"batch": 2}))
    start = receive(store, fixed.start_model)
    assert start.digest in store
    assert start.digest not in (plain.before.digest, fixed.after.digest)
    assert read_model(Path(start.path)).graph == fixed.start
    assert start.graph.values["x"].shape == (2, 3)


def test_functions_that_were_inlined_are_in_the_model_that_the_steps_begin_with(
    store: Store, tmp_path: Path
) -> None:
    text = """<ir_version: 8, opset_import: ["": 17, "local": 1]>
    g (float[2] x) => (float[2] y) { y = local.twice(x) }
    <domain: "local", opset_import: ["": 17]> twice (a) => (b) {
      two = Constant <value = float {2}> () b = Mul(a, two)
    }
    """
    found = into(store, text, tmp_path, FoldOptions(inline_functions=True))
    onnx.checker.check_model(found.start_model.path)
    assert found.start_model.functions == ()
    assert found.start.op_counts() == {"Constant": 1, "Mul": 1}


def test_what_no_worker_left_stays_where_it_is(store: Store, tmp_path: Path) -> None:
    model = read_model(saved(CHAIN, tmp_path))
    with pytest.raises(RefusedFile, match="was left by no worker"):
        receive(store, model)
    assert Path(model.path).is_file()


def test_each_state_is_drawn_from_what_was_left_and_all_are_states_of_one_picture(
    store: Store, tmp_path: Path
) -> None:
    found = into(store, CHAIN, tmp_path)
    drawn = [picture(Source.of_step(found, count)) for count in range(len(found.steps) + 1)]
    nodes = [[box.id for box in each.scene.boxes if box.kind == "node"] for each in drawn]
    assert [sorted(each) for each in nodes] == [
        ["n", "r", "s", "y"],
        ["n", "r", "s", "y"],
        ["r", "s", "y"],
        ["r", "y"],
    ]
    begun = picture(Source(found.before.path, found.before.digest))
    assert {each.scene.title for each in drawn} == {begun.scene.title}


def test_search_and_colours_are_those_of_the_state(store: Store, tmp_path: Path) -> None:
    found = into(store, CHAIN, tmp_path)
    count = len(found.steps)
    assert [len(search(Source.of_step(found, at), "op:Shape").ids) for at in (0, count)] == [1, 0]
    for at in (0, count):
        assert colours(Source.of_step(found, at), "flops").total == found.counts[at].operations


def test_a_focus_on_a_node_that_folded_shows_what_is_left_around_it(store: Store, tmp_path: Path) -> None:
    found = into(store, CHAIN, tmp_path)
    near = View(focus=Focus("neighbours", "n", 1))
    first, last = (picture(Source.of_step(found, at), near) for at in (0, len(found.steps)))
    assert {"s", "n", "r"} <= {box.id for box in first.scene.boxes}
    assert {box.id for box in last.scene.boxes if box.kind == "node"} == {"r"}
    with pytest.raises(BadUsage):
        picture(Source.of_step(found, 0), View(focus=Focus("neighbours", "nowhere", 1)))


def test_groups_keep_their_ids_from_step_to_step(store: Store, tmp_path: Path) -> None:
    model = parser.parse_model(
        OPSET
        + """g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> {
          [a0] p = Neg(w)
          [a1] q = Add(x, p)
          [b0] r = Abs(w)
          [b1] s = Mul(q, r)
          [b2] y = Relu(s)
        }"""
    )
    for node, scope in zip(model.graph.node, "aabbb", strict=True):
        node.name = f"/{scope}/{node.op_type}"
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    found = fold_into_store(read_model(path), store.root, store.cap_bytes)
    groups = [
        {
            group.title: (group.id, group.total)
            for group in picture(Source.of_step(found, at)).hierarchy.groups.values()
        }
        for at in range(3)
    ]
    assert [each["a"][1] for each in groups] == [2, 1, 1]
    assert [each["b"][1] for each in groups] == [3, 3, 2]
    assert len({each["a"][0] for each in groups}) == len({each["b"][0] for each in groups}) == 1


def test_a_branch_that_was_inlined_is_drawn_where_it_stands_now(store: Store, tmp_path: Path) -> None:
    found = into(store, BRANCH, tmp_path)
    for at in range(len(found.steps) + 1):
        shown = picture(Source.of_step(found, at), View(opened="all"))
        boxes = {box.id for box in shown.scene.boxes if box.kind == "node"}
        assert boxes == {n.id for n in replay(found, at).walk() if n.op_type != "Constant"}
