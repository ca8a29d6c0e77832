"""Where runs are carried out: worker processes here, or machines of a cluster."""

from __future__ import annotations

from typing import Protocol

from onnxviz.jobs.execution import Kind, Run


class Backend(Protocol):
    """What `pool.Workers` hands runs to, a few at a time, in the order that its queue decides.

    A backend never queues: it is given at most `capacity(kind)` runs of a kind at once.
    """

    def capacity(self, kind: Kind) -> int:
        """How many runs of `kind` can be carried out at the same time."""

    def start(self, run: Run) -> None:
        """Carry `run` out, and set `run.inner` to a future that ends with its result or its error.

        The error is an `OnnxvizError`, or CancelledError after `stop`. Raises OSError or RuntimeError where
        it cannot even be begun.
        """

    def stop(self, run: Run) -> None:
        """Nobody waits for `run` any more: end it, its process included. Nothing where it is done."""

    def warm(self, kind: Kind) -> None:
        """Get ready for runs of `kind`, without waiting."""

    def close(self) -> None:
        """End everything."""
