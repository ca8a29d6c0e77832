"""The tabs with a chart, and what each says."""

from __future__ import annotations

from typing import cast, get_args

import pandas as pd
import streamlit as st

from onnxviz.ui.bench import words
from onnxviz.ui.bench.charts import matrix as matrices
from onnxviz.ui.bench.charts.matrix import Figure, arranged, matrix_chart, varying
from onnxviz.ui.bench.charts.phases import phases_chart
from onnxviz.ui.bench.charts.rounds import rounds_chart
from onnxviz.ui.bench.charts.runs import MOST_DOTS, runs_chart
from onnxviz.ui.bench.charts.sizes import nodes_run, sizes_chart
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.session import Session
from onnxviz.ui.text import md, seconds

FIGURE_WORDS: dict[Figure, str] = {"median": "Median", "speed-up": "Speed-up over the first"}
IN_FILE, AS_RUN = "Nodes in the model", "Nodes that the runtime ran"


def runs(_: Session, shown: Shown) -> None:
    """Every run as a dot."""
    chart, beyond = runs_chart(shown.timed, shown.shorts)
    st.altair_chart(chart, width="stretch")
    total = sum(len(one.times_s) for one in shown.timed)
    text = "A dot is a run; the box holds the middle half of them, and the bar in it is the median."
    if any(len(one.times_s) > MOST_DOTS for one in shown.timed):
        text += f" Of {total:,} runs, at most {MOST_DOTS} of each configuration are drawn."
    if beyond:
        text += f" {beyond:,} far slower {'run lies' if beyond == 1 else 'runs lie'} beyond the right edge."
    st.caption(text)


def rounds(_: Session, shown: Shown) -> None:
    """The median of each round."""
    if not all(one.rounds for one in shown.timed):
        st.caption("No round was complete.")
        return
    chart, beyond = rounds_chart(shown.timed, shown.shorts)
    st.altair_chart(chart, width="stretch")
    text = (
        "Level lines: the machine was steady. A slope or a step that all share comes from the "
        "machine, and meets all alike; one that a single line has is its own."
    )
    if beyond:
        text += f" {beyond:,} far slower {'point lies' if beyond == 1 else 'points lie'} above the top."
    st.caption(text)


def matrix(_: Session, shown: Shown) -> None:
    """All configurations as cells."""
    found = shown.result.measurements
    settings = varying(found)
    if not settings:
        st.caption("The configurations differ in nothing.")
        return
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    figure = left.segmented_control(
        "In the cells",
        get_args(Figure),
        default="median",
        format_func=lambda one: FIGURE_WORDS[one],
        key=f"benchmark:matrix:{shown.key}",
        required=True,
    )
    across = settings[-1]
    if len(settings) > 1:
        across = right.segmented_control(
            "In the columns",
            settings,
            default=across,
            format_func=lambda name: words.SETTING_HEADS[name],
            key=f"benchmark:across:{shown.key}",
            required=True,
        )
    chosen = cast("Figure", figure)
    st.altair_chart(matrix_chart(found, arranged(found, str(across)), chosen), width="stretch")
    base = next((one for one in found if one.times_s), None)
    if chosen == "median":
        st.caption("The darker a cell, the longer a run takes.")
    elif base is not None:
        st.caption(
            f"How often a run fits into one of **{md(shown.shorts[base.label])}**, which is 1: blue is "
            f"faster, orange slower. Cells that differ by less than their verdict's brackets differ by "
            "chance."
        )
    if any(one.error for one in found):
        st.caption(f"What says “{matrices.FAILED_TEXT}” has its reason below the table above.")


def sizes(mine: Session, shown: Shown) -> None:
    """Time against nodes, as the file has them and as they were run."""
    counts = {}
    for one in shown.timed:
        model = shown.model_of(mine, one)
        if model is not None:
            counts[one.label] = model.graph.node_count()
    choices = {IN_FILE: counts, AS_RUN: nodes_run(shown.timed)}
    offered = [what for what, found in choices.items() if found]
    if not offered:
        st.caption("How many nodes these models have is known neither from the session nor from the runtime.")
        return
    what = st.segmented_control(
        "Across", offered, default=offered[0], key=f"benchmark:nodes:{shown.key}", required=True
    )
    st.altair_chart(sizes_chart(shown.timed, choices[str(what)], shown.shorts, str(what)), width="stretch")
    st.caption(
        "The bar through a point spans the middle half of its runs. Where points of fewer nodes are no "
        "lower, the nodes that went cost nothing: often the runtime had dropped them itself, which the other "
        "choice shows."
    )


def phases(_: Session, shown: Shown) -> None:
    """Loading, creating the session, and the first run."""
    st.altair_chart(phases_chart(shown.timed, shown.shorts), width="stretch")
    rows = [
        {
            "Configuration": md(shown.shorts[one.label]),
            "Load and create": seconds(one.create_s),
            "First run": seconds(one.first_s),
            "Warm-up": f"{one.warmup_runs:,} runs{'' if one.was_steady else ', not steady by then'}",
        }
        for one in shown.timed
    ]
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)
