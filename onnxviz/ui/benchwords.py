"""A benchmark's result in words, and as text to take away. Pure: no widgets.

Names are returned as they are in `short_labels`, escaped for Markdown where a function says so.
"""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from onnxviz.bench import statistics
from onnxviz.bench.types import Advice, BenchResult, Comparison, Measurement, Plan
from onnxviz.ui.text import md, plain, seconds

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
    """A measurement's label -> what sets it apart from the others: `after`, `cpu`, `after on cuda`."""
    cells = [one.configuration for one in measurements]
    by_model = len({cell.model for cell in cells}) > 1
    by_provider = len({cell.provider for cell in cells}) > 1
    by_level = len({cell.level for cell in cells}) > 1
    shorts = {}
    for cell in cells:
        name = plain(cell.model, MOST)
        if by_provider:
            name = f"{name} on {cell.provider}" if by_model else cell.provider
        elif by_level and not by_model:
            name = ""
        level = f"optimizations {cell.level}" if by_level else ""
        shorts[cell.label] = ", ".join(part for part in (name, level) if part)
    return shorts


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
    if found.interval is None:
        return Headline(
            "unknown",
            f"{second}: {found.verdict}",
            f"{medians}. Only {rounds} rounds fitted into the time, and {statistics.MIN_ROUNDS} are needed "
            "to tell a difference from chance: measure for longer.",
        )
    low, high = found.interval
    if not found.is_significant:
        return Headline(
            "same",
            f"{found.verdict[0].upper()}{found.verdict[1:]} between {second} and {first}",
            f"{medians}. The ratio of the medians lies between {low:.3f} and {high:.3f} at 95 % confidence, "
            "which does not rule out that they are equal: even one and the same model differs by up to "
            f"{100 * statistics.MARGIN:g} % from itself. More time, or a quieter machine, narrows the range.",
        )
    return Headline(
        "faster" if low > 1 else "slower",
        f"{second} is {found.verdict}",
        f"{medians}. The brackets hold the true factor with 95 % confidence, as far as the {rounds} rounds "
        "tell in which both ran by turns.",
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


def fallback(one: Measurement, warnings: Sequence[Advice]) -> str:
    """What ran elsewhere than asked for, as Markdown."""
    asked, used = md(one.provider_requested), md(ran_on(one))
    if one.provider_requested not in one.provider_used.split("+"):
        return f"nothing ran on {asked}. All of it ran on **{used}**, so these are not the times of {asked}."
    words = [md(advice.text, 600) for advice in warnings if advice.code == "fell_back"]
    return f"{words[0]}." if words else f"it ran on {used}."


def measured_with(plan: Plan) -> str:
    """`before, after · cpu · 5 s · batch=1`, as Markdown."""
    parts = [", ".join(md(name, MOST) for name, _ in plan.named_models()), ", ".join(map(md, plan.providers))]
    parts.append(f"{plan.seconds:g} s")
    parts += [f"{md(name, MOST)}={size}" for dims in plan.dims for name, size in dims]
    if plan.levels != ("all",):
        parts.append(f"optimizations {' and '.join(plan.levels)}")
    parts += [f"{count} thread{'s' if count > 1 else ''}" for count in plan.threads if count]
    return " · ".join(parts)


def cells(one: Measurement) -> dict[str, str]:
    """The figures of a measurement under their heads; a dash where it has none."""
    rate = one.throughput_per_s
    return {
        "Median": _time(one.median_s),
        "p90": _time(one.p90_s),
        "p99": _time(one.p99_s),
        "Runs/s": NO_VALUE if rate is None else f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}",
        "Runs": f"{len(one.times_s):,}" if one.times_s else NO_VALUE,
    }


def markdown_table(result: BenchResult) -> str:
    """The result as a GitHub table, with the verdicts and the machine below."""
    heads = ["Model", "Provider asked", "Ran on", "Optimizations", "Median", "p90", "p99", "Runs/s", "Runs"]
    lines = [f"| {' | '.join(heads)} |", f"|---|---|---|---|{'---:|' * 5}"]
    for one in result.measurements:
        cell = one.configuration
        row = [md(cell.model), md(cell.provider), md(ran_on(one)), cell.level, *cells(one).values()]
        lines.append(f"| {' | '.join(row)} |")
    lines.append("")
    lines += [f"- {md(one.label)}: {md(one.error, 1000)}" for one in result.measurements if one.error]
    lines += [f"- {found.sentence}. {found.meaning}" for found in headlines(result)]
    machine = result.environment
    lines.append(f"- {md(machine.cpu)}, {machine.cores} cores, ONNX Runtime {md(machine.onnxruntime)}")
    return "\n".join(lines) + "\n"


def samples_csv(result: BenchResult) -> str:
    """Every timed run as a row, in the order in which its configuration ran them; `seconds` as measured."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(
        (
            "model",
            "provider_requested",
            "provider_used",
            "level",
            "threads",
            "dims",
            "round",
            "run",
            "seconds",
        )
    )
    for one in result.measurements:
        cell = one.configuration
        dims = " ".join(f"{name}={size}" for name, size in cell.dims)
        start = (_cell(cell.model), cell.provider, one.provider_used, cell.level, cell.threads, _cell(dims))
        for run, time_s in enumerate(one.times_s):
            writer.writerow((*start, run // one.runs_per_round + 1, run + 1, repr(time_s)))
    return made.getvalue()


def _cell(text: str) -> str:
    """A name that a spreadsheet does not take for a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def command(plan: Plan) -> str:
    """The line for a POSIX shell that measures `plan` again; model names come from their files there."""
    words = ["python", "-m", "onnxviz", "bench", *(_quoted(path) for _, path in plan.models)]
    words += ["--providers", _quoted(",".join(plan.providers)), "--seconds", f"{plan.seconds:g}"]
    if plan.levels != ("all",):
        words += ["--levels", ",".join(plan.levels)]
    if plan.threads != (0,):
        words += ["--threads", ",".join(map(str, plan.threads))]
    if plan.batches != (0,):
        words += ["--batch", ",".join(map(str, plan.batches))]
    if plan.inputs:
        words += ["--inputs", _quoted(plan.inputs)]
    words += [f"--option={_quoted(f'{provider}:{name}={value}')}" for provider, name, value in plan.options]
    if plan.seed:
        words += ["--seed", str(plan.seed)]
    # With "=", since a dimension's name may start with a dash.
    words += [f"--dim={_quoted(f'{name}={size}')}" for dims in plan.dims for name, size in dims]
    return " ".join(words)


def _quoted(text: str) -> str:
    """One word of the shell. What cannot be seen is spelt out: it may be a new line, or turn text around."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = "".join(
        ch if ch.isprintable() and ch not in "\\'" else "".join(f"\\x{byte:02x}" for byte in ch.encode())
        for ch in text
    )
    return f"$'{escaped}'"
