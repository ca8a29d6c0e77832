"""A benchmark's result in words. Pure: no widgets.

Names are returned as they are in `short_labels`, escaped for Markdown where a function says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

from onnxviz.bench import statistics
from onnxviz.bench.types import Advice, BenchResult, Comparison, Configuration, Measurement, Plan
from onnxviz.ui.text import md, plain, seconds, size

MOST = 60
"""Characters of a model's name in a sentence, a row or an axis."""

NO_VALUE = "–"

Kind = Literal["faster", "slower", "same", "unknown"]


@dataclass(frozen=True, slots=True)
class Headline:
    """One comparison. `sentence` and `meaning` are Markdown, with names escaped."""

    kind: Kind
    sentence: str
    meaning: str


def short_labels(measurements: Sequence[Measurement]) -> dict[str, str]:
    """A measurement's label -> what sets it apart from others: `after`, `cpu`, `after on cuda, batch 8`."""
    cells = [one.configuration for one in measurements]
    differing = {name for name, read in SETTINGS.items() if len({read(cell) for cell in cells}) > 1}
    return {cell.label: _short(cell, differing) for cell in cells}


def _short(cell: Configuration, differing: set[str]) -> str:
    name = plain(cell.model, MOST)
    if "provider" in differing:
        name = f"{name} on {cell.provider}" if "model" in differing else cell.provider
    elif differing and "model" not in differing:
        name = ""
    parts = [name, *(setting(cell, each) for each in SETTINGS if each in differing - {"model", "provider"})]
    return ", ".join(part for part in parts if part)


SETTINGS: dict[str, Callable[[Configuration], Hashable]] = {
    "model": lambda cell: cell.model,
    "provider": lambda cell: cell.provider,
    "level": lambda cell: cell.level,
    "threads": lambda cell: cell.threads,
    "batch": lambda cell: cell.batch,
    "dims": lambda cell: cell.dims,
    "options": lambda cell: cell.options,
}
"""What configurations differ in -> how it is read."""

SETTING_HEADS = {
    "model": "Model",
    "provider": "Provider",
    "level": "Optimizations",
    "threads": "Threads",
    "batch": "Batch",
    "dims": "Sizes",
    "options": "Options",
}


def setting(cell: Configuration, name: str) -> str:
    """One of `SETTINGS` in a few words, not escaped: `optimizations off`, `2 threads`, `batch 8`."""
    if name == "level":
        return f"optimizations {cell.level}"
    if name == "threads":
        return "threads as it chooses" if not cell.threads else _threads(cell.threads)
    if name == "batch":
        return f"batch {cell.batch}" if cell.batch else "batch as it is"
    if name == "dims":
        return ", ".join(f"{plain(dim, 30)}={given}" for dim, given in cell.dims) or "sizes as they are"
    if name == "options":
        return ", ".join(f"{option}={value}" for option, value in cell.options) or "options as they are"
    return plain(cell.model if name == "model" else cell.provider, MOST)


def setting_alone(cell: Configuration, name: str) -> str:
    """The same below a head that says what it is: `off`, `2`, `8`."""
    if name in ("threads", "batch"):
        return str(getattr(cell, name) or "as it is")
    return cell.level if name == "level" else setting(cell, name)


def _threads(count: int) -> str:
    return f"{count} thread{'s' if count > 1 else ''}"


def spoken(verdict: str) -> str:
    """A verdict with the sign of multiplication: `1.18× faster (1.15 to 1.21)`."""
    return re.sub(r"(?<=\d)x\b", "×", verdict)


def headlines(result: BenchResult) -> tuple[Headline, ...]:
    """Every comparison, those of two models first: what a rewrite is worth is asked most."""
    by_label = {one.label: one for one in result.measurements}
    shorts = short_labels(result.measurements)
    pairs = [(one, by_label[one.a], by_label[one.b]) for one in result.comparisons]
    pairs.sort(key=lambda pair: pair[1].model == pair[2].model)
    return tuple(_headline(*pair, shorts) for pair in pairs)


def _headline(found: Comparison, a: Measurement, b: Measurement, shorts: dict[str, str]) -> Headline:
    first, second = f"**{md(shorts[a.label])}**", f"**{md(shorts[b.label])}**"
    medians = f"A run takes {_time(b.median_s)}, against {_time(a.median_s)} for {first}"
    rounds = min(a.rounds, b.rounds)
    if a.provider_requested != b.provider_requested and a.provider_used == b.provider_used:
        medians += f". But both ran on {md(a.provider_used)}, so this says nothing about the providers"
    sizes = a.configuration.batch, b.configuration.batch
    if sizes[0] != sizes[1] and all(sizes):
        per_item = [_time((one.median_s or 0.0) / one.configuration.batch) for one in (b, a)]
        medians += f". They are not the same work: for one item that is {per_item[0]}, against {per_item[1]}"
    if found.interval is None:
        return Headline(
            "unknown",
            f"{second}: {spoken(found.verdict)}",
            f"{medians}. Only {rounds} rounds fitted into the time, and {statistics.MIN_ROUNDS} are needed "
            "to tell a difference from chance: measure for longer.",
        )
    low, high = found.interval
    if not found.is_significant:
        return Headline(
            "same",
            f"{found.verdict[0].upper()}{found.verdict[1:]} between {second} and {first}",
            f"{medians}. The ratio of the medians lies between {low:.3f} and {high:.3f} at 95 % confidence, "
            f"{_undecided(low, high)}: even one and the same model differs by up to "
            f"{100 * statistics.MARGIN:g} % from itself. More time, or a quieter machine, narrows the range.",
        )
    return Headline(
        "faster" if low > 1 else "slower",
        f"{second} is {spoken(found.verdict)}",
        f"{medians}. The brackets hold the true factor with 95 % confidence, as far as the {rounds} rounds "
        "tell in which both ran by turns.",
    )


