"""The median of each round, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from onnxviz.bench import statistics
from onnxviz.bench.types import Measurement
from onnxviz.ui.bench.charts.axis import CONFIGURATION, Chart, Shorts, axis, color, legend_of, number, shape

MOST_POINTS = 150
"""Points of one line over time: about one for every five pixels."""


def rounds_chart(measurements: Sequence[Measurement], shorts: Shorts) -> tuple[Chart, int]:
    """The median of each round, in the order in which they were made: a slope is a drift.

    Second, the number of points that lie above its upper edge.
    """
    rows = _rounds(measurements, shorts)
    order = [shorts[one.label] for one in measurements]
    lines = {name: [row["seconds"] for row in rows if row[CONFIGURATION] == name] for name in order}
    room = axis(list(lines.values()))
    frame = pd.DataFrame(rows)
    frame["Median"] = frame.pop("seconds") * room.factor
    legend, above = legend_of(order)
    chart = (
        alt.Chart(frame)
        .mark_line(point=alt.OverlayMarkDef(size=34), strokeWidth=1.5, clip=True)
        .encode(
            x=alt.X(
                "Round:Q",
                title="Round (each configuration has its turn once in a round)",
                axis=alt.Axis(tickMinStep=1, format=",d"),
                scale=alt.Scale(zero=False, nice=False),
            ),
            y=alt.Y("Median:Q", title=room.title("Median of a round"), scale=room.scale()),
            color=color(order, legend),
            shape=shape(order, legend),
            tooltip=[CONFIGURATION, "Rounds:N", number("Median", room)],
        )
        .properties(height=300 + above)
    )
    return chart, room.beyond


def _rounds(measurements: Sequence[Measurement], shorts: Shorts) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for one in measurements:
        rounds = statistics.by_round(one.times_s, one.runs_per_round)
        for part in np.array_split(np.arange(len(rounds)), min(len(rounds), MOST_POINTS) or 1):
            if not len(part):
                continue
            first, last = int(part[0]) + 1, int(part[-1]) + 1
            rows.append(
                {
                    CONFIGURATION: shorts[one.label],
                    "Round": (first + last) / 2,
                    "Rounds": f"{first:,}" if first == last else f"{first:,} to {last:,}",
                    "seconds": float(np.median(rounds[part])),
                }
            )
    return rows
