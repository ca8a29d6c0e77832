"""What is on a page, without a browser: kept from the messages that Streamlit 1.67 sends to one."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

Test = Callable[[Any], bool]
"""Of an element or a block of the page."""


@dataclass(slots=True)
class Asked:
    """A click that waits for its run, which is one of `fragment`, or else of the whole of `page`, a hash.

    A run of page `by` may come first, and lead there. `at` has the times of what came, by
    `time.perf_counter()`: "first" element, what was "seen" as it was `wanted`, and "done".
    """

    page: str
    by: str
    fragment: str
    wanted: Test
    at: dict[str, float] = field(default_factory=dict)
    is_running: bool = False

    def may_be(self, page: str, fragments: Collection[str]) -> bool:
        """Whether a run is its own, or leads there."""
        if self.fragment:
            return self.fragment in fragments
        return not fragments and (not self.page or page in (self.page, self.by))


@dataclass(frozen=True, slots=True)
class Place:
    """What stands in one place: of which run of the whole page, in which fragment, and since when."""

    thing: Any
    run: int
    fragment: str
    since: float


@dataclass(slots=True)
class Page:
    """The page of one session, with the values of the widgets that were used."""

    session: str = ""
    hash: str = ""
    hashes: dict[str, str] = field(default_factory=dict)
    """Of all pages, by name."""
    is_running: bool = False
    fragments: Collection[str] = ()
    """Of the run that began last; none where it is of the whole page."""
    values: dict[str, WidgetState] = field(default_factory=dict)
    asked: Asked | None = None
    faults: list[str] = field(default_factory=list)
    _runs: int = 0
    """How many runs of whole pages there were."""
    _places: dict[tuple[int, ...], Place] = field(default_factory=dict)
    _known: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """Hash of a large message -> the run in which it last came, and its content."""
    _oldest: int = 2
    """Runs for which a large message is kept."""

    def take(self, message: ForwardMsg) -> None:
        """The next message. Raises KeyError for a reference to one that is not kept."""
        match message.WhichOneof("type"):
            case "new_session":
                self._begin(message)
            case "navigation":
                pages = message.navigation.app_pages
                self.hashes = {page.page_name: page.page_script_hash for page in pages}
            case "delta":
                if message.metadata.cacheable:
                    self._known[message.hash] = self._runs, message.delta
                self._draw(message, message.delta)
            case "ref_hash":
                delta = self._known[message.ref_hash][1]
                self._known[message.ref_hash] = self._runs, delta
                self._draw(message, delta)
            case "script_finished":
                self._end(message.script_finished)

    def known(self) -> list[str]:
        """Hashes of messages that need not come again."""
        return list(self._known)

    def shows(self, wanted: Test) -> bool:
        """Whether something like this is there."""
        return any(wanted(each.thing) for each in self._places.values())

    def find(self, wanted: Test) -> Place:
        """The first that is like this. Raises LookupError where there is none."""
        return self._places[self._where(wanted)]

    def around(self, wanted: Test) -> Place:
        """The block that the first of this kind stands in. Raises LookupError as `find` does."""
        return self._places[self._where(wanted)[:-1]]

    def _where(self, wanted: Test) -> tuple[int, ...]:
        found = min((at for at, each in self._places.items() if wanted(each.thing)), default=None)
        if found is None:
            raise LookupError("something that should be on the page is not there")
        return found

    def _begin(self, message: ForwardMsg) -> None:
        self.is_running = True
        self.fragments = frozenset(message.metadata.run.fragment_ids)
        self.hash = message.new_session.page_script_hash
        if message.new_session.HasField("initialize"):
            self.session = message.new_session.initialize.session_id
            self._oldest = message.new_session.config.max_cached_message_age
        if not self.fragments:
            self._runs += 1
        if self.asked is not None:
            self.asked.is_running = self.asked.may_be(self.hash, self.fragments)

    def _draw(self, message: ForwardMsg, delta: Any) -> None:
        if delta.WhichOneof("type") == "new_transient":
            return
        thing = delta.new_element if delta.HasField("new_element") else delta.add_block
        now = time.perf_counter()
        self._places[tuple(message.metadata.delta_path)] = Place(thing, self._runs, delta.fragment_id, now)
        if kind_of(thing) == "exception":
            self.faults.append(f"an exception on the page: {thing.exception.message}")
        if self.asked is not None and self.asked.is_running:
            self.asked.at.setdefault("first", now)
            if self.asked.wanted(thing):
                self.asked.at.setdefault("seen", now)

    def _end(self, status: int) -> None:
        """A run is over. What a run of the whole page did not draw again is gone."""
        self.is_running = False
        if status == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        if not self.fragments:
            self._places = {at: each for at, each in self._places.items() if each.run == self._runs}
            there = {_id(each.thing) for each in self._places.values()}
            self.values = {name: value for name, value in self.values.items() if name in there}
            kept = self._known.items()
            self._known = {name: each for name, each in kept if self._runs - each[0] <= self._oldest}
        asked = self.asked
        if asked is not None and asked.is_running and (asked.fragment or asked.page in ("", self.hash)):
            asked.at.setdefault("done", time.perf_counter())


def kind_of(thing: Any) -> str:
    """The name of the field that an element or a block consists of; empty for a plain container."""
    return thing.WhichOneof("type") or ""


def _id(thing: Any) -> str:
    """Of a widget; empty for anything else."""
    kind = kind_of(thing)
    return getattr(getattr(thing, kind), "id", "") if kind else ""
