"""The lessons, in teaching order."""

from __future__ import annotations

import importlib
from functools import cache

from onnxviz.errors import BadUsage
from onnxviz.lessons.types import Lesson

IDS = (
    "what_is_onnx",
    "export",
    "in_the_file",
    "what_folds",
    "shape_scaffold",
    "fusion",
    "if_and_dead_code",
    "when_folding_hurts",
    "onnxsim",
    "is_it_faster",
)
"""Each the name of a module in `lessons.course`, whose `LESSON` it is."""


@cache
def lessons() -> tuple[Lesson, ...]:
    """All of them."""
    return tuple(find(each) for each in IDS)


def find(lesson_id: str) -> Lesson:
    """The lesson with this id; raises BadUsage, with those there are, for another."""
    if lesson_id not in IDS:
        raise BadUsage(
            f"lesson {lesson_id[:80]!r}", "there is no lesson of this name", f"There are: {', '.join(IDS)}"
        )
    found: Lesson = importlib.import_module(f"onnxviz.lessons.course.{lesson_id}").LESSON
    return found
