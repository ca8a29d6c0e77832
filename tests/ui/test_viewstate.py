"""What each command makes of a view, and a view as a link. No Streamlit is needed for either."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onnxviz.scene.finding.focus import Focus
from onnxviz.scene.grouping.hierarchy import arrange
from onnxviz.scene.grouping.opening import resolve, tag
from onnxviz.scene.picture import Picture, Pictures, View
from onnxviz.scene.types import Scene
from onnxviz.ui.viewlink import KEYS, read, write
from onnxviz.ui.viewstate import FAMILY, MOST_STEPS, ViewState, obey
from tests.scene.graphs import chain

SCOPES = tuple(f"layer.{i // 20}/{'ab'[i // 10 % 2]}" for i in range(80))
HIERARCHY = arrange(chain(80, scopes=SCOPES))
ONE = HIERARCHY.groups[HIERARCHY.root].children[0]


def shown(opened: frozenset[str] | str = "first", **more: Any) -> Picture:
    """The picture that a worker would give: only its groups matter here."""
    return Picture(HIERARCHY, resolve(HIERARCHY, opened), Scene((), (), 0, 0), **more)


def state() -> ViewState:
    made = ViewState("digest")
    made.take(shown())
    return made


@pytest.mark.parametrize(
    ("command", "opened"),
    [("overview", "first"), ("all", "all"), ("none", "none"), ("depth", "2")],
)
def test_the_buttons_open_groups_and_the_view_starts_afresh(command: str, opened: str) -> None:
    view = state()
    view.view = replace(view.view, opened=frozenset({HIERARCHY.root}))
    assert obey(view, {"command": command, "depth": 2})
    assert view.view.opened == opened
    assert view.look == 1


def test_undo_and_redo_walk_through_the_views() -> None:
    view = state()
    obey(view, {"command": "all"})
    obey(view, {"command": "turn"})
    assert (view.view.opened, view.view.direction) == ("all", "LR")
    obey(view, {"command": "undo"})
    assert (view.view.opened, view.view.direction) == ("all", "TB")
    obey(view, {"command": "undo"})
    assert view.view == View()
    obey(view, {"command": "undo"})
    assert view.view == View()
    obey(view, {"command": "redo"})
    obey(view, {"command": "redo"})
    assert (view.view.opened, view.view.direction) == ("all", "LR")
    obey(view, {"command": "undo"})
    obey(view, {"command": "none"})
    assert not view.future, "a new change leaves nothing to redo"


def test_a_group_is_opened_beside_those_that_are_open() -> None:
    view = state()
    view.take(shown("none"))
    view.toggle(ONE)
    assert view.view.opened == {HIERARCHY.root, ONE}
    view.take(shown(view.view.opened))
    view.toggle(ONE)
    assert view.view.opened == {HIERARCHY.root}
    obey(view, {"command": "undo"})
    assert view.view.opened == {HIERARCHY.root, ONE}


def test_what_is_opened_while_the_picture_of_another_group_is_drawn_is_open_beside_it() -> None:
    view = state()
    view.take(shown("2"))
    two = sorted(shown("2").opened - {HIERARCHY.root})[:2]
    for group in two:
        view.toggle(group)
    assert view.view.opened == shown("2").opened - set(two)
    view.show_box("v3")
    assert view.wanted.opened == shown("2").opened - set(two)


def test_a_wish_stands_until_a_viewer_was_told_of_it() -> None:
    view = state()
    view.wish = "v3"
    view.granted(None)
    assert view.wish == "v3"
    view.granted("v3")
    assert view.wish is None


def test_a_box_that_is_wanted_is_revealed_once_and_then_selected() -> None:
    view = state()
    obey(view, {"command": "none"})
    view.take(shown("none"))
    view.show_box("v3")
    assert view.wanted.reveal == "v3"
    view.take(shown("2", revealed="v3"))
    assert view.wish == "v3"
    assert view.wanted.reveal == ""
    assert view.wanted == view.asked, "the picture is here: it is not asked for again"
    obey(view, {"command": "undo"})
    assert resolve(HIERARCHY, view.view.opened) == {HIERARCHY.root}


def test_only_changes_is_a_focus_of_its_own_that_can_be_widened_left_and_undone() -> None:
    view = state()
    whole = view.view
    assert obey(view, {"command": "focus", "kind": "changes", "steps": 1})
    assert (view.view.focus, view.reveal) == (Focus("changes", "", 1), "")
    assert obey(view, {"command": "focus", "kind": "changes", "steps": 0})
    assert view.view.focus == Focus.on_changes(0)
    assert obey(view, {"command": "unfocus"})
    assert view.view == whole
    for _ in range(3):
        obey(view, {"command": "undo"})
    assert view.view == whole
    obey(view, {"command": "focus", "kind": "changes", "steps": -4})
    assert view.view.focus == Focus.on_changes(0)


def test_the_pictures_of_a_pair_have_one_state() -> None:
    view = ViewState("a:b")
    whole, before, after = shown("all"), shown("all"), shown("all")
    view.take_pair(Pictures(whole, (("before", before), ("after", after))))
    assert view.shown is whole
    assert [pane for _, pane in view.panes] == [before, after]
    view.toggle(ONE)
    assert view.view.opened == whole.opened - {ONE}


def test_a_focus_keeps_its_node_in_view_and_leaving_it_goes_back_to_the_groups_before() -> None:
    view = state()
    obey(view, {"command": "none"})
    view.take(shown("none"))
    assert obey(view, {"command": "focus", "kind": "neighbours", "node": "v3", "steps": 2})
    assert view.view.focus == Focus("neighbours", "v3", 2)
    assert view.wanted.reveal == "v3"
    view.take(shown("first", revealed="v3"))
    assert obey(view, {"command": "unfocus"})
    assert view.view.focus is None
    assert view.view.opened == "none"
    assert view.wanted.reveal == "v3"


def test_a_path_needs_both_ends_and_steps_are_bounded() -> None:
    view = state()
    obey(view, {"command": "focus", "kind": "path", "node": "a", "other": "b", "steps": 5})
    assert view.view.focus == Focus("path", "a", 1, "b")
    obey(view, {"command": "focus", "kind": "neighbours", "node": "a", "other": "b", "steps": 10**9})
    assert view.view.focus == Focus("neighbours", "a", MOST_STEPS)


NONSENSE = [
    {},
    {"command": "no such"},
    {"command": None},
    {"command": "focus"},
    {"command": "focus", "kind": "no such", "node": "a"},
    {"command": "focus", "kind": "path", "node": 7},
    {"command": "focus", "kind": "path", "node": "a", "other": {}},
    {"command": "unfocus"},
    {"command": "save"},
    {"command": "scene"},
]


@pytest.mark.parametrize("asked", NONSENSE, ids=str)
def test_a_command_that_makes_no_sense_changes_nothing(asked: dict[str, Any]) -> None:
    view = state()
    before = replace(view)
    assert not obey(view, asked)
    assert view == before


def test_a_search_is_bounded_and_an_odd_depth_opens_nothing() -> None:
    view = state()
    obey(view, {"command": "find", "text": "x" * 1000, "ops": ["Conv", 3, "Add"]})
    assert len(view.text) == 300
    assert view.ops == ("Conv", "3", "Add")
    obey(view, {"command": "find"})
    assert (view.text, view.ops) == ("", ())
    for depth, opened in ((-4, "0"), (10**9, "99"), ("2", "0"), (None, "0"), (1.5, "1")):
        obey(view, {"command": "depth", "depth": depth})
        assert view.view.opened == opened


def test_a_first_look_needs_no_parameters() -> None:
    assert write(state(), None) == {}


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_link_gives_back_the_view(data: st.DataObject) -> None:
    opened = frozenset(data.draw(st.sets(st.sampled_from(sorted(HIERARCHY.groups)))) | {HIERARCHY.root})
    kinds = (None, Focus("neighbours", "v3", 2), Focus("path", "v1", 1, "v9"), Focus.on_changes(3))
    focus = data.draw(st.sampled_from(kinds))
    direction = data.draw(st.sampled_from(("TB", "LR")))
    view = ViewState(
        "digest",
        View(opened, direction, focus),
        data.draw(st.sampled_from((FAMILY, "flops", "output"))),
        data.draw(st.sampled_from(("", "conv op:Relu"))),
        data.draw(st.sampled_from(((), ("Conv", "com.microsoft.Gelu")))),
    )
    view.take(shown(opened))
    link = write(view, "v3")
    assert set(link) <= set(KEYS)
    back = read("digest", link)
    assert resolve(HIERARCHY, back.view.opened) == opened
    assert (back.view.direction, back.view.focus) == (direction, focus)
    assert (back.overlay, back.text, back.ops) == (view.overlay, view.text, view.ops)
    assert back.wanted.reveal == "v3"


def test_a_long_or_odd_name_is_linked_by_its_tag() -> None:
    for name in ("n" * 61, "~tilde", "new\nline"):
        assert write(state(), name)["sel"] == f"~{tag(name)}"


def test_what_a_link_gets_wrong_is_left_at_its_default() -> None:
    wrong = {"open": "everything", "way": "up", "focus": "???", "by": "colour", "sel": "", "find": ""}
    back = read("digest", wrong)
    assert back == ViewState("digest")
