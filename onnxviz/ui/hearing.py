"""What a viewer's player and picks are, from run to run: the page's word at first, then the person's.

The browser moves on without the page. So the page's word counts once, under its serial number, and a message
that was under way when the page spoke anew counts no more. No Streamlit here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from onnxviz.ui.messages import Picks, Play, Unit


@dataclass(slots=True)
class Player:
    """Where the player rests, and what it moves by.

    `sent` is what the browser is told to begin with. It stays while the person moves, since an unchanged
    message goes over the wire as a reference.
    """

    digest: str | None = None
    serial: int = 0
    place: int = 0
    unit: Unit = "step"
    sent: tuple[int, Unit] = (0, "step")

    def take(self, play: Play) -> None:
        """Go where the page says, if it says so anew."""
        if (play.digest, play.serial) == (self.digest, self.serial):
            return
        self.digest, self.serial = play.digest, play.serial
        self.place, self.unit = max(0, play.place), play.unit
        self.send_again()

    def hear(self, said: Any) -> None:
        """Take in what the browser says: `{digest, serial, place, unit}`; anything else is no news."""
        if not isinstance(said, dict) or (said.get("digest"), said.get("serial")) != (
            self.digest,
            self.serial,
        ):
            return
        place, unit = said.get("place"), said.get("unit")
        if isinstance(place, int) and not isinstance(place, bool) and place >= 0:
            self.place = place
        if unit in ("step", "wave"):
            self.unit = unit

    def send_again(self) -> None:
        """Have a browser that is new begin where this one is."""
        self.sent = (self.place, self.unit)


@dataclass(slots=True)
class Picked:
    """The ids that are picked, in the order of the clicks; `sent` as in `Player`."""

    serial: int | None = None
    current: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()

    def take(self, picks: Picks) -> None:
        """Pick what the page says, if it says so anew."""
        if picks.serial == self.serial:
            return
        self.serial, self.current = picks.serial, tuple(picks.chosen)
        self.send_again()

    def hear(self, said: Any) -> None:
        """Take in what the browser says: `{serial, ids}`; anything else is no news."""
        if not isinstance(said, dict) or said.get("serial") != self.serial:
            return
        ids = said.get("ids")
        if isinstance(ids, list):
            self.current = tuple(each for each in ids if isinstance(each, str))

    def forget(self) -> None:
        """Nothing is asked for any more: the next question begins with the page's word."""
        self.serial, self.current, self.sent = None, (), ()

    def send_again(self) -> None:
        """Have a browser that is new begin with these."""
        self.sent = self.current
