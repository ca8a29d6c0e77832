"""One lesson from its title to the way on."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from onnxviz import jobs
from onnxviz.lessons.types import Code, Experiment, Lesson, Text
from onnxviz.samples.catalog import SAMPLES
from onnxviz.ui.learning import experiment, progress, question
from onnxviz.ui.session import Session
from onnxviz.ui.text import md


def show(mine: Session, lesson: Lesson) -> None:
    """Title, aim, parts in order, the question, and the lessons before and after."""
    # Their first job need not wait for the imports then.
    for kind in sorted({each.worker for each in lesson.experiments().values()}):
        jobs.warm(kind)
    with st.container(key="learn-lesson"):
        st.caption(f"Lesson {progress.number(lesson)} · {lesson.minutes} minutes")
        st.title(lesson.title, anchor=False)
        with st.container(key="learn-aim"):
            st.markdown(lesson.aim)
        _parts(mine, lesson)
        is_right = question.show(lesson)
        _samples(lesson)
        _ways(lesson, is_right=is_right)


def _parts(mine: Session, lesson: Lesson) -> None:
    """Code that stands right above an experiment is what that runs, and becomes part of its block."""
    code: tuple[Code, ...] = ()
    for part in lesson.parts:
        if isinstance(part, Code):
            code = (*code, part)
            continue
        if isinstance(part, Experiment):
            experiment.show(mine, lesson, part, code)
            code = ()
            continue
        experiment.show_code(code, {})
        code = ()
        assert isinstance(part, Text)
        st.markdown(part.markdown, anchors=False)
    experiment.show_code(code, {})


def _samples(lesson: Lesson) -> None:
    """Models of the same kind, to be exported on another page."""
    if not lesson.samples:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Go on with a sample:", width="content")
        for each in lesson.samples:
            key = f"learn:{lesson.id}:sample:{each}"
            if st.button(md(SAMPLES[each].title), key=key, type="tertiary", icon=":material/output:"):
                st.switch_page("pages/open.py", query_params={"sample": each})


def _ways(lesson: Lesson, *, is_right: bool) -> None:
    before, after = progress.neighbours(lesson)
    alignment: Literal["distribute", "right"] = "distribute" if before is not None else "right"
    with st.container(horizontal=True, horizontal_alignment=alignment):
        if before is not None:
            st.button(
                "Previous lesson",
                key="learn:previous",
                icon=":material/chevron_left:",
                shortcut="Shift+Left",
                help=before.title,
                on_click=progress.go,
                args=(before.id,),
            )
        if after is not None:
            st.button(
                "Next lesson",
                key="learn:next",
                type="primary" if is_right else "secondary",
                icon=":material/chevron_right:",
                icon_position="right",
                shortcut="Shift+Right",
                help=after.title,
                on_click=progress.go,
                args=(after.id,),
            )
        elif len(progress.done()) == progress.number(lesson):
            st.markdown(":material/celebration: That was the last lesson, and every question is answered.")
