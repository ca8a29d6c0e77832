"""Verbs for the tests of a cluster; importable by name on a machine of it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from onnxviz.jobs import leaving
from onnxviz.progress import deliver, report


def tell_pid(seconds: float) -> int:
    """Say who works on it, then take a while."""
    report("Working", 0.5)
    deliver(os.getpid())
    time.sleep(seconds)
    return os.getpid()


def read_size(path: str) -> int:
    return Path(path).stat().st_size


def leave_path(path: str) -> str:
    return leaving.leave({"path": path})


def look_up(name: str) -> str:
    return str(leaving.take(name)["path"])
