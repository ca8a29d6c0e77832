"""What the program sends to a machine, and what comes back: plain data, pickled by us and not by Dask.

Dask reads the arguments of a task on the scheduler and writes those of one that failed into its log. It
gets bytes alone, and answers in place of errors, so that neither has to know our classes nor tells what is
in a model.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

from onnxviz import __version__
from onnxviz.errors import JobFailed, OnnxvizError
from onnxviz.jobs.cluster.wire import Packed
from onnxviz.jobs.execution import Kind
from onnxviz.jobs.outcomes import UNNAMED, Limits

KINDS: tuple[Kind, ...] = ("fold", "rewrite", "torch", "bench")
"""What goes to other machines. To read, draw and search ("look") takes milliseconds and is asked at each
click: on the way it would take longer than at home."""


@dataclass(frozen=True)
class Order:
    """A call to carry out. `call` is a packed (function, args, kwargs)."""

    kind: Kind
    limits: Limits
    call: Packed


@dataclass(frozen=True)
class News:
    """What a machine tells of a run under way. `parts` are packed parts of the result that are new."""

    text: str
    fraction: float | None
    parts: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Lacking:
    """The answer of a machine that does not have these entries (any more)."""

    digests: frozenset[str]


def resource(kind: Kind) -> str:
    """What Dask calls the right to run one job of `kind`: with our version, since pickles of one need not be
    readable for another."""
    return f"onnxviz {__version__} {kind}"


def is_ours(name: str) -> bool:
    """Whether a resource is one of any version of this program."""
    return name.startswith("onnxviz ")


def task_name(kind: Kind, program: str, number: int) -> str:
    """What Dask calls the `number`th run of a program."""
    return f"onnxviz~{kind}~{program}~{number}"


def task_of(name: str) -> tuple[str, str] | None:
    """The kind and the program in a name of `task_name`; None for a task that is none of ours."""
    parts = name.split("~")
    return (parts[1], parts[2]) if len(parts) == 4 and parts[0] == "onnxviz" else None


def answered(value: object) -> bytes:
    """A value, or an `OnnxvizError` to raise, as an answer."""
    return pickle.dumps(value)


def answer(data: bytes) -> Any:
    """The value of an answer. Raises the `OnnxvizError` that it holds."""
    value = pickle.loads(data)
    if isinstance(value, OnnxvizError):
        raise value
    return value


def failed(error: Exception) -> JobFailed:
    """What to answer for an error that no code of ours foresees."""
    return JobFailed(UNNAMED, f"failed on another machine: {type(error).__name__}: {str(error)[:300]}")
