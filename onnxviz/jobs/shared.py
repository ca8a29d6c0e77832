"""The workers that the whole process shares, and who asks them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from onnxviz import settings
from onnxviz.jobs.backend import Backend
from onnxviz.jobs.execution import Kind
from onnxviz.jobs.job import Job
from onnxviz.jobs.local import LocalPools
from onnxviz.jobs.pool import Workers

T = TypeVar("T")

_default: Workers | None = None
_default_lock = threading.Lock()
_asker: Callable[[], str] | None = None
_waiter: Callable[[Job[Any]], None] | None = None


def ask_as(asker: Callable[[], str]) -> None:
    """From now on `asker()` tells whose a job is that a thread submits; "" is the program itself."""
    global _asker
    _asker = asker


def wait_with(waiter: Callable[[Job[Any]], None]) -> None:
    """From now on `run` calls `waiter(job)` first, which may show how far the job is until it is done."""
    global _waiter
    _waiter = waiter


def owner_of() -> str:
    """Whose a job would be that this thread submits; "" is the program itself."""
    return _asker() if _asker is not None else ""


def drop_owner(owner: str) -> None:
    """`Workers.drop_owner` on the shared workers."""
    with _default_lock:
        workers = _default
    if workers is not None:
        workers.drop_owner(owner)


def default_workers(*, lean: bool = False) -> Workers:
    """The workers that the whole process shares; `lean` counts for the first call alone."""
    global _default
    with _default_lock:
        if _default is None:
            _default = Workers(_backend(lean))
        return _default


def _backend(lean: bool) -> Backend:
    scheduler = settings.SCHEDULER.value()
    if not scheduler:
        return LocalPools(lean=lean)
    from onnxviz.jobs.cluster import ClusterBackend

    return ClusterBackend(scheduler, lean=lean)


def shutdown() -> None:
    """Stop the shared workers; the next job starts new ones."""
    global _default
    with _default_lock:
        closing, _default = _default, None
    if closing is not None:
        closing.close()


def submit(kind: Kind, label: str, function: Callable[..., T], *args: Any, **options: Any) -> Job[T]:
    """`Workers.submit` on the shared workers, for the one who asks here."""
    return default_workers().submit(kind, label, function, *args, owner=owner_of(), **options)


def run(kind: Kind, label: str, function: Callable[..., T], *args: Any, **options: Any) -> T:
    """Submit on the shared workers and wait for the result; errors as `Job.result`."""
    job = submit(kind, label, function, *args, **options)
    if _waiter is not None:
        _waiter(job)
    return job.result()


def is_left(name: str) -> bool:
    """`Workers.is_left` on the shared workers."""
    return default_workers().is_left(name)


def warm(kind: Kind) -> None:
    """`Workers.warm` on the shared workers."""
    default_workers().warm(kind)


def machines() -> tuple[str, ...]:
    """`Workers.machines` of the shared workers."""
    return default_workers().machines()


def note() -> str:
    """`Workers.note` of the shared workers."""
    return default_workers().note()
