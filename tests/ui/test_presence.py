"""What becomes of sessions whose tab was closed, on a clock of the test's own."""

from __future__ import annotations

import pytest

from onnxviz.ui.presence import GRACE_SECONDS, LOOK_SECONDS, LOUD_SECONDS, QUIET_SECONDS, Presence

STAYS_SECONDS = 90.0


class Building:
    """Who is connected, and what was done about the rest, in order."""

    def __init__(self) -> None:
        self.inside = {"ada", "bob"}
        self.done: list[str] = []
        self.presence = Presence(
            lambda name: name in self.inside,
            lambda name: self.done.append(f"drop {name}"),
            lambda name: self.done.append(f"close {name}"),
            STAYS_SECONDS,
            lambda: self.done.append("collect"),
        )
        self.now = 1000.0
        for name in sorted(self.inside):
            self.presence.here(name, self.now)
            self.presence.when_gone(name, lambda name=name: self.done.append(f"release {name}"))  # type: ignore[misc]

    def wait(self, seconds: float) -> list[str]:
        """What happens meanwhile."""
        end, before = self.now + seconds, len(self.done)
        while self.now < end:
            self.now = min(self.now + LOOK_SECONDS, end)
            self.presence.look(self.now)
        return self.done[before:]


@pytest.fixture
def building() -> Building:
    return Building()


def test_nothing_is_done_to_who_is_connected(building: Building) -> None:
    assert building.wait(1000) == []


def test_the_jobs_of_a_closed_tab_end_within_ten_seconds_and_once(building: Building) -> None:
    building.inside.remove("ada")
    assert building.wait(GRACE_SECONDS - 1) == []
    assert building.wait(11 - GRACE_SECONDS) == ["drop ada"]
    assert building.wait(30) == []


def test_who_comes_back_within_the_grace_loses_nothing(building: Building) -> None:
    for _ in range(5):
        building.inside.remove("ada")
        assert building.wait(GRACE_SECONDS - 1) == []
        building.inside.add("ada")
        assert building.wait(LOOK_SECONDS) == []


def test_who_comes_back_later_is_looked_after_as_before(building: Building) -> None:
    building.inside.remove("ada")
    assert building.wait(20) == ["drop ada"]
    building.inside.add("ada")
    assert building.wait(200) == []
    building.inside.remove("ada")
    assert building.wait(20) == ["drop ada"]


def test_who_stays_away_is_closed_then_releases_what_it_holds_then_memory_is_collected(
    building: Building,
) -> None:
    building.inside.remove("bob")
    assert building.wait(STAYS_SECONDS - 10) == ["drop bob"]
    assert building.wait(30) == ["close bob", "release bob", "collect"]
    assert building.wait(1000) == []


def test_memory_is_collected_once_for_many_who_leave_together(building: Building) -> None:
    building.inside.clear()
    happened = building.wait(STAYS_SECONDS + 30)
    assert happened.count("collect") == 1
    assert happened[-1] == "collect"


def test_a_collection_waits_for_a_quiet_moment_but_not_for_ever(building: Building) -> None:
    building.inside.remove("bob")
    building.wait(STAYS_SECONDS - LOOK_SECONDS)
    happened: list[str] = []
    waited = 0.0
    while "collect" not in happened:
        building.presence.here("ada", building.now + LOOK_SECONDS - 0.1)
        happened += building.wait(LOOK_SECONDS)
        waited += LOOK_SECONDS
        assert waited < 2 * LOUD_SECONDS
    assert waited > QUIET_SECONDS
    assert waited >= LOUD_SECONDS
