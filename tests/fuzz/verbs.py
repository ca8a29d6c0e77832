"""The verbs that a case goes through, each as the pages ask for it: in a job, its results into the store."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnxviz import jobs
from onnxviz.bench.runner import run
from onnxviz.bench.types import BenchResult, Plan
from onnxviz.delivery import receive
from onnxviz.diff.models import diff_models
from onnxviz.errors import JobFailed
from onnxviz.intake import take_in
from onnxviz.jobs.execution import Kind
from onnxviz.model import Model
from onnxviz.rewrites.explain.explain import explain_files
from onnxviz.rewrites.fold.folding import fold_into_store
from onnxviz.rewrites.fold.types import Folded
from onnxviz.rewrites.optimizers.registry import DEFAULT, names
from onnxviz.rewrites.optimizers.together import optimize_into_store
from onnxviz.rewrites.types import Agreement, Rewrite
from onnxviz.rewrites.verify import verify_files
from onnxviz.scene.picture import View, colours, picture, pictures
from onnxviz.scene.stage import Source
from onnxviz.store import Store
from tests.fuzz.benching import run_here
from tests.fuzz.mutations import Case
from tests.fuzz.outcomes import RESULT, VIOLATION, Outcome, fault_of_words, of_error

SECONDS = 10
MEGABYTES = 1_500
"""Limits of a job: far above what a seed model takes."""

GRACE_S = 2.0
"""That a job may run past its deadline, for each process that waits for a core."""

START_S = 120.0
"""To start a worker, on a machine with much else to do."""

OTHERS_EVERY = 4
"""One case in so many goes through another optimizer than onnxsim."""

RUN_EVERY = 4
"""One case in so many is run beside its seed model, and differences get their reasons."""

LANES_EVERY = 16
"""One case in so many is benchmarked in a process of its own, as a person's are: that takes a second."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where cases are tried: the store, and the folder with the seed models."""

    store: Store
    seeds: Path

    def seed_path(self, case: Case) -> Path:
        """The unchanged model, its external data beside it."""
        return self.seeds / case.seed.name / "model.onnx"


class Overrun(Exception):
    """A job did not end in its time."""


def go_through(case: Case, bench: Bench) -> tuple[Outcome, ...]:
    """What each verb makes of the case. One that cannot be read goes no further."""
    outcomes: list[Outcome] = []
    with _recorded("read", outcomes):
        files = {"model.onnx": case.data(), **case.seed.beside}
        model = take_in(bench.store, files, "model.onnx")
    if outcomes[-1].end != RESULT:
        return tuple(outcomes)
    try:
        for verb, function in VERBS.items():
            with _recorded(verb, outcomes):
                sentences = list(function(case, model, bench))
                if fault := fault_of_words(sentences):
                    outcomes.append(Outcome(verb, VIOLATION, f"{fault}: {sentences}"[:3000]))
    finally:
        bench.store.release(model.digest)
    return tuple(outcomes)


@contextmanager
def _recorded(verb: str, outcomes: list[Outcome]) -> Iterator[None]:
    began, count = time.monotonic(), len(outcomes)
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is to be found out
        outcomes.append(of_error(verb, error, time.monotonic() - began))
        if isinstance(error, JobFailed):
            outcomes += _unrecovered(verb)
    else:
        if len(outcomes) == count:
            outcomes.append(Outcome(verb, RESULT, seconds=time.monotonic() - began))


def _unrecovered(verb: str) -> Iterator[Outcome]:
    """A violation where the workers that a verb has do not take the next job."""
    for kind in KINDS[verb]:
        try:
            jobs.submit(kind, "Trying again", int).result(SECONDS + START_S)
        except Exception as error:  # noqa: BLE001
            yield Outcome(verb, VIOLATION, f"no worker took the next job: {error!r}")


def _drawn(case: Case, model: Model, bench: Bench) -> Iterable[str]:
    source = Source(model.path, model.digest)
    found = _done("look", "Drawing", picture, source, View("all"))
    _done("look", "Colouring", colours, source, "flops")
    return found.scene.notes


def _compared(case: Case, model: Model, bench: Bench) -> Iterable[str]:
    seed = bench.seed_path(case)
    _done("look", "Comparing", diff_models, seed, Path(model.path))
    source = Source.of_pair((str(seed), case.seed.name), (model.path, model.digest))
    drawn = _done("look", "Drawing both", pictures, source, ("both",))
    yield from drawn.panes[0][1].scene.notes
    if case.number % RUN_EVERY == 0:
        found: Agreement = _done("rewrite", "Running both", verify_files, seed, Path(model.path))
        yield found.sentence
        _done("rewrite", "Looking for reasons", explain_files, seed, Path(model.path))


def _simplified(case: Case, model: Model, bench: Bench) -> Iterable[str]:
    every = names()
    name = every[case.number // OTHERS_EVERY % len(every)] if case.number % OTHERS_EVERY == 0 else DEFAULT
    given = (name, model, bench.store.root, bench.store.cap_bytes)
    found: Rewrite = _done("rewrite", f"Simplifying {model.name}", optimize_into_store, *given)
    _taken(bench.store, [found.after])
    return [*found.notes, *([found.agreement.sentence] if found.agreement else [])]


def _folded(case: Case, model: Model, bench: Bench) -> Iterable[str]:
    given = (model, bench.store.root, bench.store.cap_bytes)
    found: Folded = _done("fold", f"Folding {model.name}", fold_into_store, *given)
    start = found.start_model
    _taken(bench.store, [found.after] if start.digest == model.digest else [found.after, start])
    return [*found.notes, *([found.agreement.sentence] if found.agreement else [])]


def _benchmarked(case: Case, model: Model, bench: Bench) -> Iterable[str]:
    plan = Plan(((model.name, model.path),), seconds=0.02, min_rounds=1, max_samples=4)
    how = run if case.number % LANES_EVERY == 0 else run_here
    found: BenchResult = _done("bench", "Measuring", how, plan)
    return [*(one.error for one in found.measurements), *(one.sentence for one in found.agreements)]


VERBS: dict[str, Callable[[Case, Model, Bench], Iterable[str]]] = {
    "arrange": _drawn,
    "diff": _compared,
    "simplify": _simplified,
    "fold": _folded,
    "bench": _benchmarked,
}
"""In this order, after "read". Each gives the sentences that its result shows."""

KINDS: dict[str, tuple[Kind, ...]] = {
    "read": ("look",),
    "arrange": ("look",),
    "diff": ("look", "rewrite"),
    "simplify": ("rewrite",),
    "fold": ("fold",),
    "bench": ("bench",),
}


def grace_s() -> float:
    """`GRACE_S`, and more on a machine that has more to do than it has cores."""
    return GRACE_S * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def _taken(store: Store, models: list[Model]) -> None:
    for model in models:
        store.release(receive(store, model).digest)


def _done(kind: Kind, label: str, function: Callable[..., Any], *args: Any) -> Any:
    """The job's result. Raises `Overrun` where it runs past its deadline, or never begins."""
    limits = jobs.Limits(SECONDS, MEGABYTES)
    job = jobs.submit(kind, label, function, *args, limits=limits)
    asked, began = time.monotonic(), None
    while True:
        try:
            return job.result(0.5)
        except TimeoutError:
            now = time.monotonic()
            began = now if began is None and job.started() else began
            late = now - asked > START_S + SECONDS if began is None else now - began > SECONDS + grace_s()
            if late:
                job.cancel()
                raise Overrun(f"{label} took {now - asked:.1f} s") from None
