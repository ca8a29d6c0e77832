"""Run a plan: open every configuration, warm each up, then time them by turns until the budget is used.

By turns, in a new random order each round, so that whatever drifts (heat, another program) meets all of
them alike, and no one always runs after the same other (randomized blocks: Box, Hunter and Hunter,
Statistics for Experimenters, 2nd ed., chapter 4). A configuration that fails becomes a sentence in its
own measurement, and the rest go on.
"""

from __future__ import annotations

import gc
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from onnxviz.bench import advice, compare, environment, feeds, measure, providers, statistics
from onnxviz.bench.types import (
    BenchResult,
    Configuration,
    Environment,
    Measurement,
    Plan,
    Provider,
)
from onnxviz.errors import BadUsage, BenchFailed, OnnxvizError
from onnxviz.progress import report

Clock = Callable[[], float]

VISIT_S = 0.02
"""A configuration that runs faster than this makes several runs at its turn, about this long together, after
one that does not count: another session's weights are in the caches when its turn comes. Of two
SqueezeNet sessions by turns on a busy 2-core machine the first run of a turn took 7.2 ms and the next
five 5.9 ms with spinning threads; without them (`measure.CONFIG_ENTRIES`) the first did not stand out."""

MAX_RUNS_PER_ROUND = 50

WARMUP_WINDOW = 10
STEADY_VARIATION = 0.02
"""Warm-up ends when the last ten runs have a coefficient of variation below 0.02: the steady state of
Georges, Buytaert and Eeckhout, "Statistically Rigorous Java Performance Evaluation" (OOPSLA 2007)."""

WARMUP_SHARE = 0.2
"""Part of the budget that all warm-ups may take together; a noisy machine never looks steady."""

REPORT_EVERY_S = 0.2


@dataclass(slots=True)
class Lane:
    """One configuration while it is measured: its session, and what was timed so far."""

    configuration: Configuration
    opened: measure.Opened | None = None
    create_s: float = 0.0
    first_s: float = 0.0
    warmup_s: list[float] = field(default_factory=list)
    was_steady: bool = True
    runs_per_round: int = 1
    times_s: list[float] = field(default_factory=list)
    error: str = ""

    def measurement(self) -> Measurement:
        """What is known of it, as plain data."""
        opened = self.opened
        return Measurement(
            self.configuration,
            provider_used=opened.provider_used if opened else "",
            times_s=tuple(self.times_s),
            runs_per_round=self.runs_per_round,
            create_s=self.create_s,
            first_s=self.first_s,
            warmup_runs=len(self.warmup_s),
            was_steady=self.was_steady,
            assignment=opened.assignment if opened else None,
            error=self.error,
        )


def run(
    plan: Plan,
    *,
    opener: measure.Opener = measure.open_session,
    reader: Callable[[str], tuple[feeds.Input, ...]] | None = None,
    known: tuple[Provider, ...] | None = None,
    machine: Environment | None = None,
    clock: Clock = time.perf_counter,
) -> BenchResult:
    """Measure `plan` on this machine. Raises BadUsage for a plan that cannot be run at all.

    `opener`, `reader` (path -> inputs), `known` (providers), `machine` and `clock` are there for tests.
    Call it in a worker process: it loads models and keeps all sessions open together.
    """
    _check(plan)
    report("Looking at this machine", 0.0)
    machine = machine or environment.capture()
    found = {one.short: one for one in providers.resolve(plan.providers, known)}
    by_name = {name: one for one in found.values() for name in (one.short, one.name.lower())}
    cells = [
        _with_provider(cell, by_name[cell.provider.strip().lower()].short) for cell in plan.configurations()
    ]
    lanes = [Lane(cell) for cell in dict.fromkeys(cells)]
    _open_all(lanes, plan, found, opener, reader or read_inputs, clock)
    with _no_collection():
        start = clock()
        _warm_up_all(lanes, plan, clock)
        _time_all(lanes, plan, start, clock)
    measurements = tuple(lane.measurement() for lane in lanes)
    report("Comparing", 1.0)
    warnings = advice.about(measurements, machine)
    return BenchResult(machine, measurements, compare.with_baseline(measurements, plan.seed), warnings)


