"""Objects for lanes, importable by name in another process."""

from __future__ import annotations

import os
import signal
import sys
import time

from onnxviz.errors import BenchFailed


class Counting:
    """Keeps a number between questions."""

    def __init__(self, start: int) -> None:
        self.number = start
        self._kept: list[bytes] = []

    def add(self, more: int) -> int:
        self.number += more
        return self.number

    def pid(self) -> int:
        return os.getpid()

    def parent(self) -> int:
        return os.getppid()

    def chatter(self) -> str:
        print("no answer at all")
        os.write(1, b"nor this")
        sys.stderr.write("nor that")
        return "said"

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def grow(self, megabytes: int) -> None:
        for _ in range(megabytes):
            self._kept.append(os.urandom(1_000_000))
        time.sleep(5)

    def refuse(self) -> None:
        raise BenchFailed("the model", "is refused", "Mend it")

    def stumble(self) -> None:
        raise ValueError("a stumble")


def refusing() -> Counting:
    """An object that cannot be made."""
    raise BenchFailed("the model", "cannot be opened")
