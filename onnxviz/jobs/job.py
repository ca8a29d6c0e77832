"""A handle on what somebody asked for: under their own label, even where others share the run."""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from onnxviz.errors import OnnxvizError
from onnxviz.jobs import outcomes
from onnxviz.jobs.execution import Progress, Run

if TYPE_CHECKING:
    from onnxviz.jobs.pool import Workers

T = TypeVar("T")


class Job(Generic[T]):
    """A handle on a job that was submitted."""

    def __init__(self, label: str, run: Run, workers: Workers, token: object) -> None:
        self._label = label
        self._run = run
        self._workers = workers
        self._token = token
        self._cancelled = False
        # A session that is dropped drops its jobs: nobody is left to read what they would give. Only
        # noted here, since a finalizer may run in any thread at any moment.
        self._dropped = weakref.finalize(self, workers._events.put, (run, token))
        self._dropped.atexit = False

    @property
    def label(self) -> str:
        """What it does, as the person who asked reads it: "Simplifying resnet50"."""
        return self._label

    def done(self) -> bool:
        """True when `result` will not wait."""
        return self._cancelled or self._run.outcome.done()

    def started(self) -> bool:
        """True from when a worker took it up."""
        self._workers._look(self._run)
        return self._run.taken is not None or self._run.outcome.done()

    def place(self) -> int:
        """1 when it is taken up next, 2 when one waits before it, and so on; 0 when it waits no more.

        It can grow: somebody who waits for less may come and go first.
        """
        return 0 if self._cancelled else self._workers._place(self._run)

    def progress(self) -> Progress:
        """What the worker last reported, or how many wait before it."""
        self._workers._look(self._run)
        place = self.place()
        text = waiting_words(place) if place else self._run.text or "Starting"
        return Progress(text, self._run.fraction, time.monotonic() - self._run.submitted)

    def parts(self) -> list[Any]:
        """What the verb handed over with `progress.deliver` so far, in order.

        Nothing for a result that was cached: then the whole is there.
        """
        self._workers._look(self._run)
        return self._run.parts()

    def worker_pid(self) -> int | None:
        """Process id of the worker, once it has started."""
        self._workers._look(self._run)
        return self._run.pid

    def cancel(self) -> None:
        """Stop waiting; the worker is killed when nobody else waits for the same result."""
        if not self.done():
            self._cancelled = True
            self._dropped.detach()
            self._workers._leave(self._run, self._token)

    def result(self, timeout: float | None = None) -> T:
        """The verb's result.

        Raises the verb's own `OnnxvizError`, or JobCrashed, JobTimedOut, JobOutOfMemory, JobCancelled,
        JobFailed; TimeoutError when the job is not done within `timeout` seconds.
        """
        if self._cancelled:
            raise outcomes.named(outcomes.cancelled(), self._label)
        # Not raised by the future, which others share: a raised error holds the frames of who caught it.
        error = self._run.outcome.exception(timeout)
        if isinstance(error, OnnxvizError):
            raise outcomes.named(error, self._label)
        value: T = self._run.outcome.result()
        return value


def waiting_words(place: int) -> str:
    """What a person reads whose job is at `place`, from 1 on."""
    if place == 1:
        return "Waiting: it is next"
    return "Waiting: 1 job is before it" if place == 2 else f"Waiting: {place - 1:,} jobs are before it"