def read_inputs(path: str) -> tuple[feeds.Input, ...]:
    """The inputs of the model at `path`; its external data is left alone. Raises BenchFailed."""
    import onnx

    try:
        model = onnx.load(path, load_external_data=False)
    except Exception as error:  # protobuf's DecodeError is an Exception and no more; protobuf has no types
        raise BenchFailed(
            "The model", "it cannot be read as ONNX", "Give an .onnx file that opens.", detail=str(error)
        ) from error
    return feeds.inputs_of(model)


def _check(plan: Plan) -> None:
    if not plan.models:
        raise BadUsage("Benchmark", "no model was given", "Name at least one model file.")
    if not (math.isfinite(plan.seconds) and plan.seconds > 0):
        raise BadUsage("Benchmark", f"{plan.seconds} is no number of seconds", "Give more than 0, like 5.")
    if min(plan.threads, default=0) < 0:
        raise BadUsage(
            "Benchmark", "the number of threads is below 0", "Give 0 for the default, or 1 and up."
        )
    bad = next((pair for dims in plan.dims for pair in dims if pair[1] < 0), None)
    if bad:
        raise BadUsage(f"Dimension {bad[0]!r}", f"its size {bad[1]} is below 0", "Give 0 or more.")
    level = next((level for level in plan.levels if level not in measure.LEVELS), None)
    if level is not None:
        raise BadUsage(f"Optimization level {level!r}", "there is none", f"Give {', '.join(measure.LEVELS)}.")


def _check_dims(plan: Plan, read: Iterable[tuple[feeds.Input, ...] | OnnxvizError]) -> None:
    """A size for a dimension that no model has would be left out in silence."""
    inputs = [one for found in read if isinstance(found, tuple) for one in found]
    names = list(dict.fromkeys(dim for one in inputs for dim in one.shape if isinstance(dim, str)))
    for given in dict.fromkeys(name for dims in plan.dims for name, _ in dims):
        if inputs and not any(given in name for name in names):
            has = f"Their inputs have {', '.join(names)}" if names else "All sizes of their inputs are fixed"
            raise BadUsage(f"Dimension {given!r}", "no model has an input with it", f"{has}.")


def _with_provider(cell: Configuration, short: str) -> Configuration:
    return Configuration(cell.model, cell.path, short, cell.level, cell.threads, cell.dims)


def _open_all(
    lanes: Sequence[Lane],
    plan: Plan,
    found: Mapping[str, Provider],
    opener: measure.Opener,
    reader: Callable[[str], tuple[feeds.Input, ...]],
    clock: Clock,
) -> None:
    inputs = _read_all(lanes, reader)
    _check_dims(plan, inputs.values())
    for number, lane in enumerate(lanes):
        cell = lane.configuration
        report(f"Loading {cell.label}", 0.1 * number / len(lanes))
        wanted, provider = inputs[cell.path], found[cell.provider]
        try:
            if isinstance(wanted, OnnxvizError):
                raise BenchFailed(cell.label, f"{wanted.subject}: {wanted.cause}", wanted.remedy)
            if not provider.is_usable:
                raise BenchFailed(cell.label, provider.reason, provider.remedy + ".")
            feed = feeds.make(wanted, plan.seed, dict(cell.dims))
            start = clock()
            lane.opened = opener(cell, feed, provider.name)
            lane.create_s = clock() - start
            lane.first_s = _timed(lane.opened, clock)
        except BenchFailed as failure:
            _fail(lane, failure)


