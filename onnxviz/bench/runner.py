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
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from onnxviz.bench import (
    agreement,
    environment,
    estimate,
    feeds,
    live,
    measure,
    options,
    places,
    providers,
    statistics,
)
from onnxviz.bench.places import Lane, Opener, in_a_process
from onnxviz.bench.timing import Clock
from onnxviz.bench.types import ALIASES, BenchResult, Configuration, Environment, Plan, Provider
from onnxviz.errors import BadUsage, BenchFailed, OnnxvizError
from onnxviz.progress import deliver, report
from onnxviz.reading import read_model, require_valid

REPORT_EVERY_S = 0.2


GRACE_S = 60.0
"""To look at the machine, and to compare times and outputs."""


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
        _open_all(lanes, plan, found, opener, reader or read_inputs, clock)
        start = clock()
        _warm_up_all(lanes, plan)
        deliver(live.Begun(machine, tuple(lane.measurement() for lane in lanes), plan.seed))
        _time_all(lanes, plan, start, clock)
        _tell(lanes)
        report("Comparing", 1.0)
        agreements = agreement.across(lanes)
    finally:
        for lane in lanes:
            lane.close()
    result = live.result(machine, tuple(lane.measurement() for lane in lanes), plan.seed)
    return replace(result, agreements=agreements)


def _cells(
    plan: Plan, by_name: Mapping[str, Provider], chosen: Mapping[str, tuple[tuple[str, str], ...]]
) -> Iterable[Configuration]:
    for cell in plan.configurations():
        short = by_name[cell.provider.strip().lower()].short
        # A provider may be named in full, and its options under its short name.
        yield replace(cell, provider=short, options=chosen.get(short, ()))


def longest_s(plan: Plan) -> float:
    """The limit in seconds for a job that runs `plan`: far above what it takes, and enough where
    configurations hang until their own limit ends them."""
    return 2 * plan.seconds + GRACE_S + len(plan.configurations()) * places.limit_s(plan)


def read_inputs(path: str) -> tuple[feeds.Input, ...]:
    """The inputs of the model at `path`; its external data is left alone.

    Raises BenchFailed, and RefusedFile for a model that no runtime could load, which names what is wrong.
    """
    require_valid(read_model(Path(path), digest="-"))
    return feeds.inputs_of(feeds.load(path))


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
    if plan.inputs and (any(plan.batches) or any(plan.dims)):
        raise BadUsage(
            "Benchmark", "inputs are given, which have sizes of their own", "Leave out the batch and sizes"
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
        # A part of `past + sequence` as well.
        if inputs and not any(given == name or given in re.findall(r"\w+", name) for name in names):
            has = f"Their inputs have {', '.join(names)}" if names else "All sizes of their inputs are fixed"
            raise BadUsage(f"Dimension {given!r}", "no model has an input with it", f"{has}.")


def _open_all(
    lanes: Sequence[Lane],
    plan: Plan,
    found: Mapping[str, Provider],
    opener: Opener,
    reader: Callable[[str], tuple[feeds.Input, ...]],
    clock: Clock,
) -> None:
    """One after the other, each on a machine that does nothing else."""
    inputs = _read_all(lanes, reader)
    _check_dims(plan, inputs.values())
    start = clock()
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
        left = len(lanes) - number - 1
        deliver(live.Left((clock() - start) / (number + 1) * left + plan.seconds))


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
    share = estimate.WARMUP_SHARE * plan.seconds / max(len(lanes), 1)
    for number, lane in enumerate(lanes):
        report(f"Warming up {lane.configuration.label}", 0.1 + 0.1 * number / len(lanes))
        lane.warm_up = lane.ask("warm_up", share) or lane.warm_up


def _time_all(lanes: Sequence[Lane], plan: Plan, start: float, clock: Clock) -> None:
    shuffled, rounds, told = random.Random(plan.seed), 0, -math.inf
    whole_s, after_s = _expected(lanes, plan)
    while active := [lane for lane in lanes if lane.place and len(lane.times_s) < plan.max_samples]:
        now = clock()
        limit = plan.seconds if rounds >= plan.min_rounds else 2 * plan.seconds
        if rounds and now - start >= limit:
            return
        if now - told >= REPORT_EVERY_S:
            report(_medians(lanes), 0.2 + 0.8 * min((now - start) / plan.seconds, 1.0))
            _tell(lanes)
            deliver(live.Left(max(0.0, whole_s - (now - start)) + after_s))
            told = now
        shuffled.shuffle(active)
        for lane in active:
            before = clock()
            lane.times_s.extend(lane.ask("visit", lane.warm_up.runs_per_round) or ())
            # What one that gave up has wasted is no time of the others.
            start += clock() - before if lane.error else 0.0
        rounds += 1


def _expected(lanes: Sequence[Lane], plan: Plan) -> tuple[float, float]:
    """About how many seconds warm-ups with rounds take, and comparing after them."""
    good = [lane for lane in lanes if lane.place and lane.warm_up.times_s]
    runs_s = [sum(lane.warm_up.times_s) / len(lane.warm_up.times_s) for lane in good]
    return estimate.timed_s(plan, runs_s), estimate.after_s([lane.configuration for lane in good], runs_s)


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
