"""Where runs are carried out: worker processes here, or machines of a cluster."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from onnxviz.jobs.execution import Kind, Run


class Backend(Protocol):
    """What `pool.Workers` hands runs to, a few at a time, in the order that its queue decides.

    A backend never queues: it has at most `capacity(kind, machine)` runs of a kind for a machine at once. Its
    methods may be called from any thread.
    """

    def capacity(self, kind: Kind, machine: str) -> int:
        """How many runs of `kind` can be carried out at the same time on `machine`; "" is any machine.

        Asked again and again, so that it may change.
        """

    def start(self, run: Run) -> Future[bytes]:
        """Carry `run` out; the future ends with its pickled result, or with what went wrong.

        CancelledError after `stop`; any other error that is not an `OnnxvizError` becomes one through
        `outcomes.typed_error`. What the run tells meanwhile goes into it: `Run.took_up`, `report` and
        `hand_over`. Raises OnnxvizError, OSError or RuntimeError where it cannot even be begun.
        """

    def stop(self, run: Run) -> None:
        """Nobody waits for `run` any more: end it, its process included. Nothing where it is done."""

    def look(self, run: Run) -> None:
        """Bring what `run` tells up to date, where that must be fetched."""

    def is_left(self, name: str) -> bool:
        """Whether runs can take what one of them left under `name` (`leaving`)."""

    def warm(self, kind: Kind) -> None:
        """Get ready for runs of `kind`, without waiting."""

    def machines(self) -> tuple[str, ...]:
        """Names of other machines that runs can be sent to now."""

    def note(self) -> str:
        """What a person should know of the state of things, as a sentence; empty where all is well."""

    def close(self) -> None:
        """End everything."""
