"""Reasons as they come in, and the bar that counts them."""

from __future__ import annotations

from onnxviz.rewrites.reasons import Kept, Removed, Stayed, Went
from onnxviz.ui.comparing.about import by_passes
from onnxviz.ui.comparing.pair import Reasons
from onnxviz.ui.comparing.reasons import looking, told


def gone(node: str, reason: Went, *into: str) -> Removed:
    return Removed(node, "Add", reason, "So it is.", after_nodes=into)


def test_reasons_are_sorted_by_what_they_speak_of() -> None:
    reasons = Reasons()
    stayed = Kept("s", "Shape", Stayed.SYMBOLIC_DIM, "The batch is open.")
    reasons.take([gone("a", Went.FUSED, "y"), gone("b", Went.FUSED, "y"), stayed])
    assert list(reasons.removed) == ["a", "b"]
    assert list(reasons.kept) == ["s"]
    assert reasons.made_of == {"y": ["a", "b"]}


def test_a_reason_that_comes_again_replaces_the_one_before() -> None:
    reasons = Reasons()
    reasons.take([gone("a", Went.UNEXPLAINED)])
    reasons.take([gone("a", Went.FOLDED)])
    assert reasons.counts() == {"folded": 1, "unexplained": 0}


def test_what_is_unexplained_is_counted_and_what_is_to_come_is_told() -> None:
    text = told({"folded": 3, "unexplained": 1}, 10, [], is_over=False)
    assert "3 of 10 explained" in text
    assert "1 unexplained" in text
    assert "6 to come" in text
    assert "not looked at" not in text


def test_what_is_left_when_the_search_is_over_was_not_looked_at() -> None:
    assert "6 not looked at" in told({"folded": 3, "unexplained": 1}, 10, [], is_over=True)


def test_all_is_told_when_nothing_went() -> None:
    text = told({"unexplained": 0}, 0, ["2 that look foldable stayed"], is_over=True)
    assert "No node went" in text
    assert "2 that look foldable stayed" in text


def test_a_node_that_is_new_has_not_stayed() -> None:
    assert looking(["a", "b", "n"], {"n"}) == [
        "2 that look foldable stayed",
        "1 that looks foldable came",
    ]
    assert looking([], {"n"}) == []


def test_several_passes_are_said_to_be_needed_together() -> None:
    assert by_passes(["fold"]) == "By fold: this comes with it, and stays away without it."
    assert by_passes(["a", "b"]) == "By a and b together: this stays away when either is left out."
    assert by_passes(["a", "b", "c"]).endswith("stays away when any of them is left out.")
