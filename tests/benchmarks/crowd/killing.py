"""Worker processes that die at any moment."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress

import psutil

from tests.browser.serving import Server

TWO = 0.25
"""Share of the times in which two die at once."""

YOUNG_SECONDS = 3.0
"""A worker imports for so long before its first job."""


async def kill_at_random(
    server: Server, dice: random.Random, pause_s: tuple[float, float], until: asyncio.Event
) -> Counter[str]:
    """SIGKILL processes of the app, now one, now two, until told; how many of which kind."""
    killed: Counter[str] = Counter()
    while not until.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(until.wait(), dice.uniform(*pause_s))
            break
        alive = [pid for pid in server.workers() if not _is_tracker(pid)]
        for pid in dice.sample(alive, min(len(alive), 2 if dice.random() < TWO else 1)):
            with suppress(psutil.Error, ProcessLookupError):
                kind = kind_of(psutil.Process(pid))
                os.kill(pid, signal.SIGKILL)
                killed[kind] += 1
    return killed


def kind_of(process: psutil.Process) -> str:
    """What a process of the app is: a lane of a benchmark, or a worker and what it does."""
    command = " ".join(process.cmdline())
    if "lanes" in command:
        return "lane"
    if time.time() - process.create_time() < YOUNG_SECONDS:
        return "worker at its start"
    return "busy worker" if process.status() == psutil.STATUS_RUNNING else "worker at rest or waiting"


def _is_tracker(pid: int) -> bool:
    """Whether it is Python's own helper, which `multiprocessing` starts again, with many words in the log."""
    with suppress(psutil.Error):
        return "resource_tracker" in " ".join(psutil.Process(pid).cmdline())
    return True
