"""The order in which waiting runs are served: owners take turns.

One line for each owner, and the lines are served round-robin, so that who asks for much waits for it alone:
J. Nagle, "On Packet Switches With Infinite Storage", RFC 970 (https://www.rfc-editor.org/rfc/rfc970). Rounds
are numbered, as in start-time fair queueing with things of equal length (P. Goyal, H. M. Vin, H. Cheng,
SIGCOMM 1996, https://doi.org/10.1145/248156.248171): who comes joins the round that is being served, unless
served in it already, and has one thing in each round from then on. So before the first thing of somebody new,
at most one of each other owner's is served.

A thing that several owners wait for is served at the earliest of its places, and counts for that owner alone.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T", bound=Hashable)


@dataclass
class _Line(Generic[T]):
    """What one owner waits for, in order. The first of it is served in round `turn`."""

    joined: int
    turn: int
    things: deque[T] = field(default_factory=deque)


class _Serving(NamedTuple, Generic[T]):
    thing: T
    owner: Hashable
    turn: int


class FairQueue(Generic[T]):
    """Things that wait, each for one owner or more. It has no lock: one thread at a time.

    With `newest_first` an owner's newest thing goes before the older ones: right for pictures, of which a
    person looks at the one that was asked for last.
    """

    def __init__(self, *, newest_first: bool = False) -> None:
        self._newest_first = newest_first
        self._lines: dict[Hashable, _Line[T]] = {}
        self._owners: dict[T, set[Hashable]] = {}
        self._numbers = count()
        self._round = 0
        self._turns: dict[Hashable, int] = {}
        """The next turn of owners that were served in this round."""

        self._order: deque[_Serving[T]] | None = None
        self._places: dict[T, int] | None = None

    def __len__(self) -> int:
        return len(self._owners)

    def __contains__(self, thing: object) -> bool:
        return thing in self._owners

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._owners))

    def waiting(self, owner: Hashable) -> int:
        """How many things `owner` waits for."""
        line = self._lines.get(owner)
        return len(line.things) if line else 0

    def add(self, thing: T, owner: Hashable) -> None:
        """`owner` waits for `thing` from now on; nothing where that is so already."""
        owners = self._owners.setdefault(thing, set())
        if owner in owners:
            return
        owners.add(owner)
        line = self._lines.get(owner)
        if line is None:
            turn = max(self._round, self._turns.get(owner, 0))
            line = self._lines[owner] = _Line(next(self._numbers), turn)
        if self._newest_first:
            line.things.appendleft(thing)
        else:
            line.things.append(thing)
        self._order = self._places = None

    def leave(self, thing: T, owner: Hashable) -> bool:
        """`owner` waits for `thing` no more. True where nobody else does, so that it is gone."""
        owners = self._owners.get(thing, set())
        if owner not in owners:
            return False
        owners.remove(owner)
        self._take_out(thing, owner)
        self._order = self._places = None
        if owners:
            return False
        del self._owners[thing]
        return True

    def pop(self) -> T:
        """The thing to serve now, which waits no more. Raises IndexError where nothing waits."""
        # What is left of the order holds: serving one thing changes nothing for those behind it.
        thing, owner, turn = self._in_order().popleft()
        self._places = None
        self._round = turn
        self._turns = {each: next_turn for each, next_turn in self._turns.items() if next_turn > turn}
        self._turns[owner] = self._lines[owner].turn = turn + 1
        for each in self._owners.pop(thing):
            self._take_out(thing, each)
        return thing

    def place(self, thing: T) -> int:
        """1 for what `pop` would give now, 2 for what comes then, as long as nothing is added or leaves.

        0 for what does not wait.
        """
        if self._places is None:
            self._places = {each.thing: number for number, each in enumerate(self._in_order(), start=1)}
        return self._places.get(thing, 0)

    def _take_out(self, thing: T, owner: Hashable) -> None:
        line = self._lines[owner]
        line.things.remove(thing)
        if not line.things:
            del self._lines[owner]

    def _in_order(self) -> deque[_Serving[T]]:
        if self._order is None:
            self._order = deque(self._served())
        return self._order

    def _served(self) -> Iterator[_Serving[T]]:
        """All things as they would be served, from a copy of the lines."""
        lines = {owner: deque(line.things) for owner, line in self._lines.items()}
        turns = [(line.turn, line.joined, owner) for owner, line in self._lines.items()]
        # No two lines have the same `joined`, so owners are never compared.
        heapq.heapify(turns)
        done: set[T] = set()
        while turns:
            turn, joined, owner = heapq.heappop(turns)
            things = lines[owner]
            while things and things[0] in done:
                things.popleft()
            if things:
                done.add(things[0])
                yield _Serving(things.popleft(), owner, turn)
                heapq.heappush(turns, (turn + 1, joined, owner))
