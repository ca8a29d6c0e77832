"""What the app and its workers take: resident bytes and processor seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import psutil

from tests.browser.serving import Server

STILL_SECONDS = 5.0
STILL_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Taken:
    """Resident bytes and processor seconds so far, of the app's own process and of all its workers."""

    app_bytes: int
    workers_bytes: int
    app_s: float
    workers_s: float
    workers: int

    @property
    def nbytes(self) -> int:
        """Of all."""
        return self.app_bytes + self.workers_bytes


def taken(server: Server) -> Taken:
    """Now. The seconds of workers that have ended are not in it."""
    app = psutil.Process(server.process.pid)
    found = [figures for pid in server.workers() for figures in _of(pid)]
    times = app.cpu_times()
    return Taken(
        app.memory_info().rss,
        sum(nbytes for nbytes, _ in found),
        times.user + times.system,
        sum(seconds for _, seconds in found),
        len(found),
    )


def _of(pid: int) -> Iterator[tuple[int, float]]:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        times = process.cpu_times()
        yield process.memory_info().rss, times.user + times.system


def seconds_of_tree(pid: int) -> float:
    """Processor seconds of a process and all that it started and that runs."""
    total = 0.0
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for each in (root, *root.children(recursive=True)):
            total += sum(seconds for _, seconds in _of(each.pid))
    return total


def when_still(server: Server, most_seconds: float) -> Taken:
    """Once nothing is at work: no more than 5 % of a core for `STILL_SECONDS`; or after `most_seconds`."""
    end = time.monotonic() + most_seconds
    before = taken(server)
    while time.monotonic() < end:
        time.sleep(STILL_SECONDS)
        now = taken(server)
        busy = now.app_s + now.workers_s - before.app_s - before.workers_s
        if busy < 0.05 * STILL_SECONDS and abs(now.nbytes / before.nbytes - 1) < STILL_SHARE:
            return now
        before = now
    return before
