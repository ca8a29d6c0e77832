"""What came of a verb on a case, and what is no end that a person should meet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from onnxviz.errors import JobFailed, OnnxvizError

RESULT = "result"
VIOLATION = "VIOLATION"

LONGEST_SENTENCE = 1_500
"""Characters of a whole error: beyond, it is no sentence but a log."""

_OF_PROGRAMS = re.compile(
    r"\b(?!ONNXRuntimeError)[A-Z]\w*(?:Error|Exception)\b|\bStopIteration\b|Traceback|<class '|object at 0x"
    r"|google\.protobuf|site-packages|\w+\.py\b|std::\w+|onnxruntime::|\.(?:cc|cpp|h):\d+"
)
"""Words of a program about itself. They belong into an error's `detail`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How `verb` ended: `RESULT`, the class of a typed error, or `VIOLATION`.

    `words` is the sentence, or what is wrong with it; `detail` what a library said. `seconds` it took.
    """

    verb: str
    end: str
    words: str = ""
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """A case and all its outcomes, as plain data."""

    case: str
    number: int
    steps: tuple[str, ...]
    outcomes: tuple[Outcome, ...] = field(default=())

    @property
    def violations(self) -> tuple[Outcome, ...]:
        """The outcomes that should not be."""
        return tuple(outcome for outcome in self.outcomes if outcome.end == VIOLATION)

    def to_json(self) -> dict[str, Any]:
        """For a report that a program reads."""
        ends = [
            {"verb": one.verb, "end": one.end, "words": one.words, "seconds": round(one.seconds, 3)}
            | ({"detail": one.detail} if one.end == VIOLATION else {})
            for one in self.outcomes
        ]
        return {"case": self.case, "number": self.number, "steps": list(self.steps), "outcomes": ends}


def of_error(verb: str, error: BaseException, seconds: float) -> Outcome:
    """An error is an outcome when it is typed and says its part, cause and remedy in a person's words."""
    if not isinstance(error, OnnxvizError):
        return Outcome(verb, VIOLATION, f"no error of ours: {error!r}", "", seconds)
    fault = fault_of(error)
    end = VIOLATION if fault else type(error).__name__
    words = f"{fault}: {type(error).__name__}: {error}" if fault else str(error)
    return Outcome(verb, end, words[:LONGEST_SENTENCE], error.detail[-4000:], seconds)


def fault_of(error: OnnxvizError) -> str:
    """What is wrong with an error as something to show to a person; empty where nothing is."""
    is_ours = error.subject == "fold" and error.cause.startswith("gave up")
    if is_ours or (type(error) is JobFailed and error.cause.startswith("failed")):
        return "nobody foresaw it"
    if not error.subject.strip() or not error.cause.strip():
        return "it lacks its part or its cause"
    return fault_of_words([str(error)])


def fault_of_words(sentences: Iterable[str]) -> str:
    """What is wrong with sentences that a result shows; empty where nothing is."""
    for sentence in sentences:
        if len(sentence) > LONGEST_SENTENCE:
            return f"{len(sentence)} characters are no sentence"
        if found := _OF_PROGRAMS.search(sentence):
            return f"{found[0]!r} is a program's word"
    return ""
