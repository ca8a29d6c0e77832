"""A benchmark's result as text to take away: Markdown, CSV, JSON, and the command that repeats it. Pure."""

from __future__ import annotations

import csv
import io
import json
import shlex

from onnxviz.bench.export import to_json
from onnxviz.bench.types import BenchResult, Plan
from onnxviz.ui.bench.words import SETTING_HEADS, SETTINGS, cells, headlines, ran_on, setting
from onnxviz.ui.text import md


def json_text(result: BenchResult) -> str:
    """The whole result, which this page and the command line read back."""
    return json.dumps(to_json(result), indent=2, ensure_ascii=False)


def markdown_table(result: BenchResult) -> str:
    """The result as a GitHub table, with the verdicts and the machine below."""
    about = [name for name in ("threads", "batch", "dims", "options") if _is_given(result, name)]
    heads = ["Model", "Provider asked", "Ran on", "Optimizations", *(SETTING_HEADS[name] for name in about)]
    lines: list[str] = []
    for one in result.measurements:
        cell = one.configuration
        row = [md(cell.model), md(cell.provider), md(ran_on(one)), cell.level]
        row += [md(setting(cell, name)) for name in about]
        figures = cells(one)
        if not lines:
            lines.append(f"| {' | '.join([*heads, *figures])} |")
            lines.append(f"|{'---|' * len(heads)}{'---:|' * len(figures)}")
        lines.append(f"| {' | '.join([*row, *figures.values()])} |")
    lines.append("")
    if result.is_partial:
        lines.append("- Stopped before its time was up.")
    lines += [f"- {md(one.label)}: {md(one.error, 1000)}" for one in result.measurements if one.error]
    lines += [f"- {found.sentence}. {found.meaning}" for found in headlines(result)]
    machine = result.environment
    lines.append(f"- {md(machine.cpu)}, {machine.cores} cores, ONNX Runtime {md(machine.onnxruntime)}")
    return "\n".join(lines) + "\n"


def _is_given(result: BenchResult, name: str) -> bool:
    """Whether some configuration has the setting other than by default."""
    return any(SETTINGS[name](one.configuration) for one in result.measurements)


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
            "batch",
            "dims",
            "options",
            "round",
            "run",
            "seconds",
        )
    )
    for one in result.measurements:
        cell = one.configuration
        dims = " ".join(f"{name}={size}" for name, size in cell.dims)
        options = " ".join(f"{name}={value}" for name, value in cell.options)
        texts = (cell.model, cell.provider, one.provider_used, cell.level)
        start: tuple[object, ...] = tuple(map(_cell, texts))
        start += (cell.threads, cell.batch, _cell(dims), _cell(options))
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
