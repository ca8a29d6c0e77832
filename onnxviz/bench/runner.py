"""Run a plan: open every configuration, warm each up, then time them by turns until the budget is used.

By turns, in a new random order each round, so that whatever drifts (heat, another program) meets all of
them alike, and no one always runs after the same other (randomized blocks: Box, Hunter and Hunter,
Statistics for Experimenters, 2nd ed., chapter 4). Each configuration stands in a process of its own, which
does nothing between its turns: none shares caches of an allocator or threads with another, and one that
crashes or grows becomes a sentence in its own measurement while the rest go on.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from onnxviz.bench import environment, feeds, live, measure, options, providers, statistics
from onnxviz.bench.timing import Clock, Opening, Timing, WarmUp, timing
from onnxviz.bench.types import ALIASES, BenchResult, Configuration, Environment, Measurement, Plan, Provider
from onnxviz.errors import BadUsage, BenchFailed, OnnxvizError
from onnxviz.progress import deliver, report

WARMUP_SHARE = 0.2
"""Part of the budget that all warm-ups may take together; a noisy machine never looks steady."""

REPORT_EVERY_S = 0.2


NO_WARM_UP = WarmUp((), True, 1)


class Place(Protocol):
    """Where a `Timing` stands: `jobs.lanes.Lane`, or `Here`."""

    @property
    def peak_bytes(self) -> int:
        """The most memory that its process held, 0 where it has none of its own."""

    def ask(self, name: str, *args: Any) -> Any:
        """What the method `name` of its `Timing` returns. Raises OnnxvizError."""

    def close(self) -> None:
        """End it."""


Opener = Callable[[Configuration, tuple[feeds.Input, ...], Plan, str], Place]
"""(configuration, its inputs, plan, the runtime's name of the provider) -> where it stands."""


@dataclass(slots=True)
class Here:
    """A `Timing` in this process."""

    timing: Timing
    peak_bytes: int = 0

    def ask(self, name: str, *args: Any) -> Any:
        """As `Lane.ask`."""
        return getattr(self.timing, name)(*args)

    def close(self) -> None:
        """Nothing to end."""


def in_a_process(
    configuration: Configuration, inputs: tuple[feeds.Input, ...], plan: Plan, provider: str
) -> Place:
    """A process for this configuration alone, in which nothing is loaded yet but the runtime."""
    from onnxviz.jobs.lanes import Lane as Process

    return Process(configuration.label, timing, configuration, inputs, plan.seed, provider, plan.inputs)


@dataclass(slots=True)
class Lane:
    """One configuration while it is measured: where it stands, and what was timed so far."""

    configuration: Configuration
    place: Place | None = None
    opening: Opening | None = None
    warm_up: WarmUp = NO_WARM_UP
    times_s: list[float] = field(default_factory=list)
    told: int = 0
    peak_bytes: int = 0
    error: str = ""

    def measurement(self) -> Measurement:
        """What is known of it, as plain data."""
        opening = self.opening or Opening(0.0, 0.0, "", None)
        return Measurement(
            self.configuration,
            provider_used=opening.provider_used,
            times_s=tuple(self.times_s),
            runs_per_round=self.warm_up.runs_per_round,
            create_s=opening.create_s,
            first_s=opening.first_s,
            warmup_runs=len(self.warm_up.times_s),
            was_steady=self.warm_up.was_steady,
            assignment=opening.assignment,
            peak_bytes=self.peak_bytes,
            error=self.error,
        )

    def ask(self, name: str, *args: Any) -> Any:
        """Ask its `Timing`; None where it failed, which is noted."""
        if self.place is None:
            return None
        try:
            return self.place.ask(name, *args)
        except OnnxvizError as failure:
            self.fail(failure)
            return None

    def fail(self, failure: OnnxvizError) -> None:
        """Note why, and forget the times: half a measurement would be compared as if it were whole."""
        self.error, self.times_s = str(failure), []
        self.close()

    def close(self) -> None:
        """End its process, and keep what it held."""
        if self.place is not None:
            self.peak_bytes = max(self.peak_bytes, self.place.peak_bytes)
            self.place.close()
            self.place = None


def run(
    plan: Plan,
    *,
    opener: Opener = in_a_process,
    reader: Callable[[str], tuple[feeds.Input, ...]] | None = None,
    known: tuple[Provider, ...] | None = None,
    machine: Environment | None = None,
    clock: Clock = time.perf_counter,
) -> BenchResult:
    """Measure `plan` on this machine. Raises BadUsage for a plan that cannot be run at all.

    `opener`, `reader` (path -> inputs), `known` (providers), `machine` and `clock` are there for tests.
    Call it in a worker process. It delivers the parts of `live` while it runs.
    """
    _check(plan)
    report("Looking at this machine", 0.0)
    machine = machine or environment.capture()
    found = {one.short: one for one in providers.resolve(plan.providers, known)}
    by_name = {name: one for one in found.values() for name in (one.short, one.name.lower())}
    chosen = options.checked(plan.options, found)
    lanes = [Lane(cell) for cell in dict.fromkeys(_cells(plan, by_name, chosen))]
    try:
        _open_all(lanes, plan, found, opener, reader or read_inputs)
        start = clock()
        _warm_up_all(lanes, plan)
        deliver(live.Begun(machine, tuple(lane.measurement() for lane in lanes), plan.seed))
        _time_all(lanes, plan, start, clock)
    finally:
        for lane in lanes:
            lane.close()
    report("Comparing", 1.0)
    return live.result(machine, tuple(lane.measurement() for lane in lanes), plan.seed)


def _cells(
    plan: Plan, by_name: Mapping[str, Provider], chosen: Mapping[str, tuple[tuple[str, str], ...]]
) -> Iterable[Configuration]:
    for cell in plan.configurations():
        short = by_name[cell.provider.strip().lower()].short
        yield replace(cell, provider=short, options=chosen.get(short, ()))


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
    if min(plan.batches, default=0) < 0:
        raise BadUsage("Benchmark", "a batch is below 0", "Give 1 and up, or 0 for the model's own size.")
    if min(plan.threads, default=0) < 0:
        raise BadUsage(
            "Benchmark", "the number of threads is below 0", "Give 0 for the default, or 1 and up."
        )
    bad = next((pair for dims in plan.dims for pair in dims if pair[1] < 0), None)
    if bad:
        raise BadUsage(f"Dimension {bad[0]!r}", f"its size {bad[1]} is below 0", "Give 0 or more.")
    level = next((level for level in plan.levels if ALIASES.get(level, level) not in measure.LEVELS), None)
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


def _open_all(
    lanes: Sequence[Lane],
    plan: Plan,
    found: Mapping[str, Provider],
    opener: Opener,
    reader: Callable[[str], tuple[feeds.Input, ...]],
) -> None:
    """One after the other, each on a machine that does nothing else."""
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
            lane.place = opener(cell, wanted, plan, provider.name)
        except OnnxvizError as failure:
            lane.fail(failure)
            continue
        lane.opening = lane.ask("open")


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


def _warm_up_all(lanes: Sequence[Lane], plan: Plan) -> None:
    share = WARMUP_SHARE * plan.seconds / max(len(lanes), 1)
    for number, lane in enumerate(lanes):
        report(f"Warming up {lane.configuration.label}", 0.1 + 0.1 * number / len(lanes))
        lane.warm_up = lane.ask("warm_up", share) or lane.warm_up


def _time_all(lanes: Sequence[Lane], plan: Plan, start: float, clock: Clock) -> None:
    shuffled, rounds, told = random.Random(plan.seed), 0, -math.inf
    while active := [lane for lane in lanes if lane.place and len(lane.times_s) < plan.max_samples]:
        now = clock()
        limit = plan.seconds if rounds >= plan.min_rounds else 2 * plan.seconds
        if rounds and now - start >= limit:
            return
        if now - told >= REPORT_EVERY_S:
            report(_medians(lanes), 0.2 + 0.8 * min((now - start) / plan.seconds, 1.0))
            _tell(lanes)
            told = now
        shuffled.shuffle(active)
        for lane in active:
            lane.times_s.extend(lane.ask("visit", lane.warm_up.runs_per_round) or ())
        rounds += 1


def _tell(lanes: Sequence[Lane]) -> None:
    """Deliver what is new since the last time."""
    for place, lane in enumerate(lanes):
        if lane.error and lane.told >= 0:
            deliver(live.Failed(place, lane.error))
            lane.told = -1
        elif len(lane.times_s) > lane.told >= 0:
            deliver(live.More(place, tuple(lane.times_s[lane.told :])))
            lane.told = len(lane.times_s)


def _medians(lanes: Sequence[Lane]) -> str:
    parts = []
    for lane in lanes:
        median = statistics.quantile(lane.times_s, 0.5)
        if median is not None:
            parts.append(f"{lane.configuration.label}: {1e3 * median:.3g} ms")
    return "; ".join(parts) or "Timing"
