"""How a verb says how far it is, and what it has found so far, without knowing who listens.

A verb calls `report` and `deliver`; whoever runs it (a worker, the CLI, a test) installs sinks
with `listening`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Sink = Callable[[str, float | None], None]
Taker = Callable[[object], None]

_sink: ContextVar[Sink | None] = ContextVar("onnxviz_progress_sink", default=None)
_taker: ContextVar[Taker | None] = ContextVar("onnxviz_progress_taker", default=None)


def report(text: str, fraction: float | None = None) -> None:
    """Say what is being done now; `fraction` in 0..1 where it is known."""
    sink = _sink.get()
    if sink is not None:
        sink(text, fraction)


def deliver(part: object) -> None:
    """Hand over a part of the result that is there already; it must be picklable."""
    taker = _taker.get()
    if taker is not None:
        taker(part)


@contextmanager
def listening(sink: Sink, taker: Taker | None = None) -> Iterator[None]:
    """Send the reports of the enclosed code to `sink`, and its parts to `taker` where one is given."""
    token = _sink.set(sink)
    other = _taker.set(taker) if taker is not None else None
    try:
        yield
    finally:
        _sink.reset(token)
        if other is not None:
            _taker.reset(other)
