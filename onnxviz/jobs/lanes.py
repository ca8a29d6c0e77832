"""Processes that a worker keeps beside it, each with one object to ask: what must not share a process.

A benchmark opens every session in a lane of its own, so that none disturbs another or takes it down. A lane
does nothing, and uses no core, while it is not asked. It ends with `close`, and by itself when the process
that made it is gone.

Started with `subprocess`, since pools' workers are daemons, which may not have children of
`multiprocessing`'s making (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process.daemon).
"""

from __future__ import annotations

import contextlib
import os
import pickle
import selectors
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import IO, Any

import psutil

from onnxviz.errors import JobCrashed, JobFailed, JobOutOfMemory, JobTimedOut, OnnxvizError
from onnxviz.jobs.outcomes import Limits, exit_words
from onnxviz.jobs.worker import exit_with_parent

LOOK_SECONDS = 0.1
"""How often the memory of a lane is looked at while it works; a look takes about 20 microseconds."""

START_SECONDS = 60.0
"""To start Python and import what the object needs."""

_PROGRAM = "from onnxviz.jobs.lanes import serve; serve()"


class Lane:
    """A process with one object in it, which `make(*args)` returns there.

    `make` and what goes to and from the object must be picklable. `limits.seconds` bounds one question, and
    `limits.megabytes` the resident memory while it is answered. An error of the object's own making leaves
    the lane open: its `OnnxvizError`, or JobFailed for any other. JobCrashed, JobTimedOut and
    JobOutOfMemory end it, and then `is_open` is false; so does an error while the object is made.
    """

    def __init__(
        self, label: str, make: Callable[..., Any], *args: Any, limits: Limits | None = None
    ) -> None:
        self.label = label
        self._limits = limits or Limits()
        self._peak = self._resident = 0
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        except OSError as error:
            remedy = "The machine may be out of processes, files or memory; try again"
            raise JobFailed(label, f"no process could be started: {error}", remedy) from error
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._out, selectors.EVENT_READ)
        try:
            self._answer((label, make, args), START_SECONDS + self._limits.seconds)
        except OnnxvizError:
            self.close()
            raise

    @property
    def is_open(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    @property
    def peak_bytes(self) -> int:
        """The most resident memory that was seen, the system's own mark included where it keeps one."""
        self._look()
        return self._peak

    def ask(self, name: str, *args: Any, seconds: float | None = None) -> Any:
        """What the object's method `name` returns. Raises what that raises, where it is an OnnxvizError."""
        if not self.is_open:
            raise self._death()
        return self._answer((self.label, name, args), seconds or self._limits.seconds)

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    @property
    def _out(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _answer(self, question: object, seconds: float) -> Any:
        assert self._process.stdin is not None
        try:
            _write(self._process.stdin, question)
        except OSError:
            raise self._death() from None
        deadline = time.monotonic() + seconds
        while not self._selector.select(min(LOOK_SECONDS, max(0.0, deadline - time.monotonic()))):
            self._look()
            if self._resident > self._limits.megabytes * 1_000_000:
                self.close()
                limit = f"{self._limits.megabytes / 1000:g} GB"
                raise JobOutOfMemory(
                    self.label,
                    f"grew past its memory limit of {limit} and was stopped",
                    "Try a smaller model or batch, or raise ONNXVIZ_JOB_MEGABYTES",
                )
            if time.monotonic() >= deadline:
                self.close()
                raise JobTimedOut(
                    self.label,
                    f"took longer than its limit of {seconds:g} s and was stopped",
                    "Try a smaller model or batch",
                )
        try:
            is_good, value = _read(self._out)
        except EOFError:
            raise self._death() from None
        if is_good:
            return value
        assert isinstance(value, OnnxvizError)
        raise value

    def _look(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            memory = psutil.Process(self.pid).memory_info()
            self._resident = memory.rss
            self._peak = max(self._peak, memory.rss, _high_water(self.pid))

    def _death(self) -> JobCrashed:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        code = self._process.returncode
        words = "no exit code" if code is None else exit_words(code)
        return JobCrashed(self.label, f"its process died ({words})", "The others go on without it")


def serve() -> None:
    """The lane's side: make the object, then answer until nobody asks any more."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What libraries print must not come between the answers.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    threading.Thread(target=exit_with_parent, args=(os.getppid(),), daemon=True).start()
    made: Any = None
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            label, what, args = _read(questions)
            try:
                value = _called(label, what if callable(what) else getattr(made, what), args)
            except OnnxvizError as error:
                _write(answers, (False, error))
                continue
            if callable(what):
                made, value = value, None
            _write(answers, (True, value))


def _called(label: str, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    try:
        return function(*args)
    except OnnxvizError:
        raise
    except Exception as error:
        first = (str(error).strip().splitlines() or [""])[0][:300]
        cause = f"failed: {type(error).__name__}: {first}".rstrip(": ")
        raise JobFailed(label, cause, detail=traceback.format_exc()) from error


def _write(stream: IO[bytes], value: object) -> None:
    data = pickle.dumps(value)
    stream.write(len(data).to_bytes(8, "little") + data)
    stream.flush()


def _read(stream: IO[bytes]) -> Any:
    """Raises EOFError where the other side ended, if amid a message."""
    head = stream.read(8)
    size = int.from_bytes(head, "little")
    data = stream.read(size) if len(head) == 8 else b""
    if not data or len(data) < size:
        raise EOFError
    return pickle.loads(data)


def _high_water(pid: int) -> int:
    """`VmHWM` of https://man7.org/linux/man-pages/man5/proc_pid_status.5.html in bytes; 0 elsewhere."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/status") as lines:
        for line in lines:
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    return 0
