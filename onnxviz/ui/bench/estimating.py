"""How long a plan takes, before it starts and while it runs.

What a session and a run cost is looked up in a job, once for each model and setting, and remembered from
results.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import streamlit as st

from onnxviz import jobs
from onnxviz.bench import estimate, live
from onnxviz.bench.estimate import Cost, Costs, Estimate, Speed
from onnxviz.bench.types import BenchResult, Configuration, Plan
from onnxviz.errors import OnnxvizError
from onnxviz.jobs import Job
from onnxviz.ui import problems
from onnxviz.ui.bench.asked import Asked

POLL_SECONDS = 0.5

_KEY = "benchmark:costs"

T = TypeVar("T")


@dataclass(slots=True)
class _Memory:
    """What is known, and the jobs under way. `tried` were looked at, with or without success: each
    configuration with its inputs."""

    costs: Costs = field(default_factory=Costs)
    speed: Speed | None = None
    calibrating: Job[Speed] | None = None
    looking: Job[dict[Configuration, Cost]] | None = None
    looked_at: Asked | None = None
    tried: set[tuple[Configuration, str]] = field(default_factory=set)


def _memory() -> _Memory:
    found: _Memory = st.session_state.setdefault(_KEY, _Memory())
    return found


def remember(asked: Asked, result: BenchResult) -> None:
    """A result tells best what its configurations cost."""
    _memory().costs.remember(result, digests_of(asked), asked.plan.inputs)


def digests_of(asked: Asked) -> dict[str, str]:
    """Path -> digest of the models."""
    return {path: digest for (_, path), digest in zip(asked.plan.models, asked.digests, strict=True)}


def before(asked: Asked) -> None:
    """How many configurations there are, and how long they take; looks at what is not known yet."""
    memory = _memory()
    _collect(memory)
    _look(memory, asked)
    waits = memory.calibrating is not None or memory.looking is not None
    _caption(asked, waits)


def _caption(asked: Asked, waits: bool) -> None:
    """In a fragment that asks again while there is something to wait for; then the page is drawn anew."""

    @problems.fragment(run_every=POLL_SECONDS if waits else None)
    def caption() -> None:
        memory = _memory()
        if waits and _collect(memory):
            st.rerun()
        known = memory.costs.of(asked.plan, digests_of(asked))
        found = estimate.of(asked.plan, known, memory.speed) if known else None
        st.caption(words(asked.plan, found, is_looking=waits))

    caption()


def _collect(memory: _Memory) -> bool:
    """Take in what is done by now; True when that is something."""
    done = False
    if memory.calibrating is not None and memory.calibrating.done():
        memory.speed = _result(memory.calibrating, Speed())
        memory.calibrating, done = None, True
    if memory.looking is not None and memory.looking.done() and memory.looked_at is not None:
        digests, inputs = digests_of(memory.looked_at), memory.looked_at.plan.inputs
        for cell, cost in _result(memory.looking, {}).items():
            memory.costs.keep(cell, digests.get(cell.path, ""), cost, inputs)
        memory.looking, done = None, True
    return done


def _result(job: Job[T], otherwise: T) -> T:
    """An estimate is a courtesy: where it fails there is none, and the measurement will say what is wrong."""
    try:
        return job.result(0)
    except (OnnxvizError, TimeoutError):
        return otherwise


def _look(memory: _Memory, asked: Asked) -> None:
    """Start what is missing. One look at a time: to stop one would cost more than to let it end."""
    if memory.speed is None and memory.calibrating is None:
        memory.calibrating = jobs.submit(
            "bench", "Looking at this machine", estimate.calibrate, key=("benchmark:speed",)
        )
    known = memory.costs.of(asked.plan, digests_of(asked))
    missing = {(cell, asked.plan.inputs) for cell in asked.plan.configurations() if cell not in known}
    if memory.looking is not None or missing <= memory.tried:
        return
    memory.tried |= missing
    memory.looked_at = asked
    memory.looking = jobs.submit("bench", "Looking at the models", estimate.look, asked.plan, tuple(known))


def words(plan: Plan, found: Estimate | None, *, is_looking: bool = False) -> str:
    """`**4 configurations**, about 9 s: …`, as Markdown. Without an estimate, the budget alone."""
    count = len(plan.configurations())
    configurations = "1 configuration" if count == 1 else f"**{count} configurations**"
    if found is None:
        rest = (
            "How long it takes in all is being looked up" if is_looking else "Loading the models comes on top"
        )
        return f"{configurations}, {plan.seconds:g} s of measuring. {rest}."
    parts = [f"{_about(found.open_s)} to load and create", f"{_about(found.timed_s)} to measure"]
    if found.after_s >= 1:
        parts.append(f"{_about(found.after_s)} to compare")
    return f"{configurations}, about **{_about(found.total_s)}**: {', '.join(parts)}."


def _about(seconds: float) -> str:
    """Whole seconds, and from two minutes on minutes: an estimate has no more digits than that."""
    return f"{max(1, round(seconds))} s" if seconds < 120 else f"{seconds / 60:.2g} min"


def left(parts: Sequence[object]) -> str:
    """`about 3 s left`; empty while that cannot be said."""
    rest = live.left(parts)
    if rest is None:
        return ""
    return f"about {_about(rest)} left" if rest >= 1 else "nearly done"
