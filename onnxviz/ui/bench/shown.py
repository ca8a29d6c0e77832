"""A result on the page: where it is from, and what can be asked about its models. No widgets."""

from __future__ import annotations

from dataclasses import dataclass

from onnxviz.bench.types import BenchResult, Measurement
from onnxviz.model import Model
from onnxviz.ui.bench import words
from onnxviz.ui.bench.asked import Asked
from onnxviz.ui.session import Session


@dataclass(frozen=True, slots=True)
class Shown:
    """One result. `asked` is None for one from a file, whose models are known by name alone.

    `key` is for the widgets about it: another for every result.
    """

    name: str
    key: str
    result: BenchResult
    asked: Asked | None = None

    @property
    def timed(self) -> list[Measurement]:
        """The configurations that have times."""
        return [one for one in self.result.measurements if one.times_s]

    @property
    def shorts(self) -> dict[str, str]:
        """A measurement's label -> its name on the page, not escaped."""
        return words.short_labels(self.result.measurements)

    def model_of(self, mine: Session, one: Measurement) -> Model | None:
        """The model of the session that was measured; None for a result from a file, or once it is closed."""
        digest = self.asked.digest_of(one.configuration) if self.asked else None
        entry = mine.entries.get(digest or "")
        return entry.model if entry else None
