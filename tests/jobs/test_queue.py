"""Owners take turns: nobody starves, places are exact, and everything that waits leaves exactly once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from onnxviz.jobs.queue import FairQueue

OWNERS = st.sampled_from("abcd")


def served(queue: FairQueue[str]) -> list[str]:
    return [queue.pop() for _ in range(len(queue))]


def filled(*things: str, newest_first: bool = False) -> FairQueue[str]:
    """Each thing is of the owner whose letter it begins with."""
    queue: FairQueue[str] = FairQueue(newest_first=newest_first)
    for thing in things:
        queue.add(thing, thing[0])
    return queue


def test_owners_take_turns_however_much_one_of_them_asks_for() -> None:
    assert served(filled("a1", "a2", "a3", "b1", "b2", "c1")) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_who_comes_new_is_served_before_the_second_thing_of_somebody() -> None:
    queue = filled("a1", "a2", "a3")
    assert queue.pop() == "a1"
    queue.add("b1", "b")
    assert served(queue) == ["b1", "a2", "a3"]


def test_who_comes_back_at_once_waits_for_the_next_round() -> None:
    queue = filled("a1", "b1")
    assert queue.pop() == "a1"
    queue.add("a2", "a")
    queue.add("c1", "c")
    assert served(queue) == ["b1", "c1", "a2"]


def test_the_newest_of_an_owner_goes_first_where_that_is_asked_for() -> None:
    assert served(filled("a1", "a2", "b1", "a3", newest_first=True)) == ["a3", "b1", "a2", "a1"]


def test_a_thing_that_two_wait_for_is_served_at_the_earlier_of_its_places_and_once() -> None:
    queue = filled("a1", "a2", "a3", "b1")
    queue.add("a3", "b")
    queue.add("a3", "c")
    assert served(queue) == ["a1", "b1", "a3", "a2"]


def test_a_thing_stays_until_the_last_who_waits_for_it_leaves() -> None:
    queue = filled("a1", "a2")
    queue.add("a1", "b")
    assert not queue.leave("a1", "a")
    assert not queue.leave("a1", "a")
    assert [queue.place(thing) for thing in ("a2", "a1")] == [1, 2]
    assert queue.leave("a1", "b")
    assert "a1" not in queue
    assert queue.place("a1") == 0
    assert served(queue) == ["a2"]


def test_nothing_comes_out_of_an_empty_queue() -> None:
    with pytest.raises(IndexError):
        filled().pop()


@given(
    st.lists(st.tuples(OWNERS, st.booleans()), max_size=40),
    st.integers(1, 6),
    st.booleans(),
)
def test_somebody_new_waits_for_one_thing_of_each_other_at_most(
    before: list[tuple[str, bool]], own: int, newest_first: bool
) -> None:
    """The k-th thing of who comes new waits for k things of each other at most, whatever was before."""
    queue: FairQueue[str] = FairQueue(newest_first=newest_first)
    for number, (owner, takes_one) in enumerate(before):
        queue.add(f"{owner}{number}", owner)
        if takes_one:
            queue.pop()
    for number in range(own):
        queue.add(f"z{number}", "z")
    order = served(queue)
    places = [place for place, thing in enumerate(order) if thing[0] == "z"]
    assert len(places) == own
    for k, place in enumerate(places, start=1):
        for other in "abcd":
            assert sum(thing[0] == other for thing in order[:place]) <= k


class Serving(RuleBasedStateMachine):
    """Coming, sharing, leaving and serving in any order, against a model that knows who waits for what."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: FairQueue[int] = FairQueue()
        self.waiting: dict[int, set[str]] = {}
        self.count = 0

    @rule(owner=OWNERS)
    def come(self, owner: str) -> None:
        self.count += 1
        self.queue.add(self.count, owner)
        self.waiting[self.count] = {owner}

    @precondition(lambda self: self.waiting)
    @rule(owner=OWNERS, data=st.data())
    def share(self, owner: str, data: st.DataObject) -> None:
        thing = data.draw(st.sampled_from(sorted(self.waiting)))
        self.queue.add(thing, owner)
        self.waiting[thing].add(owner)

    @precondition(lambda self: self.waiting)
    @rule(owner=OWNERS, data=st.data())
    def leave(self, owner: str, data: st.DataObject) -> None:
        thing = data.draw(st.sampled_from(sorted(self.waiting)))
        was_last = self.waiting[thing] == {owner}
        assert self.queue.leave(thing, owner) == was_last
        self.waiting[thing].discard(owner)
        if was_last:
            del self.waiting[thing]

    @precondition(lambda self: self.waiting)
    @rule()
    def serve(self) -> None:
        first = next(thing for thing in self.waiting if self.queue.place(thing) == 1)
        rest = sorted(self.waiting, key=self.queue.place)[1:]
        assert self.queue.pop() == first
        del self.waiting[first]
        assert sorted(self.waiting, key=self.queue.place) == rest

    @invariant()
    def what_waits_is_there_once_with_a_place_of_its_own(self) -> None:
        assert set(self.queue) == set(self.waiting)
        assert sorted(map(self.queue.place, self.waiting)) == list(range(1, len(self.waiting) + 1))
        for owner in "abcd":
            mine = sum(owner in owners for owners in self.waiting.values())
            assert self.queue.waiting(owner) == mine

    def teardown(self) -> None:
        """What is left comes out in the order of the places, which a queue that is asked anew has too."""
        order = sorted(self.waiting, key=self.queue.place)
        self.queue._order = None
        assert [self.queue.pop() for _ in order] == order
        assert not self.queue


TestServing = Serving.TestCase
TestServing.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
