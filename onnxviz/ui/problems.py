"""An error is something to show: one sentence, with the technical words folded away below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, overload

import streamlit as st

from onnxviz.errors import JobCancelled, OnnxvizError
from onnxviz.ui import waiting
from onnxviz.ui.text import md

P = ParamSpec("P")


def show(error: OnnxvizError) -> None:
    """The sentence, and the detail in a fold-out. A cancelled job is no error but news."""
    if isinstance(error, JobCancelled):
        st.info(md(str(error)), icon=":material/cancel:")
        return
    st.error(md(str(error), 1000), icon=":material/error:")
    if error.detail:
        with st.expander("Technical details"):
            st.code(error.detail[-8000:], language=None)


@contextmanager
def shown() -> Iterator[None]:
    """Show an `OnnxvizError` of the enclosed code where it happens, and go on."""
    try:
        yield
    except OnnxvizError as error:
        show(error)


@overload
def fragment(draw: Callable[P, None]) -> Callable[P, None]: ...


@overload
def fragment(*, run_every: float | None) -> Callable[[Callable[P, None]], Callable[P, None]]: ...


def fragment(
    draw: Callable[P, None] | None = None, *, run_every: float | None = None
) -> Callable[P, None] | Callable[[Callable[P, None]], Callable[P, None]]:
    """`st.fragment` in which an `OnnxvizError` is shown, with a spot of its own for waiting: a fragment that
    runs alone has no page around it."""

    def made(draw: Callable[P, None]) -> Callable[P, None]:
        @wraps(draw)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
            with waiting.reserved(), shown():
                draw(*args, **kwargs)

        return st.fragment(guarded, run_every=run_every)

    return made if draw is None else made(draw)
