"""`lessons`: the list, and whether all that they say holds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from onnxviz.lessons import catalog
from onnxviz.lessons.types import Claim, Lesson
from tests.commands.asking import failed, refused, told, workers
from tests.lessons.sample import FIRST, LESSONS, SECOND

__all__ = ["workers"]

Caps = pytest.CaptureFixture[str]


def taught(monkeypatch: pytest.MonkeyPatch, *lessons: Lesson) -> None:
    """Have these be all the lessons that there are."""
    known = {lesson.id: lesson for lesson in lessons}
    monkeypatch.setattr(catalog, "lessons", lambda: lessons)
    monkeypatch.setattr(catalog, "find", known.__getitem__)


def test_the_lessons_are_listed_in_their_order(monkeypatch: pytest.MonkeyPatch, capsys: Caps) -> None:
    taught(monkeypatch, *LESSONS)
    assert told(capsys, "lessons").splitlines() == [
        " 1  first_lesson   Folding two numbers (3 min)",
        " 2  second_lesson  What is constant? (2 min)",
    ]
    first, _ = json.loads(told(capsys, "lessons", "--json"))
    assert first["claims"] == 3
    assert first["experiments"] == ["Multiply two constants", "Count the nodes", "Say hello", "Fail"]


def test_claims_that_hold_are_counted(monkeypatch: pytest.MonkeyPatch, capsys: Caps) -> None:
    taught(monkeypatch, *LESSONS)
    assert told(capsys, "lessons", "--check", "--only", "first_lesson") == (
        "first_lesson: claims hold: 3 of 3\n"
    )
    data = json.loads(told(capsys, "lessons", "--check", "--json"))
    assert [row["holds"] for row in data] == [3, 0]
    assert data[0]["claims"][1] == {
        "sentence": "Two times four is eight.",
        "experiment": "multiply",
        "choices": {"times": 4},
        "holds": True,
        "reason": "",
    }


def test_a_claim_that_fails_is_said_with_the_run_that_shows_it(
    monkeypatch: pytest.MonkeyPatch, capsys: Caps
) -> None:
    wrong = (
        Claim("Two times four is nine.", "multiply", lambda facts: facts["product"] == 9, {"times": 4}),
        Claim("Failing works.", "fail", lambda facts: True),
    )
    taught(monkeypatch, replace(FIRST, claims=(*FIRST.claims, *wrong)), SECOND)
    printed, complaint = failed(capsys, "lessons", "--check")
    assert printed.splitlines() == [
        "first_lesson: claims hold: 3 of 5",
        "  does not hold: Two times four is nine. (multiply with times=4)",
        "  does not hold: Failing works. (fail) The experiment: gave up. Try something else.",
        "second_lesson: claims hold: 0 of 0",
    ]
    assert complaint == "2 claims do not hold.\n"


def test_a_lesson_that_there_is_none_of_is_refused(capsys: Caps) -> None:
    assert "what_folds" in refused(capsys, "lessons", "--check", "--only", "what_unfolds")


def test_only_is_for_checking(capsys: Caps) -> None:
    assert "Add --check" in refused(capsys, "lessons", "--only", "what_folds")
