"""An answer to a lesson's question: whether it is right, and what is said to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from onnxviz.lessons.types import Question


@dataclass(frozen=True, slots=True)
class Verdict:
    """`replies` are those of the options that were given, in order; `missing` right ones were not given."""

    is_right: bool
    replies: tuple[str, ...]
    missing: int = 0


def judge(question: Question, given: Collection[int]) -> Verdict:
    """Judge the options at these places. To a wrong answer only what is wrong in it is replied to, so that
    the rest can be tried again."""
    right = {place for place, option in enumerate(question.options) if option.is_right}
    chosen = [place for place in range(len(question.options)) if place in given]
    is_right = right == set(chosen)
    told = [place for place in chosen if is_right or place not in right]
    replies = tuple(question.options[place].reply for place in told)
    return Verdict(is_right, replies, len(right - set(chosen)))
