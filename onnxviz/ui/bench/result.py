"""A benchmark's result on a page: what it says first, then figures, pictures, and what to take away."""

from __future__ import annotations

import streamlit as st

from onnxviz.bench.types import BenchResult
from onnxviz.ui.bench import figures, tabs, takeaway, words
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.bench.words import Headline
from onnxviz.ui.session import Session
from onnxviz.ui.text import md

LOOKS = {
    "faster": ("green", ":material/trending_up:"),
    "slower": ("red", ":material/trending_down:"),
    "same": ("gray", ":material/drag_handle:"),
    "unknown": ("orange", ":material/question_mark:"),
}
MOST_SHOWN = 3
"""Verdicts that stand open; a table of many configurations has more."""

MOST_NOTES = 4


def show(mine: Session, shown: Shown) -> None:
    """Everything about one result."""
    result, plan = shown.result, shown.asked.plan if shown.asked else None
    if plan is not None:
        st.caption(f"Measured with {words.measured_with(plan)}")
    else:
        st.caption(f"From the file {md(shown.name, 80)}, measured on {md(result.environment.cpu, 80)}")
    if result.is_partial:
        st.info(words.stopped(result, plan), icon=":material/front_hand:")
    _fallbacks(shown)
    _apart(shown)
    _verdicts(result)
    figures.show(shown)
    _notes(shown)
    if shown.timed:
        tabs.show(mine, shown)
    takeaway.show(shown)


def _fallbacks(shown: Shown) -> None:
    """Above all else: times of a provider that did not run are not times of that provider."""
    for one in shown.result.measurements:
        if not words.fell_back(one):
            continue
        name = md(shown.shorts[one.label])
        text = words.fallback(one, shown.result.warnings_for(one.label))
        if words.fell_back_whole(one):
            st.error(f"**{name} did not run where it was asked to**: {text}", icon=":material/alt_route:")
        else:
            st.warning(f"**{name} ran in part elsewhere**: {text}", icon=":material/alt_route:")


def _apart(shown: Shown) -> None:
    """A faster model that computes something else is no faster one."""
    for one in shown.result.agreements:
        if one.verdict == "differs":
            name, other = (md(shown.shorts.get(label, label), 160) for label in (one.b, one.a))
            st.error(
                f"**{name} does not compute what {other} does.** {md(one.sentence, 600)}",
                icon=":material/warning:",
            )


def _verdicts(result: BenchResult) -> None:
    found = words.headlines(result)
    for place, one in enumerate(found[:MOST_SHOWN]):
        _verdict(one, "####" if place else "###")
    if len(found) > MOST_SHOWN:
        with st.expander(f"{len(found) - MOST_SHOWN} more to compare"):
            for one in found[MOST_SHOWN:]:
                _verdict(one, "#####")


def _verdict(one: Headline, level: str) -> None:
    color, icon = LOOKS[one.kind]
    with st.container(border=True):
        st.markdown(f"{level} :{color}[{icon}] {one.sentence}")
        st.markdown(one.meaning)


def _notes(shown: Shown) -> None:
    shorts = shown.shorts
    notes = [
        f"**{md(shorts.get(advice.subject, advice.subject))}**: {md(advice.text, 600)}."
        if advice.subject
        else f"{md(advice.text[:1].upper() + advice.text[1:], 600)}."
        for advice in shown.result.warnings
        if advice.code != "fell_back"
    ]
    if notes:
        st.caption("\n".join(f"- {note}" for note in notes[:MOST_NOTES]))
    if len(notes) > MOST_NOTES:
        with st.expander(f"{len(notes) - MOST_NOTES} more to note"):
            st.caption("\n".join(f"- {note}" for note in notes[MOST_NOTES:]))
