"""Runs of optimizers on one model: each a job of its own, with its result or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from onnxviz.errors import JobCancelled, OnnxvizError
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.rewrites.optimizers import DEFAULT, OptimizeOptions
from onnxviz.rewrites.reasons import How
from onnxviz.rewrites.simplify import SimplifyOptions
from onnxviz.rewrites.types import Rewrite
from onnxviz.store import Store
from onnxviz.ui import problems
from onnxviz.ui.comparing import joining
from onnxviz.ui.optimizing.choosing import Asked
from onnxviz.ui.session import Session
from onnxviz.ui.text import md

RUNS = "simplify:runs"
"""Digest of a model -> the runs that were last started on it."""

POLL_SECONDS = 0.5


@dataclass(slots=True)
class Run:
    """One optimizer on one model: at first with a `job`, afterwards with a `rewrite` or an `error`."""

    name: str
    options: OptimizeOptions
    job: Job[Rewrite] | None = None
    rewrite: Rewrite | None = None
    error: OnnxvizError | None = None
    in_session: bool = False
    """Whether its result was put into the session's list; a person may have removed it since."""

    def collect(self, patience: float = 0.0) -> bool:
        """True when nothing is to be waited for; waits for `patience` seconds at most."""
        if self.job is None:
            return True
        try:
            self.rewrite = self.job.result(patience)
        except TimeoutError:
            return False
        except OnnxvizError as error:
            self.error = error
        self.job = None
        return True

    def cancel(self) -> None:
        """Stop it, where it is at work."""
        if self.job is not None:
            self.job.cancel()
            self.error = JobCancelled(self.job.label, "was cancelled")
            self.job = None


def of(model: Model) -> list[Run]:
    """The runs on a model, in the order of the optimizers."""
    return _all().get(model.digest, [])


def start(mine: Session, model: Model, asked: Asked) -> None:
    """Begin anew on this model; what still runs on it is cancelled."""
    forget(model.digest)
    _all()[model.digest] = [_started(mine.store, model, name, asked) for name in asked.names]


def forget(digest: str) -> None:
    """Cancel the runs on a model and drop their results; models that are in the session's list stay."""
    for run in _all().pop(digest, []):
        run.cancel()


def sweep(mine: Session) -> None:
    """Forget the runs on models that were removed."""
    for digest in [digest for digest in _all() if digest not in mine.entries]:
        forget(digest)


def options_for(name: str, options: OptimizeOptions) -> OptimizeOptions:
    """Without onnxsim's own options for any other: they would make another run of the same."""
    return options if name == DEFAULT else replace(options, simplify=SimplifyOptions())


def join(mine: Session, model: Model, run: Run) -> bool:
    """Take a result into the session's list; True when it came into it just now."""
    if run.rewrite is None or run.in_session:
        return False
    run.in_session = True
    known = run.rewrite.after.digest in mine.entries
    try:
        joining.join(mine, model, run.rewrite, How(run.name, run.options))
    except OnnxvizError as error:
        run.rewrite, run.error = None, error
        return False
    return not known


def result(mine: Session, run: Run) -> Model | None:
    """The result as a model of the session; None where there is none, or when it was removed."""
    entry = mine.entries.get(run.rewrite.after.digest) if run.rewrite is not None else None
    return entry.model if entry is not None else None


def progress(run: Run, label: str = "") -> None:
    """A bar with what it does now, and a button to cancel it. Call it in a fragment that runs again."""
    job = run.job
    if job is None:
        return
    now = job.progress()
    bar, button = st.columns([5, 1.6], vertical_alignment="center")
    words = [label, now.text, f"{now.seconds:.0f} s"]
    text = " · ".join(md(word) for word in words if word)
    bar.progress(min(1.0, max(0.0, now.fraction or 0.0)), text=text)
    button.button(
        "Cancel",
        key=f"simplify:cancel:{run.name}",
        icon=":material/close:",
        on_click=run.cancel,
        width="stretch",
    )


def watching(draw: Callable[[], None], found: list[Run]) -> None:
    """Draw, and again and again while one of the runs is at work; then run the page once more."""

    @problems.fragment(run_every=POLL_SECONDS)
    def poll() -> None:
        waiting_for = [run for run in found if run.job is not None]
        # All are asked: several may end at once.
        done = [run.collect() for run in waiting_for]
        if not waiting_for or any(done):
            st.rerun()
        draw()

    poll()


def _all() -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = st.session_state.setdefault(RUNS, {})
    return found


def _started(store: Store, model: Model, name: str, asked: Asked) -> Run:
    options = options_for(name, asked.options)
    run = Run(name, options)
    try:
        run.job = joining.optimizing(store, name, model, options)
    except OnnxvizError as error:
        run.error = error
    return run
