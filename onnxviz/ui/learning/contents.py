"""The list of lessons, in the side bar."""

from __future__ import annotations

import streamlit as st

from onnxviz.lessons import catalog
from onnxviz.lessons.types import Lesson
from onnxviz.ui.learning import progress


def show(opened: Lesson) -> None:
    """How far a student is, and each lesson: number, title, minutes, a tick when it is done."""
    lessons, done = catalog.lessons(), progress.done()
    count = sum(lesson.id in done for lesson in lessons)
    with st.container(key="learn-contents", gap="xxsmall"):
        st.subheader("Lessons", anchor=False)
        st.progress(count / len(lessons), text=f"{count} of {len(lessons)} done")
        for number, lesson in enumerate(lessons, 1):
            _row(number, lesson, is_open=lesson is opened, is_done=lesson.id in done)


def _row(number: int, lesson: Lesson, *, is_open: bool, is_done: bool) -> None:
    # The style of the one that is open goes by this key.
    key = "learn-row-open" if is_open else f"learn-row-{lesson.id}"
    with st.container(key=key):
        st.button(
            f"{number} · {lesson.title} :gray[{lesson.minutes}\u00a0min]",
            key=f"learn:go:{lesson.id}",
            type="tertiary",
            icon=":material/check_circle:" if is_done else ":material/circle:",
            on_click=progress.go,
            args=(lesson.id,),
            width="stretch",
        )
