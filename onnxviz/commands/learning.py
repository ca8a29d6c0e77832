"""The lessons: the list, and every claim of theirs against the run that shows it."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from onnxviz import jobs
from onnxviz.commands.common import Answer
from onnxviz.errors import BadUsage
from onnxviz.lessons import catalog
from onnxviz.lessons.running import Checked, Steps, check_by, facts_of, worker_of
from onnxviz.lessons.types import Facts, Lesson


def lessons(args: argparse.Namespace) -> Answer:
    """The list; with `--check` whether all that they say holds."""
    if args.only and not args.check:
        raise BadUsage("--only", "says which lesson to check", "Add --check")
    chosen = (catalog.find(args.only),) if args.only else catalog.lessons()
    return _checked(chosen) if args.check else _listed(chosen)


def _listed(chosen: tuple[Lesson, ...]) -> Answer:
    data = [
        {
            "id": lesson.id,
            "title": lesson.title,
            "aim": lesson.aim,
            "minutes": lesson.minutes,
            "experiments": [each.title for each in lesson.experiments().values()],
            "claims": len(lesson.claims),
        }
        for lesson in chosen
    ]
    width = max(len(lesson.id) for lesson in chosen)
    lines = [
        f"{number:2}  {lesson.id:{width}}  {lesson.title} ({lesson.minutes} min)"
        for number, lesson in enumerate(chosen, 1)
    ]
    return Answer(data, "\n".join(lines))


def _checked(chosen: tuple[Lesson, ...]) -> Answer:
    data, lines, wrong = [], [], 0
    for lesson in chosen:
        found = check_by(lesson, partial(_facts, lesson.title))
        failing = [each for each in found if not each.holds]
        wrong += len(failing)
        data.append(
            {
                "id": lesson.id,
                "title": lesson.title,
                "holds": len(found) - len(failing),
                "claims": [_row(each) for each in found],
            }
        )
        lines.append(f"{lesson.id}: claims hold: {len(found) - len(failing)} of {len(found)}")
        lines += [_line(each) for each in failing]
    complaint = f"{wrong} {'claim does' if wrong == 1 else 'claims do'} not hold." if wrong else ""
    return Answer(data, "\n".join(lines), complaint)


def _facts(title: str, these: Steps) -> Facts:
    """In a worker: an experiment that crashes costs the claims on it, and no more."""
    label = f"{title}, {these[-1].experiment.title}"
    found: Facts = jobs.run(worker_of(these), label, facts_of, these)
    return found


def _row(each: Checked) -> dict[str, Any]:
    claim = each.claim
    return {
        "sentence": claim.sentence,
        "experiment": claim.experiment,
        "choices": dict(claim.choices),
        "holds": each.holds,
        "reason": each.reason,
    }


def _line(each: Checked) -> str:
    choices = ", ".join(f"{name}={value}" for name, value in each.claim.choices.items())
    shown_by = f"{each.claim.experiment} with {choices}" if choices else each.claim.experiment
    return f"  does not hold: {each.claim.sentence} ({shown_by}){f' {each.reason}' if each.reason else ''}"
