"""How long the first answer takes."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from onnxviz.bench.types import Measurement
from onnxviz.ui.bench.charts.axis import AXIS, COLORS, CONFIGURATION, ROW, Shorts

CREATE, FIRST = "Load and create the session", "First run"


def phases_chart(measurements: Sequence[Measurement], shorts: Shorts) -> alt.Chart:
    """How long the first answer takes: loading and creating the session, then the very first run."""
    rows = []
    for one in measurements:
        for phase, spent in ((CREATE, one.create_s), (FIRST, one.first_s)):
            row = {CONFIGURATION: shorts[one.label], "Phase": phase, "Time": 1e3 * spent}
            rows.append(row | {"Together": 1e3 * (one.create_s + one.first_s)})
    order = [shorts[one.label] for one in measurements]
    legend = alt.Legend(orient="top", labelLimit=300)
    chart: alt.Chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X(
                "Time:Q", title="Time until the first answer (ms)", stack=True, axis=alt.Axis(tickCount=8)
            ),
            y=alt.Y(f"{CONFIGURATION}:N", sort=order, title=None, axis=alt.Axis(labelLimit=260)),
            color=alt.Color(
                "Phase:N",
                scale=alt.Scale(domain=[CREATE, FIRST], range=[COLORS[0], COLORS[4]]),
                title=None,
                legend=legend,
            ),
            order=alt.Order("Phase:N", sort="descending"),
            tooltip=[
                CONFIGURATION,
                "Phase:N",
                alt.Tooltip("Time:Q", title="Time (ms)", format=",.4g"),
                alt.Tooltip("Together:Q", title="To the first answer (ms)", format=",.4g"),
            ],
        )
        .properties(height=0.6 * ROW * len(order) + 2 * AXIS)
    )
    return chart
