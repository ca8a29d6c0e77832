"""A `Timing` whose session adds up the seconds of its runs, of those that do not count too."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from onnxviz.bench import feeds, measure
from onnxviz.bench.timing import Timing
from onnxviz.bench.types import Assigned, Configuration


@dataclass(slots=True)
class Counted:
    """An opened session with a clock of its own around each run."""

    opened: measure.Opened
    seconds: float = 0.0

    @property
    def assignment(self) -> tuple[Assigned, ...] | None:
        """As `Opened.assignment`."""
        return self.opened.assignment

    @property
    def provider_used(self) -> str:
        """As `Opened.provider_used`."""
        return self.opened.provider_used

    def run(self) -> None:
        """As `Opened.run`."""
        start = time.perf_counter()
        self.opened.run()
        self.seconds += time.perf_counter() - start

    def outputs(self) -> dict[str, NDArray[Any]]:
        """As `Opened.outputs`."""
        return self.opened.outputs()


class Watched(Timing):
    """A `Timing` of a real session that is `Counted`."""

    def __init__(self, configuration: Configuration, feed: feeds.Feed, provider: str) -> None:
        super().__init__(configuration, feed, provider, self._counted)

    def runs_s(self) -> float:
        """Seconds in all runs so far."""
        return self._session.seconds

    def _counted(self, configuration: Configuration, feed: measure.Feed, provider: str) -> Counted:
        self._session = Counted(measure.open_session(configuration, feed, provider))
        return self._session


def watched(
    configuration: Configuration, inputs: tuple[feeds.Input, ...], seed: int, provider: str
) -> Watched:
    """Made in its process, as `onnxviz.bench.timing.timing` is."""
    import onnxruntime  # noqa: F401

    return Watched(configuration, feeds.make(inputs, seed), provider)
