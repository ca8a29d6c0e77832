"""Every run as a dot, and a box around the middle half."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from onnxviz.bench import statistics
from onnxviz.bench.types import Measurement
from onnxviz.ui.bench.charts.axis import AXIS, CONFIGURATION, ROW, Axis, Chart, Shorts, axis, color, number

MOST_DOTS = 400
"""Runs drawn of one configuration; boxes and figures count all of them. More dots hide each other."""

BOX_HEIGHT, DOTS = 44, 36
"""Pixels of height: the box in a configuration's row, and the cloud of dots in that."""

GOLDEN = 0.6180339887498949
"""Multiples of it, less their whole part, spread evenly without looking regular (Weyl's sequence)."""

BOX = {"Quartile 1": 0.25, "Median": 0.5, "Quartile 3": 0.75, "p90": 0.9, "p99": 0.99}


def runs_chart(measurements: Sequence[Measurement], shorts: Shorts) -> tuple[Chart, int]:
    """Every run as a dot, and a box around the middle half with the median in it, one row a configuration.

    Second, the number of runs that lie beyond its right edge.
    """
    room = axis([one.times_s for one in measurements])
    order = [shorts[one.label] for one in measurements]
    y = alt.Y(f"{CONFIGURATION}:N", sort=order, title=None, axis=alt.Axis(labelLimit=260))
    colors = color(order)
    boxes = alt.Chart(_boxes(measurements, shorts, room))
    tips = [CONFIGURATION, *(number(name, room) for name in BOX)]
    box = boxes.mark_bar(opacity=0.3, size=BOX_HEIGHT).encode(
        x=alt.X(
            "Quartile 1:Q", title=room.title("Time of a run"), scale=room.scale(), axis=alt.Axis(tickCount=8)
        ),
        x2="Quartile 3:Q",
        y=y,
        color=colors,
        tooltip=tips,
    )
    median = boxes.mark_tick(thickness=3, size=BOX_HEIGHT + 8, orient="vertical").encode(
        x="Median:Q", y=y, color=colors, tooltip=tips
    )
    runs = _runs(_dots(measurements, shorts, room), room).encode(y=y, color=colors)
    chart = alt.layer(runs, box, median).properties(height=ROW * len(order) + AXIS)
    return chart, room.beyond


def _runs(dots: pd.DataFrame, room: Axis) -> alt.Chart:
    """A dot for each run, and a triangle at the edge for one beyond it."""
    made: alt.Chart = (
        alt.Chart(dots)
        .mark_point(filled=True, size=18, opacity=0.55, yOffset=alt.ExprRef("datum.Offset"))
        .encode(
            x="x:Q",
            shape=alt.Shape(
                "Beyond:N",
                scale=alt.Scale(domain=[False, True], range=["circle", "triangle-right"]),
                legend=None,
            ),
            tooltip=[
                CONFIGURATION,
                number("Time", room),
                alt.Tooltip("Run:Q", format=","),
                alt.Tooltip("Round:Q", format=","),
            ],
        )
    )
    return made


def _boxes(measurements: Sequence[Measurement], shorts: Shorts, room: Axis) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {CONFIGURATION: shorts[one.label]}
            | {name: room.factor * (statistics.quantile(one.times_s, q) or 0) for name, q in BOX.items()}
            for one in measurements
        ]
    )


def _dots(measurements: Sequence[Measurement], shorts: Shorts, room: Axis) -> pd.DataFrame:
    rows = []
    for one in measurements:
        for at in drawn(one.times_s):
            time = room.factor * one.times_s[at]
            rows.append(
                {
                    CONFIGURATION: shorts[one.label],
                    "Time": time,
                    "x": min(time, room.high - 0.01 * (room.high - room.low)),
                    "Beyond": time > room.high,
                    "Run": at + 1,
                    "Round": at // one.runs_per_round + 1,
                    "Offset": (at * GOLDEN % 1 - 0.5) * DOTS,
                }
            )
    return pd.DataFrame(rows)


def drawn(times_s: Sequence[float], most: int = MOST_DOTS) -> list[int]:
    """Places of at most `most` runs, evenly over the whole, the fastest and the slowest among them."""
    if len(times_s) <= most:
        return list(range(len(times_s)))
    times = np.asarray(times_s)
    kept = np.linspace(0, len(times) - 1, most - 2).astype(int).tolist()
    return sorted({*kept, int(times.argmin()), int(times.argmax())})
