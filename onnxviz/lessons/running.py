"""An experiment of a lesson, run for a page, for the command line and for the tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnxviz.delivery import leave
from onnxviz.errors import BadUsage
from onnxviz.lessons.catalog import find
from onnxviz.lessons.types import Choices, Claim, Experiment, Lesson, Outcome
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.store import MAIN, Store, digest_of


@dataclass(frozen=True, slots=True)
class Ran:
    """`outcome`, and the models that it made by the label of their graph, to be received from the store."""

    outcome: Outcome
    models: Mapping[str, Model]


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim, and whether it holds."""

    claim: Claim
    holds: bool


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


def run(lesson: Lesson, experiment: Experiment, folder: Path, choices: Choices | None = None) -> Outcome:
    """Run one experiment in `folder`, after the one that it needs (at its defaults)."""
    if experiment.needs:
        run(lesson, lesson.experiments()[experiment.needs], folder)
    return experiment.run(folder, with_defaults(experiment, choices or {}))


def run_into_store(
    lesson_id: str,
    experiment_id: str,
    choices: dict[str, Any],
    given: dict[str, str],
    root: Path,
    cap_bytes: int,
) -> Ran:
    """For a worker: run one experiment and leave its models in the store for `delivery.receive`.

    `given` are paths by file name: what the experiment that it `needs` made.
    """
    lesson = find(lesson_id)
    experiment = lesson.experiments()[experiment_id]
    with tempfile.TemporaryDirectory(prefix="onnxviz-lesson-") as name:
        folder = Path(name)
        for file, path in given.items():
            shutil.copyfile(path, folder / Path(file).name)
        if experiment.needs and not given:
            outcome = run(lesson, experiment, folder, choices)
        else:
            outcome = experiment.run(folder, with_defaults(experiment, choices))
        models = {}
        for graph in outcome.graphs:
            with Store(root, cap_bytes).workspace() as entry:
                shutil.copyfile(folder / graph.file, entry / MAIN)
                model = read_model(entry / MAIN, graph.label, digest_of(entry / MAIN))
                models[graph.label] = leave(entry, model, root)
    return Ran(outcome, models)


def check(lesson: Lesson, folder: Path) -> list[Checked]:
    """Every claim of a lesson against the run that shows it; one run for all claims with the same choices."""
    runs: dict[tuple[Any, ...], Outcome] = {}
    found = []
    for claim in lesson.claims:
        key = (claim.experiment, *sorted(claim.choices.items()))
        if key not in runs:
            place = folder / f"{claim.experiment}-{len(runs)}"
            place.mkdir(parents=True)
            runs[key] = run(lesson, lesson.experiments()[claim.experiment], place, claim.choices)
        found.append(Checked(claim, bool(claim.holds(runs[key].facts))))
    return found
