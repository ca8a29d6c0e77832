"""The table of a result: a row for each configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from onnxviz.bench.types import Measurement
from onnxviz.ui.bench import words
from onnxviz.ui.bench.charts.matrix import varying
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.text import md

IN_COLUMNS = ("model", "provider")
"""Settings that have a column in any case."""

FAILED = "failed"

NO_BREAK = "\u00a0"


def show(shown: Shown) -> None:
    """A failed configuration has its sentence below: beside all the figures there is no room for one."""
    found = shown.result.measurements
    st.table(pd.DataFrame(rows(found)), border="horizontal", hide_index=True)
    # In one container, so that what stands below keeps its place.
    with st.container():
        for text in reasons(found, shown.shorts):
            st.markdown(text)
    st.caption(
        "IQR: the span of the middle half of the runs. p90 and p99: nine of ten runs, and 99 of 100, took no "
        "longer. Memory: the most that the process of a configuration held. Create: loading the model and "
        "creating the session."
    )


def rows(found: tuple[Measurement, ...]) -> list[dict[str, str]]:
    """What the table shows, as Markdown."""
    others = [name for name in varying(found) if name not in IN_COLUMNS]
    per_item = any(one.configuration.batch > 1 for one in found)
    return [_row(one, others, per_item=per_item) for one in found]


def reasons(found: Sequence[Measurement], shorts: Mapping[str, str]) -> list[str]:
    """Why those that failed have no times, a sentence for each, as Markdown."""
    return [
        f":red[:material/error: **{md(shorts[one.label], 160)}**: {md(words.without_label(one), 600)}]"
        for one in found
        if one.error
    ]


def _row(one: Measurement, others: list[str], *, per_item: bool) -> dict[str, str]:
    row = {"Model": md(one.model, words.MOST), "Asked for": md(one.provider_requested)}
    row["Ran on"] = ran_on(one)
    for name in others:
        row[words.SETTING_HEADS[name]] = md(words.setting_alone(one.configuration, name))
    # A unit on another line than its figure is hard to read.
    row |= {head: figure.replace(" ", NO_BREAK) for head, figure in words.cells(one).items()}
    if per_item:
        row["Items/s"] = words.items_per_s(one)
    if one.median_s is not None:
        row["Median"] = f"**{row['Median']}**"
    return row


def ran_on(one: Measurement) -> str:
    """The providers, marked where they are not the one that was asked for, or nothing ran; Markdown."""
    if one.error:
        return f":red-badge[:material/error: {FAILED}]"
    text = md(words.ran_on(one))
    if words.fell_back(one):
        color = "red" if words.fell_back_whole(one) else "orange"
        return f":{color}-badge[:material/alt_route: {text}]"
    return text
