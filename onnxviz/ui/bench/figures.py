"""The table of a result: a row for each configuration."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from onnxviz.bench.types import Measurement
from onnxviz.ui.bench import words
from onnxviz.ui.bench.charts.matrix import varying
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.text import md

IN_COLUMNS = ("model", "provider")
"""Settings that have a column in any case."""

PROBLEM = "Problem"

NO_BREAK = "\u00a0"


def show(shown: Shown) -> None:
    """A failed configuration has its sentence in a column of its own."""
    found = shown.result.measurements
    st.table(pd.DataFrame(rows(found)), border="horizontal", hide_index=True)
    st.caption(
        "IQR: the span of the middle half of the runs. p90 and p99: nine of ten runs, and 99 of 100, took no "
        "longer. Memory: the most that the process of a configuration held. Create: loading the model and "
        "creating the session."
    )


def rows(found: tuple[Measurement, ...]) -> list[dict[str, str]]:
    """What the table shows, as Markdown."""
    others = [name for name in varying(found) if name not in IN_COLUMNS]
    any_failed = any(one.error for one in found)
    per_item = any(one.configuration.batch > 1 for one in found)
    return [_row(one, others, any_failed=any_failed, per_item=per_item) for one in found]


def _row(one: Measurement, others: list[str], *, any_failed: bool, per_item: bool) -> dict[str, str]:
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
    if any_failed:
        row[PROBLEM] = f":red[:material/error: {md(words.without_label(one), 600)}]" if one.error else ""
    return row


def ran_on(one: Measurement) -> str:
    """The providers, marked where they are not the one that was asked for; Markdown."""
    text = md(words.ran_on(one))
    if words.fell_back(one):
        color = "red" if words.fell_back_whole(one) else "orange"
        return f":{color}-badge[:material/alt_route: {text}]"
    return text