def _undecided(low: float, high: float) -> str:
    """Why an interval of a ratio shows no difference, which may lie beside 1 and too near to it."""
    return (
        "which does not rule out that they are equal" if low <= 1 <= high else "which reaches too near to 1"
    )


def _time(value: float | None) -> str:
    return NO_VALUE if value is None else seconds(value)


def ran_on(one: Measurement) -> str:
    """The providers that ran nodes: `cpu`, `cuda + cpu`, `nothing left to run`."""
    if one.error:
        return NO_VALUE
    if one.provider_used == "none":
        return "nothing left to run"
    return " + ".join(one.provider_used.split("+"))


def fell_back(one: Measurement) -> bool:
    """Whether a provider ran nodes that was not asked for."""
    return not one.error and one.provider_used not in (one.provider_requested, "none")


def fell_back_whole(one: Measurement) -> bool:
    """Whether nothing at all ran on the provider that was asked for."""
    return fell_back(one) and one.provider_requested not in one.provider_used.split("+")


def fallback(one: Measurement, warnings: Sequence[Advice]) -> str:
    """What ran elsewhere than asked for, as Markdown."""
    asked, used = md(one.provider_requested), md(ran_on(one))
    if fell_back_whole(one):
        return f"nothing ran on {asked}. All of it ran on **{used}**, so these are not the times of {asked}."
    words = [md(advice.text, 600) for advice in warnings if advice.code == "fell_back"]
    return f"{words[0]}." if words else f"it ran on {used}."


def measured_with(plan: Plan) -> str:
    """`before, after · cpu · 5 s · batch=1`, as Markdown."""
    parts = [", ".join(md(name, MOST) for name, _ in plan.named_models()), ", ".join(map(md, plan.providers))]
    parts.append(f"{plan.seconds:g} s")
    parts += [f"{md(name, MOST)}={given}" for dims in plan.dims for name, given in dims]
    if plan.levels != ("all",):
        parts.append(f"optimizations {' and '.join(plan.levels)}")
    if plan.threads != (0,):
        parts.append(f"threads {' and '.join(map(str, plan.threads))}")
    if plan.batches != (0,):
        parts.append(f"batch {' and '.join(map(str, plan.batches))}")
    if plan.inputs:
        parts.append("inputs of your own")
    parts += [f"{md(name)}={md(value)}" for _, name, value in plan.options]
    return " · ".join(parts)


def stopped(result: BenchResult, plan: Plan | None) -> str:
    """What to know of a result that was cancelled, as Markdown."""
    rounds = min((one.rounds for one in result.measurements if one.times_s), default=0)
    asked = f" of the {plan.seconds:g} s that were asked for" if plan else ""
    few = (
        f" {statistics.MIN_ROUNDS} rounds are needed to tell a difference from chance."
        if rounds < statistics.MIN_ROUNDS
        else ""
    )
    return (
        f"**Stopped early.** It was cancelled before the end{asked}, after {rounds:,} "
        f"round{'' if rounds == 1 else 's'}; what was measured by then is below.{few}"
    )


def items_per_s(one: Measurement) -> str:
    """Runs per second times the batch, where one was chosen."""
    rate, batch = one.throughput_per_s, one.configuration.batch
    return NO_VALUE if rate is None or not batch else _rate(rate * batch)


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def cells(one: Measurement) -> dict[str, str]:
    """The figures of a measurement under their heads; a dash where it has none."""
    rate = one.throughput_per_s
    return {
        "Median": _time(one.median_s),
        "IQR": _time(one.iqr_s),
        "p90": _time(one.p90_s),
        "p99": _time(one.p99_s),
        "Runs/s": NO_VALUE if rate is None else _rate(rate),
        "Runs": f"{len(one.times_s):,}" if one.times_s else NO_VALUE,
        "Memory": size(one.peak_bytes) if one.peak_bytes else NO_VALUE,
        "Create": _time(one.create_s or None),
        "First run": _time(one.first_s or None),
    }


def without_label(one: Measurement) -> str:
    """Why a configuration has no times, whose subject its row names already."""
    return one.error.removeprefix(f"{one.label}: ")
