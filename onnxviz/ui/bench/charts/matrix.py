"""All configurations side by side: a cell for each, with its figure in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import altair as alt
import pandas as pd

from onnxviz.bench.types import Configuration, Measurement
from onnxviz.ui.bench.charts.axis import Chart
from onnxviz.ui.bench.words import SETTING_HEADS, SETTINGS, setting, setting_alone
from onnxviz.ui.text import seconds

Figure = Literal["median", "speed-up"]

CELL = 58
"""Pixels of height of a row."""

TIME_COLORS = ("#eaf2fc", "#8fbaf0", "#1d5fb4")
RATIO_COLORS = ("#c2561a", "#f2c6a4", "#f1f2f4", "#a9cdf3", "#1d5fb4")
"""Blue is faster and orange slower, which those who cannot tell red from green can tell; grey is the same."""

LIGHT, DARK, FAILED = "#ffffff", "#17212c", "#6f7a87"
FAILED_TEXT = "failed"

LARGEST_RATIO = 2.0
"""The least that the ends of the colours stand for: a few per cent must not look like much."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """`across` is the setting (of `words.SETTINGS`) in the columns; `down` are those in the rows."""

    across: str
    down: tuple[str, ...]


def varying(measurements: Sequence[Measurement]) -> tuple[str, ...]:
    """The settings in which the configurations differ, in the order of `words.SETTINGS`."""
    return tuple(name for name, read in SETTINGS.items() if len(_values(measurements, read)) > 1)


def _values(measurements: Sequence[Measurement], read: Callable[[Configuration], Hashable]) -> set[Hashable]:
    return {read(one.configuration) for one in measurements}


def arranged(measurements: Sequence[Measurement], across: str) -> Matrix:
    """One setting in the columns, whatever else differs in the rows."""
    rest = tuple(name for name in varying(measurements) if name != across)
    return Matrix(across, rest)


def matrix_chart(measurements: Sequence[Measurement], matrix: Matrix, figure: Figure) -> Chart:
    """The heat map. A speed-up is over the first configuration that was measured."""
    frame = pd.DataFrame(_rows(measurements, matrix, figure))
    rows, columns = (list(dict.fromkeys(frame[name])) for name in ("Row", "Column"))
    x = alt.X(
        "Column:N",
        sort=columns,
        title=SETTING_HEADS[matrix.across],
        axis=alt.Axis(orient="top", labelAngle=0, labelLimit=220),
    )
    y = alt.Y("Row:N", sort=rows, title=None, axis=alt.Axis(labelLimit=280))
    tips = [alt.Tooltip(name, title=title) for name, title in _TIPS]
    base = alt.Chart(frame)
    cell = base.mark_rect(cornerRadius=4, stroke="transparent", strokeWidth=4).encode(
        x=x,
        y=y,
        color=alt.condition("isValid(datum.Shade)", _colors(frame, figure), alt.value("transparent")),
        tooltip=tips,
    )
    text = base.mark_text(fontSize=14, fontWeight=600).encode(
        x=x, y=y, text="Text:N", color=alt.Color("Ink:N", scale=None), tooltip=tips
    )
    # The colours of the cells have a scale, those of the text are what they are.
    layers: Chart = alt.layer(cell, text).resolve_scale(color="independent")
    return layers.properties(height=CELL * len(rows) + 40)


_TIPS = (("Label:N", "Configuration"), ("Median:N", "Median"), ("Speed:N", "Speed-up over the first"))


def _rows(measurements: Sequence[Measurement], matrix: Matrix, figure: Figure) -> list[dict[str, object]]:
    base = next((one.median_s for one in measurements if one.median_s), None)
    slowest = max((one.median_s or 0.0 for one in measurements), default=0.0)
    found: list[dict[str, object]] = []
    for one in measurements:
        cell = one.configuration
        ratio = base / one.median_s if base and one.median_s else None
        median = seconds(one.median_s) if one.median_s else FAILED_TEXT
        speed = f"{ratio:.2f}×" if ratio else FAILED_TEXT
        shade = one.median_s if figure == "median" else ratio and math.log2(ratio)
        is_dark = _is_dark(figure, one.median_s, slowest, shade)
        found.append(
            {
                "Row": ", ".join(setting(cell, name) for name in matrix.down) or "Median",
                "Column": setting_alone(cell, matrix.across),
                "Label": one.label,
                "Median": median,
                "Speed": speed,
                "Text": median if figure == "median" else speed,
                "Shade": shade,
                "Ink": FAILED if shade is None else LIGHT if is_dark else DARK,
            }
        )
    return found


def _is_dark(figure: Figure, median_s: float | None, slowest: float, shade: float | None) -> bool:
    """Whether a cell is so dark that its text must be white."""
    if shade is None:
        return False
    if figure == "median":
        return slowest > 0 and (median_s or 0.0) / slowest > 0.7
    return abs(shade) > 0.75


def _colors(frame: pd.DataFrame, figure: Figure) -> alt.Color:
    if figure == "median":
        top = float(frame["Shade"].max() or 0) if frame["Shade"].notna().any() else 1.0
        scale = alt.Scale(domain=[0, top / 2, top], range=list(TIME_COLORS))
        return alt.Color("Shade:Q", scale=scale, legend=None)
    found = frame["Shade"].dropna().abs()
    end = max(float(found.max()) if len(found) else 0.0, math.log2(LARGEST_RATIO))
    scale = alt.Scale(domain=[-end, -end / 2, 0, end / 2, end], range=list(RATIO_COLORS), clamp=True)
    return alt.Color("Shade:Q", scale=scale, legend=None)
