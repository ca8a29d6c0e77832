"""Which lesson is open, and which ones are done: kept for the session."""

from __future__ import annotations

import streamlit as st

from onnxviz.lessons import catalog
from onnxviz.lessons.types import Lesson

PARAMETER = "lesson"
"""Of a link that opens a lesson: `/learn?lesson=what_folds`."""

_OPEN = "learn:open"
_DONE = "learn:done"
_UNKNOWN = "learn:unknown"


def current() -> Lesson:
    """The lesson that is open; at first the one that the address names, else the first."""
    known = {lesson.id: lesson for lesson in catalog.lessons()}
    if _OPEN not in st.session_state:
        wanted = st.query_params.get(PARAMETER, "")
        st.session_state[_UNKNOWN] = bool(wanted) and wanted not in known
        st.session_state[_OPEN] = wanted if wanted in known else next(iter(known))
    return known[st.session_state[_OPEN]]


def was_unknown() -> bool:
    """Whether the address named a lesson that there is none of; told once."""
    return bool(st.session_state.pop(_UNKNOWN, False))


def go(lesson_id: str) -> None:
    """Open another lesson in the next run."""
    st.session_state[_OPEN] = lesson_id


def to_address(lesson: Lesson) -> None:
    """Have the address open this lesson again; what another page left in it goes."""
    wanted = {PARAMETER: [lesson.id]}
    if wanted != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(wanted)


def done() -> frozenset[str]:
    """Ids of the lessons whose question was answered right."""
    return frozenset(st.session_state.get(_DONE, ()))


def set_done(lesson_id: str) -> None:
    """Tick a lesson off."""
    st.session_state[_DONE] = done() | {lesson_id}


def neighbours(lesson: Lesson) -> tuple[Lesson | None, Lesson | None]:
    """The lesson before and the one after, None at the ends."""
    all_of_them = catalog.lessons()
    place = all_of_them.index(lesson)
    before = all_of_them[place - 1] if place else None
    return before, all_of_them[place + 1] if place + 1 < len(all_of_them) else None


def number(lesson: Lesson) -> int:
    """Its place in the list, from 1."""
    return catalog.lessons().index(lesson) + 1
