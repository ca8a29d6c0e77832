"""Waiting for a job: at first in place, then with progress and a cancel button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from onnxviz.errors import JobCancelled, OnnxvizError
from onnxviz.jobs import Job
from onnxviz.ui import problems
from onnxviz.ui.text import md
from onnxviz.ui.waiting import PATIENCE_SECONDS, POLL_SECONDS, words

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Live(Generic[T]):
    """What a job that hands over parts shows while it runs.

    `words` is what it does now and how long it takes, as Markdown; `below` draws under the bar what there is
    so far; `kept` begins to make a result of it when a person cancels, or gives None where there is nothing.
    """

    words: Callable[[Job[T]], str]
    below: Callable[[Job[T]], None]
    kept: Callable[[Job[T]], Job[T] | None]


class Work(Generic[T]):
    """One place on a page where a job runs: its state lives under `key` from run to run.

    `start` a job, then `show` it on every run: it gives the result once it is there, and keeps giving
    it until the next start or `clear`.
    """

    def __init__(self, key: str, patience: float = PATIENCE_SECONDS) -> None:
        self._key = f"work:{key}"
        self._patience = patience

    def start(self, make: Callable[[], Job[T]]) -> None:
        """Cancel what runs here and start another job."""
        self.clear()
        with problems.shown():
            st.session_state[self._key] = {"job": make()}

    def clear(self) -> None:
        """Forget the job, its result and its error."""
        state = st.session_state.pop(self._key, None)
        if state is not None and "job" in state:
            state["job"].cancel()

    def running(self) -> bool:
        """True while there is something to wait for."""
        return "job" in st.session_state.get(self._key, {})

    def offer_again(self, label: str, make: Callable[[], Job[T]]) -> None:
        """Where the job failed or was cancelled: a button that starts another. Call it after `show`."""
        if not self.running() and st.button(label, icon=":material/refresh:", key=f"{self._key}:again"):
            self.start(make)
            st.rerun()

    def ready(self, seconds: float) -> bool:
        """True when `show` will not wait, after waiting for up to `seconds`."""
        state = st.session_state.get(self._key, {})
        return "job" not in state or self._collect(state, seconds)

    def show(
        self,
        instead: Callable[[OnnxvizError], bool] = lambda _: False,
        live: Live[T] | None = None,
    ) -> T | None:
        """The result; or None, after showing the progress, the error, or nothing.

        An error for which `instead` does something (and returns True) is not shown but forgotten.
        """
        state = st.session_state.get(self._key)
        if state is None:
            return None
        if "job" in state:
            self._collect(state, self._patience)
        if "job" in state:
            self._watch(state, None if state.get("was kept") else live)
            return None
        if "error" in state:
            if instead(state["error"]):
                self.clear()
            else:
                problems.show(state["error"])
            return None
        result: T = state["result"]
        return result

    def _collect(self, state: dict[str, Any], patience: float) -> bool:
        try:
            state["result"] = state["job"].result(patience)
        except TimeoutError:
            return False
        except OnnxvizError as error:
            state["error"] = error
        # Not `del`: a browser that comes back has a thread of its own, and that may have been here first.
        state.pop("job", None)
        return True

    def _watch(self, state: dict[str, Any], live: Live[T] | None) -> None:
        @problems.fragment(run_every=POLL_SECONDS)
        def watching() -> None:
            job = state.get("job")
            if job is None or self._collect(state, 0):
                st.rerun()
            progress = job.progress()
            bar, button = st.columns([5, 1], vertical_alignment="center")
            doing = live.words(job) if live and not job.place() else words(job)
            text = f"{md(job.label)} · {doing}"
            bar.progress(min(1.0, max(0.0, progress.fraction or 0.0)), text=text)
            if button.button("Cancel", key=f"{self._key}:cancel", icon=":material/close:"):
                kept = live.kept(job) if live else None
                job.cancel()
                if kept is None:
                    state.pop("job", None)
                    state["error"] = JobCancelled(job.label, "was cancelled")
                else:
                    state["job"], state["was kept"] = kept, True
                st.rerun()
            if live:
                live.below(job)

        watching()
