"""An experiment in a lesson: its choices, the code, the button, and what it found."""

from __future__ import annotations

import streamlit as st

from onnxviz.lessons.running import Ran
from onnxviz.lessons.types import Choices, Code, Experiment, Lesson
from onnxviz.ui import problems
from onnxviz.ui.learning import choosing, outcome, runs
from onnxviz.ui.learning.runs import Asked
from onnxviz.ui.session import Session
from onnxviz.ui.showing import again
from onnxviz.ui.text import md
from onnxviz.ui.work import Work

PATIENCE_SECONDS = 1.5
"""Most experiments are done by then, and show no progress bar."""

MOST_LINES = 9
"""Of code that stands open in an experiment."""


@problems.fragment
def show(mine: Session, lesson: Lesson, experiment: Experiment, code: tuple[Code, ...] = ()) -> None:
    """The whole block. `code` is what it runs, and follows the choices.

    What was run with these choices before is shown at once; what another choice gave is not.
    """
    place = _place(lesson, experiment)
    # One key for all lessons' styles, in which a graph has its place.
    with st.container(border=True, key=f"learn-try-{place}"):
        st.markdown(f"### :material/science: {experiment.title}", anchors=False)
        choices = choosing.choose(lesson, experiment)
        _code(code, choices)
        this = runs.asked(mine, lesson, experiment, choices)
        with st.container():
            _run(mine, lesson, experiment, this)
        ran = runs.of(mine, this.key)
        if ran is not None:
            runs.note(this)
            outcome.show(mine, lesson, ran, f"learn:{place}")


def show_code(code: tuple[Code, ...], choices: Choices) -> None:
    """Python to read and to copy."""
    for part in code:
        st.code(_python(part, choices), language="python")


def _python(part: Code, choices: Choices) -> str:
    return (part.python if isinstance(part.python, str) else part.python(choices)).strip("\n")


def _code(code: tuple[Code, ...], choices: Choices) -> None:
    """What the experiment runs; folded away where it would come between the choices and what they give."""
    if sum(_python(part, choices).count("\n") + 1 for part in code) <= MOST_LINES:
        show_code(code, choices)
        return
    with st.expander("The same in Python", icon=":material/code:"):
        show_code(code, choices)


def _place(lesson: Lesson, experiment: Experiment) -> str:
    return f"{lesson.id}-{experiment.id}"


def _work(lesson: Lesson, experiment: Experiment) -> Work[Ran]:
    return Work(f"learn:{_place(lesson, experiment)}", PATIENCE_SECONDS)


def _run(mine: Session, lesson: Lesson, experiment: Experiment, this: Asked) -> None:
    """The button and the work behind it; another choice than that which runs or failed ends that."""
    work, asked = _work(lesson, experiment), f"learn:{_place(lesson, experiment)}:asked"
    if st.session_state.get(asked, this.key) != this.key:
        work.clear()
        del st.session_state[asked]
    known = runs.of(mine, this.key) is not None
    pressed = not experiment.at_once and _button(lesson, experiment, this, known=known)
    if pressed or (experiment.at_once and not known and asked not in st.session_state):
        st.session_state[asked] = this.key
        # What another of the class has run already is not run for the first look, but for another one.
        work.start(lambda: runs.start(mine, this, anew=known))
    ran = work.show()
    if ran is None:
        return
    work.clear()
    # Where the result is not there any more later on, what runs at once is to run once more.
    st.session_state.pop(asked, None)
    with problems.shown():
        runs.take(mine, this, ran)
        _redraw(lesson, experiment)


def _redraw(lesson: Lesson, experiment: Experiment) -> None:
    """The button was drawn before the result was there, and so were the experiments that build on it."""
    if any(other.needs == experiment.id for other in lesson.experiments().values()):
        st.rerun()
    if not experiment.at_once:
        again()


def _button(lesson: Lesson, experiment: Experiment, this: Asked, *, known: bool) -> bool:
    needed = lesson.experiments().get(experiment.needs)
    # What is started now would be about the files that are just being made anew.
    must_wait = needed is not None and _work(lesson, needed).running()
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            experiment.button,
            key=f"learn:{_place(lesson, experiment)}:run",
            type="secondary" if known else "primary",
            icon=":material/replay:" if known else ":material/play_arrow:",
            disabled=must_wait or _work(lesson, experiment).running(),
        )
        if must_wait:
            st.caption(f"“{md(needed.title if needed else '')}” is running.")
        elif this.runs_first and not known:
            titles = " and ".join(f"“{md(title)}”" for title in this.runs_first)
            st.caption(f"{titles} {'is' if len(this.runs_first) == 1 else 'are'} run first.")
    return pressed and not must_wait
