"""What an app must not leave behind when nothing is at work any more."""

from __future__ import annotations

import time

import psutil

from onnxviz import settings
from tests.browser.serving import Server

PATIENCE_SECONDS = 120.0
"""For workers to come back, for jobs of closed tabs to end, and for files of dead ones to be swept."""


def found(server: Server) -> list[str]:
    """In words; waits until there is nothing, for `PATIENCE_SECONDS` at most."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (left := _now(server)) and time.monotonic() < end:
        time.sleep(1)
    return left


def _now(server: Server) -> list[str]:
    left = []
    # One process beside the workers: Python's resource tracker.
    most = 1 + sum(setting.value() for setting in settings.WORKERS.values())
    workers = server.workers()
    if len(workers) > most:
        left.append(f"{len(workers)} processes, where there should be {most} at most")
    dead = [pid for pid in workers if _is_zombie(pid)]
    if dead:
        left.append(f"{len(dead)} dead processes that nobody has waited for")
    jobs = [file for folder in (server.folder / "tmp").glob("onnxviz-jobs*") for file in folder.iterdir()]
    files = [file.name for file in jobs if not file.name.startswith(("left-", "worker-"))]
    if files:
        left.append(f"{len(files)} files of jobs that are over: {sorted(files)[:5]}")
    logs = [file for file in jobs if file.name.startswith("worker-")]
    if len(logs) > most:
        left.append(f"{len(logs)} logs of workers, where there should be {most} at most")
    # A whole result that a worker left for the app, and whose asker was killed, is swept an hour later.
    received = f"-{server.process.pid}-"
    parts = [each.name for each in (server.folder / "store").glob(".tmp-*") if received not in each.name]
    if parts:
        left.append(f"{len(parts)} unfinished entries in the store: {parts[:5]}")
    return left


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
