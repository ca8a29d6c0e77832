"""The pools that the whole process shares."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from onnxviz.jobs.execution import Kind
from onnxviz.jobs.pool import Job, Workers

T = TypeVar("T")

_default: Workers | None = None
_default_lock = threading.Lock()


def default_workers(*, lean: bool = False) -> Workers:
    """The pools that the whole process shares; `lean` counts for the first call alone."""
    global _default
    with _default_lock:
        if _default is None:
            _default = Workers(lean=lean)
        return _default


def shutdown() -> None:
    """Stop the shared pools; the next job starts new ones."""
    global _default
    with _default_lock:
        closing, _default = _default, None
    if closing is not None:
        closing.close()


def submit(kind: Kind, label: str, function: Callable[..., T], *args: Any, **options: Any) -> Job[T]:
    """`Workers.submit` on the shared pools."""
    return default_workers().submit(kind, label, function, *args, **options)


def run(kind: Kind, label: str, function: Callable[..., T], *args: Any, **options: Any) -> T:
    """Submit on the shared pools and wait for the result; errors as `Job.result`."""
    return submit(kind, label, function, *args, **options).result()


def is_left(name: str) -> bool:
    """`Workers.is_left` on the shared pools."""
    return default_workers().is_left(name)


def warm(kind: Kind) -> None:
    """`Workers.warm` on the shared pools."""
    default_workers().warm(kind)
