"""A benchmark under way: the button, a bar for each configuration, and what is left when it is cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pandas as pd
import streamlit as st

from onnxviz import jobs
from onnxviz.bench import live, runner
from onnxviz.bench.types import BenchResult, Measurement, Plan
from onnxviz.jobs import Job, Limits
from onnxviz.ui.bench import words
from onnxviz.ui.bench.asked import Asked
from onnxviz.ui.bench.estimating import before, left, remember
from onnxviz.ui.bench.profiling import PROFILES
from onnxviz.ui.text import md
from onnxviz.ui.work import Live, Work

DONE = "benchmark:done"
"""The last result there is, as (`Asked`, `BenchResult`)."""

SERIAL = "benchmark:serial"
"""How many results there were: the number of the last."""

_ASKED = "benchmark:asked"

MOST_ROWS = 12
"""Rows of the table of running medians; the rest is scrolled to."""

ROW_PX = 35


def run(asked: Asked | None) -> bool:
    """The button and what it starts; False while it is under way.

    The result is left under `DONE`; an attempt that failed, or had measured nothing, leaves the one before.
    """
    work: Work[BenchResult] = Work("benchmark")
    was_running = work.running()
    with st.container():
        pressed = _button(asked, was_running)
    if pressed and asked is not None:
        st.session_state[_ASKED] = asked
        work.start(lambda: _ask(asked))
        if work.running():
            st.rerun()
    result = work.show(live=_live(st.session_state.get(_ASKED)))
    if work.running():
        return False
    if result is not None:
        st.session_state[DONE] = (st.session_state[_ASKED], result)
        remember(*st.session_state[DONE])
        st.session_state[SERIAL] = st.session_state.get(SERIAL, 0) + 1
        for about_the_last in ("benchmark:result", PROFILES):
            st.session_state.pop(about_the_last, None)
        work.clear()
    if was_running:
        # The button was drawn before it was known that the job is done.
        st.rerun()
    return True


def _button(asked: Asked | None, was_running: bool) -> bool:
    button, text = st.columns([1, 5], vertical_alignment="center")
    pressed = button.button(
        "Measure",
        type="primary",
        icon=":material/speed:",
        disabled=asked is None or was_running,
        width="stretch",
    )
    if asked is not None and not was_running:
        with text:
            before(asked)
    return pressed


def _ask(asked: Asked) -> Job[BenchResult]:
    # Without a key: a benchmark is a measurement, and none may come from a cache.
    limits = Limits(seconds=runner.longest_s(asked.plan))
    return jobs.submit("bench", "Measuring", runner.run, asked.plan, limits=limits)


def _live(asked: Asked | None) -> Live[BenchResult] | None:
    if asked is None:
        return None
    plan = asked.plan
    return Live(
        words=_words,
        below=lambda job: _below(plan, job),
        kept=_kept,
    )


def _kept(job: Job[BenchResult]) -> Job[BenchResult] | None:
    """Compare what was measured so far: in a job, since that takes seconds where there are many runs."""
    parts = job.parts()
    if not any(one.times_s for one in live.so_far(parts)):
        return None
    # Not None, since something was timed.
    return cast("Job[BenchResult]", jobs.submit("look", "Comparing what was measured", live.partial, parts))


def _words(job: Job[BenchResult]) -> str:
    """What is done now, and how long it will still take, as Markdown."""
    progress, parts = job.progress(), job.parts()
    is_timing = any(isinstance(part, live.Begun) for part in parts)
    doing = "Timing them by turns" if is_timing and (progress.fraction or 0) < 1 else md(progress.text, 160)
    rest = left(parts)
    return f"{doing} · {progress.seconds:.0f} s so far" + (f", {rest}" if rest else "")


def _below(plan: Plan, job: Job[BenchResult]) -> None:
    """A row for each configuration; before the first round they have their names alone."""
    found = live.so_far(job.parts()) or tuple(Measurement(cell) for cell in plan.configurations())
    frame = table(found)
    slowest = frame["Median so far"].max()
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        height=ROW_PX * (min(len(frame), MOST_ROWS) + 1) + 2,
        column_config={
            "Configuration": st.column_config.TextColumn(width="large"),
            "Median so far": st.column_config.ProgressColumn(
                "Median so far (ms)",
                format="%.4g ms",
                min_value=0.0,
                max_value=float(slowest) if slowest > 0 else 1.0,
                width="medium",
            ),
            "Rounds": st.column_config.NumberColumn(width="small", format="localized"),
            "Note": st.column_config.TextColumn(width="medium"),
        },
    )
    if not slowest > 0:
        st.caption("Nothing is timed yet: each is created, run for the first time, and warmed up before.")
        return
    st.caption(
        "Shorter is faster. These figures still move; the verdict comes at the end. Cancel keeps what was "
        "measured by then."
    )


def table(found: Sequence[Measurement]) -> pd.DataFrame:
    """Running medians in milliseconds, NaN where there is none yet."""
    shorts = words.short_labels(found)
    rows = [
        {
            "Configuration": shorts[one.label],
            "Median so far": float("nan") if one.median_s is None else 1e3 * one.median_s,
            "Rounds": one.rounds,
            "Note": words.without_label(one) if one.error else "",
        }
        for one in found
    ]
    return pd.DataFrame(rows)
