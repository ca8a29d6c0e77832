"""A run while worker processes of this machine carry it out."""

from __future__ import annotations

import math
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import psutil

from onnxviz.errors import JobFailed, OnnxvizError
from onnxviz.jobs import outcomes
from onnxviz.jobs.execution import Run
from onnxviz.jobs.mailbox import Mailbox
from onnxviz.jobs.outcomes import UNNAMED


@dataclass(eq=False)
class Carried:
    """`run`, the mailbox through which its worker is told, and what became of it so far."""

    run: Run
    box: Mailbox
    future: Future[bytes] = field(default_factory=Future)
    inner: Any = None
    """What Pebble gave for the last time that a worker was asked; what it gave before counts no more."""

    attempts: int = 0
    first_asked: float = math.inf
    last_asked: float = math.inf
    """When the pool of this attempt was asked first and last, on the clock of `time.monotonic`."""

    gone_since: float | None = None
    over_memory: bool = False

    turn: threading.RLock = field(default_factory=threading.RLock)
    """Held by who stops it, begins it anew, or takes Pebble's answer."""

    _reading: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> None:
        """What the worker wrote, into the run."""
        with self._reading:
            ticket = self.box.ticket()
            if ticket:
                self.run.took_up(int(ticket["pid"]))
                self.run.report(ticket["text"], ticket["fraction"])
            for part in self.box.new_parts():
                self.run.hand_over(part)

    def is_gone(self) -> bool:
        """Look at the memory of its worker, and kill it where that is too large; true where there is none."""
        # Asked for once: in another thread it may begin anew, and for None psutil gives this program itself.
        pid = self.run.pid
        if pid is None:
            return False
        try:
            process = psutil.Process(pid)
            resident = int(process.memory_info().rss)
            if resident > self.run.limits.megabytes * 1_000_000:
                self.over_memory = True
                process.kill()
        except psutil.Error:
            return True
        self.run.peak_bytes = max(self.run.peak_bytes or 0, resident)
        # What is dead and was not waited for yet takes nothing.
        return resident == 0

    def renew(self, box: Mailbox) -> None:
        """As if no worker had begun with it."""
        self.box.clear()
        self.box, self.gone_since = box, None
        self.run.begin_anew()

    def end(self, error: BaseException | None, log_tail: str) -> None:
        """Tell how it ended: with `error`, else as its mailbox has it."""
        self.look()
        ending = self._ending(error, log_tail)
        self.box.clear()
        if isinstance(ending, bytes):
            self.future.set_result(ending)
        else:
            self.future.set_exception(ending)

    def _ending(self, error: BaseException | None, log_tail: str) -> bytes | OnnxvizError:
        if self.over_memory:
            return outcomes.out_of_memory(self.run.limits)
        if error is not None:
            return outcomes.typed_error(error, self.run.limits, log_tail)
        try:
            return self.box.result()
        except OnnxvizError as known:
            return known
        except OSError as lost:
            cause = "lost its files in the folder of running jobs"
            return JobFailed(UNNAMED, cause, "Try again", detail=str(lost))
