"""Warnings about a benchmark, in plain words, and only those that are true of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onnxviz.bench import statistics
from onnxviz.bench.types import Advice, Environment, Measurement

NOISY_SPREAD = 0.1
"""Quartiles further apart than this part of the median. pyperf's `check` warns at a standard deviation of
10 % of the mean (https://pyperf.readthedocs.io/en/latest/cli.html); here quartiles, since outliers have
a warning of their own."""

OUTLIER_SHARE = 0.01
"""Runs beyond Tukey's outer fence worth a word: of a normal distribution, 2 in a million are."""

DRIFT = 0.05
"""Change between the medians of the first and last third of the runs that is worth a word: with it,
half of the runs are off by a few per cent, as much as many a speed-up that people look for."""

FIRST_RUN = 2.0
FIRST_RUN_S = 0.005
"""A first run this many times the median, and this much longer, is one that a user of the model feels."""

STEPS = 100
"""A time of fewer clock steps than this is read with an error above 1 %."""

BUSY_SHARE = 0.25
"""Of all cores, before the benchmark began: on four cores, one that is at work all the time."""

P99_RUNS = 100
"""Below this, the 99th percentile lies between the two slowest runs (Hyndman and Fan, definition 7)."""


def about(measurements: Sequence[Measurement], machine: Environment) -> tuple[Advice, ...]:
    """Every warning: about the machine first, then by measurement. A failed one has its error instead."""
    found = list(_about_machine(machine))
    for one in measurements:
        if one.times_s:
            found.extend(_about_runs(one, machine))
            found.extend(_about_provider(one))
    return tuple(found)


def _about_machine(machine: Environment) -> Iterator[Advice]:
    if machine.busy >= BUSY_SHARE:
        text = (
            f"other programs used {machine.busy:.0%} of this machine's cores just before the benchmark: "
            "close them and measure again"
        )
        yield Advice("busy_machine", "", text)


def _about_runs(one: Measurement, machine: Environment) -> Iterator[Advice]:
    if one.ran_as:
        yield Advice("copy", one.label, one.ran_as[:1].lower() + one.ran_as[1:].rstrip("."))
    median, runs = one.median_s or 0.0, len(one.times_s)
    if one.rounds < statistics.MIN_ROUNDS:
        plural = "round" if one.rounds == 1 else "rounds"
        text = (
            f"only {one.rounds} {plural} fitted into the time, and {statistics.MIN_ROUNDS} are needed to "
            "tell a difference from chance: give it more seconds"
        )
        yield Advice("few_rounds", one.label, text)
    elif runs < P99_RUNS:
        text = f"with {runs} runs, not {P99_RUNS}, the 99th percentile is no more than its slowest ones"
        yield Advice("few_runs", one.label, text)
    if median < STEPS * machine.clock_step_s:
        text = f"a run takes {1e6 * median:.3g} µs, too little for this machine's clock to tell apart well"
        yield Advice("resolution", one.label, text)
    yield from _about_noise(one)
    if one.first_s > max(FIRST_RUN * median, median + FIRST_RUN_S):
        text = (
            f"the first run took {1e3 * one.first_s:.3g} ms, {one.first_s / median:.1f} times the median: a "
            "program that runs the model once does not see the steady speed"
        )
        yield Advice("first_run", one.label, text)


def _about_noise(one: Measurement) -> Iterator[Advice]:
    if one.rounds < statistics.MIN_ROUNDS:
        return
    spread = statistics.spread(one.times_s)
    if spread > NOISY_SPREAD:
        text = (
            f"its times vary a lot (the middle half of them spans {spread:.0%} of the median): something "
            "else uses the machine, or its clock speed changes"
        )
        yield Advice("noisy", one.label, text)
        return
    slow = statistics.far_out(one.times_s)
    if len(slow) > max(OUTLIER_SHARE * len(one.times_s), 1):
        text = (
            f"{len(slow)} of {len(one.times_s)} runs were far slower than the rest (up to "
            f"{1e3 * max(slow):.3g} ms): the machine was interrupted by something else"
        )
        yield Advice("outliers", one.label, text)
    drift = _drift(one)
    if abs(drift) > DRIFT:
        word = "slower" if drift > 0 else "faster"
        text = f"it became {abs(drift):.0%} {word} while it was measured: let it run longer"
        yield Advice("drift", one.label, text)


def _drift(one: Measurement) -> float:
    third = len(one.times_s) // 3
    first = statistics.quantile(one.times_s[:third], 0.5)
    last = statistics.quantile(one.times_s[-third:], 0.5)
    return last / first - 1 if first and last else 0.0


def _about_provider(one: Measurement) -> Iterator[Advice]:
    if one.assignment is None:
        return
    if not one.assignment:
        text = "no node was left to run: its outputs do not depend on its inputs, and the runtime folded them"
        yield Advice("no_nodes", one.label, text)
    total = sum(part.nodes for part in one.assignment)
    elsewhere = [part for part in one.assignment if part.provider != one.provider_requested]
    count = sum(part.nodes for part in elsewhere)
    if not count:
        return
    ops = sorted({op for part in elsewhere for op, _ in part.ops})
    named = ", ".join(ops[:4]) + (f" and {len(ops) - 4} more kinds" if len(ops) > 4 else "")
    where = " and ".join(part.provider for part in elsewhere)
    took = "took none of the" if count == total else f"did not take {count} of"
    text = f"{one.provider_requested} {took} {total} nodes, which ran on {where}: {named}"
    yield Advice("fell_back", one.label, text)
