"""The limits of a job, and one typed error for each way that it can end badly."""

from __future__ import annotations

import contextlib
import signal
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from pebble import ProcessExpired

from onnxviz import settings
from onnxviz.errors import JobCancelled, JobCrashed, JobFailed, JobOutOfMemory, JobTimedOut, OnnxvizError

UNNAMED = ""
"""The subject of an error about a run as such. Several people may wait for one run, and what one of them
calls it is not for the others: each `job.Job` puts its own label here."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long (`seconds` of running, waiting not counted) and how large (resident `megabytes`).

    Raises `BadUsage` where a default is needed and its setting cannot be read.
    """

    seconds: float = field(default_factory=settings.JOB_SECONDS.value)
    megabytes: int = field(default_factory=settings.JOB_MEGABYTES.value)


def named(error: OnnxvizError, label: str) -> OnnxvizError:
    """`error` as the one who calls the job `label` reads it. A copy, since a raised error holds frames."""
    return error.about(error.subject if error.subject != UNNAMED else label)


def cancelled() -> JobCancelled:
    """What waiting for a cancelled job raises."""
    return JobCancelled(UNNAMED, "was cancelled")


def dropped() -> JobCancelled:
    """What waiting for a job raises whose owner is gone."""
    cause = "was stopped, since its tab was closed or lost its connection"
    return JobCancelled(UNNAMED, cause, "Start it again")


def out_of_memory(limits: Limits) -> JobOutOfMemory:
    """It was stopped for what it took."""
    return JobOutOfMemory(
        UNNAMED,
        f"grew past its memory limit of {limits.megabytes / 1000:g} GB and was stopped",
        f"Try a smaller model or fewer options, or raise {settings.JOB_MEGABYTES.name}",
    )


def timed_out(limits: Limits) -> JobTimedOut:
    """It was stopped at its deadline."""
    return JobTimedOut(
        UNNAMED,
        f"took longer than its limit of {limits.seconds:g} s and was stopped",
        f"Try a smaller model or fewer options, or raise {settings.JOB_SECONDS.name}",
    )


def crashed(how: str, detail: str = "") -> JobCrashed:
    """Its process died; `how` is a word or two, `detail` the tail of the worker's log."""
    return JobCrashed(
        UNNAMED,
        f"its worker process died ({how})",
        "Nothing that was loaded is lost; try again, or with other options",
        detail=detail,
    )


def not_started(error: BaseException) -> JobFailed:
    """No worker could be given it."""
    return JobFailed(
        UNNAMED,
        f"no worker process could be started: {error}",
        "The machine may be out of processes, files, disk or memory; try again",
    )


def typed_error(error: BaseException, limits: Limits, detail: str = "") -> OnnxvizError:
    """The error to show for `error`, which the backend gave; `detail` is the tail of the worker's log."""
    if isinstance(error, OnnxvizError):
        return error
    if isinstance(error, CancelledError):
        return cancelled()
    if isinstance(error, FutureTimeoutError):
        return timed_out(limits)
    if isinstance(error, BrokenProcessPool):
        return crashed("before it began", detail)
    if isinstance(error, ProcessExpired):
        return crashed(exit_words(error.exitcode), detail)
    return JobFailed(UNNAMED, f"failed: {type(error).__name__}: {error}", detail=detail)


def exit_words(code: int) -> str:
    """`SIGSEGV` for a process that a signal ended, else its exit code."""
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
