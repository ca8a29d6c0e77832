"""What the charts share: the axis of time, colours and shapes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt

from onnxviz.bench import statistics

ROW, AXIS = 74, 56
"""Pixels of height: one configuration, and the axis below them all."""

LEGEND_ROW, LEGEND_COLUMNS = 22, 2

COLORS = ("#2f7fe0", "#e2762b", "#1f9d6b", "#b563cf", "#c79a1b", "#dc4a63", "#38a9b8", "#8b93a0")
"""Told apart on white and on near black, neighbours most of all; red and green never stand side by side."""

SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "stroke")
"""Beside the colours, for whoever cannot tell those apart."""

CONFIGURATION = "Configuration"

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


def legend_of(order: Sequence[str]) -> tuple[alt.Legend | None, int]:
    """The legend above a chart, in rows so that none of it is cut off, and its height in pixels."""
    if len(order) < 2:
        return None, 0
    legend = alt.Legend(orient="top", labelLimit=400, columns=LEGEND_COLUMNS)
    return legend, LEGEND_ROW * math.ceil(len(order) / LEGEND_COLUMNS)


def color(order: Sequence[str], legend: alt.Legend | None = None, field: str = CONFIGURATION) -> alt.Color:
    """A colour for each configuration, or value of another field, in their order."""
    scale = alt.Scale(domain=list(order), range=[COLORS[at % len(COLORS)] for at in range(len(order))])
    return alt.Color(f"{field}:N", scale=scale, title=None, legend=legend)


def shape(order: Sequence[str], legend: alt.Legend | None = None, field: str = CONFIGURATION) -> alt.Shape:
    """A shape for each, as `color`."""
    scale = alt.Scale(domain=list(order), range=[SHAPES[at % len(SHAPES)] for at in range(len(order))])
    return alt.Shape(f"{field}:N", scale=scale, title=None, legend=legend)


def number(name: str, room: Axis) -> alt.Tooltip:
    """A time in the words that come up at a mark."""
    return alt.Tooltip(f"{name}:Q", title=f"{name} ({room.unit})", format=",.4g")
