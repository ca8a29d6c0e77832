"""The search for reasons of one pair: a job, what it has handed over so far, and how it ended."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import streamlit as st

from onnxviz import jobs
from onnxviz.errors import JobCancelled, OnnxvizError
from onnxviz.jobs import Job
from onnxviz.rewrites.explain.explain import explain_models
from onnxviz.rewrites.reasons import SECONDS, Explanation
from onnxviz.ui.comparing.pair import Pair, Reasons

MOST_KEPT = 6
_KEY = "compare:searches"


@dataclass(slots=True)
class Search:
    """While it is at work it has a `job`. `awaited` is a node whose panel waits for its reason."""

    reasons: Reasons = field(default_factory=Reasons)
    job: Job[Explanation] | None = None
    error: OnnxvizError | None = None
    seconds: float = 0.0
    awaited: str = ""
    taken: int = 0
    has_begun: bool = False

    @property
    def is_over(self) -> bool:
        """True when nothing more comes: all is there, or it failed, or was cancelled."""
        return self.has_begun and self.job is None

    def collect(self, patience: float = 0.0) -> bool:
        """Take in what has come; True when nothing more is to be waited for."""
        if self.job is None:
            return True
        try:
            found = self.job.result(patience)
        except TimeoutError:
            self._parts()
            return False
        except OnnxvizError as error:
            self._parts()
            self.error = error
        else:
            self.reasons = Reasons(is_complete=True, notes=found.notes)
            self.reasons.take(found.removed)
            self.reasons.take(found.kept)
            self.seconds = found.seconds
        self.job = None
        return True

    def cancel(self) -> None:
        """Stop it; what has come in stays."""
        if self.job is not None:
            self._parts()
            self.job.cancel()
            self.error = JobCancelled(self.job.label, "was cancelled")
            self.job = None

    def _parts(self) -> None:
        assert self.job is not None
        parts = self.job.parts()
        for part in parts[self.taken :]:
            self.reasons.take(part)
        self.taken = len(parts)


def of(pair: Pair) -> Search:
    """The search of this pair; one that has not begun where none was started."""
    known = _all()
    search = known.setdefault(_key(pair), Search())
    known.move_to_end(_key(pair))
    while len(known) > MOST_KEPT:
        known.popitem(last=False)[1].cancel()
    return search


def begin(pair: Pair) -> None:
    """Start it, unless it was started before."""
    search = of(pair)
    if not search.has_begun:
        _start(pair, search)


def again(pair: Pair) -> None:
    """Start it anew, whatever came of it before."""
    search = of(pair)
    search.cancel()
    search.reasons, search.error, search.taken = Reasons(), None, 0
    _start(pair, search)


def _start(pair: Pair, search: Search) -> None:
    search.has_begun = True
    try:
        search.job = jobs.submit(
            "rewrite",
            f"Looking for reasons in {pair.after.name}",
            explain_models,
            pair.before.unnamed(),
            pair.after.unnamed(),
            pair.how,
            SECONDS,
            key=("explain", *_key(pair)),
        )
    except OnnxvizError as error:
        search.error = error


def _key(pair: Pair) -> tuple[object, ...]:
    return (*pair.files, pair.how.optimizer, pair.how.options.key())


def _all() -> OrderedDict[tuple[object, ...], Search]:
    found: OrderedDict[tuple[object, ...], Search] = st.session_state.setdefault(_KEY, OrderedDict())
    return found
