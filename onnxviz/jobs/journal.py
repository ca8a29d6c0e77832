"""One line of log for each run that ended: what it was, how it ended, what it took.

Never a label, an argument, a message or a result: those may name or quote somebody's model.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from onnxviz.errors import JobCancelled, JobCrashed, JobOutOfMemory, JobTimedOut
from onnxviz.jobs.execution import Run

_log = logging.getLogger("onnxviz.jobs")
# Who runs a program decides where its log goes: without that, nowhere.
_log.addHandler(logging.NullHandler())


def ended(run: Run, verb: str, error: BaseException | None, now: float) -> None:
    """Write the line; `now` is on the clock of `time.monotonic`."""
    alarming = isinstance(error, (JobCrashed, JobTimedOut, JobOutOfMemory))
    begun = run.taken or run.handed or now
    _log.log(
        logging.WARNING if alarming else logging.INFO,
        "kind=%s verb=%s outcome=%s waited_s=%.3f ran_s=%.3f pid=%s peak_mb=%s machine=%s",
        run.kind,
        verb,
        _word(error),
        begun - run.submitted,
        now - begun,
        run.pid if run.pid is not None else "-",
        round(run.peak_bytes / 1e6) if run.peak_bytes is not None else "-",
        run.place or "-",
    )


def verb_name(function: Callable[..., Any]) -> str:
    """The qualified name of `function`."""
    return f"{function.__module__}.{getattr(function, '__qualname__', type(function).__qualname__)}"


def _word(error: BaseException | None) -> str:
    if error is None:
        return "done"
    return "cancelled" if isinstance(error, JobCancelled) else type(error).__name__
