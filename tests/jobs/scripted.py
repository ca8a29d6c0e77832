"""A backend without processes: the test says when a run ends, and how."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future

from onnxviz.jobs.execution import Kind, Run


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


class Scripted:
    """Runs that are with it are in `running`, oldest first; it takes `room` of a lane at once."""

    def __init__(self, room: int = 1) -> None:
        self.room = room
        self.running: list[Run] = []
        self.names: list[str] = []
        self.stopped: list[Run] = []
        self.refusing: BaseException | None = None
        self._futures: dict[Run, Future[bytes]] = {}

    def capacity(self, kind: Kind, machine: str) -> int:
        return self.room

    def start(self, run: Run) -> Future[bytes]:
        if self.refusing is not None:
            raise self.refusing
        assert run.call is not None
        future: Future[bytes] = Future()
        self._futures[run] = future
        self.names.append(run.call[1][0] if run.call[1] and isinstance(run.call[1][0], str) else "")
        self.running.append(run)
        return future

    def stop(self, run: Run) -> None:
        self.stopped.append(run)
        if run in self.running:
            self.running.remove(run)
            self._futures[run].set_exception(CancelledError())

    def end(self, value: object = None, error: BaseException | None = None) -> Run:
        """The oldest ends, once it is there."""
        wait_until(lambda: self.running)
        run = self.running.pop(0)
        if error is None:
            self._futures[run].set_result(pickle.dumps(value))
        else:
            self._futures[run].set_exception(error)
        return run

    def look(self, run: Run) -> None:
        pass

    def is_left(self, name: str) -> bool:
        return False

    def machines(self) -> tuple[str, ...]:
        return ()

    def note(self) -> str:
        return ""

    def warm(self, kind: Kind) -> None:
        pass

    def close(self) -> None:
        pass
