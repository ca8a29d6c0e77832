"""A profile of one configuration: which, the job that takes it, and where it is kept."""

from __future__ import annotations

import streamlit as st

from onnxviz import jobs
from onnxviz.bench.profiles import Profile
from onnxviz.bench.profiling import profile
from onnxviz.bench.types import Measurement
from onnxviz.jobs import Job, Limits
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.work import Work

PROFILES = "benchmark:profiles"
CHOSEN = "benchmark:looked-at"

SECONDS = 2.0
LIMIT_SECONDS = 300
"""Of a job that takes seconds where models are not huge."""


def pick(shown: Shown, place: str) -> Measurement:
    """The configuration that a tab (`place`) is about; both tabs begin with the one that was chosen last."""
    timed = {one.label: one for one in shown.timed}
    labels = list(timed)
    if len(labels) == 1:
        return timed[labels[0]]
    last = st.session_state.get(CHOSEN)
    shorts = shown.shorts
    label = st.selectbox(
        "Configuration",
        labels,
        index=labels.index(last) if last in labels else 0,
        format_func=lambda label: shorts[label],
        key=f"benchmark:pick:{place}:{shown.key}",
    )
    st.session_state[CHOSEN] = label
    return timed[label]


def taken(shown: Shown, one: Measurement) -> Profile | None:
    """The profile of a configuration, if there is one."""
    kept: dict[tuple[str, str], Profile] = st.session_state.setdefault(PROFILES, {})
    return kept.get((shown.key, one.label))


def take(shown: Shown, one: Measurement, button: str, why: str) -> Profile | None:
    """A button that takes a profile, and its progress; the profile once it is there."""
    assert shown.asked is not None
    work: Work[Profile] = Work("benchmark:profile")
    asked = (shown.key, one.label)
    if work.running() and st.session_state.get(f"{PROFILES}:asked") != asked:
        st.caption("Another profile is being taken.")
        work.show()
        return None
    plan = shown.asked.plan
    if not work.running():
        left, right = st.columns([1, 4], vertical_alignment="center")
        right.caption(why)
        key = f"benchmark:profile:{button}"
        if left.button(button, icon=":material/query_stats:", key=key, width="stretch"):
            st.session_state[f"{PROFILES}:asked"] = asked
            work.start(lambda: _ask(one, plan.inputs, plan.seed))
    if st.session_state.get(f"{PROFILES}:asked") != asked:
        return None
    found = work.show()
    if found is not None:
        st.session_state[PROFILES][asked] = found
        work.clear()
        st.session_state.pop(f"{PROFILES}:asked")
        st.rerun()
    return None


def _ask(one: Measurement, inputs: str, seed: int) -> Job[Profile]:
    return jobs.submit(
        "bench",
        "Profiling",
        profile,
        one.configuration,
        limits=Limits(seconds=LIMIT_SECONDS),
        inputs=inputs,
        seed=seed,
        seconds=SECONDS,
    )
