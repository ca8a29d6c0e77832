"""Pools of worker processes, one for each kind, started when first needed.

They are Pebble's: it owns the processes, their deadlines and their end (https://pebble.readthedocs.io).
"""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from pebble import ProcessPool

from onnxviz import settings
from onnxviz.jobs import worker
from onnxviz.jobs.execution import Kind
from onnxviz.jobs.spawn import CleanContext

JOBS_PER_WORKER = 200
"""A worker is replaced after this many jobs, which bounds what a leak in a library can add up to."""


class Pools:
    """Workers that meet their runs in `folder`; `lean` as in `local.LocalPools`."""

    def __init__(self, folder: Path, *, lean: bool) -> None:
        self._folder = folder
        self._lean = lean
        self._lock = threading.RLock()
        self._pools: dict[Kind, ProcessPool] = {}
        self._sizes: dict[Kind, int] = {}
        self._closed = False

    def size(self, kind: Kind) -> int:
        """How many workers of `kind` there are, or will be. Raises `BadUsage` for a bad setting."""
        with self._lock:
            if kind not in self._sizes:
                self._sizes[kind] = 1 if self._lean else settings.WORKERS[kind].value()
            return self._sizes[kind]

    def ask(self, kind: Kind, path: Path, seconds: float) -> Any:
        """Let a worker come for the call in the mailbox `path`; a future of what `worker.invoke` answers.

        Raises OSError or RuntimeError where no worker can be started.
        """
        with self._lock:
            return self._pool(kind).schedule(worker.invoke, args=(str(path),), timeout=seconds)

    def warm(self, kind: Kind) -> None:
        """Start the workers of `kind`. Where they cannot be started, the first job tells."""
        with self._lock, contextlib.suppress(OSError, RuntimeError):
            if kind not in self._pools:
                self._pool(kind).schedule(int)

    def replace(self, kind: Kind) -> None:
        """End the workers of `kind`; the next that is asked is a new one."""
        with self._lock:
            pool = self._pools.pop(kind, None)
        if pool is not None:
            threading.Thread(target=_dispose, args=(pool,), daemon=True).start()

    def close(self) -> None:
        """End all, and wait for that."""
        with self._lock:
            self._closed = True
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            _dispose(pool)

    def _pool(self, kind: Kind) -> ProcessPool:
        if self._closed:
            raise RuntimeError("the workers were stopped")
        if kind in self._pools and not self._pools[kind].active:
            self.replace(kind)
        if kind not in self._pools:
            self._pools[kind] = ProcessPool(
                max_workers=self.size(kind),
                max_tasks=JOBS_PER_WORKER,
                initializer=worker.prepare,
                initargs=("lean" if self._lean else kind, str(self._folder)),
                context=CleanContext(),
            )
        return self._pools[kind]


def _dispose(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    with contextlib.suppress(BrokenProcessPool, OSError, RuntimeError):
        pool.join()
