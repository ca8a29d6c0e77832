"""What a benchmark hands over while it runs, and the result so far that those parts make.

Only what is new goes over, so that a long benchmark stays small; a person who cancels keeps what was
measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from onnxviz.bench import advice, compare
from onnxviz.bench.types import BenchResult, Environment, Measurement


@dataclass(frozen=True, slots=True)
class Begun:
    """The machine, and every configuration after its warm-up: with its error, or no times yet."""

    environment: Environment
    measurements: tuple[Measurement, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class More:
    """Further runs, in seconds, of the configuration at `place`."""

    place: int
    times_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The configuration at `place` gave up; what it had measured counts no more."""

    place: int
    error: str


@dataclass(frozen=True, slots=True)
class Left:
    """About how many seconds the benchmark still takes."""

    seconds: float


def left(parts: Sequence[object]) -> float | None:
    """The newest estimate of how many seconds are left; None before there is one."""
    return next((part.seconds for part in reversed(parts) if isinstance(part, Left)), None)


def so_far(parts: Iterable[object]) -> tuple[Measurement, ...]:
    """The measurements that the parts make; nothing before the warm-ups are done."""
    begun, times, errors = _sorted(parts)
    if begun is None:
        return ()
    return tuple(
        replace(one, error=errors[place], times_s=())
        if place in errors
        else replace(one, times_s=_whole(times.get(place, ()), one))
        for place, one in enumerate(begun.measurements)
    )


def partial(parts: Sequence[object]) -> BenchResult | None:
    """The result of a benchmark that was stopped; None where nothing had been timed."""
    begun = next((part for part in parts if isinstance(part, Begun)), None)
    measurements = so_far(parts)
    if begun is None or not any(one.times_s for one in measurements):
        return None
    return result(begun.environment, measurements, begun.seed, is_partial=True)


def result(
    environment: Environment, measurements: tuple[Measurement, ...], seed: int, *, is_partial: bool = False
) -> BenchResult:
    """Measurements with what follows from them: comparisons with the baseline, and warnings."""
    compared = compare.with_baseline(measurements, seed)
    warnings = advice.about(measurements, environment)
    return BenchResult(environment, measurements, compared, warnings, is_partial)


def _sorted(parts: Iterable[object]) -> tuple[Begun | None, dict[int, tuple[float, ...]], dict[int, str]]:
    begun: Begun | None = None
    times: dict[int, list[float]] = {}
    errors: dict[int, str] = {}
    for part in parts:
        if isinstance(part, Begun):
            begun = part
        elif isinstance(part, More):
            times.setdefault(part.place, []).extend(part.times_s)
        elif isinstance(part, Failed):
            errors[part.place] = part.error
    return begun, {place: tuple(each) for place, each in times.items()}, errors


def _whole(times_s: tuple[float, ...], one: Measurement) -> tuple[float, ...]:
    """Complete rounds alone, which is what a statistic is made of."""
    return times_s[: len(times_s) // one.runs_per_round * one.runs_per_round]
