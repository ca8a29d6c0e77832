"""What a lesson is made of. Plain frozen data and pure verbs; nothing here knows of a page.

A lesson says nothing that it does not run: an experiment gives `facts`, texts take their figures from those,
claims are checked against them (`onnxviz lessons --check`, and the tests), and so are questions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Facts = Mapping[str, Any]
"""What an experiment found, by name; JSON-ready."""

Choices = Mapping[str, Any]
"""Choice id -> the value that was chosen."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting of an experiment. `options` are (value, label): two or more, or one number in a range.

    Exactly one of `options` and `range` (least, most) is given.
    """

    id: str
    label: str
    default: Any
    options: tuple[tuple[Any, str], ...] = ()
    range: tuple[int, int] | None = None
    help: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that an experiment gives; cells are numbers, or text that is shown as it stands. `caption` says in
    a sentence what to see."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """A model that an experiment made: a file in its folder, and what it is called under its picture."""

    label: str
    file: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two of the experiment's graphs by label, to be shown side by side with what changed marked."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of an experiment gives.

    `lines` are shown as they would stand on a terminal, or as arithmetic written out. `says` are sentences
    (Markdown, with the figures of this run; names from a model are to be escaped). `fold` is the label of a
    graph whose folding can be stepped through under the outcome.
    """

    facts: Facts
    says: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    graphs: tuple[Graph, ...] = ()
    pairs: tuple[Pair, ...] = ()
    fold: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Markdown of ours. Facts of an experiment do not belong here but in its outcome's `says`."""

    markdown: str


@dataclass(frozen=True, slots=True)
class Code:
    """Python that a student may copy. Right above an experiment it is what that runs, and is shown with it:
    a function there, where choices change it."""

    python: str | Callable[[Choices], str]


@dataclass(frozen=True, slots=True)
class Experiment:
    """Something that runs: `run(folder, choices)` writes its models into `folder` and gives what it found.

    `run` is a function of a module, so that a worker of kind `worker` can run it ("torch" where it exports);
    an experiment is sent there whole, so that all in it can be pickled.
    `button` is what the button says. One with `at_once` runs when the lesson is opened and whenever a choice
    changes: for what takes less than a second. `needs` is the id of an experiment of the lesson that comes
    first: its newest files are in `folder` then, under the names it gave them.
    """

    id: str
    title: str
    run: Callable[[Path, Choices], Outcome]
    button: str = "Run"
    choices: tuple[Choice, ...] = ()
    worker: Literal["rewrite", "torch"] = "rewrite"
    at_once: bool = False
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question, and what is said to the person who gave it."""

    text: str
    reply: str
    is_right: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What a lesson ends with. `several`: more than one option can be given, and all right ones must be."""

    text: str
    options: tuple[Option, ...]
    several: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that the lesson says, and the run that shows it: `holds` of the experiment's facts.

    Choices that are not given stand at their defaults. Each right and each wrong option of a question that is
    about facts has a claim too.
    """

    sentence: str
    experiment: str
    holds: Callable[[Facts], bool]
    choices: Choices = field(default_factory=dict)


Part = Text | Code | Experiment


@dataclass(frozen=True, slots=True)
class Lesson:
    """`aim` is what a student can do afterwards, in one sentence; `minutes` is how long it takes to read."""

    id: str
    title: str
    aim: str
    minutes: int
    parts: tuple[Part, ...]
    question: Question
    claims: tuple[Claim, ...]
    samples: tuple[str, ...] = ()
    """Ids of samples to go on with, on the pages."""

    def experiments(self) -> dict[str, Experiment]:
        """By id."""
        return {part.id: part for part in self.parts if isinstance(part, Experiment)}
