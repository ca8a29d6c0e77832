"""Where the difference lies: nodes before and after, by op type and by part of the model."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from onnxviz.rewrites.types import op_changes
from onnxviz.ui.comparing.changes import Changes
from onnxviz.ui.comparing.groups import group_counts
from onnxviz.ui.comparing.pair import Pair
from onnxviz.ui.text import plain

MOST_BARS = 25
_COLOURS = ["#8b98a5", "#0b7fd6"]

_LABELS = alt.Axis(labelOverlap=False, labelLimit=260)

Counts = Sequence[tuple[str, int, int]]


def by_op(pair: Pair) -> None:
    """Bars and a table of op types; those whose number changed first."""
    _table_and_bars("Op type", op_changes(pair.before.graph.op_counts(), pair.after.graph.op_counts()))


def by_group(changes: Changes) -> None:
    """The same by part of the model, or a sentence where it has none."""
    rows = group_counts(changes)
    if len(rows) < 2:
        st.caption("Neither model says which modules its nodes belong to.")
        return
    st.caption("Modules as the exporter wrote them; a node after counts where the node before it stood.")
    _table_and_bars("Part", rows)


def _table_and_bars(what: str, rows: Counts) -> None:
    table = pd.DataFrame(
        [
            {what: plain(name, 80), "Before": old, "After": new, "Change": new - old}
            for name, old, new in rows
        ],
        columns=[what, "Before", "After", "Change"],
    )
    left, right = st.columns([2, 3])
    left.dataframe(table, hide_index=True, height=min(38 + 35 * len(rows), 500))
    shown = table.head(MOST_BARS)
    tall = shown.melt(what, ["Before", "After"], "When", "Nodes")
    chart = (
        alt.Chart(tall)
        .mark_bar()
        .encode(
            x=alt.X("Nodes:Q", title="Nodes", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y(f"{what}:N", sort=list(shown[what]), title=None, axis=_LABELS),
            yOffset=alt.YOffset("When:N", sort=["Before", "After"]),
            color=alt.Color(
                "When:N",
                sort=["Before", "After"],
                scale=alt.Scale(domain=["Before", "After"], range=_COLOURS),
                legend=alt.Legend(title=None, orient="top"),
            ),
            tooltip=[what, "When", "Nodes"],
        )
        .properties(height=90 + 32 * len(shown))
    )
    right.altair_chart(chart, width="stretch")
    if len(rows) > MOST_BARS:
        right.caption(f"The first {MOST_BARS}; the table has all {len(rows)}.")
