"""How far each configuration moved from one result to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from onnxviz.bench.results import Shift
from onnxviz.ui.bench.charts.axis import COLORS, Chart
from onnxviz.ui.text import plain

BAR = 40

SLOWER, OTHER = "slower beyond the tolerance", "not"


def shifts_chart(shifts: Sequence[Shift], tolerance: float) -> Chart:
    """A point with its 95 % interval for each; right of the dashed line is too slow, and a triangle."""
    rows: list[dict[str, Any]] = [
        {
            "Configuration": plain(one.label, 120),
            "Change": one.change,
            "Low": one.change if one.low is None else one.low,
            "High": one.change if one.high is None else one.high,
            "Kind": SLOWER if one.is_slower(tolerance) else OTHER,
        }
        for one in shifts
    ]
    order = [row["Configuration"] for row in rows]
    low = min(-0.05, *(row["Low"] for row in rows))
    high = max(0.05, 2 * tolerance, *(row["High"] for row in rows))
    base = alt.Chart(pd.DataFrame(rows))
    y = alt.Y("Configuration:N", sort=order, title=None, axis=alt.Axis(labelLimit=320))
    scale = alt.Scale(domain=[1.1 * low, 1.1 * high], nice=False)
    x = alt.X("Change:Q", title="Change of the median (slower to the right)", scale=scale,
              axis=alt.Axis(format="+.0%", tickCount=8))  # fmt: skip
    kinds = [SLOWER, OTHER]
    color = alt.Color("Kind:N", scale=alt.Scale(domain=kinds, range=[COLORS[1], COLORS[0]]), legend=None)
    shape = alt.Shape(
        "Kind:N", scale=alt.Scale(domain=kinds, range=["triangle-right", "circle"]), legend=None
    )
    tips = [
        "Configuration:N",
        *(alt.Tooltip(f"{name}:Q", format="+.2%") for name in ("Change", "Low", "High")),
    ]
    interval = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("Low:Q", scale=scale), x2="High:Q", y=y, color=color
    )
    point = base.mark_point(filled=True, size=120, opacity=1).encode(
        x=x, y=y, color=color, shape=shape, tooltip=tips
    )
    lines = alt.Chart(pd.DataFrame({"at": [0.0, tolerance]})).mark_rule(strokeDash=[4, 4], opacity=0.7)
    return alt.layer(
        lines.encode(x=alt.X("at:Q", scale=scale), color=alt.value(COLORS[7])), interval, point
    ).properties(height=BAR * len(rows) + 56)
