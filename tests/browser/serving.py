"""The app as a process: started as a person starts it, on a free port, with a store of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
STOP_SECONDS = 20


@dataclass(frozen=True)
class Server:
    """A running app. `folder` holds its store, its temporary files and its log."""

    process: subprocess.Popen[bytes]
    url: str
    folder: Path

    @property
    def log(self) -> str:
        """What it wrote to its output so far."""
        return (self.folder / "app.log").read_text(errors="replace")

    def workers(self) -> list[int]:
        """Process ids of everything that it has started and that runs."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return [child.pid for child in psutil.Process(self.process.pid).children(recursive=True)]
        return []

    def busy_worker(self) -> int:
        """Process id of the worker that has taken up a job; fails unless there is one within a minute."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for ticket in (self.folder / "tmp").glob("onnxviz-jobs*/*.json"):
                with contextlib.suppress(FileNotFoundError):
                    return int(json.loads(ticket.read_text())["pid"])
            time.sleep(0.05)
        raise AssertionError("no worker took up a job")

    def modules(self) -> list[str]:
        """The names of all modules that the app's own process has imported."""
        written = self.folder / "modules.json"
        written.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        end = time.monotonic() + 20
        while not written.exists():
            assert time.monotonic() < end, "the app did not answer the signal"
            time.sleep(0.05)
        found: list[str] = json.loads(written.read_text())
        return found

    def stop(self, how: signal.Signals = signal.SIGTERM) -> list[int]:
        """End the app's own process and return those that outlived it; afterwards none is left."""
        workers = [psutil.Process(pid) for pid in self.workers() if psutil.pid_exists(pid)]
        self.process.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        _, left = psutil.wait_procs(workers, STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return [process.pid for process in left]


def start(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Server:
    """Start the app with everything that it writes in `folder`; returns at once.

    `arguments` are those of the app (`"model.onnx"`). Below a path of the server it is where
    STREAMLIT_SERVER_BASE_URL_PATH is in `env`. See `wait_until_up`.
    """
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(ROOT / "tests" / "browser" / "launch.py"), "app.py"]
    command += ["--server.headless", "true", "--server.port", str(port)]
    own = {
        "ONNXVIZ_STORE": str(folder / "store"),
        "ONNXVIZ_TEST_MODULES": str(folder / "modules.json"),
        "TMPDIR": str(folder / "tmp"),
    }
    with (folder / "app.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--", *arguments] if arguments else command,
            cwd=ROOT,
            env={**os.environ, **own, **(env or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    path = (env or {}).get("STREAMLIT_SERVER_BASE_URL_PATH", "")
    return Server(process, f"http://localhost:{port}{path}", folder)


def wait_until_up(server: Server) -> None:
    """Return once the app answers; fails when it ends instead."""
    end = time.monotonic() + START_SECONDS
    while True:
        assert server.process.poll() is None, f"the app ended:\n{server.log}"
        assert time.monotonic() < end, f"the app does not answer:\n{server.log}"
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5).close()
            return
        time.sleep(0.02)
