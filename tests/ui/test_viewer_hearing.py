"""What a viewer's player and picks are from run to run: who has the last word, and what is never trusted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from onnxviz.ui.hearing import Picked, Player
from onnxviz.ui.messages import Picks, Play

PLAY = Play("d", "{}", (), place=2)


def told(place: Any, unit: Any = "step", *, digest: str = "d", serial: int = 0) -> dict[str, Any]:
    return {"digest": digest, "serial": serial, "place": place, "unit": unit}


def test_a_person_who_moved_stays_there_whatever_the_page_brings() -> None:
    player = Player()
    player.take(PLAY)
    player.hear(told(7, "wave"))
    player.take(PLAY)
    player.take(replace(PLAY, place=0, unit="step"))
    assert (player.place, player.unit) == (7, "wave")


def test_what_the_browser_is_told_changes_only_when_the_page_speaks_anew() -> None:
    player = Player()
    player.take(PLAY)
    player.hear(told(7))
    assert player.sent == (2, "step")
    player.take(replace(PLAY, place=5, serial=1))
    assert player.sent == (5, "step")
    assert player.place == 5


def test_a_message_from_before_the_page_spoke_anew_counts_no_more() -> None:
    player = Player()
    player.take(replace(PLAY, serial=1))
    player.hear(told(7, serial=0))
    player.hear(told(8, digest="other", serial=1))
    assert player.place == 2


def test_a_new_browser_begins_where_the_person_was() -> None:
    player = Player()
    player.take(PLAY)
    player.hear(told(7, "wave"))
    player.send_again()
    assert player.sent == (7, "wave")


@pytest.mark.parametrize("said", [None, 3, [], {}, told("7"), told(-1), told(True), told(None), told(1.5)])
def test_what_is_no_place_moves_nothing(said: Any) -> None:
    player = Player()
    player.take(PLAY)
    player.hear(said)
    player.hear(told(2, "mile"))
    assert (player.place, player.unit) == (2, "step")


def test_picks_of_a_person_stand_until_the_page_asks_anew() -> None:
    picked = Picked()
    picked.take(Picks(chosen=("a",)))
    picked.hear({"serial": 0, "ids": ["a", "b"]})
    picked.take(Picks(chosen=()))
    assert list(picked.current) == ["a", "b"]
    picked.take(Picks(chosen=("c",), serial=1))
    picked.hear({"serial": 0, "ids": []})
    assert [*picked.current, *picked.sent] == ["c", "c"]


@pytest.mark.parametrize("said", [None, "a", {}, {"serial": 0}, {"serial": 0, "ids": "abc"}, {"ids": ["x"]}])
def test_what_are_no_picks_changes_nothing(said: Any) -> None:
    picked = Picked()
    picked.take(Picks(chosen=("a",)))
    picked.hear(said)
    assert picked.current == ("a",)


def test_a_question_that_was_taken_away_is_forgotten() -> None:
    picked = Picked()
    picked.take(Picks(chosen=("a",)))
    picked.hear({"serial": 0, "ids": ["b", 3]})
    assert picked.current == ("b",)
    picked.forget()
    picked.take(Picks(chosen=("a",)))
    assert picked.current == ("a",)


def page_with_a_player() -> None:
    import streamlit as st

    from onnxviz.scene.types import Box, Scene
    from onnxviz.ui.messages import Picks, Play
    from onnxviz.ui.viewer import played, viewer

    scene = Scene((Box("n", "node", 0, 0, 100, 40, "Conv"),), (), 100, 40, title="m")
    serial = st.session_state.get("serial", 0)
    st.session_state["before"] = played("one", "d")
    event = viewer(
        scene, key="one", play=Play("d", "{}", (0,), place=serial, serial=serial, unit="wave"), picks=Picks()
    )
    st.session_state["events"] = (event, viewer(scene, key="two"))
    if st.button("on"):
        st.session_state["serial"] = serial + 1
        st.rerun()


def test_a_page_hears_where_the_player_is_and_can_send_it_somewhere() -> None:
    app = AppTest.from_function(page_with_a_player).run()
    assert not app.exception
    assert app.session_state["before"] is None
    played, plain = app.session_state["events"]
    assert (played.place, played.unit, played.picked) == (0, "wave", ())
    assert (plain.place, plain.unit, plain.picked) == (None, None, None)
    app.button[0].click().run()
    assert app.session_state["events"][0].place == 1
    assert app.session_state["before"] == (0, "wave")


def page_with_two_foldings_in_turn() -> None:
    import streamlit as st

    from onnxviz.scene.types import Box, Scene
    from onnxviz.ui.messages import Play
    from onnxviz.ui.viewer import played, viewer

    digest = st.radio("Steps", ["long", "short"])
    st.session_state["rest"] = played("one", digest)
    scene = Scene((Box("n", "node", 0, 0, 100, 40, "Conv"),), (), 100, 40, title="m")
    viewer(scene, key="one", play=Play(digest, "{}", (0,), place=9 if digest == "long" else 1))


def test_where_one_folding_rests_is_no_place_of_another() -> None:
    app = AppTest.from_function(page_with_two_foldings_in_turn).run()
    app.run()
    assert app.session_state["rest"] == (9, "step")
    app.radio[0].set_value("short").run()
    assert app.session_state["rest"] is None
    app.run()
    assert app.session_state["rest"] == (1, "step")
