"""Seconds of an inference by the runtime's operators."""

from __future__ import annotations

import altair as alt
import pandas as pd

from onnxviz.bench.profiles import Profile
from onnxviz.costs.quantities import percent
from onnxviz.ui.bench.charts.axis import COLORS
from onnxviz.ui.text import plain, seconds

MOST_OPS = 12
"""Bars; the rest is one."""

BAR = 28
AROUND = 84
"""Points of the axis and its title: Streamlit fits them into the height, too."""


def ops_chart(found: Profile) -> alt.Chart:
    """A bar for each operator, the slowest first, with its time and share in its label."""
    frame = pd.DataFrame(ops_rows(found))
    tips = ["Operator:N", "Nodes:Q", alt.Tooltip("Time:Q", title="Time (ms)", format=",.4g")]
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar(color=COLORS[0], cornerRadiusEnd=3)
        .encode(
            x=alt.X("Time:Q", title="Time of one inference (ms)", axis=alt.Axis(tickCount=5)),
            # Figures in labels, which have the colour of the theme's text.
            y=alt.Y("Label:N", sort=list(frame["Label"]), title=None, axis=alt.Axis(labelLimit=260)),
            tooltip=tips,
        )
        .properties(height=BAR * len(frame) + AROUND)
    )
    return chart


def ops_rows(found: Profile) -> list[dict[str, object]]:
    """At most `MOST_OPS` operators and one row for all others; times in milliseconds."""
    total = sum(one.seconds for one in found.by_op) or 1.0
    rows = [(plain(one.op_type, 40), one.seconds, one.nodes) for one in found.by_op]
    rest = rows[MOST_OPS:]
    rows = rows[:MOST_OPS]
    if rest:
        rows.append((f"{len(rest)} others", sum(row[1] for row in rest), sum(row[2] for row in rest)))
    return [
        {
            "Operator": name,
            "Nodes": nodes,
            "Time": 1e3 * spent,
            "Label": f"{name} ×{nodes:,}: {seconds(spent)}, {percent(spent / total)}",
        }
        for name, spent, nodes in rows
    ]
