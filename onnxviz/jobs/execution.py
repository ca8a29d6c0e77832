"""One execution of a verb, and what its worker says of it in files: how far it is, parts of the result."""

from __future__ import annotations

import contextlib
import json
import pickle
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from onnxviz.jobs import worker
from onnxviz.jobs.outcomes import Limits

Kind = Literal["look", "fold", "rewrite", "torch", "bench"]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a job does now. `fraction` is None where it is unknown; `seconds` since submission."""

    text: str
    fraction: float | None
    seconds: float


@dataclass(eq=False)
class Run:
    """One execution; several `pool.Job`s may wait for it when they ask for the same key."""

    label: str
    kind: Kind
    limits: Limits
    ticket: Path
    call: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
    outcome: Future[Any] = field(default_factory=Future)
    inner: Any = None
    waiters: int = 1
    killed_for_memory: bool = False
    attempts: int = 0
    submitted: float = field(default_factory=time.monotonic)
    pid: int | None = None
    parts: list[Any] = field(default_factory=list)
    parts_read: int = 0
    reading: threading.Lock = field(default_factory=threading.Lock)

    def read_parts(self) -> list[Any]:
        """What the worker handed over so far. The file is ours, in a folder that only this user can open."""
        with self.reading:
            with contextlib.suppress(FileNotFoundError), worker.parts_file(self.ticket).open("rb") as stream:
                stream.seek(self.parts_read)
                while len(head := stream.read(8)) == 8:
                    size = int.from_bytes(head, "little")
                    data = stream.read(size)
                    if len(data) < size:
                        break
                    self.parts.append(pickle.loads(data))
                    self.parts_read += 8 + size
            return list(self.parts)

    def read_ticket(self) -> dict[str, Any]:
        try:
            data: dict[str, Any] = json.loads(self.ticket.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        self.pid = int(data["pid"])
        return data
