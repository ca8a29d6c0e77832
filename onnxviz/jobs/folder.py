"""The private folder in which runs meet their workers (`mailbox`), and workers leave things (`leaving`)."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Set
from pathlib import Path

import psutil

from onnxviz.store.files import is_orphan, is_real_directory, temporary_prefix

_PREFIX = "onnxviz-jobs"

OLD_SECONDS = 60.0
"""A file of a run that is no more may be written this long after: by a worker that is being killed."""


class JobFolder:
    """Only this user can open it. It goes with `remove`, else when the next program makes one of its own."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{temporary_prefix(os.getpid())}"))
        _remove_orphans(self.path.parent)
        self._lock = threading.Lock()
        self._counter = 0

    def ensure(self) -> None:
        """Make it once more, where something cleared it away. Raises OSError for another in its place."""
        with contextlib.suppress(FileExistsError):
            self.path.mkdir(mode=0o700)
        if self.path.is_symlink() or self.path.stat().st_uid != os.getuid():
            raise OSError("the folder of running jobs belongs to somebody else")

    def next_path(self) -> Path:
        """For a mailbox that nobody had."""
        with self._lock:
            self._counter += 1
            return self.path / str(self._counter)

    def log_tail(self, pid: int | None) -> str:
        """The last words of a worker."""
        with contextlib.suppress(OSError):
            return (self.path / f"worker-{pid}.log").read_text(errors="replace")[-4000:]
        return ""

    def sweep(self, at_work: Set[str]) -> None:
        """Remove what workers left that are no more, and what nobody waits for.

        `at_work` are the names of mailboxes in use; new ones may come meanwhile.
        """
        newest = time.time() - OLD_SECONDS
        for file in self.path.glob("*"):
            first, *rest = file.name.split(".")
            if rest[-1:] == ["part"]:
                is_over = not _is_alive(rest[-2])
            elif first.startswith("worker-"):
                is_over = not _is_alive(first.removeprefix("worker-"))
            else:
                is_over = first.isdigit() and first not in at_work and _time(file) < newest
            if is_over:
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)

    def remove(self) -> None:
        """With all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)


def _remove_orphans(beside: Path) -> None:
    """What programs of this user left that were killed: calls and results, which hold parts of models."""
    for folder in beside.glob(f"{_PREFIX}.*"):
        with contextlib.suppress(OSError):
            is_ours = is_real_directory(folder) and folder.lstat().st_uid == os.getuid()
            if is_ours and is_orphan(folder.name.removeprefix(_PREFIX)):
                shutil.rmtree(folder, ignore_errors=True)


def _time(file: Path) -> float:
    """When it was written; never, where it is gone."""
    with contextlib.suppress(OSError):
        return file.stat().st_mtime
    return math.inf


def _is_alive(pid: str) -> bool:
    return pid.isdigit() and psutil.pid_exists(int(pid))
