"""What happens inside a worker process."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pickle
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from onnxviz.errors import JobFailed, JobOutOfMemory, OnnxvizError
from onnxviz.jobs import leaving
from onnxviz.progress import listening

PARENT_CHECK_SECONDS = 2.0
PROGRESS_INTERVAL_SECONDS = 0.05

WARM_UP: Mapping[str, tuple[str, ...]] = {
    "look": ("onnx", "onnxviz.reading", "onnxviz.scene.place:warm"),
    "fold": ("onnx", "onnxruntime", "onnxviz.rewrites.fold"),
    "rewrite": ("onnx", "onnxruntime", "onnxsim"),
    "torch": ("torch", "onnx"),
    "bench": ("onnxruntime", "onnx"),
    "lean": (),
}
"""Kind of worker -> modules to import (or `module:function` to call) before its first job."""


def prepare(kind: str, log_dir: str) -> None:
    """Pool initializer: send output to a log, watch the parent, import what the kind needs."""
    _redirect_output(Path(log_dir) / f"worker-{os.getpid()}.log")
    leaving.keep_in(Path(log_dir))
    threading.Thread(target=exit_with_parent, args=(os.getppid(),), daemon=True).start()
    for name in WARM_UP[kind]:
        module, _, function = name.partition(":")
        try:
            loaded = importlib.import_module(module)
            if function:
                getattr(loaded, function)()
        except (ImportError, OnnxvizError):
            # The job that needs it reports the failure; without it other jobs still work.
            traceback.print_exc()


def invoke(
    ticket: str, label: str, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Run one job, reporting to the file `ticket`; any error leaves as an `OnnxvizError`."""
    with contextlib.suppress(OSError):
        os.ftruncate(1, 0)
    writer = _TicketWriter(Path(ticket))
    writer("", None)
    if withdrawn(Path(ticket)).exists():
        return None
    try:
        with listening(writer, PartsWriter(Path(ticket))):
            return function(*args, **kwargs)
    except OnnxvizError:
        raise
    except MemoryError as error:
        raise JobOutOfMemory(
            label, "ran out of memory", "Try a smaller model or fewer options", detail=traceback.format_exc()
        ) from error
    except Exception as error:
        first_line = (str(error).strip().splitlines() or [""])[0][:300]
        cause = f"failed: {type(error).__name__}: {first_line}".rstrip(": ")
        raise JobFailed(label, cause, detail=traceback.format_exc()) from error


def withdrawn(ticket: Path) -> Path:
    """The file whose existence says that nobody waits for the job of `ticket` any more."""
    return ticket.with_suffix(".withdrawn")


def parts_file(ticket: Path) -> Path:
    """The file that takes what the job of `ticket` hands over before it is done."""
    return ticket.with_suffix(".parts")


class PartsWriter:
    """Appends parts to a file, each behind its length in eight bytes, so that half a part is seen as such."""

    def __init__(self, ticket: Path) -> None:
        self._path = parts_file(ticket)

    def __call__(self, part: object) -> None:
        data = pickle.dumps(part)
        with self._path.open("ab") as stream:
            stream.write(len(data).to_bytes(8, "little") + data)


def _redirect_output(log: Path) -> None:
    """Libraries print: a worker must not mix that into the JSON or the log of the app."""
    handle = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_TRUNC, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)


def exit_with_parent(parent: int) -> None:
    """End this process when the app is gone, so that a killed app leaves no workers behind."""
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_SECONDS)
    os._exit(0)


class _TicketWriter:
    """Writes `{pid, text, fraction}` to a file, replaced whole, so that a kill never leaves half."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last_time = 0.0
        self._last_text: str | None = None

    def __call__(self, text: str, fraction: float | None) -> None:
        now = time.monotonic()
        if text == self._last_text and now - self._last_time < PROGRESS_INTERVAL_SECONDS:
            return
        self._last_time, self._last_text = now, text
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps({"pid": os.getpid(), "text": text, "fraction": fraction}))
        os.replace(part, self._path)
