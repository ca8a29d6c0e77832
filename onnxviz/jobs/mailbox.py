"""The files through which the program and the worker of one run meet, in the private folder of its jobs.

- `.call`: what to do, pickled. The worker takes it away before anything else, and so does the program where
  nobody waits any more: whoever comes second finds nothing, so no run is both stopped and carried out.
- `.json`: the ticket: process id, what is done now, how far it is.
- `.parts`: parts of the result, each behind its length in eight bytes.
- `.result` or `.error`: how it ended, pickled. Through the pool's pipe goes next to nothing, since a worker
  that is killed amid a long message leaves half of it to the others; up to PIPE_BUF bytes go whole or not at
  all (https://man7.org/linux/man-pages/man7/pipe.7.html).

The folder can be opened by this user only: what is unpickled here was written by our own workers.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from onnxviz.errors import JobFailed, OnnxvizError
from onnxviz.jobs.execution import Call
from onnxviz.jobs.outcomes import UNNAMED

PROGRESS_INTERVAL_SECONDS = 0.05

SUFFIXES = (".call", ".taken", ".json", ".parts", ".result", ".error")


class Mailbox:
    """The program's side."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._parts_read = 0

    def put(self, call: Call) -> None:
        """Lay the call out. Raises JobFailed where it cannot be sent or written."""
        try:
            data = pickle.dumps(call)
        except Exception as error:
            raise JobFailed(UNNAMED, f"cannot be sent to a worker: {error}") from error
        with on_disk("could not be handed to a worker"):
            write_whole(self.path.with_suffix(".call"), data)

    def move(self, path: Path) -> Mailbox | None:
        """The mailbox at `path` with the call of this one; None where a worker has it, or nobody."""
        try:
            os.rename(self.path.with_suffix(".call"), path.with_suffix(".call"))
        except OSError:
            return None
        return Mailbox(path)

    def take_back(self) -> bool:
        """True where no worker has the call, and none will get it."""
        try:
            self.path.with_suffix(".call").unlink()
        except OSError:
            return False
        return True

    def ticket(self) -> dict[str, Any]:
        """`{pid, text, fraction}`; empty before a worker took the call."""
        try:
            data: dict[str, Any] = json.loads(self.path.with_suffix(".json").read_bytes())
        except (OSError, ValueError):
            return {}
        return data

    def new_parts(self) -> Iterator[Any]:
        """Parts that were not read yet. One thread at a time."""
        with contextlib.suppress(OSError), self.path.with_suffix(".parts").open("rb") as stream:
            stream.seek(self._parts_read)
            while len(head := stream.read(8)) == 8:
                size = int.from_bytes(head, "little")
                data = stream.read(size)
                if len(data) < size:
                    break
                self._parts_read += 8 + size
                yield pickle.loads(data)

    def result(self) -> bytes:
        """The pickled result. Raises the error that is there instead, or OSError where there is neither."""
        try:
            return self.path.with_suffix(".result").read_bytes()
        except FileNotFoundError:
            error = pickle.loads(self.path.with_suffix(".error").read_bytes())
        assert isinstance(error, OnnxvizError)
        raise error

    def clear(self) -> None:
        """Remove every file."""
        for suffix in SUFFIXES:
            with contextlib.suppress(OSError):
                self.path.with_suffix(suffix).unlink(missing_ok=True)


def take(path: Path) -> bytes | None:
    """In a worker: the pickled call, which nobody else finds any more; None where it was taken back."""
    mine = path.with_suffix(".taken")
    try:
        with on_disk("its worker could not begin"):
            try:
                os.rename(path.with_suffix(".call"), mine)
            except FileNotFoundError:
                return None
            return mine.read_bytes()
    finally:
        mine.unlink(missing_ok=True)


def answer(path: Path, data: bytes) -> None:
    """In a worker: the pickled result. Raises JobFailed where it cannot be written."""
    with on_disk("its result could not be written"):
        write_whole(path.with_suffix(".result"), data)


def answer_error(path: Path, error: OnnxvizError) -> None:
    """In a worker: what went wrong. Raises `error`, shortened, where it cannot be written."""
    try:
        write_whole(path.with_suffix(".error"), pickle.dumps(error))
    except OSError:
        # Through the pool's pipe, where it must be short.
        raise type(error)(error.subject[:200], error.cause[:600], error.remedy[:300]) from None


class TicketWriter:
    """In a worker: writes the ticket, whole each time, so that a kill never leaves half."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_suffix(".json")
        self._last_time = 0.0
        self._last_text: str | None = None

    def begin(self) -> None:
        """Tell who took the call. Raises JobFailed: what nobody can watch or stop must not run."""
        with on_disk("its worker could not begin"):
            self._write("", None)

    def __call__(self, text: str, fraction: float | None) -> None:
        now = time.monotonic()
        if text == self._last_text and now - self._last_time < PROGRESS_INTERVAL_SECONDS:
            return
        self._last_time, self._last_text = now, text
        # A job that can go on is not stopped because nobody can see how far it is.
        with contextlib.suppress(OSError):
            self._write(text, fraction)

    def _write(self, text: str, fraction: float | None) -> None:
        write_whole(self._path, json.dumps({"pid": os.getpid(), "text": text, "fraction": fraction}).encode())


class PartsWriter:
    """In a worker: appends parts, each behind its length, so that half a part is seen as such.

    One that does not fit on the disk leaves nothing: those after it could not be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.with_suffix(".parts")

    def __call__(self, part: object) -> None:
        data = pickle.dumps(part)
        message = len(data).to_bytes(8, "little") + data
        with on_disk("a part of its result could not be written"), self._path.open("ab", 0) as stream:
            before = stream.tell()
            try:
                while message:
                    message = message[stream.write(message) :]
            except OSError:
                stream.truncate(before)
                raise


def unpickled(data: bytes) -> Any:
    """What the other side sent. Raises JobFailed where it cannot be read."""
    try:
        return pickle.loads(data)
    except Exception as error:
        cause = f"could not be handed on: {type(error).__name__}: {str(error)[:300]}"
        raise JobFailed(UNNAMED, cause) from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all. Raises OSError."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def on_disk(what: str) -> Iterator[None]:
    """An OSError of the enclosed writing as one typed error, such as for a full disk."""
    try:
        yield
    except OSError as error:
        raise JobFailed(
            UNNAMED,
            f"{what}: {error.strerror or error}",
            "The folder for temporary files of the machine that runs it must be there and have room; "
            "then try again",
        ) from error
