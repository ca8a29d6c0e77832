"""An experiment of a lesson, run for a page, for the command line and for the tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from onnxviz.delivery import leave
from onnxviz.errors import BadUsage, OnnxvizError
from onnxviz.lessons.types import Choices, Claim, Experiment, Facts, Lesson, Outcome
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.store import MAIN, Store, digest_of

MOST_BYTES = 32_000_000
"""Of all files that an experiment leaves beside its graphs: they travel with its result."""

File = str | bytes
"""A file that an experiment made: the path of a model in the store, or the content of another file."""


@dataclass(frozen=True, slots=True)
class Step:
    """One experiment with all of its choices."""

    experiment: Experiment
    choices: Choices


Steps = tuple[Step, ...]
"""What runs in one folder, one after the other: an experiment, after those that it needs."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What the last of some steps gave.

    `models` are those of its graphs by label, to be received from the store; `others` the content of every
    other file in the folder, by name.
    """

    outcome: Outcome
    models: Mapping[str, Model]
    others: Mapping[str, bytes]

    def files(self) -> dict[str, File]:
        """What an experiment that needs this one finds in its folder, by name."""
        paths = {graph.file: self.models[graph.label].path for graph in self.outcome.graphs}
        return {**self.others, **paths}


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim, and whether it holds; `reason` says why it could not be told, where that is so."""

    claim: Claim
    holds: bool
    reason: str = ""


def with_defaults(experiment: Experiment, choices: Choices) -> dict[str, Any]:
    """All choices of an experiment. Raises BadUsage for one that it does not have, or no value of it."""
    known = {choice.id: choice for choice in experiment.choices}
    for name, value in choices.items():
        choice = known.get(name)
        if choice is None:
            raise BadUsage(f"The choice {name!r}", f"is none of {experiment.title!r}", "Leave it out")
        low, high = choice.range or (0, 0)
        if value not in dict(choice.options) and not (choice.range and low <= value <= high):
            raise BadUsage(f"The choice {name!r}", f"cannot be {value!r}", choice.help or "Take one offered")
    return {name: choices.get(name, choice.default) for name, choice in known.items()}


def steps(lesson: Lesson, experiment: Experiment, choices: Choices | None = None) -> Steps:
    """An experiment and, before it, those that it needs at their defaults. Raises as `with_defaults`."""
    needed = steps(lesson, lesson.experiments()[experiment.needs]) if experiment.needs else ()
    return (*needed, Step(experiment, with_defaults(experiment, choices or {})))


def worker_of(these: Steps) -> Literal["rewrite", "torch"]:
    """The kind of worker that can run them all."""
    return "torch" if any(step.experiment.worker == "torch" for step in these) else "rewrite"


def run_steps(these: Steps, folder: Path) -> Outcome:
    """Run them in `folder`; what the last one gives."""
    *needed, last = these
    for step in needed:
        step.experiment.run(folder, step.choices)
    return last.experiment.run(folder, last.choices)


def run(lesson: Lesson, experiment: Experiment, folder: Path, choices: Choices | None = None) -> Outcome:
    """Run one experiment in `folder`, after the one that it needs (at its defaults)."""
    return run_steps(steps(lesson, experiment, choices), folder)


def facts_of(these: Steps) -> Facts:
    """For a worker: what is found by the last of these; no file is left."""
    with tempfile.TemporaryDirectory(prefix="onnxviz-lesson-") as folder:
        return run_steps(these, Path(folder)).facts


def run_into_store(these: Steps, given: Mapping[str, File], root: Path, cap_bytes: int) -> Ran:
    """For a worker: run these and leave the models of the last in the store for `delivery.receive`.

    `given` are the files that lie in the folder before, by name. Raises BadUsage where more than
    `MOST_BYTES` lie beside the graphs afterwards, and as the experiments do.
    """
    with tempfile.TemporaryDirectory(prefix="onnxviz-lesson-") as name:
        folder = Path(name)
        for file, content in given.items():
            _put(folder / Path(file).name, content)
        outcome = run_steps(these, folder)
        others = _others(folder, outcome)
        models = {
            graph.label: _left(folder / graph.file, graph.label, root, cap_bytes) for graph in outcome.graphs
        }
    return Ran(outcome, models, others)


def check_by(lesson: Lesson, ask: Callable[[Steps], Facts]) -> list[Checked]:
    """Every claim of a lesson, each against the facts of the run that shows it; `ask` is asked once a run.

    Where `ask` raises an `OnnxvizError` all claims on that run fail, with its sentence as the reason.
    """
    found: list[Checked] = []
    asked: dict[tuple[Any, ...], Facts | OnnxvizError] = {}
    for claim in lesson.claims:
        key = (claim.experiment, *sorted(claim.choices.items()))
        if key not in asked:
            asked[key] = _answer(lesson, claim, ask)
        found.append(_checked(claim, asked[key]))
    return found


def check(lesson: Lesson, folder: Path) -> list[Checked]:
    """`check_by` in this process; each run has a folder of its own below `folder`."""

    def ask(these: Steps) -> Facts:
        place = folder / f"run-{len(list(folder.iterdir()))}"
        place.mkdir()
        return run_steps(these, place).facts

    return check_by(lesson, ask)


def _answer(lesson: Lesson, claim: Claim, ask: Callable[[Steps], Facts]) -> Facts | OnnxvizError:
    try:
        return ask(steps(lesson, lesson.experiments()[claim.experiment], claim.choices))
    except OnnxvizError as error:
        return error


def _checked(claim: Claim, facts: Facts | OnnxvizError) -> Checked:
    if isinstance(facts, OnnxvizError):
        return Checked(claim, False, str(facts))
    try:
        return Checked(claim, bool(claim.holds(facts)))
    except (LookupError, TypeError, ArithmeticError) as error:
        return Checked(claim, False, f"It cannot be told from the facts: {type(error).__name__}: {error}")


def _put(path: Path, content: File) -> None:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        shutil.copyfile(content, path)


def _others(folder: Path, outcome: Outcome) -> dict[str, bytes]:
    graphs = {graph.file for graph in outcome.graphs}
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name not in graphs]
    nbytes = sum(path.stat().st_size for path in files)
    if nbytes > MOST_BYTES:
        raise BadUsage(
            "The experiment",
            f"leaves {nbytes:,} bytes beside its graphs, and no more than {MOST_BYTES:,} can be kept",
            "Delete what the next experiment does not need",
        )
    return {path.name: path.read_bytes() for path in files}


def _left(file: Path, label: str, root: Path, cap_bytes: int) -> Model:
    with Store(root, cap_bytes).workspace() as entry:
        shutil.copyfile(file, entry / MAIN)
        model = read_model(entry / MAIN, label, digest_of(entry / MAIN))
        return leave(entry, model, root)
