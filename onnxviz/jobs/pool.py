"""Jobs as the rest of the program sees them: submit, watch, cancel, result."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import tempfile
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Generic, TypeVar

import psutil
from pebble import ProcessPool

from onnxviz.errors import JobFailed
from onnxviz.jobs import leaving, worker
from onnxviz.jobs.execution import Kind, Progress, Run
from onnxviz.jobs.outcomes import Limits, cancelled_error, positive_from_environment, typed_error
from onnxviz.jobs.spawn import CleanContext

T = TypeVar("T")

WORKERS_PER_KIND: dict[str, int] = {"look": 2, "fold": 1, "rewrite": 2, "torch": 1, "bench": 1}
"""One worker for benchmarks, so that two of them never disturb each other; one for folding, which has no need
of what a worker of kind "rewrite" imports for seconds."""

JOBS_PER_WORKER = 200
"""A worker is replaced after this many jobs, which bounds what a leak in a library can add up to."""

MEMORY_CHECK_SECONDS = 0.05
CACHED_RESULTS = 128


class Job(Generic[T]):
    """A handle on a job that was submitted."""

    def __init__(self, run: Run, workers: Workers) -> None:
        self._run = run
        self._workers = workers
        self._cancelled = False
        # A session that is dropped drops its jobs: nobody is left to read what they would give. Only
        # noted here, since a finalizer may run in any thread at any moment.
        self._dropped = weakref.finalize(self, workers._abandoned.append, run)
        self._dropped.atexit = False

    @property
    def label(self) -> str:
        """What it does, as a person reads it: "Simplifying resnet50"."""
        return self._run.label

    def done(self) -> bool:
        """True when `result` will not wait."""
        return self._cancelled or self._run.outcome.done()

    def started(self) -> bool:
        """True from when a worker took it up."""
        return bool(self._run.read_ticket()) or self._run.outcome.done()

    def progress(self) -> Progress:
        """What the worker last reported."""
        data = self._run.read_ticket()
        text = data.get("text") or ("Starting" if data else "Waiting for a worker")
        return Progress(text, data.get("fraction"), time.monotonic() - self._run.submitted)

    def parts(self) -> list[Any]:
        """What the verb handed over with `progress.deliver` so far, in order.

        Nothing for a result that was cached: then the whole is there.
        """
        return self._run.read_parts()

    def worker_pid(self) -> int | None:
        """Process id of the worker, once it has started."""
        self._run.read_ticket()
        return self._run.pid

    def cancel(self) -> None:
        """Stop waiting; the worker is killed when nobody else waits for the same result."""
        if not self.done():
            self._cancelled = True
            self._dropped.detach()
            self._workers._leave(self._run)

    def result(self, timeout: float | None = None) -> T:
        """The verb's result.

        Raises the verb's own `OnnxvizError`, or JobCrashed, JobTimedOut, JobOutOfMemory, JobCancelled,
        JobFailed; TimeoutError when the job is not done within `timeout` seconds.
        """
        if self._cancelled:
            raise cancelled_error(self._run.label)
        value: T = self._run.outcome.result(timeout)
        return value


class Workers:
    """Pools of worker processes, one for each kind, started when first needed.

    `lean` pools have one worker each, which imports nothing before its job: right for a program that
    asks one thing and ends.
    """

    def __init__(self, *, lean: bool = False) -> None:
        self._lean = lean
        self._lock = threading.RLock()
        self._pools: dict[str, ProcessPool] = {}
        self._active: list[Run] = []
        self._abandoned: deque[Run] = deque()
        self._by_key: dict[Hashable, Run] = {}
        self._cache: OrderedDict[Hashable, Any] = OrderedDict()
        self._folder = Path(tempfile.mkdtemp(prefix="onnxviz-jobs-"))
        self._counter = 0
        self._watching: threading.Thread | None = None
        self._closed = False
        atexit.register(self.close)

    def submit(
        self,
        kind: Kind,
        label: str,
        function: Callable[..., T],
        *args: Any,
        limits: Limits | None = None,
        key: Hashable | None = None,
        still_good: Callable[[T], bool] = lambda _: True,
        **kwargs: Any,
    ) -> Job[T]:
        """Queue `function(*args, **kwargs)` for a worker of `kind`.

        With a `key`, a result that is cached (and `still_good`) is returned at once, and a job that
        already runs for the same key is shared. `function` must be importable by name.
        """
        with self._lock:
            if key is not None and key in self._cache:
                if still_good(self._cache[key]):
                    self._cache.move_to_end(key)
                    return Job(self._finished_run(kind, label, self._cache[key]), self)
                del self._cache[key]
            if key is not None and key in self._by_key:
                shared = self._by_key[key]
                shared.waiters += 1
                return Job(shared, self)
            run = self._new_run(kind, label, limits or Limits(), (function, args, kwargs))
            self._active.append(run)
            if key is not None:
                self._by_key[key] = run
                run.outcome.add_done_callback(lambda outcome: self._remember(key, run, outcome))
            self._try_to_schedule(run)
            self._watch()
            return Job(run, self)

    def warm(self, kind: Kind) -> None:
        """Start the workers of `kind` now, so that the first job need not wait for imports."""
        with self._lock:
            if kind not in self._pools:
                self._pool(kind).schedule(int)

    def is_left(self, name: str) -> bool:
        """True while workers can take what one of them left under `name` (`leaving`)."""
        return leaving.is_left(self._folder, name)

    def close(self) -> None:
        """Stop every worker; called at exit."""
        with self._lock:
            self._closed = True
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            _dispose(pool)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _new_run(self, kind: Kind, label: str, limits: Limits, call: Any) -> Run:
        self._counter += 1
        return Run(label, kind, limits, self._folder / f"{self._counter}.json", call)

    def _finished_run(self, kind: Kind, label: str, value: Any) -> Run:
        run = self._new_run(kind, label, Limits(), (int, (), {}))
        run.outcome.set_result(value)
        return run

    def _remember(self, key: Hashable, run: Run, outcome: Future[Any]) -> None:
        with self._lock:
            # A run that everybody left gave its key up: what it returns is no result.
            if self._by_key.get(key) is not run:
                return
            del self._by_key[key]
            if outcome.exception() is None:
                self._cache[key] = outcome.result()
                while len(self._cache) > CACHED_RESULTS:
                    self._cache.popitem(last=False)

    def _leave(self, run: Run) -> None:
        with self._lock:
            run.waiters -= 1
            if run.waiters == 0 and run.inner is not None and not run.outcome.done():
                for key in [k for k, r in self._by_key.items() if r is run]:
                    del self._by_key[key]
                # Pebble hands tasks over eagerly and would kill the worker that picks up a cancelled
                # one: a job that has not started is told to do nothing instead.
                worker.withdrawn(run.ticket).touch()
                if run.read_ticket():
                    run.inner.cancel()

    def _pool(self, kind: Kind) -> ProcessPool:
        pool = self._pools.get(kind)
        if pool is not None and pool.active:
            return pool
        if pool is not None:
            threading.Thread(target=_dispose, args=(pool,), daemon=True).start()
        self._pools[kind] = ProcessPool(
            max_workers=1
            if self._lean
            else positive_from_environment(f"ONNXVIZ_WORKERS_{kind.upper()}", WORKERS_PER_KIND[kind]),
            max_tasks=JOBS_PER_WORKER,
            initializer=worker.prepare,
            initargs=("lean" if self._lean else kind, str(self._folder)),
            context=CleanContext(),
        )
        return self._pools[kind]

    def _try_to_schedule(self, run: Run) -> None:
        """A worker that cannot be started ends the job at once, so that nobody waits for it."""
        try:
            self._schedule(run)
        except (OSError, RuntimeError) as error:
            self._active.remove(run)
            run.outcome.set_exception(
                JobFailed(
                    run.label,
                    f"no worker process could be started: {error}",
                    "The machine may be out of processes, files or memory; try again",
                )
            )

    def _schedule(self, run: Run) -> None:
        run.attempts += 1
        function, args, kwargs = run.call
        arguments = (str(run.ticket), run.label, function, args, kwargs)
        run.inner = self._pool(run.kind).schedule(worker.invoke, args=arguments, timeout=run.limits.seconds)
        run.inner.add_done_callback(lambda inner: self._settle(run, inner))

    def _settle(self, run: Run, inner: Any) -> None:
        error = CancelledError() if inner.cancelled() else inner.exception()
        # A pool breaks when an idle worker is killed from outside: what it had queued never started.
        if isinstance(error, BrokenProcessPool) and run.attempts == 1 and not run.read_ticket():
            with self._lock:
                if not self._closed:
                    self._try_to_schedule(run)
                    return
        detail = self._log_tail(run)
        run.read_parts()
        with self._lock:
            if run in self._active:
                self._active.remove(run)
        if error is None:
            run.outcome.set_result(inner.result())
        else:
            run.outcome.set_exception(
                typed_error(run.label, run.limits, error, detail, over_memory=run.killed_for_memory)
            )
        run.ticket.unlink(missing_ok=True)
        worker.withdrawn(run.ticket).unlink(missing_ok=True)
        worker.parts_file(run.ticket).unlink(missing_ok=True)

    def _log_tail(self, run: Run) -> str:
        run.read_ticket()
        log = self._folder / f"worker-{run.pid}.log"
        with contextlib.suppress(OSError):
            return log.read_text(errors="replace")[-4000:]
        return ""

    def _watch(self) -> None:
        if self._watching is None or not self._watching.is_alive():
            self._watching = threading.Thread(target=self._enforce_memory, daemon=True)
            self._watching.start()

    def _enforce_memory(self) -> None:
        while True:
            with self._lock:
                runs = list(self._active)
                if not runs:
                    self._watching = None
                    return
            while self._abandoned:
                self._leave(self._abandoned.popleft())
            for run in runs:
                _kill_if_too_large(run)
            time.sleep(MEMORY_CHECK_SECONDS)


def _kill_if_too_large(run: Run) -> None:
    if run.pid is None:
        run.read_ticket()
    if run.pid is None or run.outcome.done():
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(run.pid)
        if process.memory_info().rss > run.limits.megabytes * 1_000_000:
            run.killed_for_memory = True
            process.kill()


def _dispose(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    with contextlib.suppress(BrokenProcessPool, OSError, RuntimeError):
        pool.join()
