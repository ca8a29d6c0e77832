"""How long each configuration takes on each machine."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from onnxviz import jobs
from onnxviz.bench.machines import SideBySide
from onnxviz.ui.bench.charts.axis import COLORS, Chart
from onnxviz.ui.text import plain

BAR = 30


def machines_chart(found: SideBySide) -> Chart:
    """A point with the 95 % interval of its median for each, from zero, so that lengths can be compared."""
    rows: list[dict[str, Any]] = [
        {
            "Configuration": plain(figure.label, 120),
            "Machine": "This machine" if figure.machine == jobs.HERE else plain(figure.machine, 60),
            "Median": 1e3 * figure.median_s,
            "Low": 1e3 * (figure.low_s or figure.median_s),
            "High": 1e3 * (figure.high_s or figure.median_s),
        }
        for figure in found.figures
        if figure.median_s is not None
    ]
    order = list(dict.fromkeys(row["Machine"] for row in rows))
    base = alt.Chart(pd.DataFrame(rows))
    y = alt.Y(
        "Configuration:N",
        sort=list(dict.fromkeys(row["Configuration"] for row in rows)),
        title=None,
        axis=alt.Axis(labelLimit=320),
    )
    offset = alt.YOffset("Machine:N", sort=order)
    color = alt.Color("Machine:N", sort=order, scale=alt.Scale(range=list(COLORS)), title=None)
    x = alt.X("Median:Q", title="Median (ms), with its 95 % interval", scale=alt.Scale(zero=True))
    tips = [
        "Configuration:N",
        "Machine:N",
        *(alt.Tooltip(f"{name}:Q", format=".4g") for name in ("Median", "Low", "High")),
    ]
    interval = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("Low:Q"), x2="High:Q", y=y, yOffset=offset, color=color
    )
    point = base.mark_point(filled=True, size=110, opacity=1).encode(
        x=x, y=y, yOffset=offset, color=color, tooltip=tips
    )
    return alt.layer(interval, point).properties(height=BAR * len(rows) + 56)
