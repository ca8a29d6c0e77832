"""Benchmark: how fast models run, on which execution provider, and whether a difference is real."""

from __future__ import annotations

import streamlit as st

from onnxviz import jobs
from onnxviz.bench import runner
from onnxviz.bench.types import BenchResult
from onnxviz.jobs import Job, Limits
from onnxviz.ui import benchmarking, benchresult, empty
from onnxviz.ui.benchmarking import Asked
from onnxviz.ui.session import session
from onnxviz.ui.work import Work

PURPOSE = "See how long a model takes to run, on which execution provider, and whether a difference is real."


def main() -> None:
    """The choices, the button, and the last result, which stays with the plan that made it."""
    mine = session()
    if mine.current is None:
        empty.show("Benchmark", PURPOSE)
        return
    st.title("Benchmark")
    st.markdown(PURPOSE)
    asked = benchmarking.choose(mine)
    work: Work[BenchResult] = Work("benchmark")
    button, text = st.columns([1, 5], vertical_alignment="center")
    was_running = work.running()
    pressed = button.button(
        "Measure",
        type="primary",
        icon=":material/speed:",
        disabled=asked is None or was_running,
        width="stretch",
    )
    if asked is not None:
        text.caption(benchmarking.estimate(asked.plan))
    if pressed and asked is not None:
        st.session_state["benchmark:asked"] = asked
        work.start(lambda: _ask(asked))
        if work.running():
            st.rerun()
    result = work.show()
    if work.running():
        return
    if result is not None:
        st.session_state["benchmark:done"] = (st.session_state["benchmark:asked"], result)
        work.clear()
    if was_running:
        # The button was drawn before it was known that the job is done.
        st.rerun()
    _last(asked)


def _ask(asked: Asked) -> Job[BenchResult]:
    # Without a key: a benchmark is a measurement, and none may come from a cache.
    limits = Limits(seconds=benchmarking.deadline(asked.plan))
    return jobs.submit("bench", "Measuring", runner.run, asked.plan, limits=limits)


def _last(asked: Asked | None) -> None:
    """The last result there is; an attempt that was cancelled or failed does not take it away."""
    done: tuple[Asked, BenchResult] | None = st.session_state.get("benchmark:done")
    if done is None:
        return
    measured, result = done
    st.subheader("Result")
    if asked is None or not asked.is_same(measured):
        st.info(
            "The choice above has changed since this was measured. Press Measure for a new result.",
            icon=":material/history:",
        )
    benchresult.show(measured, result)


main()
