"""Verbs for the tests of jobs; importable by name in a worker."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
import time

import psutil

from onnxviz.errors import RewriteFailed
from onnxviz.jobs import leaving
from onnxviz.progress import deliver, report


def add(a: int, b: int) -> int:
    return a + b


def sleep_long() -> str:
    report("Sleeping", 0.25)
    time.sleep(60)
    return "woke up"


def hand_over(count: int, seconds: float) -> str:
    for number in range(count):
        deliver({"number": number})
    time.sleep(seconds)
    return "done"


def count_to(path: str) -> int:
    with open(path, "a") as handle:
        handle.write("x")
    time.sleep(0.3)
    return os.stat(path).st_size


def eat_memory(megabytes: int) -> int:
    held = []
    for _ in range(megabytes):
        held.append(b"\1" * 1_000_000)
        time.sleep(0.0005)
    return len(held)


def crash() -> None:
    os.write(2, b"native words before the end\n")
    os.abort()


def fail_typed() -> None:
    raise RewriteFailed("model.onnx", "has no nodes", "Choose another", detail="raw words")


def fail_untyped() -> None:
    raise ValueError("broken pipe dream\nsecond line")


def leave_no_room(nbytes: int, reply: int) -> bytes:
    """From now on this process can write files of up to `nbytes` only, as if the disk was full behind it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (nbytes, resource.RLIM_INFINITY))
    return bytes(reply)


def hand_over_without_room() -> str:
    leave_no_room(300, 0)
    deliver(bytes(1_000))
    return "done"


def leave_without_room() -> str:
    leave_no_room(300, 0)
    return leaving.leave(bytes(1_000))


def die_while_leaving() -> str:
    """Killed when half of the file is there."""
    os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    return leaving.leave(bytes(1_000))


def clear_folder(folder: str) -> str:
    shutil.rmtree(folder)
    return "cleared"


def long_result(nbytes: int) -> bytes:
    return bytes(nbytes)


def refuse_to_load() -> None:
    raise ImportError("the verb is not here")


class Unloadable:
    def __reduce__(self) -> tuple[object, ...]:
        return refuse_to_load, ()


def main_module() -> str:
    return str(getattr(sys.modules["__main__"], "__file__", None))


def print_noise() -> int:
    print("noise on stdout")
    return os.getpid()


def unpicklable() -> object:
    return lambda: None


def niceness() -> int:
    return os.nice(0)


_pinned: list[bytes] = []


def fill_and_pin() -> int:
    """Take 100 MB in small pieces and keep the last; bytes that the process holds at most."""
    pieces = [bytes(2_000) for _ in range(50_000)]
    _pinned.append(pieces[-1])
    return resident()


def resident() -> int:
    """Bytes that the process holds."""
    return int(psutil.Process().memory_info().rss)
