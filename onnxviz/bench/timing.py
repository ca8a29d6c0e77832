"""One configuration: its session is created, run once, warmed up, and timed a visit at a time.

A `Timing` is what stands in a lane (`jobs.lanes`), so that only plain numbers go to and from it.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from onnxviz.bench import feeds, giving, measure
from onnxviz.bench.types import Assigned, Configuration
from onnxviz.errors import BenchFailed

Clock = Callable[[], float]

VISIT_S = 0.02
"""A configuration that runs faster than this makes several runs at its turn, about this long together, after
one that does not count: another session's weights are in the caches when its turn comes. Of two
SqueezeNet sessions by turns on a busy 2-core machine the first run of a turn took 7.2 ms and the next
five 5.9 ms with spinning threads; without them (`measure.CONFIG_ENTRIES`) the first did not stand out."""

MAX_RUNS_PER_ROUND = 50

MOST_OUTPUT_BYTES = 256 << 20
"""Of outputs that are compared with those of other configurations; several copies of them are needed."""

WARMUP_WINDOW = 10
STEADY_VARIATION = 0.02
"""Warm-up ends when the last ten runs have a coefficient of variation below 0.02: the steady state of
Georges, Buytaert and Eeckhout, "Statistically Rigorous Java Performance Evaluation" (OOPSLA 2007)."""


ENOUGH_RUNS = 200
ENOUGH_S = 0.25
"""After so many runs and so many seconds a warm-up has done what it can: caches and pages are filled, and the
cores' clocks are up. Of a quick model on a noisy machine, more would only take time from the rounds."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What came of creating the session and running it once; times in seconds."""

    create_s: float
    first_s: float
    provider_used: str
    assignment: tuple[Assigned, ...] | None
    ran_as: str = ""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """The runs of a warm-up in seconds, whether they settled in the end, and how many runs a visit has."""

    times_s: tuple[float, ...]
    was_steady: bool
    runs_per_round: int


@dataclass(frozen=True, slots=True)
class Given:
    """Names of a run's outputs, whose arrays are `arr_0`, `arr_1`, … in the file; digest of its inputs."""

    names: tuple[str, ...]
    inputs: str


class Timing:
    """A session and the clock beside it. `provider` is the runtime's name of it."""

    def __init__(
        self,
        configuration: Configuration,
        feed: feeds.Feed,
        provider: str,
        opener: measure.Opener = measure.open_session,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._configuration = configuration
        self._feed = feed
        self._provider = provider
        self._opener = opener
        self._clock = clock

    def open(self) -> Opening:
        """Load the model, create the session, and run it for the first time. Raises BenchFailed."""
        start = self._clock()
        self._opened = self._opener(self._configuration, self._feed, self._provider)
        create_s = self._clock() - start
        first_s = self._timed()
        opened = self._opened
        return Opening(create_s, first_s, opened.provider_used, opened.assignment, opened.ran_as)

    def warm_up(self, share_s: float) -> WarmUp:
        """Run until the times are steady, `share_s` is used up, or it was enough. Raises BenchFailed."""
        times_s: list[float] = []
        with _no_collection():
            start = self._clock()
            while True:
                times_s.append(self._timed())
                was_steady = is_steady(times_s)
                spent_s = self._clock() - start
                was_enough = len(times_s) >= ENOUGH_RUNS and spent_s >= ENOUGH_S
                if was_steady or was_enough or spent_s >= share_s:
                    break
        # The fastest: on a busy machine the median would give a fast model one run a visit, a cold one.
        return WarmUp(tuple(times_s), was_steady, runs_of_visit(min(times_s[-WARMUP_WINDOW:])))

    def visit(self, runs: int) -> tuple[float, ...]:
        """Seconds of `runs` runs, after one that does not count where there are several."""
        with _no_collection():
            if runs > 1:
                self._opened.run()
            return tuple(self._timed() for _ in range(runs))

    def outputs(self, path: str) -> Given:
        """Run once more, and write what comes out to an `.npz` file at `path`. Raises BenchFailed."""
        arrays = self._opened.outputs()
        nbytes = sum(array.nbytes for array in arrays.values())
        if nbytes > MOST_OUTPUT_BYTES:
            raise BenchFailed(
                self._configuration.label,
                f"its outputs take {nbytes >> 20:,} MiB, and at most {MOST_OUTPUT_BYTES >> 20} are compared",
                "",
            )
        # Text as NumPy's own, since objects would have to be pickled.
        np.savez(path, *(a.astype(str) if a.dtype.kind == "O" else a for a in arrays.values()))
        return Given(tuple(arrays), feeds.digest(self._feed))

    def _timed(self) -> float:
        start = self._clock()
        self._opened.run()
        return self._clock() - start


def timing(
    configuration: Configuration,
    inputs: tuple[feeds.Input, ...],
    seed: int,
    provider: str,
    given: str = "",
) -> Timing:
    """The `Timing` of a configuration, made in its lane; seeded inputs are made there, and need not be sent.

    `given` is the path of a file with the inputs, or empty.
    """
    # Loaded here, so that its time is not counted as the session's.
    import onnxruntime  # noqa: F401

    if given:
        return Timing(configuration, giving.read(given, inputs), provider)
    feed = feeds.make(inputs, seed, dict(configuration.dims), configuration.batch)
    return Timing(configuration, feed, provider)


def runs_of_visit(run_s: float) -> int:
    """How many runs of a model that takes `run_s` make a visit."""
    wanted = math.ceil(VISIT_S / run_s) if run_s > 0 else MAX_RUNS_PER_ROUND
    return max(1, min(MAX_RUNS_PER_ROUND, wanted))


def is_steady(times_s: Sequence[float]) -> bool:
    """Whether the last ten runs vary by less than 2 % (standard deviation over mean)."""
    window = times_s[-WARMUP_WINDOW:]
    mean = sum(window) / len(window)
    if len(window) < WARMUP_WINDOW or mean <= 0:
        return False
    variance = sum((time_s - mean) ** 2 for time_s in window) / (len(window) - 1)
    return math.sqrt(variance) < STEADY_VARIATION * mean


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep Python's garbage collector out of the timed runs, as `timeit` does."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
