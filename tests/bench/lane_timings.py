"""Timings that go wrong in their lane, importable by the process that makes them."""

from __future__ import annotations

import os
import time

from onnxviz.bench.timing import Opening, WarmUp


class Misbehaving:
    """Behaves until its third visit, and then `how`."""

    def __init__(self, how: str) -> None:
        self._how = how
        self._visits = 0
        self._held: list[bytes] = []

    def open(self) -> Opening:
        return Opening(0.01, 0.01, "cpu", ())

    def warm_up(self, share_s: float) -> WarmUp:
        return WarmUp((0.01,) * 10, True, 2)

    def visit(self, runs: int) -> tuple[float, ...]:
        self._visits += 1
        if self._visits == 3:
            getattr(self, self._how)()
        return (0.01,) * runs

    def crash(self) -> None:
        os.abort()

    def hang(self) -> None:
        time.sleep(600)

    def grow(self) -> None:
        while True:
            self._held.append(os.urandom(10_000_000))
            time.sleep(0.01)

    def slip(self) -> None:
        raise ZeroDivisionError("one over none")
