"""A cluster for tests: a scheduler of Dask and machines, each a process of this machine on free ports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


class Cluster:
    """Its processes; `folder` takes the stores and the logs."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start_scheduler(self) -> None:
        # In a folder without the program: a scheduler need not have it.
        command = ["-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port)]
        self._start("scheduler", [*command, "--dashboard-address", "127.0.0.1:0"], self.folder)

    def start_machine(self, name: str, **settings: str) -> None:
        self._start(name, ["-m", "onnxviz", "worker", self.address, "--name", name], ROOT, **settings)

    def _start(self, name: str, arguments: list[str], where: Path, **settings: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=where,
                stdout=log,
                stderr=log,
                env={**os.environ, "ONNXVIZ_STORE": str(self.store(name)), **settings},
            )

    def store(self, name: str) -> Path:
        return self.folder / f"store-{name}"

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def kill(self, name: str) -> None:
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """End all as a person would."""
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self._processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def is_gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
