"""Figures of several results: which is best, and what is said of each."""

from __future__ import annotations

import pytest

from onnxviz.model import Graph, Model, Node
from onnxviz.rewrites.types import Agreement, Rewrite
from onnxviz.ui.optimizing import figures
from onnxviz.ui.optimizing.figures import Figures


def model(*ops: str, digest: str = "d") -> Model:
    nodes = tuple(Node(f"n{place}", op) for place, op in enumerate(ops))
    return Model("m", digest, "m.onnx", Graph("g", nodes))


def test_the_least_of_each_column_is_best() -> None:
    found = figures.best({"a": Figures(10, 5, 900, 0.2), "b": Figures(12, 4, 800, 0.1)})
    assert found == {
        "nodes": {"a": "fewest"},
        "initializers": {"b": "fewest"},
        "nbytes": {"b": "smallest"},
        "seconds": {"b": "fastest"},
    }


def test_those_that_share_the_best_are_tied() -> None:
    found = figures.best(
        {"a": Figures(10, 1, 1, 1.0), "b": Figures(10, 1, 1, 2.0), "c": Figures(11, 1, 1, 3.0)}
    )
    assert found["nodes"] == {"a": "= fewest", "b": "= fewest"}
    assert found["seconds"] == {"a": "fastest"}


def test_where_all_are_alike_or_there_is_one_alone_none_is_best() -> None:
    assert figures.best({"a": Figures(1, 1, 1, 1.0)}) == {column: {} for column in figures.COLUMNS}
    assert figures.best({}) == {column: {} for column in figures.COLUMNS}
    same = figures.best({"a": Figures(1, 1, 1, 1.0), "b": Figures(1, 1, 1, 1.0)})
    assert not any(same.values())


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (415, 123, "−292, −70%"),
        (10, 12, "+2, +20%"),
        (7, 7, "no change"),
        (0, 3, "+3"),
        (5000, 1000, "−4,000, −80%"),
    ],
)
def test_a_change_is_a_number_and_a_share(before: int, after: int, text: str) -> None:
    assert figures.change(before, after) == text


@pytest.mark.parametrize(
    ("agreement", "words", "kind"),
    [
        (None, "not compared", "unknown"),
        (Agreement(1, error="no runtime"), "not compared", "unknown"),
        (Agreement(1, agrees=True), "bit for bit", "good"),
        (Agreement(1, agrees=True, absolute=7.5e-9, worst_output="y"), "agrees within 7.5e‑09", "good"),
        (Agreement(1, agrees=False, is_beyond=True, absolute=3.0, worst_output="y"), "differs", "bad"),
    ],
)
def test_a_comparison_is_told_in_a_few_words(agreement: Agreement | None, words: str, kind: str) -> None:
    assert figures.check(agreement) == (words, kind)


def test_only_a_result_that_was_shown_to_differ_is_wrong() -> None:
    def rewrite(agreement: Agreement | None) -> Rewrite:
        return Rewrite("a", model("Relu"), model(), 0.1, agreement=agreement)

    assert figures.is_wrong(rewrite(Agreement(1, agrees=False, is_beyond=True)))
    assert not figures.is_wrong(rewrite(Agreement(1, agrees=True)))
    assert not figures.is_wrong(rewrite(Agreement(1, error="not run")))
    assert not figures.is_wrong(rewrite(None))


def test_op_types_stand_in_rows_with_those_first_on_which_results_part_most() -> None:
    rows = figures.op_rows(model("Relu", "Add", "Add"), {"a": model("Relu", "Mul"), "b": model("Relu")})
    assert rows == [
        {"Op type": "Add", "Original": 2, "a": 0, "b": 0},
        {"Op type": "Mul", "Original": 0, "a": 1, "b": 0},
        {"Op type": "Relu", "Original": 1, "a": 1, "b": 1},
    ]
