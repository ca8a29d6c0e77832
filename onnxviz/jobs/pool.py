"""Jobs as the rest of the program sees them: submit, watch, cancel, result."""

from __future__ import annotations

import atexit
import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from onnxviz import settings
from onnxviz.errors import JobCancelled, JobFailed, OnnxvizError
from onnxviz.jobs import journal, mailbox, outcomes
from onnxviz.jobs.backend import Backend
from onnxviz.jobs.cache import MISSING, ResultCache
from onnxviz.jobs.execution import Call, Kind, Run
from onnxviz.jobs.job import Job
from onnxviz.jobs.local import LocalPools
from onnxviz.jobs.outcomes import UNNAMED, Limits
from onnxviz.jobs.queue import FairQueue

T = TypeVar("T")

Lane = tuple[Kind, str]
"""A kind of work and the machine it must run on: runs of one lane wait for each other."""

CAPACITY_SECONDS = 0.5
"""How often the backend is asked again whether it can take more, while something waits."""


class Workers:
    """Runs verbs, fairly, where its backend carries them out; results are cached by key.

    One thread hands runs to the backend, in the order of a `FairQueue` for each lane. The backend is never
    called with the lock held, save `capacity`, which is at once.
    """

    def __init__(self, backend: Backend | None = None) -> None:
        self._backend: Backend = backend or LocalPools()
        self._lock = threading.RLock()
        self._queues: dict[Lane, FairQueue[Run]] = {}
        self._handed: dict[Lane, set[Run]] = defaultdict(set)
        self._by_key: dict[Hashable, Run] = {}
        self._cache = ResultCache()
        # A SimpleQueue may be put to by a finalizer, whatever its thread holds
        # (https://docs.python.org/3/library/queue.html#queue.SimpleQueue.put).
        self._events: SimpleQueue[tuple[Run, object] | None] = SimpleQueue()
        self._serving: threading.Thread | None = None
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
        machine: str = "",
        owner: Hashable = "",
        **kwargs: Any,
    ) -> Job[T]:
        """Queue `function(*args, **kwargs)` for a worker of `kind`, on `machine` where one is named.

        With a `key`, a result that is cached (and `still_good`) is returned at once, and a job that
        already runs for the same key is shared. `function` must be importable by name. Owners take turns; ""
        is the program itself, which may have as many jobs as it likes. Raises `BadUsage` for a setting
        that cannot be read.
        """
        limits = limits or Limits()
        self._backend.capacity(kind, machine)
        full_key = None if key is None else (key, machine)
        token = object()
        with self._lock:
            if full_key is not None:
                cached = self._cache.get(full_key, still_good)
                if cached is not MISSING:
                    return Job(label, _finished(kind, limits, cached), self, token)
            refusal = self._refusal(owner)
            if refusal is not None:
                return Job(label, _failed(kind, limits, refusal), self, token)
            run = self._by_key.get(full_key) if full_key is not None else None
            if run is None:
                run = self._new_run(kind, limits, (function, args, kwargs), machine, full_key)
            run.askers[token] = owner
            if run.handed is None:
                self._queue(kind, machine).add(run, owner)
            self._serve()
        self._events.put(None)
        return Job(label, run, self, token)

    def drop_owner(self, owner: Hashable) -> None:
        """`owner` is gone: leave every job of theirs, and end those that nobody else waits for."""
        with self._lock:
            runs = {run for line in self._queues.values() for run in line}
            runs = runs.union(*self._handed.values())
            left = [(run, token) for run in runs for token, whose in run.askers.items() if whose == owner]
        for run, token in left:
            self._leave(run, token, outcomes.dropped())

    def warm(self, kind: Kind) -> None:
        """Start the workers of `kind` now, so that the first job need not wait for imports."""
        self._backend.warm(kind)

    def is_left(self, name: str) -> bool:
        """True while workers can take what one of them left under `name` (`leaving`)."""
        return self._backend.is_left(name)

    def machines(self) -> tuple[str, ...]:
        """Names of other machines that jobs can be sent to now."""
        return self._backend.machines()

    def note(self) -> str:
        """What a person should know of the machines, as a sentence; empty where all is well."""
        return self._backend.note()

    def close(self) -> None:
        """Stop every worker, and every job that is left; called at exit."""
        with self._lock:
            self._closed = True
            waiting = [run for line in self._queues.values() for run in line]
            self._queues.clear()
        for run in waiting:
            self._finish(run, None, 0, outcomes.cancelled())
        self._events.put(None)
        self._backend.close()
        atexit.unregister(self.close)

    def _place(self, run: Run) -> int:
        with self._lock:
            line = self._queues.get((run.kind, run.machine))
            return line.place(run) if line is not None else 0

    def _look(self, run: Run) -> None:
        if run.future is not None and not run.outcome.done():
            self._backend.look(run)

    def _queue(self, kind: Kind, machine: str) -> FairQueue[Run]:
        return self._queues.setdefault((kind, machine), FairQueue(newest_first=kind == "look"))

    def _refusal(self, owner: Hashable) -> JobFailed | None:
        """Why `owner` may not wait for more; None where they may, as a program that asks for itself."""
        if self._closed:
            return JobFailed(UNNAMED, "was not begun, since the program ends")
        most = settings.MAX_WAITING.value()
        if not owner or sum(line.waiting(owner) for line in self._queues.values()) < most:
            return None
        return JobFailed(
            UNNAMED,
            f"was not begun, since {most:,} others that you asked for wait already",
            f"Cancel some or wait for them, or raise {settings.MAX_WAITING.name}",
        )

    def _new_run(self, kind: Kind, limits: Limits, call: Call, machine: str, key: Hashable | None) -> Run:
        run = Run(kind, limits, call, machine, key)
        if key is not None:
            self._by_key[key] = run
        return run

    def _leave(self, run: Run, token: object, ending: JobCancelled | None = None) -> None:
        """One job waits no more; where it was the last, `ending` is how the run ends."""
        ending = ending or outcomes.cancelled()
        with self._lock:
            if token not in run.askers:
                return
            owner = run.askers.pop(token)
            line = self._queues.get((run.kind, run.machine))
            waits = line is not None and run in line
            if line is not None and owner not in run.askers.values():
                line.leave(run, owner)
            if run.askers or run.outcome.done():
                return
            self._forget_key(run)
            future, run.ending = run.future, ending
        if waits:
            self._finish(run, None, 0, ending)
        elif future is not None:
            self._backend.stop(run)
        # Else it is being started, and `_start` sees that nobody waits.

    def _serve(self) -> None:
        if self._serving is None or not self._serving.is_alive():
            self._serving = threading.Thread(target=self._serve_all, name="onnxviz-jobs", daemon=True)
            self._serving.start()

    def _serve_all(self) -> None:
        while not self._closed:
            with self._lock:
                waits = any(self._queues.values())
            with contextlib.suppress(Empty):
                event = self._events.get(timeout=CAPACITY_SECONDS if waits else None)
                if event is not None:
                    self._leave(*event)
            while (run := self._next()) is not None:
                self._start(run)

    def _next(self) -> Run | None:
        with self._lock:
            for (kind, machine), line in self._queues.items():
                handed = self._handed[kind, machine]
                if line and len(handed) < self._backend.capacity(kind, machine):
                    run = line.pop()
                    run.handed = time.monotonic()
                    handed.add(run)
                    return run
        return None

    def _start(self, run: Run) -> None:
        try:
            future = _started(self._backend, run)
        except OnnxvizError as error:
            self._finish(run, None, 0, error)
            return
        with self._lock:
            run.future = future
            is_left = not run.askers
        future.add_done_callback(lambda ended: self._ended(run, ended))
        if is_left:
            self._backend.stop(run)

    def _ended(self, run: Run, future: Future[bytes]) -> None:
        error = CancelledError() if future.cancelled() else future.exception()
        if error is not None:
            typed = outcomes.typed_error(error, run.limits)
            was_stopped = run.ending is not None and isinstance(typed, JobCancelled)
            self._finish(run, None, 0, run.ending if was_stopped else typed)
            return
        data = future.result()
        try:
            value = mailbox.unpickled(data)
        except JobFailed as unreadable:
            self._finish(run, None, 0, unreadable)
        else:
            self._finish(run, value, len(data), None)

    def _finish(self, run: Run, value: Any, nbytes: int, error: OnnxvizError | None) -> None:
        """The run is over: nothing of it is kept but its result, its parts and its last words."""
        with self._lock:
            if run.call is None:
                return
            verb, run.call = journal.verb_name(run.call[0]), None
            self._handed[run.kind, run.machine].discard(run)
            # A run that everybody left gave its key up: what it returns is no result.
            if self._forget_key(run) and error is None:
                self._cache.put(run.key, value, nbytes)
        journal.ended(run, verb, error, time.monotonic())
        if error is None:
            run.outcome.set_result(value)
        else:
            run.outcome.set_exception(error)
        self._events.put(None)

    def _forget_key(self, run: Run) -> bool:
        """True where `run` was what later askers of its key would have shared."""
        if run.key is None or self._by_key.get(run.key) is not run:
            return False
        del self._by_key[run.key]
        return True


def _started(backend: Backend, run: Run) -> Future[bytes]:
    try:
        return backend.start(run)
    except OnnxvizError:
        raise
    except Exception as error:
        # Whatever it is: the thread that hands out runs must go on.
        raise outcomes.not_started(error) from error


def _finished(kind: Kind, limits: Limits, value: Any) -> Run:
    run = Run(kind, limits, None)
    run.outcome.set_result(value)
    return run


def _failed(kind: Kind, limits: Limits, error: OnnxvizError) -> Run:
    run = Run(kind, limits, None)
    run.outcome.set_exception(error)
    return run
