"""One execution of a verb, and what is known of it: who waits, how far it is, parts of the result."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal

from onnxviz.errors import JobCancelled
from onnxviz.jobs.outcomes import Limits

Kind = Literal["look", "fold", "rewrite", "torch", "bench"]

HERE = "here"
"""The name of the machine that the program itself runs on; "" is any machine."""

Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a job does now. `fraction` is None where it is unknown; `seconds` since submission."""

    text: str
    fraction: float | None
    seconds: float


@dataclass(eq=False)
class Run:
    """One execution; several `pool.Job`s may wait for it when they ask for the same key.

    It knows no label: what one person calls it, such as by a model's name, is not for the others. `machine`
    is where it must run; "" is anywhere. `call` is None once it has ended, so that what was sent along is not
    held for longer.
    """

    kind: Kind
    limits: Limits
    call: Call | None
    machine: str = ""
    key: Hashable | None = None
    outcome: Future[Any] = field(default_factory=Future)

    askers: dict[object, Hashable] = field(default_factory=dict)
    """One entry for each job that still waits: its owner by a token of the job's own."""

    ending: JobCancelled | None = None
    """How it ends for being stopped; None while somebody waits."""

    future: Future[bytes] | None = None
    """What the backend gave for it."""

    submitted: float = field(default_factory=time.monotonic)
    handed: float | None = None
    """When the backend got it, on the clock of `time.monotonic`, as all times here."""

    taken: float | None = None
    """When a worker took it up."""

    text: str = ""
    fraction: float | None = None
    pid: int | None = None
    place: str = ""
    """The machine that took it up, in words that may be logged; "" is this one."""

    peak_bytes: int | None = None
    """The most resident memory that was seen; None where nobody looked."""

    _parts: list[Any] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def took_up(self, pid: int | None, place: str = "") -> None:
        """A worker began with it."""
        if self.taken is None:
            self.pid, self.place, self.taken = pid, place, time.monotonic()

    def report(self, text: str, fraction: float | None) -> None:
        """What it does now."""
        self.text, self.fraction = text, fraction

    def hand_over(self, part: Any) -> None:
        """A part of the result that is there already."""
        with self._lock:
            self._parts.append(part)

    def begin_anew(self) -> None:
        """What carried it out is gone, and something else begins with it."""
        with self._lock:
            self._parts.clear()
        self.text, self.fraction, self.pid, self.place, self.taken = "", None, None, "", None

    def parts(self) -> list[Any]:
        """What was handed over so far, in order."""
        with self._lock:
            return list(self._parts)
