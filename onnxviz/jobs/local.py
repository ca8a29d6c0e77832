"""Runs in worker processes of this machine.

Added to what Pebble's pools do (`pebbles`): a cap on resident memory, another try where a pool broke before
anything was begun, and an end for runs that a killed worker took with it unseen.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from onnxviz import settings
from onnxviz.errors import JobFailed, OnnxvizError
from onnxviz.jobs import leaving, outcomes
from onnxviz.jobs.carried import Carried
from onnxviz.jobs.execution import HERE, Kind, Run
from onnxviz.jobs.folder import JobFolder
from onnxviz.jobs.mailbox import Mailbox
from onnxviz.jobs.outcomes import UNNAMED
from onnxviz.jobs.pebbles import Pools

MOST_ATTEMPTS = 5
"""In so many pools a run is begun: one breaks as a whole when an idle worker is killed from outside."""

CHECK_SECONDS = 0.05

AGAIN_SECONDS = 5.0
"""A run that no worker began with is handed to the pool anew: a worker that was killed as it came for the run
took the word of it along."""

UNTAKEN_SECONDS = 180.0
"""No worker takes longer to start (35 s for onnxsim on two cores with forty others at work), or to give up on
a lock that a killed one held (60 s in Pebble 5)."""

SWEEP_SECONDS = 1.0
"""Between two looks for files that killed workers left."""

LOST_SECONDS = 2.0
"""A worker that is gone for this long without Pebble's word of it never gets one: it was killed before Pebble
knew what it had begun with."""


class LocalPools:
    """The `Backend` of a single machine.

    `lean` pools have one worker each, which imports nothing before its job: right for a program that asks one
    thing and ends.
    """

    def __init__(self, *, lean: bool = False) -> None:
        self._lock = threading.RLock()
        self._running: dict[Run, Carried] = {}
        self._folder = JobFolder()
        self._pools = Pools(self._folder.path, lean=lean)
        self._watching = False
        self._sweep_due = False
        self._swept = 0.0
        self._closed = False

    @property
    def folder(self) -> Path:
        """Where workers leave things for each other (`leaving`)."""
        return self._folder.path

    def capacity(self, kind: Kind, machine: str) -> int:
        """One run for each worker of the kind. Raises `BadUsage` for a setting that cannot be read."""
        with self._lock:
            others = sum(run.kind == kind and run.machine != machine for run in self._running)
        return self._pools.size(kind) - others

    def start(self, run: Run) -> Future[bytes]:
        """See `Backend`."""
        if run.machine not in ("", HERE):
            raise JobFailed(
                UNNAMED,
                "was to run on another machine, and there is none",
                f"Set {settings.SCHEDULER.name} to the address of a scheduler",
            )
        assert run.call is not None
        self._folder.ensure()
        carried = Carried(run, Mailbox(self._folder.next_path()))
        with self._lock:
            self._running[run] = carried
        try:
            carried.box.put(run.call)
            self._begin(carried)
        except (OnnxvizError, OSError, RuntimeError):
            with self._lock:
                self._running.pop(run, None)
            carried.box.clear()
            raise
        self._watch()
        return carried.future

    def stop(self, run: Run) -> None:
        """See `Backend`. A worker that did not take the call yet lives on, and finds nothing to do."""
        carried = self._running.get(run)
        if carried is None:
            return
        with carried.turn:
            if carried.box.take_back():
                self._end(carried, CancelledError())
            else:
                carried.inner.cancel()

    def look(self, run: Run) -> None:
        """See `Backend`: reads the files of the worker."""
        carried = self._running.get(run)
        if carried is not None:
            carried.look()

    def is_left(self, name: str) -> bool:
        """See `Backend`."""
        return leaving.is_left(self._folder.path, name)

    def warm(self, kind: Kind) -> None:
        """See `Backend`."""
        self._pools.warm(kind)

    def machines(self) -> tuple[str, ...]:
        """See `Backend`: there are none."""
        return ()

    def note(self) -> str:
        """See `Backend`: there is nothing to say."""
        return ""

    def close(self) -> None:
        """Stop every worker, and every run that is left."""
        with self._lock:
            self._closed = True
            left = list(self._running.values())
        for carried in left:
            self._end(carried, CancelledError())
        self._pools.close()
        self._folder.remove()

    def _begin(self, carried: Carried) -> None:
        """Hand it to a pool that has not had it. Raises OSError or RuntimeError."""
        carried.attempts += 1
        carried.first_asked = time.monotonic()
        self._ask(carried)

    def _ask(self, carried: Carried) -> None:
        """Let a worker come for the call. Raises OSError or RuntimeError."""
        carried.last_asked = time.monotonic()
        # Kept before it can have ended.
        with self._lock:
            carried.inner = self._pools.ask(carried.run.kind, carried.box.path, carried.run.limits.seconds)
        carried.inner.add_done_callback(lambda inner: self._settle(carried, inner))

    def _settle(self, carried: Carried, inner: Any) -> None:
        """Pebble has an answer, in a thread of its own or in that of `stop`."""
        with carried.turn:
            if inner is not carried.inner:
                return
            error = CancelledError() if inner.cancelled() else inner.exception()
            if not (isinstance(error, BrokenProcessPool) and self._began_anew(carried)):
                self._end(carried, error)

    def _began_anew(self, carried: Carried) -> bool:
        """In another pool, as if nothing had been: verbs are pure."""
        call = carried.run.call
        if call is None or carried.attempts == MOST_ATTEMPTS:
            return False
        carried.renew(Mailbox(self._folder.next_path()))
        try:
            carried.box.put(call)
            self._begin(carried)
        except (JobFailed, OSError, RuntimeError):
            return False
        return True

    def _end(self, carried: Carried, error: BaseException | None) -> None:
        with self._lock:
            if self._running.pop(carried.run, None) is None:
                return
            # Not after errors alone: a worker that is killed at rest leaves its log too.
            self._sweep_due = True
        carried.end(error, self._folder.log_tail(carried.run.pid))

    def _watch(self) -> None:
        with self._lock:
            if self._watching or self._closed:
                return
            self._watching = True
        threading.Thread(target=self._watch_all, name="onnxviz-jobs-watch", daemon=True).start()

    def _watch_all(self) -> None:
        try:
            self._watch_while_running()
        except BaseException:
            # Whatever it was: the next run has somebody who looks at its memory.
            self._watching = False
            raise

    def _watch_while_running(self) -> None:
        while True:
            with self._lock:
                running = list(self._running.values())
                if self._closed or not (running or self._sweep_due):
                    self._watching = False
                    return
            for carried in running:
                self._check(carried, time.monotonic())
            if self._sweep_due and time.monotonic() - self._swept > SWEEP_SECONDS:
                self._sweep_due, self._swept = False, time.monotonic()
                self._folder.sweep({each.box.path.name for each in running})
            time.sleep(CHECK_SECONDS)

    def _check(self, carried: Carried, now: float) -> None:
        if carried.future.done():
            return
        carried.look()
        if carried.run.pid is None:
            self._check_untaken(carried, now)
        elif not carried.is_gone():
            carried.gone_since = None
        elif carried.gone_since is None:
            carried.gone_since = now
        elif now - carried.gone_since > LOST_SECONDS:
            self._end(carried, outcomes.crashed("unseen"))
            carried.inner.cancel()

    def _check_untaken(self, carried: Carried, now: float) -> None:
        """No worker began with it so far."""
        with carried.turn:
            if now - carried.last_asked < AGAIN_SECONDS or carried.future.done():
                return
            box = carried.box.move(self._folder.next_path())
            if box is None:
                # A worker took it and told nothing more.
                if now - carried.last_asked > UNTAKEN_SECONDS:
                    self._end(carried, outcomes.crashed("unseen"))
                return
            carried.box = box
            try:
                self._ask_once_more(carried, now)
            except (OSError, RuntimeError) as error:
                self._end(carried, outcomes.not_started(error))

    def _ask_once_more(self, carried: Carried, now: float) -> None:
        if now - carried.first_asked < UNTAKEN_SECONDS:
            self._ask(carried)
        elif carried.attempts < MOST_ATTEMPTS:
            self._pools.replace(carried.run.kind)
            self._begin(carried)
        else:
            self._end(carried, outcomes.crashed("before it began"))
