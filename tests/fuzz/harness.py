"""Many cases, several at a time, against one app process; what became of each, and of the process."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from onnxviz import jobs
from onnxviz.store import Store
from tests.fuzz.mutations import Case
from tests.fuzz.outcomes import Outcome, Told
from tests.fuzz.seeds import seeds
from tests.fuzz.verbs import MEGABYTES, SECONDS, Bench, go_through

MOST_GROWTH_BYTES = 300_000_000
"""That the app process may grow by over a whole run."""

SETTLED_AFTER = 30
"""Cases before its size is taken for the first time: modules are loaded by then."""

STORE_BYTES = 8_000_000
"""Small, so that the store evicts all the time."""

Trial = Callable[[Case], tuple[Outcome, ...]]


@dataclass(slots=True)
class Run:
    """All that was found; `first_bytes` and `most_bytes` are the app process' resident memory."""

    told: list[Told] = field(default_factory=list)
    first_bytes: int = 0
    most_bytes: int = 0

    @property
    def growth_bytes(self) -> int:
        """From the first look at it to the most that was seen."""
        return max(0, self.most_bytes - self.first_bytes)

    @property
    def violations(self) -> list[Told]:
        """The cases that ended as none should."""
        return [one for one in self.told if one.violations]

    @property
    def is_good(self) -> bool:
        """Whether everything ended as it should."""
        return not self.violations and self.growth_bytes <= MOST_GROWTH_BYTES


def fuzz(
    cases: Iterable[Case],
    tried: Trial,
    at_once: int = 2,
    tell: Callable[[Told, Run], None] = lambda told, run: None,
) -> Run:
    """Try all cases, `at_once` at a time; `tell` is called after each."""
    found, lock = Run(), threading.Lock()

    def one(made: Case) -> None:
        told = Told(made.name, made.number, tuple(name for _, name in made.steps), tried(made))
        with lock:
            found.told.append(told)
            if len(found.told) % SETTLED_AFTER == 0:
                _weigh(found)
            tell(told, found)

    with ThreadPoolExecutor(at_once) as threads:
        for _ in threads.map(one, cases):
            pass
    _weigh(found)
    found.told.sort(key=lambda told: told.number)
    return found


@contextmanager
def trial(at_once: int = 2) -> Iterator[Trial]:
    """What tries cases, with a store and workers of its own, `at_once` of each kind."""
    with _limits(at_once), _bench() as bench:
        yield lambda made: go_through(made, bench)


def _weigh(run: Run) -> None:
    gc.collect()
    now = psutil.Process().memory_info().rss
    run.first_bytes = run.first_bytes or now
    run.most_bytes = max(run.most_bytes, now)


@contextmanager
def _bench() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="onnxviz-fuzz-") as folder:
        root = Path(folder)
        for seed in seeds():
            for name, data in {"model.onnx": seed.data, **seed.beside}.items():
                target = root / "seeds" / seed.name / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
        yield Bench(Store(root / "store", STORE_BYTES), root / "seeds")
        shutil.rmtree(root / "store", ignore_errors=True)


@contextmanager
def _limits(at_once: int) -> Iterator[None]:
    """Pools of `at_once` workers of each kind, under the limits of fuzzing, and gone in the end."""
    kinds = ("LOOK", "FOLD", "REWRITE", "BENCH")
    wanted = {f"ONNXVIZ_WORKERS_{kind}": str(at_once) for kind in kinds}
    wanted |= {"ONNXVIZ_JOB_SECONDS": str(SECONDS), "ONNXVIZ_JOB_MEGABYTES": str(MEGABYTES)}
    before = {name: os.environ.get(name) for name in wanted}
    jobs.shutdown()
    os.environ.update(wanted)
    try:
        yield
    finally:
        jobs.shutdown()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