def _read_all(
    lanes: Sequence[Lane], reader: Callable[[str], tuple[feeds.Input, ...]]
) -> dict[str, tuple[feeds.Input, ...] | OnnxvizError]:
    """Path -> its inputs, or why they cannot be had."""
    inputs: dict[str, tuple[feeds.Input, ...] | OnnxvizError] = {}
    for path in dict.fromkeys(lane.configuration.path for lane in lanes):
        try:
            inputs[path] = reader(path)
        except OnnxvizError as failure:
            inputs[path] = failure
    good = {path: found for path, found in inputs.items() if isinstance(found, tuple)}
    return {**inputs, **feeds.agreed(good)}


def _fail(lane: Lane, failure: BenchFailed) -> None:
    # Half a measurement would be compared as if it were whole.
    lane.error, lane.opened, lane.times_s = str(failure), None, []


def _timed(opened: measure.Opened, clock: Clock) -> float:
    start = clock()
    opened.run()
    return clock() - start


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep Python's garbage collector out of the timed runs, as `timeit` does."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _warm_up_all(lanes: Sequence[Lane], plan: Plan, clock: Clock) -> None:
    share = WARMUP_SHARE * plan.seconds / max(len(lanes), 1)
    for number, lane in enumerate(lanes):
        report(f"Warming up {lane.configuration.label}", 0.1 + 0.1 * number / len(lanes))
        if lane.opened is None:
            continue
        try:
            warm_up(lane, lane.opened, share, clock)
        except BenchFailed as failure:
            _fail(lane, failure)


def warm_up(lane: Lane, opened: measure.Opened, share_s: float, clock: Clock) -> None:
    """Run until the times are steady or `share_s` is used up, once at least; then set the runs of a round."""
    start = clock()
    while True:
        lane.warmup_s.append(_timed(opened, clock))
        lane.was_steady = is_steady(lane.warmup_s)
        if lane.was_steady or clock() - start >= share_s:
            break
    typical = statistics.quantile(lane.warmup_s[-WARMUP_WINDOW:], 0.5) or 0.0
    wanted = math.ceil(VISIT_S / typical) if typical > 0 else MAX_RUNS_PER_ROUND
    lane.runs_per_round = max(1, min(MAX_RUNS_PER_ROUND, wanted))


def is_steady(times_s: Sequence[float]) -> bool:
    """Whether the last ten runs vary by less than 2 % (standard deviation over mean)."""
    window = times_s[-WARMUP_WINDOW:]
    mean = sum(window) / len(window)
    if len(window) < WARMUP_WINDOW or mean <= 0:
        return False
    variance = sum((time_s - mean) ** 2 for time_s in window) / (len(window) - 1)
    return math.sqrt(variance) < STEADY_VARIATION * mean


def _time_all(lanes: Sequence[Lane], plan: Plan, start: float, clock: Clock) -> None:
    shuffled, rounds, told = random.Random(plan.seed), 0, -math.inf
    while active := [lane for lane in lanes if lane.opened is not None and not _has_enough(lane, plan)]:
        now = clock()
        limit = plan.seconds if rounds >= plan.min_rounds else 2 * plan.seconds
        if rounds and now - start >= limit:
            return
        if now - told >= REPORT_EVERY_S:
            report(_medians(lanes), 0.2 + 0.8 * min((now - start) / plan.seconds, 1.0))
            told = now
        shuffled.shuffle(active)
        for lane in active:
            _visit(lane, clock)
        rounds += 1


def _has_enough(lane: Lane, plan: Plan) -> bool:
    return len(lane.times_s) >= plan.max_samples


def _visit(lane: Lane, clock: Clock) -> None:
    assert lane.opened is not None
    try:
        if lane.runs_per_round > 1:
            lane.opened.run()
        lane.times_s.extend([_timed(lane.opened, clock) for _ in range(lane.runs_per_round)])
    except BenchFailed as failure:
        _fail(lane, failure)


def _medians(lanes: Sequence[Lane]) -> str:
    parts = []
    for lane in lanes:
        median = statistics.quantile(lane.times_s, 0.5)
        if median is not None:
            parts.append(f"{lane.configuration.label}: {1e3 * median:.3g} ms")
    return "; ".join(parts) or "Timing"
