"""The limits of a job, and one typed error for each way that it can end badly."""

from __future__ import annotations

import contextlib
import os
import signal
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field

from pebble import ProcessExpired

from onnxviz.errors import JobCancelled, JobCrashed, JobFailed, JobOutOfMemory, JobTimedOut, OnnxvizError
from onnxviz.numbers import whole_number


def positive_from_environment(name: str, default: int) -> int:
    """The positive integer in the environment variable `name`, else `default`."""
    return whole_number(os.environ.get(name, "")) or default


@dataclass(frozen=True, slots=True)
class Limits:
    """How long (`seconds` of running, waiting not counted) and how large (resident `megabytes`)."""

    seconds: float = field(default_factory=lambda: positive_from_environment("ONNXVIZ_JOB_SECONDS", 300))
    megabytes: int = field(default_factory=lambda: positive_from_environment("ONNXVIZ_JOB_MEGABYTES", 6144))


def cancelled_error(label: str) -> JobCancelled:
    """What waiting for a cancelled job raises."""
    return JobCancelled(label, "was cancelled")


def typed_error(
    label: str, limits: Limits, error: BaseException, detail: str, *, over_memory: bool
) -> OnnxvizError:
    """The error to show for `error`, which the pool gave; `detail` is the tail of the worker's log."""
    if isinstance(error, OnnxvizError):
        return error
    if isinstance(error, CancelledError):
        return cancelled_error(label)
    if over_memory:
        return JobOutOfMemory(
            label,
            f"grew past its memory limit of {limits.megabytes / 1000:g} GB and was stopped",
            "Try a smaller model or fewer options, or raise ONNXVIZ_JOB_MEGABYTES",
        )
    if isinstance(error, FutureTimeoutError):
        return JobTimedOut(
            label,
            f"took longer than its limit of {limits.seconds:g} s and was stopped",
            "Try a smaller model or fewer options, or raise ONNXVIZ_JOB_SECONDS",
        )
    if isinstance(error, ProcessExpired):
        return JobCrashed(
            label,
            f"its worker process died ({exit_words(error.exitcode)})",
            "Nothing that was loaded is lost; try again, or with other options",
            detail=detail,
        )
    return JobFailed(label, f"failed: {type(error).__name__}: {error}", detail=detail)


def exit_words(code: int) -> str:
    """`SIGSEGV` for a process that a signal ended, else its exit code."""
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
