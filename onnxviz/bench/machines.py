"""The same plan on several machines: what each is, and their results side by side.

Machines cannot run by turns, so whatever else one of them did meanwhile counts in as well. Ratios are those
of `results.compared`, which is made for results that were not measured together.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from onnxviz.bench import environment, export, providers, results, statistics
from onnxviz.bench.results import Shift
from onnxviz.bench.types import BenchResult, Environment, Measurement, Plan, Provider
from onnxviz.errors import BadUsage, OnnxvizError

NOTE = (
    "Machines cannot run by turns. The intervals say how much the runs on each varied; what else a machine "
    "did meanwhile counts in as well."
)


@dataclass(frozen=True, slots=True)
class Described:
    """A machine: its name on the network, and what a benchmark there runs on."""

    host: str
    environment: Environment
    providers: tuple[Provider, ...]

    @property
    def usable(self) -> tuple[str, ...]:
        """Short names of the providers that work there."""
        return tuple(one.short for one in self.providers if one.is_usable)

    def to_json(self) -> dict[str, Any]:
        """The machine without its measurements."""
        return {
            "host": self.host,
            "environment": asdict(self.environment),
            "providers": [asdict(one) for one in self.providers],
        }


@dataclass(frozen=True, slots=True)
class Figure:
    """One configuration on one machine. `low_s` and `high_s` bound the median with 95 % confidence.

    `shift` is against the first machine, and None on that one, and where one of the two has no times. `error`
    says why there are none.
    """

    machine: str
    label: str
    median_s: float | None = None
    low_s: float | None = None
    high_s: float | None = None
    shift: Shift | None = None
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """One row of `compared` of `bench --machines --json`; a ratio above 1 is a faster machine."""
        shift = self.shift
        ratios = None
        if shift is not None and shift.low is not None and shift.high is not None:
            ratios = [1 / (1 + shift.high), 1 / (1 + shift.low)]
        return {
            "machine": self.machine,
            "label": self.label,
            "median_s": self.median_s,
            "median_ci95_s": None if self.low_s is None else [self.low_s, self.high_s],
            "ratio": shift.old_s / shift.new_s if shift else None,
            "ratio_ci95": ratios,
            "verdict": shift.verdict if shift else "",
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Figures of each configuration, by machine in the order asked for; `differences` are sentences on what
    sets a machine apart from the first, by its name."""

    machines: tuple[str, ...]
    figures: tuple[Figure, ...]
    differences: tuple[tuple[str, tuple[str, ...]], ...]


def describe() -> Described:
    """This machine; in a worker of kind "bench"."""
    return Described(platform.node(), environment.capture(), providers.probe())


def plan_for(plan: Plan, machine: Described) -> Plan:
    """`plan` with the providers that work on `machine`. Raises BadUsage where none does."""
    usable = {name for one in machine.providers if one.is_usable for name in (one.short, one.name.lower())}
    chosen = tuple(name for name in plan.providers if name.strip().lower() in usable)
    if not chosen:
        raise BadUsage(
            f"Execution provider {', '.join(plan.providers)}",
            "does not work on this machine",
            f"It has {', '.join(machine.usable)}",
        )
    options = tuple(option for option in plan.options if option[0] in machine.usable)
    return replace(plan, providers=chosen, options=options)


def side_by_side(found: Mapping[str, BenchResult | OnnxvizError]) -> SideBySide:
    """The results by machine; the first that has one is what the others are held against.

    Takes seconds where there are many runs: not for the app's own process.
    """
    measured = {name: result for name, result in found.items() if isinstance(result, BenchResult)}
    labels = list(dict.fromkeys(one.label for result in measured.values() for one in result.measurements))
    shifts: dict[str, dict[str, Shift]] = {}
    differences: list[tuple[str, tuple[str, ...]]] = []
    first, *others = measured or [""]
    for name in others:
        apart = results.differences(measured[first].environment, measured[name].environment)
        differences.append((name, tuple(f"{what} is {there} and not {here}" for what, here, there in apart)))
        try:
            compared = results.compared(measured[first], measured[name])
        except BadUsage:
            # They have nothing in common, which the rows show.
            continue
        shifts[name] = {shift.label: shift for shift in compared.shifts}
    figures = tuple(
        _figure(name, label, result, shifts.get(name, {}).get(label))
        for label in labels
        for name, result in found.items()
    )
    return SideBySide(tuple(found), figures, tuple(differences))


def on_one_host(described: Mapping[str, Described]) -> tuple[tuple[str, ...], ...]:
    """Names of machines that are one computer, and disturb each other when they measure at once."""
    hosts: dict[str, list[str]] = {}
    for name, one in described.items():
        hosts.setdefault(one.host, []).append(name)
    return tuple(tuple(names) for names in hosts.values() if len(names) > 1)


def to_json(
    found: Mapping[str, BenchResult | OnnxvizError], described: Mapping[str, Described], beside: SideBySide
) -> dict[str, Any]:
    """`machines`, each with its result or its error, `compared` and a `note`."""
    return {
        "machines": [
            {
                "name": name,
                **(described[name].to_json() if name in described else {}),
                "result": export.to_json(result) if isinstance(result, BenchResult) else None,
                "error": str(result) if isinstance(result, OnnxvizError) else "",
            }
            for name, result in found.items()
        ],
        "compared": [figure.to_json() for figure in beside.figures],
        "note": NOTE,
    }


def _figure(name: str, label: str, result: BenchResult | OnnxvizError, shift: Shift | None) -> Figure:
    if isinstance(result, OnnxvizError):
        return Figure(name, label, error=str(result))
    one = _measurement(result.measurements, label)
    if one is None:
        return Figure(name, label, error="was not measured there, since its provider does not work there")
    if one.median_s is None:
        return Figure(name, label, error=one.error or "gave no times")
    interval = statistics.median_interval(statistics.by_round(one.times_s, one.runs_per_round))
    low_s, high_s = interval or (None, None)
    return Figure(name, label, one.median_s, low_s, high_s, shift)


def _measurement(found: Sequence[Measurement], label: str) -> Measurement | None:
    return next((one for one in found if one.label == label), None)
