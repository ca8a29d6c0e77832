"""What machines of a cluster took for the same, side by side, and what each of them is."""

from __future__ import annotations

import json
from collections.abc import Callable

import pandas as pd
import streamlit as st

from onnxviz.bench import machines
from onnxviz.bench.machines import Described, Figure, SideBySide
from onnxviz.bench.types import BenchResult
from onnxviz.errors import OnnxvizError
from onnxviz.ui import problems
from onnxviz.ui.bench import words
from onnxviz.ui.bench.charts.machines import machines_chart
from onnxviz.ui.bench.machines import Compared, comparing, last, name_of
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.text import md, seconds, size


def all_shown() -> list[Shown]:
    """The result of each machine, to be looked at like one that was measured here."""
    done = last()
    if done is None:
        return []
    return [
        Shown(f"On {name_of(name)}", f"c{done.serial}x{place}", result, done.asked)
        for place, (name, result) in enumerate(done.found.items())
        if isinstance(result, BenchResult)
    ]


def show(done: Compared) -> None:
    """The figures of all machines, what sets the machines apart, and a file with everything."""
    st.subheader("Machines side by side")
    for name, result in done.found.items():
        if isinstance(result, OnnxvizError):
            st.markdown(f"**{md(name_of(name))}** has no result:")
            problems.show(result)
    beside = comparing().show()
    if beside is not None:
        _figures(done, beside)


def _figures(done: Compared, beside: SideBySide) -> None:
    if any(figure.median_s is not None for figure in beside.figures):
        st.table(pd.DataFrame(rows(beside)), border="horizontal", hide_index=True)
        st.altair_chart(machines_chart(beside), width="stretch")
    for names in machines.on_one_host(done.described):
        named = " and ".join(md(name_of(name)) for name in names)
        st.warning(f"{named} are one computer, and disturbed each other.", icon=":material/computer:")
    st.caption(machines.NOTE)
    if done.described:
        with st.expander("The machines", icon=":material/computer:"):
            st.table(pd.DataFrame(about(done.described)), border="horizontal", hide_index=True)
    st.download_button(
        "All as JSON",
        lambda: json.dumps(machines.to_json(done.found, done.described, beside), indent=2),
        "machines.json",
        "application/json",
        key=f"benchmark:machines:download:{done.serial}",
        on_click="ignore",
        icon=":material/download:",
    )


def rows(found: SideBySide) -> list[dict[str, str]]:
    """A row for each configuration on each machine, as Markdown."""
    first = next((figure.machine for figure in found.figures if figure.median_s is not None), "")
    return [_row(figure, name_of(first)) for figure in found.figures]


def _row(figure: Figure, first: str) -> dict[str, str]:
    row = {
        "Configuration": md(figure.label, 160),
        "Machine": md(name_of(figure.machine)),
        "Median": words.NO_VALUE,
        "95 % interval": words.NO_VALUE,
        f"Against {md(first)}": words.NO_VALUE,
    }
    if figure.median_s is None:
        row["Median"] = f":red[{md(figure.error, 300)}]"
        return row
    row["Median"] = f"**{seconds(figure.median_s)}**"
    if figure.low_s is not None and figure.high_s is not None:
        row["95 % interval"] = f"{seconds(figure.low_s)} to {seconds(figure.high_s)}"
    if figure.shift is not None:
        row[f"Against {md(first)}"] = md(words.spoken(figure.shift.verdict))
    return row


def about(described: dict[str, Described]) -> list[dict[str, str]]:
    """A column for each machine, as Markdown."""
    facts: dict[str, Callable[[Described], str]] = {
        "Host": lambda one: one.host,
        "Processor": lambda one: one.environment.cpu,
        "Cores": lambda one: str(one.environment.cores),
        "Memory": lambda one: size(one.environment.memory_bytes),
        "System": lambda one: one.environment.os,
        "ONNX Runtime": lambda one: one.environment.onnxruntime,
        "Providers": lambda one: ", ".join(one.usable),
        "Cores busy with other work just before": lambda one: f"{one.environment.busy:.0%}",
    }
    return [
        {"What": what, **{name_of(name): md(read(one), 120) for name, one in described.items()}}
        for what, read in facts.items()
    ]
