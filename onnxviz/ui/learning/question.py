"""What a lesson ends with: its question, the reply to an answer, and the way on."""

from __future__ import annotations

import streamlit as st

from onnxviz.lessons.answers import Verdict, judge
from onnxviz.lessons.types import Lesson, Question
from onnxviz.ui.learning import progress

_TRY_AGAIN = "Try again."


def show(lesson: Lesson) -> bool:
    """The question with its options; True when it is answered right as it stands."""
    key = f"learn:{lesson.id}:answer"
    with st.container(border=True, key="learn-question"):
        st.markdown(f"### :material/quiz: Question\n\n{lesson.question.text}", anchors=False)
        _options(lesson.question, key)
        given = _given(lesson.question, key)
        st.button(
            "Check",
            key=f"learn:{lesson.id}:check",
            type="primary",
            disabled=not given,
            on_click=_check,
            args=(lesson, key),
        )
        # An answer that has changed since it was checked has no reply yet.
        if given and st.session_state.get(f"{key}:checked") == given:
            verdict = judge(lesson.question, given)
            _reply(lesson.question, verdict)
            return verdict.is_right
    return False


def _options(question: Question, key: str) -> None:
    texts = [option.text for option in question.options]
    if question.several:
        for place, text in enumerate(texts):
            st.checkbox(text, key=f"{key}:{place}", persist_state="session")
        return
    st.radio(
        "Answer",
        range(len(texts)),
        index=None,
        format_func=texts.__getitem__,
        key=key,
        persist_state="session",
        label_visibility="collapsed",
    )


def _given(question: Question, key: str) -> tuple[int, ...]:
    """The places of the options that are chosen now."""
    if question.several:
        every = range(len(question.options))
        return tuple(place for place in every if st.session_state.get(f"{key}:{place}"))
    chosen = st.session_state.get(key)
    return () if chosen is None else (chosen,)


def _check(lesson: Lesson, key: str) -> None:
    # In a callback, so that the list above has its tick in the same run.
    given = _given(lesson.question, key)
    st.session_state[f"{key}:checked"] = given
    if judge(lesson.question, given).is_right:
        progress.set_done(lesson.id)


def _reply(question: Question, verdict: Verdict) -> None:
    said = "\n\n".join(verdict.replies)
    if verdict.is_right:
        st.success(said, icon=":material/check_circle:")
        return
    if question.several and verdict.missing:
        more = "One right answer is" if verdict.missing == 1 else f"{verdict.missing} right answers are"
        said = f"{said}\n\n{more} missing.".strip()
    st.warning(f"{said} {_TRY_AGAIN}", icon=":material/lightbulb:")
