"""What happens inside a worker process."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib
import os
import pickle
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from onnxviz import disk
from onnxviz.errors import JobFailed, JobOutOfMemory, OnnxvizError
from onnxviz.jobs import leaving, mailbox
from onnxviz.jobs.outcomes import UNNAMED
from onnxviz.progress import Sink, Taker, listening

PARENT_CHECK_SECONDS = 2.0

WARM_UP: Mapping[str, tuple[str, ...]] = {
    "look": ("onnx", "onnxviz.reading", "onnxviz.scene.place:warm"),
    "fold": ("onnx", "onnxruntime", "onnxviz.rewrites.fold"),
    "rewrite": ("onnx", "onnxruntime", "onnxsim"),
    "torch": ("torch", "onnx"),
    "bench": ("onnxruntime", "onnx"),
    "lean": (),
}
"""Kind of worker -> modules to import (or `module:function` to call) before its first job."""

GIVES_WAY = {"fold": 5, "rewrite": 5, "torch": 5}
"""Kind of worker -> niceness (https://man7.org/linux/man-pages/man2/nice.2.html). Long work leaves the cores
to the app and to what a click waits for; what is measured does not."""


def prepare(kind: str, folder: str) -> None:
    """Pool initializer: send output to a log, watch the parent, import what the kind needs."""
    _redirect_output(Path(folder) / f"worker-{os.getpid()}.log")
    leaving.keep_in(Path(folder))
    if hasattr(os, "nice"):
        os.nice(GIVES_WAY.get(kind, 0))
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


def invoke(path: str) -> bool:
    """Carry out the call in the mailbox `path` and answer into it; false where the call is gone."""
    box = Path(path)
    try:
        data = mailbox.take(box)
        if data is None:
            return False
        _begin_log()
        tell = mailbox.TicketWriter(box)
        tell.begin()
        function, args, kwargs = mailbox.unpickled(data)
        mailbox.answer(box, perform(function, args, kwargs, tell, mailbox.PartsWriter(box)))
    except OnnxvizError as error:
        mailbox.answer_error(box, error)
    _give_back()
    return True


def _give_back() -> None:
    """Return memory that the run let go of to the system: glibc keeps what lies between what is still in use.

    0.1 ms where there is little, 4 ms for 20 MB (https://man7.org/linux/man-pages/man3/malloc_trim.3.html).
    """
    trim = getattr(_c_library(), "malloc_trim", None)
    if trim is not None:
        trim(0)


@functools.cache
def _c_library() -> Any:
    """The C library of this process; None where it cannot be asked for so."""
    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):
        # Windows has no such name for it.
        return None


def perform(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    tell: Sink,
    take: Taker,
) -> bytes:
    """The pickled result of `function(*args, **kwargs)`; any error leaves as an `OnnxvizError`.

    `tell` gets the reports of the verb, `take` its parts. The subject of an error that no verb made is
    `UNNAMED`.
    """
    try:
        with listening(tell, take):
            return pickle.dumps(function(*args, **kwargs))
    except OnnxvizError:
        raise
    except MemoryError as error:
        remedy = "Try a smaller model or fewer options"
        raise JobOutOfMemory(UNNAMED, "ran out of memory", remedy, detail=traceback.format_exc()) from error
    except Exception as error:
        if (trouble := disk.trouble(error)) is not None:
            raise JobFailed(UNNAMED, *trouble, detail=traceback.format_exc()) from error
        first_line = (str(error).strip().splitlines() or [""])[0][:300]
        cause = f"failed: {type(error).__name__}: {first_line}".rstrip(": ")
        raise JobFailed(UNNAMED, cause, detail=traceback.format_exc()) from error


def _begin_log() -> None:
    """Of this job alone, since its tail may be shown to the one who asked for it."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    with contextlib.suppress(OSError):
        os.ftruncate(1, 0)


def _redirect_output(log: Path) -> None:
    """Libraries print: a worker must not mix that into the JSON or the log of the app."""
    try:
        handle = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_TRUNC, 0o600)
    except OSError:
        handle = os.open(os.devnull, os.O_WRONLY)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)


def exit_with_parent(parent: int) -> None:
    """End this process when the app is gone, so that a killed app leaves no workers behind."""
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_SECONDS)
    os._exit(0)
