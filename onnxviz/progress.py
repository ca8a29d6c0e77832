"""How a verb says how far it is, without knowing who listens.

A verb calls `report`; whoever runs it (a worker, the CLI, a test) installs a sink with `listening`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Sink = Callable[[str, float | None], None]

_sink: ContextVar[Sink | None] = ContextVar("onnxviz_progress_sink", default=None)


def report(text: str, fraction: float | None = None) -> None:
    """Say what is being done now; `fraction` in 0..1 where it is known."""
    sink = _sink.get()
    if sink is not None:
        sink(text, fraction)


@contextmanager
def listening(sink: Sink) -> Iterator[None]:
    """Send the reports of the enclosed code to `sink`."""
    token = _sink.set(sink)
    try:
        yield
    finally:
        _sink.reset(token)
