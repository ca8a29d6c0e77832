"""The player of a folding: its buttons, keys and slider, what it draws, and what it tells the page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frontend.folded import SAYS, TRACE, play, scene
from tests.frontend.hosting import VIEW, Viewer

pytestmark = pytest.mark.browser


@pytest.fixture
def player(viewer: Viewer) -> Viewer:
    """The five nodes with nothing folded yet."""
    viewer.give(scene(), play=play(scene()), view=VIEW)
    viewer.said()
    return viewer


def bar(viewer: Viewer) -> Any:
    return viewer.page.get_by_role("group", name="Constant folding, step by step")


def press(viewer: Viewer, name: str) -> None:
    bar(viewer).get_by_role("button", name=name, exact=True).click()


def slider(viewer: Viewer) -> Any:
    return bar(viewer).get_by_role("slider", name="Steps done")


def place(viewer: Viewer) -> str:
    text: str = bar(viewer).locator(".place").inner_text()
    return text.split(" · ")[0]


def line(viewer: Viewer) -> str:
    text: str = bar(viewer).locator(".says").inner_text()
    return text


def rests(viewer: Viewer) -> list[tuple[int, str]]:
    """Where it said that it rests, since one asked last; it is waited for."""
    viewer.page.wait_for_function("() => said.some(([name]) => name === 'played')")
    return heard(viewer, 0)


def heard(viewer: Viewer, wait: int = 500) -> list[tuple[int, str]]:
    """The same after a while in which it may have said nothing."""
    viewer.page.wait_for_timeout(wait)
    return [(said["place"], said["unit"]) for name, said in viewer.said() if name == "played"]


def rows(viewer: Viewer) -> list[str]:
    """What the list of boxes says of each."""
    found: list[str] = viewer.page.locator("[role=treeitem]").evaluate_all(
        "(all) => all.map((each) => each.getAttribute('aria-label'))"
    )
    return found


def wait_for(viewer: Viewer, script: str) -> None:
    viewer.page.wait_for_function(
        f"() => {{ const root = document.querySelector('#host').shadowRoot; return {script} }}"
    )


def test_without_a_folding_there_is_no_player(viewer: Viewer) -> None:
    viewer.give(scene(), view=VIEW)
    assert not bar(viewer).is_visible()
    viewer.press("End", ".")
    assert heard(viewer) == []


def test_the_buttons_go_through_the_steps_and_say_their_arithmetic(player: Viewer) -> None:
    assert line(player) == "Nothing is folded yet."
    press(player, "One step forward")
    assert (line(player), place(player)) == (SAYS[0], "step 1 of 4")
    press(player, "To the end")
    assert (line(player), place(player)) == (SAYS[3], "step 4 of 4")
    press(player, "One step back")
    assert place(player) == "step 3 of 4"
    press(player, "To the start")
    assert place(player) == "step 0 of 4"
    assert player.page.problems == []


def test_the_line_is_read_aloud_and_what_is_no_longer_possible_is_marked(player: Viewer) -> None:
    assert bar(player).locator(".says").get_attribute("aria-live") == "polite"
    back = bar(player).get_by_role("button", name="One step back")
    assert back.get_attribute("aria-disabled") == "true"
    press(player, "One step forward")
    assert back.get_attribute("aria-disabled") == "false"


def test_keys_on_the_slider_move_by_steps_and_waves(player: Viewer) -> None:
    slider(player).focus()
    for key, at in (
        ("ArrowRight", 1),
        (".", 2),
        ("ArrowLeft", 1),
        ("PageUp", 3),
        (",", 2),
        ("End", 4),
        ("Home", 0),
    ):
        player.page.keyboard.press(key)
        assert place(player) == f"step {at} of 4", key
    assert slider(player).get_attribute("aria-valuetext") == "step 0 of 4 · wave 0 of 3"


def test_keys_on_the_picture_move_too_and_its_arrows_still_move_the_picture(player: Viewer) -> None:
    player.press(".", ".", ",")
    assert place(player) == "step 1 of 4"
    player.press("ArrowRight", "ArrowRight")
    assert place(player) == "step 1 of 4"
    player.press("End")
    assert place(player) == "step 4 of 4"
    player.press("Home")
    assert place(player) == "step 0 of 4"


def test_arrow_keys_on_a_button_of_the_bar_step_and_enter_presses_it(player: Viewer) -> None:
    button = bar(player).get_by_role("button", name="One step forward")
    button.focus()
    player.page.keyboard.press("ArrowRight")
    player.page.keyboard.press("Enter")
    assert place(player) == "step 2 of 4"


def test_many_quick_presses_move_as_many_steps_and_are_told_once(viewer: Viewer) -> None:
    count = 60
    many = TRACE | {
        "waves": [1] * count, "did": ["folded"] * count, "box": [0] * count, "ready": [0] * count,
        "says": [str(n) for n in range(count)], "value": ["1"] * count,
        "counts": [[1, 1, 1, 1]] * (count + 1),
    }  # fmt: skip
    viewer.give(scene(), play=play(scene(), many), view=VIEW)
    slider(viewer).evaluate(
        """(slider) => { for (let n = 0; n < 20; n += 1)
        slider.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true })); }"""
    )
    assert place(viewer) == "step 20 of 60"
    assert rests(viewer) == [(20, "step")]


def test_the_slider_is_dragged_and_snaps_to_waves_in_their_unit(player: Viewer) -> None:
    slider(player).fill("2")
    assert place(player) == "step 2 of 4"
    press(player, "Wave")
    slider(player).fill("2")
    assert place(player) == "step 1 of 4"
    press(player, "One wave forward")
    assert place(player) == "step 3 of 4"
    assert line(player).startswith("Wave 2: 1 folded, 1 inlined")
    assert heard(player)[-1] == (3, "wave")
    assert bar(player).get_by_role("button", name="Wave", exact=True).get_attribute("aria-pressed") == "true"
    assert bar(player).locator(".ticks i").count() == 2


def test_the_list_of_boxes_says_what_became_of_each(player: Viewer) -> None:
    press(player, "One step forward")
    said = rows(player)
    assert said[0].startswith("Shape, folded to [1, 3]")
    assert said[1].startswith("Gather, folds next")
    assert said[2].startswith("If, ready to fold")
    press(player, "To the end")
    said = rows(player)
    assert "inlined" in said[2]
    assert said[4].startswith("Reshape, stays: Reshape(y, 6): y is an input of the graph")
    press(player, "To the start")
    assert rows(player)[4] == "Reshape, a line"


def test_the_reason_of_a_box_that_stays_is_read_when_it_is_selected(player: Viewer) -> None:
    press(player, "To the end")
    assert not bar(player).locator(".about").is_visible()
    player.page.get_by_role("treeitem", name="Reshape").dispatch_event("click")
    assert "y is an input of the graph" in bar(player).locator(".about").inner_text()
    player.page.get_by_role("treeitem", name="Gather").dispatch_event("click")
    assert bar(player).locator(".about").inner_text() == SAYS[1]
    press(player, "One step back")
    assert not bar(player).locator(".about").is_visible()


def test_going_forth_and_back_paints_the_same_picture(player: Viewer) -> None:
    player.page.wait_for_timeout(500)
    pictures = []
    for _ in range(4):
        pictures.append(player.picture())
        press(player, "One step forward")
        player.page.mouse.move(5, 5)
        player.page.wait_for_timeout(600)
    assert len(set(pictures)) == 4
    for before in reversed(pictures):
        press(player, "One step back")
        player.page.mouse.move(5, 5)
        player.page.wait_for_timeout(600)
        assert player.picture() == before


def test_playing_ends_at_the_end_and_pauses(player: Viewer) -> None:
    bar(player).get_by_role("combobox", name="Speed").select_option("4")
    press(player, "Play")
    assert bar(player).get_by_role("button", name="Pause").is_visible()
    wait_for(player, "root.querySelector('.place').textContent.startsWith('step 4 of 4')")
    assert bar(player).get_by_role("button", name="Play", exact=True).is_visible()
    assert rests(player) == [(4, "step")]
    press(player, "Play")
    assert place(player) == "step 0 of 4"


def test_the_space_key_plays_and_pauses_and_a_move_by_hand_pauses(player: Viewer) -> None:
    slider(player).focus()
    player.page.keyboard.press(" ")
    assert bar(player).get_by_role("button", name="Pause").is_visible()
    player.page.keyboard.press(" ")
    assert bar(player).get_by_role("button", name="Play", exact=True).is_visible()
    player.press(" ")
    assert bar(player).get_by_role("button", name="Pause").is_visible()
    press(player, "One step forward")
    assert bar(player).get_by_role("button", name="Play", exact=True).is_visible()


def test_one_who_asked_for_less_motion_gets_the_end_of_a_step_at_once(viewer: Viewer) -> None:
    viewer.page.emulate_media(reduced_motion="reduce")
    viewer.give(scene(), play=play(scene()), view=VIEW)
    frames = viewer.page.evaluate(
        """async () => {
          const root = document.querySelector('#host').shadowRoot;
          const canvas = root.querySelector('canvas.picture');
          const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          root.querySelector('.do-stepAfter').click(); await frame();
          const first = canvas.toDataURL(); await frame(); await frame();
          return first === canvas.toDataURL(); }"""
    )
    assert frames


def test_a_rerun_with_an_old_place_does_not_move_the_player_and_a_new_serial_does(player: Viewer) -> None:
    press(player, "To the end")
    player.give(scene(), play=play(scene(), None, place=1), view=VIEW)
    assert place(player) == "step 4 of 4"
    player.give(scene(), play=play(scene(), None, place=1, serial=1, unit="wave"), view=VIEW)
    assert place(player) == "step 1 of 4"
    assert bar(player).get_by_role("button", name="One wave forward").is_visible()


def test_a_place_that_is_out_of_range_is_the_nearest_that_there_is(viewer: Viewer) -> None:
    viewer.give(scene(), play=play(scene(), place=99), view=VIEW)
    assert place(viewer) == "step 4 of 4"
    assert rests(viewer) == [(4, "step")]


def test_the_states_are_kept_when_a_group_is_opened(viewer: Viewer) -> None:
    shut = scene(closed=True)
    viewer.give(shut, play=play(shut, place=2), view=VIEW)
    assert rows(viewer)[1].startswith("Part, closed group, 2 nodes, 1 of 2 folded, the next one is inside")
    viewer.give(scene(), play=play(scene(), None, place=0), view=VIEW)
    assert [row.split(",")[1].strip() for row in rows(viewer)] == [
        "folded to [1", "folded to 3", "folds next", "ready to fold", "a line",
    ]  # fmt: skip
    assert place(viewer) == "step 2 of 4"


def test_steps_that_this_browser_lacks_are_asked_for_once(viewer: Viewer) -> None:
    viewer.give(scene(), play=play(scene(), None), view=VIEW)
    viewer.give(scene(), play=play(scene(), None), view=VIEW)
    asked = [said["digest"] for name, said in viewer.said() if name == "untraced"]
    assert asked == ["t"]
    assert not bar(viewer).is_visible()
    viewer.give(scene(), play=play(scene()), view=VIEW)
    assert place(viewer) == "step 0 of 4"


def test_where_the_page_draws_each_place_it_is_asked_for_the_one_that_one_rests_at(viewer: Viewer) -> None:
    viewer.give(scene(), play=play(scene(), shown=0), view=VIEW)
    viewer.said()
    viewer.press(".", ".", ".")
    assert rests(viewer) == [(3, "step")]
    viewer.give(scene(), play=play(scene(), None, shown=3, place=3), view=VIEW)
    assert heard(viewer) == []
    assert place(viewer) == "step 3 of 4"


def test_playing_waits_for_the_page_to_draw_each_place(viewer: Viewer) -> None:
    viewer.give(scene(), play=play(scene(), shown=0), view=VIEW)
    bar(viewer).get_by_role("combobox", name="Speed").select_option("4")
    press(viewer, "Play")
    assert heard(viewer, 1500) == [(1, "step")]
    viewer.give(scene(), play=play(scene(), None, shown=1), view=VIEW)
    assert rests(viewer)[0] == (2, "step")


@pytest.mark.parametrize("follow", [True, False])
def test_what_folds_next_is_brought_into_view_unless_one_does_not_want_that(
    player: Viewer, follow: bool
) -> None:
    player.press(*["+"] * 5)
    player.press(*["ArrowUp"] * 12)
    bar(player).get_by_role("checkbox", name="Follow").set_checked(follow)
    player.page.wait_for_timeout(500)

    def window() -> str:
        """Which part of the whole is in view, on the small map."""
        shown: str = player.page.locator(".map .window").get_attribute("style")
        return shown

    before = window()
    player.press(".", ".", ".")
    player.page.wait_for_timeout(900)
    assert (window() != before) is follow


def test_hostile_words_in_a_step_stay_words(viewer: Viewer) -> None:
    evil = '<img src=x onerror="window.hacked = true"><b>bold</b> = </p><script>window.hacked = true</script>'
    texts = {"says": [evil] * 4, "value": ["</script><i>3"] * 4, "stays": {"4": evil}}
    viewer.give(scene(), play=play(scene(), TRACE | texts), view=VIEW)
    viewer.press("End")
    viewer.page.get_by_role("treeitem", name="Reshape").dispatch_event("click")
    viewer.page.wait_for_timeout(300)
    assert bar(viewer).locator(".says").text_content() == evil
    assert bar(viewer).locator("img, b, i:not(.ticks i), script").count() == 0
    assert viewer.page.evaluate("window.hacked") is None
    assert viewer.page.problems == []


def test_a_long_line_keeps_the_picture_where_it_is(viewer: Viewer) -> None:
    texts = {"says": ["Concat(" + "[123456], " * 40 + ") = 1", *SAYS[1:]]}
    viewer.give(scene(), play=play(scene(), TRACE | texts), view=VIEW)
    before = viewer.page.locator(".stage").bounding_box()
    viewer.press(".")
    assert viewer.page.locator(".stage").bounding_box() == before


def test_the_sheet_of_keys_has_those_of_the_player(player: Viewer) -> None:
    player.press("?")
    sheet = player.page.get_by_role("dialog", name="Keys and mouse")
    assert sheet.get_by_text("While a folding is played").is_visible()


def test_a_box_that_cannot_fold_yet_says_when_it_does(player: Viewer) -> None:
    player.page.get_by_role("treeitem", name="Mul").dispatch_event("click")
    assert bar(player).locator(".about").inner_text() == "Mul folds in wave 3, at step 4"


def test_the_page_hears_of_the_steps_while_it_plays(player: Viewer) -> None:
    bar(player).get_by_role("combobox", name="Speed").select_option("0.5")
    press(player, "Play")
    assert rests(player) == [(1, "step")]
    assert bar(player).get_by_role("button", name="Pause").is_visible()
