"""Does a model with fewer nodes run faster? Time against nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from onnxviz.bench import statistics
from onnxviz.bench.types import Measurement
from onnxviz.ui.bench.charts.axis import CONFIGURATION, Chart, Shorts, color, legend_of, shape
from onnxviz.ui.bench.words import SETTINGS, setting

ALONE = "All"

ROOM = 1.3
"""Of the axis over the largest model: its name stands right of its point."""


def nodes_run(measurements: Sequence[Measurement]) -> dict[str, int]:
    """Label -> nodes that the runtime ran after its own optimizations, where it tells."""
    return {
        one.label: sum(part.nodes for part in one.assignment)
        for one in measurements
        if one.assignment is not None
    }


def sizes_chart(
    measurements: Sequence[Measurement], nodes: Mapping[str, int], shorts: Shorts, what: str
) -> Chart:
    """A point for each configuration, its middle half as a bar; what differs by model alone is joined.

    `nodes` are by label, and measurements without are left out; `what` names them on the axis.
    """
    frame, series = _frame(measurements, nodes, shorts)
    legend, above = legend_of(series)
    colors, shapes = color(series, legend, "Series"), shape(series, legend, "Series")
    base = alt.Chart(frame)
    most = int(frame["Nodes"].max()) or 1
    x = alt.X(
        "Nodes:Q",
        title=what,
        axis=alt.Axis(format=",d", tickMinStep=1, tickCount=8),
        scale=alt.Scale(domain=[0, ROOM * most], nice=False),
    )
    y = alt.Y("Median:Q", title="Median of a run (ms)", scale=alt.Scale(zero=True))
    tips = [
        alt.Tooltip(f"{CONFIGURATION}:N"),
        alt.Tooltip("Nodes:Q", format=","),
        alt.Tooltip("Median:Q", title="Median (ms)", format=",.4g"),
    ]
    line = base.mark_line(strokeWidth=1.5, opacity=0.6).encode(x=x, y=y, color=colors, order="Nodes:Q")
    spread = base.mark_rule(strokeWidth=2).encode(
        x=x, y=alt.Y("Low:Q", title="Median of a run (ms)"), y2="High:Q", color=colors
    )
    point = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=x, y=y, color=colors, shape=shapes, tooltip=tips
    )
    name = base.mark_text(align="left", dx=10, dy=-8, limit=260, fontSize=12).encode(
        x=x, y=y, text="Name:N", color=colors
    )
    return alt.layer(line, spread, point, name).properties(height=320 + above)


def _frame(
    measurements: Sequence[Measurement], nodes: Mapping[str, int], shorts: Shorts
) -> tuple[pd.DataFrame, list[str]]:
    differing = [
        name
        for name, read in SETTINGS.items()
        if name != "model" and len({read(one.configuration) for one in measurements}) > 1
    ]
    rows: list[dict[str, Any]] = []
    for one in measurements:
        if one.label not in nodes or not one.times_s:
            continue
        low, median, high = (1e3 * (statistics.quantile(one.times_s, q) or 0.0) for q in (0.25, 0.5, 0.75))
        series = ", ".join(setting(one.configuration, name) for name in differing) or ALONE
        rows.append(
            {
                CONFIGURATION: shorts[one.label],
                "Name": setting(one.configuration, "model"),
                "Series": series,
                "Nodes": nodes[one.label],
                "Low": low,
                "Median": median,
                "High": high,
            }
        )
    return pd.DataFrame(rows), list(dict.fromkeys(row["Series"] for row in rows))
