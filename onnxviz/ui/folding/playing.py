"""What the page knows of the player under a picture. No Streamlit here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onnxviz.rewrites.fold import Step
from onnxviz.ui.messages import Unit

MOST_SINGLE = 200
"""Steps that are gone through one by one to begin with; of more, wave by wave."""


@dataclass(slots=True)
class Player:
    """Where the player is: `place` steps are done. `serial` counts how often the page sent it somewhere."""

    place: int = 0
    unit: Unit = "step"
    serial: int = 0
    is_told: bool = False
    """Whether the viewer knows of the place that the page asked for."""

    def go(self, place: int) -> None:
        """Send it to a place. Who names a step wants to see that step, not its wave."""
        self.place, self.unit = place, "step"
        self.serial += 1
        self.is_told = False

    def hear(self, said: tuple[int, Unit] | None) -> None:
        """Take over where a person moved it, once it was where the page had sent it."""
        if self.is_told and said is not None:
            self.place, self.unit = said


def first(steps: Sequence[Step], wanted: int | None) -> Player:
    """The player of a folding that is shown for the first time; `wanted` comes from a link.

    It stands behind the `Constant`s that the folding begins with, unless there is nothing else: they have no
    boxes of their own, and so nothing would be seen to happen.
    """
    if wanted is not None and steps:
        return Player(min(wanted, len(steps)), "step")
    if len(steps) > MOST_SINGLE:
        return Player(0, "wave")
    leading = constants(steps)
    return Player(leading if leading < len(steps) else 0, "step")


def constants(steps: Sequence[Step]) -> int:
    """How many `Constant` nodes the steps begin with."""
    return next((at for at, step in enumerate(steps) if step.op_type != "Constant"), len(steps))
