"""A benchmark's result on a page: verdicts first, then figures, runs, and what one needs to repeat it."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from onnxviz.bench.export import to_json
from onnxviz.bench.types import BenchResult, Environment, Measurement
from onnxviz.ui import benchwords, plots
from onnxviz.ui.benchmarking import Asked
from onnxviz.ui.benchwords import Headline
from onnxviz.ui.text import md, seconds, size

LOOKS = {
    "faster": ("green", ":material/trending_up:"),
    "slower": ("red", ":material/trending_down:"),
    "same": ("gray", ":material/drag_handle:"),
    "unknown": ("orange", ":material/question_mark:"),
}
MOST_SHOWN = 3
"""Verdicts that stand open; a table of many configurations has more."""

MOST_NOTES = 4


def show(asked: Asked, result: BenchResult) -> None:
    """Everything about one result."""
    st.caption(f"Measured with {benchwords.measured_with(asked.plan)}")
    shorts = benchwords.short_labels(result.measurements)
    _verdicts(result)
    for one in result.measurements:
        if benchwords.fell_back(one):
            text = benchwords.fallback(one, result.warnings_for(one.label))
            st.warning(f"**{md(shorts[one.label])}**: {text}", icon=":material/alt_route:")
    _table(result, shorts)
    _notes(result, shorts)
    timed = [one for one in result.measurements if one.times_s]
    if timed:
        _plots(timed, shorts)
    _repeat(asked, result)
    with st.expander("Where it was measured", icon=":material/computer:"):
        _machine(result.environment)


def _verdicts(result: BenchResult) -> None:
    found = benchwords.headlines(result)
    for place, one in enumerate(found[:MOST_SHOWN]):
        _verdict(one, "####" if place else "###")
    if len(found) > MOST_SHOWN:
        with st.expander(f"{len(found) - MOST_SHOWN} more to compare"):
            for one in found[MOST_SHOWN:]:
                _verdict(one, "#####")


def _verdict(one: Headline, level: str) -> None:
    color, icon = LOOKS[one.kind]
    with st.container(border=True):
        st.markdown(f"{level} :{color}[{icon}] {one.sentence}")
        st.markdown(one.meaning)


def _table(result: BenchResult, shorts: dict[str, str]) -> None:
    """A row for each configuration; a failed one has its sentence across the figures' place."""
    levels = len({one.configuration.level for one in result.measurements}) > 1
    any_failed = any(one.error for one in result.measurements)
    rows = []
    for one in result.measurements:
        row = {"Model": md(one.model, benchwords.MOST), "Asked for": md(one.provider_requested)}
        row["Ran on"] = _ran_on(one)
        if levels:
            row["Optimizations"] = one.configuration.level
        row |= benchwords.cells(one)
        if one.median_s is not None:
            row["Median"] = f"**{row['Median']}**"
        if any_failed:
            row["Problem"] = f":red[{md(_without_label(one), 600)}]" if one.error else ""
        rows.append(row)
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)


def _ran_on(one: Measurement) -> str:
    text = md(benchwords.ran_on(one))
    if benchwords.fell_back(one):
        return f":orange-badge[:material/alt_route: {text}]"
    return text


def _without_label(one: Measurement) -> str:
    """The sentence, whose subject the row names already."""
    return one.error.removeprefix(f"{one.label}: ")


def _notes(result: BenchResult, shorts: dict[str, str]) -> None:
    notes = [
        f"**{md(shorts.get(advice.subject, advice.subject))}**: {md(advice.text, 600)}."
        if advice.subject
        else f"{md(advice.text[:1].upper() + advice.text[1:], 600)}."
        for advice in result.warnings
        if advice.code != "fell_back"
    ]
    if notes:
        st.caption("\n".join(f"- {note}" for note in notes[:MOST_NOTES]))
    if len(notes) > MOST_NOTES:
        with st.expander(f"{len(notes) - MOST_NOTES} more to note"):
            st.caption("\n".join(f"- {note}" for note in notes[MOST_NOTES:]))


def _plots(timed: list[Measurement], shorts: dict[str, str]) -> None:
    runs, rounds, start = st.tabs(["Every run", "Over time", "First answer"])
    with runs:
        chart, beyond = plots.runs_chart(timed, shorts)
        st.altair_chart(chart, width="stretch")
        total = sum(len(one.times_s) for one in timed)
        text = "A dot is a run; the box holds the middle half of them, and the bar in it is the median."
        if any(len(one.times_s) > plots.MOST_DOTS for one in timed):
            text += f" Of {total:,} runs, at most {plots.MOST_DOTS} of each configuration are drawn."
        if beyond:
            text += (
                f" {beyond:,} far slower {'run lies' if beyond == 1 else 'runs lie'} beyond the right edge."
            )
        st.caption(text)
    with rounds:
        if all(one.rounds for one in timed):
            chart, beyond = plots.rounds_chart(timed, shorts)
            st.altair_chart(chart, width="stretch")
            text = (
                "Level lines: the machine was steady. A slope or a step that all share comes from the "
                "machine, and meets all alike; one that a single line has is its own."
            )
            if beyond:
                text += (
                    f" {beyond:,} far slower {'point lies' if beyond == 1 else 'points lie'} above the top."
                )
            st.caption(text)
    with start:
        st.altair_chart(plots.phases_chart(timed, shorts), width="stretch")
        rows = [
            {
                "Configuration": md(shorts[one.label]),
                "Load and create": seconds(one.create_s),
                "First run": seconds(one.first_s),
                "Warm-up": f"{one.warmup_runs:,} runs{'' if one.was_steady else ', not steady by then'}",
            }
            for one in timed
        ]
        st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)


def _repeat(asked: Asked, result: BenchResult) -> None:
    """Three files, and the same from a shell."""
    kinds = (
        ("JSON", "benchmark.json", "application/json", lambda: _json(result)),
        ("Samples as CSV", "samples.csv", "text/csv", lambda: benchwords.samples_csv(result)),
        ("Table as Markdown", "benchmark.md", "text/markdown", lambda: benchwords.markdown_table(result)),
    )
    columns = st.columns([1, 1, 1, 1])
    for column, (label, name, mime, text) in zip(columns, kinds, strict=False):
        column.download_button(
            label,
            text,
            name,
            mime,
            key=f"benchmark:download:{name}",
            on_click="ignore",
            icon=":material/download:",
            width="stretch",
        )
    with st.expander("The same from a shell", icon=":material/terminal:"):
        st.code(benchwords.command(asked.plan), language="bash", wrap_lines=True)
        st.caption(
            "The files lie where this app keeps what is open now. Elsewhere, put your own in their place."
        )


def _json(result: BenchResult) -> str:
    return json.dumps(to_json(result), indent=2, ensure_ascii=False)


def _machine(machine: Environment) -> None:
    rows = [
        ("Processor", machine.cpu),
        ("Cores this app may use", str(machine.cores)),
        ("Threads inside a node, by default", str(machine.threads)),
        ("Memory", size(machine.memory_bytes)),
        ("System", machine.os),
        ("Python", machine.python),
        ("ONNX Runtime", machine.onnxruntime),
        ("Cores busy with other work just before", f"{machine.busy:.0%}"),
        ("Load average of one minute", "not known" if machine.load is None else f"{machine.load:.2f}"),
        ("Step of the clock", seconds(machine.clock_step_s)),
    ]
    table = [{"What": what, "Value": md(value)} for what, value in rows]
    st.table(pd.DataFrame(table), border="horizontal", hide_index=True, hide_header=True, width="content")
