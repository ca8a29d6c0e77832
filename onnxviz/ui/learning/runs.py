"""Experiments that were run in this session: the result for each set of choices, its models held."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from onnxviz import jobs
from onnxviz.delivery import waiting
from onnxviz.jobs import Job
from onnxviz.lessons.running import File, Ran, Steps, run_into_store, steps, worker_of
from onnxviz.lessons.types import Choices, Experiment, Lesson
from onnxviz.ui.session import Session

_RAN = "learn:ran"
"""Key of what was asked for -> what it gave."""

_NEWEST = "learn:newest"
"""(lesson, experiment) -> the key of its last run."""

MOST_RUNS = 64
"""That are remembered in a session. The lessons together have some thirty experiments."""

LEAST_RUNS = 8
"""That are remembered whatever they take: a lesson shows no more at a time."""

MOST_BYTES = 500_000_000
"""Of the models of all runs that are remembered: a class of thirty leaves the store room for other models."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One experiment with its choices, on what the experiment that it needs gave last.

    Where that one was not run it comes first in `these`, at its defaults, and so on.
    """

    key: Hashable
    these: Steps
    given: Mapping[str, File]
    label: str
    place: tuple[str, str]

    @property
    def runs_first(self) -> tuple[str, ...]:
        """The titles of the experiments that are run before it."""
        return tuple(step.experiment.title for step in self.these[:-1])


def asked(mine: Session, lesson: Lesson, experiment: Experiment, choices: Choices) -> Asked:
    """What is to be run for these choices."""
    these = steps(lesson, experiment, choices)
    given: Mapping[str, File] = {}
    below: Hashable = None
    for place in range(len(these) - 1, 0, -1):
        key = _newest().get((lesson.id, these[place - 1].experiment.id))
        needed = of(mine, key)
        if needed is not None:
            these, given, below = these[place:], needed.files(), key
            break
    key = (lesson.id, experiment.id, tuple(sorted(choices.items())), below)
    return Asked(key, these, given, experiment.title, (lesson.id, experiment.id))


def of(mine: Session, key: Hashable) -> Ran | None:
    """What was found for a key; None where it was not run, or the store has let go of a model of it."""
    ran = _all().get(key)
    if ran is not None and any(model.digest not in mine.store for model in ran.models.values()):
        _forget(mine, key)
        return None
    return ran


def start(mine: Session, this: Asked, *, anew: bool) -> Job[Ran]:
    """Run it in a worker. Without `anew` a result that another session waits for or has is taken."""
    store = mine.store
    return jobs.submit(
        worker_of(this.these),
        this.label,
        run_into_store,
        this.these,
        this.given,
        store.root,
        store.cap_bytes,
        key=None if anew else ("lesson", str(store.root), this.key),
        still_good=lambda ran: all(waiting(store, model) for model in ran.models.values()),
    )


def take(mine: Session, this: Asked, ran: Ran) -> None:
    """Hold the models in the store for the session, without a place in its list, and remember the run.

    Raises `RefusedFile` where the store has no room.
    """
    received = mine.receive(ran.models.values(), _owner(this.key))
    _all()[this.key] = replace(ran, models=dict(zip(ran.models, received, strict=True)))
    note(this)
    _forget_oldest(mine)


def note(this: Asked) -> None:
    """What was run before with these choices is what is shown now: experiments that need it build on it."""
    _newest()[this.place] = this.key
    _all()[this.key] = _all().pop(this.key)


def _forget_oldest(mine: Session) -> None:
    """Drop the runs that were shown least lately, where they are too many or their models too large."""
    runs = _all()
    nbytes = sum(map(_nbytes, runs.values()))
    while len(runs) > MOST_RUNS or (nbytes > MOST_BYTES and len(runs) > LEAST_RUNS):
        oldest = next(iter(runs))
        nbytes -= _nbytes(runs[oldest])
        _forget(mine, oldest)


def _nbytes(ran: Ran) -> int:
    return sum(model.nbytes for model in ran.models.values()) + sum(map(len, ran.others.values()))


def _forget(mine: Session, key: Hashable) -> None:
    _all().pop(key, None)
    mine.held.let_go(_owner(key))


def _owner(key: Hashable) -> Hashable:
    """Who holds the models of the run with this key."""
    return (_RAN, key)


def _all() -> dict[Hashable, Ran]:
    found: dict[Hashable, Ran] = st.session_state.setdefault(_RAN, {})
    return found


def _newest() -> dict[Any, Hashable]:
    found: dict[Any, Hashable] = st.session_state.setdefault(_NEWEST, {})
    return found
