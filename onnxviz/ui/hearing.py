"""What a viewer says, each thing once; and what its selection, player and picks are from run to run: the
page's word at first, then the person's.

The browser moves on without the page. So the page's word counts once, under its serial number, and a message
that was under way when the page spoke anew counts no more. No Streamlit here.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from onnxviz.ui.messages import Picks, Play, Unit

MOST_WAITING = 100
"""Events that a page has not taken yet: it takes them in every run."""


@dataclass(frozen=True, slots=True)
class Event:
    """What the browser said: `selected`, `toggled`, `wanted`, `asked`, `played`, `picked` or `untraced`."""

    name: str
    value: dict[str, Any]


@dataclass(slots=True)
class Channel:
    """Which of the events of a viewer were heard, and those that the page has still to act on.

    The browser sends its last few each time, as `{"from": viewer, "list": [[number, name, value], …]}`: a run
    of a page that is cut short by the next message would lose what came with it.
    """

    sender: str | None = None
    last: int = 0
    is_new: bool = True
    waiting: deque[Event] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))

    def news(self, said: Any) -> list[Event]:
        """What was not heard before, in order; what is no event is none.

        Of a session that is new nothing is: a browser that lost its session repeats what it told that one.
        """
        sender, listed = (said.get("from"), said.get("list")) if isinstance(said, dict) else (None, None)
        is_new, self.is_new = self.is_new, False
        if not isinstance(sender, str) or not isinstance(listed, list):
            return []
        if sender != self.sender:
            self.sender, self.last = sender, 0
        found: list[Event] = []
        for each in listed:
            match each:
                case [int(number), str(name), dict(value)] if number > self.last:
                    self.last = number
                    found.append(Event(name, value))
        return [] if is_new else found


@dataclass(slots=True)
class Selection:
    """Who said last what is selected: the page (a wish, with a serial number) or the person.

    The wish that is sent to the browser changes only with the page's, so that a click does not send
    the whole scene back: an unchanged message goes over the wire as a reference.
    """

    current: str | None = None
    wished: str | None = None
    sent: str | None = None
    serial: int = 0
    is_news: bool = False
    """Whether the person spoke since the page wished last."""
    is_untold: bool = False
    """Whether the person spoke since `agree`."""

    def hear(self, said: str | None) -> None:
        """The person selected this box, or none."""
        self.current, self.is_news, self.is_untold = said, True, True

    def wish(self, selected: str | None) -> dict[str, Any]:
        """Take in the page's wish, unless the person spoke in this run; returns what to send."""
        if not self.is_news and selected not in (None, self.wished, self.current):
            self.current = self.sent = selected
            self.serial += 1
        self.wished, self.is_news = selected, False
        return {"id": self.sent, "serial": self.serial}

    def agree(self, selected: str | None) -> None:
        """Take over what another viewer says is selected."""
        self.current, self.is_untold = selected, False

    def send_again(self) -> None:
        """Have a browser that is new select this too."""
        self.sent = self.current


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
