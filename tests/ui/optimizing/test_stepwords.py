"""What a step did, in words."""

from __future__ import annotations

import pytest

from onnxviz.model import Graph, Model, Node
from onnxviz.rewrites.snapshots import Summary
from onnxviz.rewrites.watch import Step, Watched
from onnxviz.ui.optimizing import stepwords


def step(before: dict[str, int], after: dict[str, int], weights: int = 0, typed: int = 0) -> Step:
    first = Summary(sum(before.values()), before, 5, 5)
    second = Summary(sum(after.values()), after, 5 + weights, 5 + typed)
    return Step(1, "a pass", 1, first, second, "step-001.onnx", "d", 0.1)


@pytest.mark.parametrize(
    ("before", "after", "weights", "typed", "words"),
    [
        ({"Conv": 2, "Cast": 3}, {"Conv": 2}, 0, 0, "Cast −3"),
        ({"MatMul": 1, "Add": 1}, {"Gemm": 1}, 0, 0, "Add −1, MatMul −1, Gemm +1"),
        ({"Add": 1}, {}, 1, -1, "Add −1; initializers 5 → 6"),
        ({"Add": 1}, {"Add": 1}, 0, 7, "7 more values have a known shape"),
        ({"Add": 1}, {"Add": 1}, 0, 0, "No count changed; what a node reads did, or an attribute"),
    ],
)
def test_a_step_is_told_by_what_it_changed(
    before: dict[str, int], after: dict[str, int], weights: int, typed: int, words: str
) -> None:
    assert stepwords.changes(step(before, after, weights, typed)) == words


def test_of_many_op_types_the_rest_are_counted() -> None:
    before = {f"Op{place}": 1 for place in range(stepwords.MOST_OPS + 2)}
    assert stepwords.changes(step(before, {})).endswith("and 2 more op types")


def watched(steps: int, rounds: int, *, alike: bool) -> Watched:
    sides = [
        Model(
            "m", str(count), "m.onnx", Graph("g", tuple(Node(str(place), "Relu") for place in range(count)))
        )
        for count in (3, 2)
    ]
    found = tuple(step({"Relu": 3}, {"Relu": 2}) for _ in range(steps))
    return Watched(sides[0], sides[1], found, rounds, 1.25, True, alike)


def test_all_steps_together_are_told_with_their_counts() -> None:
    assert stepwords.outcome(watched(1, 1, alike=False)) == "**1 step** in 1 round: 3 → 2 nodes, in 1.2 s."
    assert stepwords.outcome(watched(4, 2, alike=True)).startswith("**4 steps** in 2 rounds: 3 → 2 nodes")
    assert "in one go" in stepwords.outcome(watched(4, 2, alike=True))


def test_no_step_at_all_is_said() -> None:
    assert "leaves this model as it is" in stepwords.outcome(watched(0, 1, alike=True))
