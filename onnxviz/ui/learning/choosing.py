"""The choices of an experiment as widgets."""

from __future__ import annotations

from typing import Any

import streamlit as st

from onnxviz.lessons.types import Choice, Experiment, Lesson

MOST_SEGMENTS = 4
"""Of a choice whose options stand beside each other; more are in a list that opens."""


def choose(lesson: Lesson, experiment: Experiment) -> dict[str, Any]:
    """All widgets in a row, and what is chosen, by id."""
    if not experiment.choices:
        return {}
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        return {
            choice.id: _widget(choice, f"learn:{lesson.id}:{experiment.id}:{choice.id}")
            for choice in experiment.choices
        }


def _widget(choice: Choice, key: str) -> Any:
    help_text = choice.help or None
    if choice.range is not None:
        low, high = choice.range
        return st.slider(
            choice.label,
            low,
            high,
            choice.default,
            key=key,
            help=help_text,
            persist_state="session",
            width=280,
        )
    values, labels = [value for value, _ in choice.options], dict(choice.options)
    if len(values) <= MOST_SEGMENTS:
        return st.segmented_control(
            choice.label,
            values,
            default=choice.default,
            required=True,
            format_func=labels.__getitem__,
            key=key,
            help=help_text,
            persist_state="session",
            width="content",
        )
    return st.selectbox(
        choice.label,
        values,
        index=values.index(choice.default),
        format_func=labels.__getitem__,
        key=key,
        help=help_text,
        persist_state="session",
        width=280,
    )
