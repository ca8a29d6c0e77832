"""Charts of a benchmark, from its raw samples. Time is in milliseconds, never as a logarithm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from onnxviz.bench import statistics
from onnxviz.bench.types import Measurement

MOST_DOTS = 400
"""Runs drawn of one configuration; boxes and figures count all of them. More dots hide each other."""

MOST_POINTS = 150
"""Points of one line over time: about one for every five pixels."""

ROW, BOX_HEIGHT, DOTS, AXIS = 74, 44, 36, 56
"""Pixels of height: one configuration, the box in it, the cloud of dots in that, the axis below them all."""

GOLDEN = 0.6180339887498949
"""Multiples of it, less their whole part, spread evenly without looking regular (Weyl's sequence)."""

COLORS = ("#2f7fe0", "#e2762b", "#1f9d6b", "#b563cf", "#c79a1b", "#dc4a63", "#38a9b8", "#8b93a0")
"""Told apart on white and on near black, neighbours most of all; red and green never stand side by side."""

BOX = {"Quartile 1": 0.25, "Median": 0.5, "Quartile 3": 0.75, "p90": 0.9, "p99": 0.99}
CONFIGURATION = "Configuration"
CREATE, FIRST = "Load and create the session", "First run"

Chart = alt.Chart | alt.LayerChart | alt.FacetChart
Shorts = Mapping[str, str]
"""A measurement's label -> its name in a chart."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From where to where, in `unit`; `factor` makes it of seconds. `beyond` runs are slower than `high`."""

    low: float
    high: float
    unit: str
    factor: float
    beyond: int = 0

    def title(self, what: str) -> str:
        """`Time of a run (ms)`; says so where lengths cannot be compared by eye."""
        return f"{what} ({self.unit})" if self.low == 0 else f"{what} ({self.unit}; does not start at 0)"

    def scale(self) -> alt.Scale:
        """For Vega-Lite: exactly this, not widened to round numbers."""
        return alt.Scale(domain=[self.low, self.high], nice=False, zero=False)


def axis(times_s: Sequence[Sequence[float]]) -> Axis:
    """Room for all runs but those beyond Tukey's outer fence, which would squeeze the rest.

    It starts at 0 when that costs no more than half of the width, else a little before the fastest run.
    """
    beyond = [set(statistics.far_out(times)) for times in times_s]
    inside = [[t for t in times if t not in far] for times, far in zip(times_s, beyond, strict=True)]
    slowest = max(max(times) for times in inside)
    fastest = min(min(times) for times in inside)
    unit, factor = ("µs", 1e6) if slowest < 1e-3 else ("ms", 1e3)
    low = 0.0 if fastest < slowest / 2 else fastest
    margin = 0.04 * (slowest - low) or 0.05 * slowest or 1e-6
    high = slowest + margin
    slow = sum(t > high for times in times_s for t in times)
    return Axis(factor * max(0.0, low - margin), factor * high, unit, factor, slow)


def runs_chart(measurements: Sequence[Measurement], shorts: Shorts) -> tuple[Chart, int]:
    """Every run as a dot, and a box around the middle half with the median in it, one row a configuration.

    Second, the number of runs that lie beyond its right edge.
    """
    room = axis([one.times_s for one in measurements])
    order = [shorts[one.label] for one in measurements]
    y = alt.Y(f"{CONFIGURATION}:N", sort=order, title=None, axis=alt.Axis(labelLimit=260))
    color = _color(order, None)
    boxes = alt.Chart(_boxes(measurements, shorts, room))
    tips = [CONFIGURATION, *(_number(name, room) for name in BOX)]
    box = boxes.mark_bar(opacity=0.3, size=BOX_HEIGHT).encode(
        x=alt.X(
            "Quartile 1:Q",
            title=room.title("Time of a run"),
            scale=room.scale(),
            axis=alt.Axis(tickCount=8),
        ),
        x2="Quartile 3:Q",
        y=y,
        color=color,
        tooltip=tips,
    )
    median = boxes.mark_tick(thickness=3, size=BOX_HEIGHT + 8, orient="vertical").encode(
        x="Median:Q", y=y, color=color, tooltip=tips
    )
    run = (
        alt.Chart(_dots(measurements, shorts, room))
        .mark_point(filled=True, size=18, opacity=0.55, yOffset=alt.ExprRef("datum.Offset"))
        .encode(
            x="x:Q",
            y=y,
            color=color,
            shape=alt.Shape(
                "Beyond:N",
                scale=alt.Scale(domain=[False, True], range=["circle", "triangle-right"]),
                legend=None,
            ),
            tooltip=[
                CONFIGURATION,
                _number("Time", room),
                alt.Tooltip("Run:Q", format=","),
                alt.Tooltip("Round:Q", format=","),
            ],
        )
    )
    chart = alt.layer(run, box, median).properties(height=ROW * len(order) + AXIS)
    return chart, room.beyond


def _color(order: list[str], legend: alt.Legend | None) -> alt.Color:
    scale = alt.Scale(domain=order, range=[COLORS[at % len(COLORS)] for at in range(len(order))])
    return alt.Color(f"{CONFIGURATION}:N", scale=scale, title=None, legend=legend)


def _number(name: str, room: Axis) -> alt.Tooltip:
    return alt.Tooltip(f"{name}:Q", title=f"{name} ({room.unit})", format=",.4g")


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
    legend = alt.Legend(orient="top", labelLimit=400) if len(order) > 1 else None
    chart = (
        alt.Chart(frame)
        .mark_line(point=alt.OverlayMarkDef(size=20), strokeWidth=1.5, clip=True)
        .encode(
            x=alt.X(
                "Round:Q",
                title="Round (each configuration has its turn once in a round)",
                axis=alt.Axis(tickMinStep=1, format=",d"),
                scale=alt.Scale(zero=False, nice=False),
            ),
            y=alt.Y("Median:Q", title=room.title("Median of a round"), scale=room.scale()),
            color=_color(order, legend),
            tooltip=[CONFIGURATION, "Rounds:N", _number("Median", room)],
        )
        .properties(height=320)
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
