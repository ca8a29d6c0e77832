"""Waiting in place for a job without which there is nothing to show."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from onnxviz.errors import OnnxvizError
from onnxviz.jobs import Job
from onnxviz.ui.text import md

PATIENCE_SECONDS = 0.5
"""A job that is done within this time shows no progress: it would only flicker. With the run of a page before
it, a click is still answered within a second."""

POLL_SECONDS = 0.3

_spot: ContextVar[DeltaGenerator | None] = ContextVar("spot", default=None)


@contextmanager
def reserved() -> Iterator[None]:
    """Keep a spot here for `in_place`, in every run the same. What stands below then keeps its position, and
    with it what a person did there: a tab that was chosen, a picture that was moved.

    A page has one, and so has each fragment: run alone, it may not write into the page around it.
    """
    before = _spot.set(st.empty())
    try:
        yield
    finally:
        _spot.reset(before)


def in_place(job: Job[Any], seconds: float = math.inf) -> None:
    """Return when `job` is done, however it ended, or after `seconds` or a little more.

    Meanwhile the page tells what it does, or its place in line, in the spot that `reserved` keeps.
    """
    is_page = get_script_run_ctx(suppress_warning=True) is not None
    if _is_done(job, PATIENCE_SECONDS if is_page else seconds) or not is_page:
        return
    place = _spot.get() or st.empty()
    while not _is_done(job, POLL_SECONDS) and job.progress().seconds < seconds:
        place.caption(f":material/hourglass: {words(job)}")
    place.empty()


def words(job: Job[Any]) -> str:
    """What it does now, or its place in line, and since when, as Markdown."""
    progress = job.progress()
    return f"{md(progress.text)} · {progress.seconds:.0f} s"


def not_yet(what: str, job: Job[Any], then: str) -> None:
    """Say that `what` was not done in time and waits no more; `then` is what a person can do."""
    st.warning(f"{what} is not done yet ({md(job.progress().text)}). {then}.", icon=":material/hourglass:")


def _is_done(job: Job[Any], seconds: float) -> bool:
    try:
        job.result(min(seconds, threading.TIMEOUT_MAX))
    except TimeoutError:
        return False
    except OnnxvizError:
        # Told by who asks for the result.
        return True
    return True
