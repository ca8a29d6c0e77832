"""What moves: groups that open and close, fingers on the picture, and what is left when the viewer goes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frontend.hosting import VIEW, Viewer, small

pytestmark = pytest.mark.browser

LONGER_THAN_A_GLIDE = 700


def test_boxes_glide_and_end_where_they_belong(page: Any, browser: Any) -> None:
    still = browser.new_context(viewport={"width": 1400, "height": 1000}, reduced_motion="reduce")
    gliding, standing = Viewer(page), Viewer(still.new_page())
    for viewer in (gliding, standing):
        viewer.give(small(), view=VIEW)
        viewer.click(small(), "conv")
    before = gliding.picture()
    gliding.give(small(opened=True, shift=33), view=VIEW, settle=0)
    standing.give(small(opened=True, shift=33), view=VIEW, settle=LONGER_THAN_A_GLIDE)
    gliding.page.wait_for_timeout(LONGER_THAN_A_GLIDE)
    assert gliding.picture() == standing.picture() != before
    gliding.give(small(), view=VIEW, settle=LONGER_THAN_A_GLIDE)
    standing.give(small(), view=VIEW, settle=LONGER_THAN_A_GLIDE)
    assert gliding.picture() == standing.picture() == before
    assert page.problems == []
    still.close()


def test_who_wants_less_motion_sees_the_new_picture_at_once(page: Any) -> None:
    page.emulate_media(reduced_motion="reduce")
    viewer = Viewer(page)
    viewer.give(small(), view=VIEW)
    viewer.give(small(opened=True), view=VIEW, settle=0)
    frame = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    page.evaluate(frame)
    first = viewer.picture()
    page.wait_for_timeout(LONGER_THAN_A_GLIDE)
    assert viewer.picture() == first


def test_a_click_during_a_glide_meets_boxes_where_they_will_be(viewer: Viewer) -> None:
    viewer.give(small(), view=VIEW)
    viewer.click(small(), "conv")
    viewer.said()
    x, y = viewer.at(small(), "block")
    viewer.give(small(opened=True), view=VIEW, settle=0)
    viewer.page.mouse.click(x, y - 30 + 50 + 20)
    assert viewer.said() == [["selected", {"id": "inner"}]]


def touch(page: Any, *steps: tuple[str, list[tuple[float, float]]]) -> None:
    """Fingers on the screen: (`touchStart`, `touchMove` or `touchEnd`, where they are)."""
    session = page.context.new_cdp_session(page)
    for kind, points in steps:
        where = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})
    page.wait_for_timeout(120)


@pytest.fixture
def tablet(browser: Any) -> Any:
    """A viewer on a touch screen with the small scene."""
    context = browser.new_context(viewport={"width": 1000, "height": 800}, has_touch=True)
    viewer = Viewer(context.new_page())
    viewer.give(small(), view=VIEW)
    yield viewer
    context.close()


def test_two_fingers_that_part_zoom_around_their_middle(tablet: Viewer) -> None:
    x, y = tablet.at(small(), "conv")
    spread = [[(x - far, y), (x + far, y)] for far in (40, 60, 80)]
    touch(
        tablet.page,
        ("touchStart", spread[0]),
        ("touchMove", spread[1]),
        ("touchMove", spread[2]),
        ("touchEnd", []),
    )
    assert 190 <= tablet.percent() <= 210
    assert tablet.said() == []
    tablet.page.touchscreen.tap(x, y)
    assert tablet.said() == [["selected", {"id": "conv"}]]


def test_two_fingers_that_move_together_move_the_picture(tablet: Viewer) -> None:
    x, y = tablet.at(small(), "conv")
    moved = [[(x - 40 + by, y + by), (x + 40 + by, y + by)] for by in (0, 20, 40, 60)]
    touch(
        tablet.page,
        ("touchStart", moved[0]),
        *[("touchMove", points) for points in moved[1:]],
        ("touchEnd", []),
    )
    assert 97 <= tablet.percent() <= 103
    tablet.page.touchscreen.tap(x + 60, y + 60)
    assert tablet.said() == [["selected", {"id": "conv"}]]


def test_one_finger_moves_the_picture_and_a_tap_selects(tablet: Viewer) -> None:
    x, y = tablet.at(small(), "conv")
    touch(
        tablet.page,
        ("touchStart", [(x, y)]),
        ("touchMove", [(x + 30, y)]),
        ("touchMove", [(x + 90, y)]),
        ("touchEnd", []),
    )
    assert tablet.said() == []
    tablet.page.touchscreen.tap(x + 90, y)
    assert tablet.said() == [["selected", {"id": "conv"}]]


LISTENERS = """() => {
  const count = {}; window.listeners = count;
  for (const kind of [Document, Window, Element]) {
    const add = kind.prototype.addEventListener ?? EventTarget.prototype.addEventListener;
    kind.prototype.addEventListener = function (type, handle, options) {
      const key = `${this.constructor.name} ${type}`;
      if (this === document || this === window) {
        count[key] = (count[key] ?? 0) + 1;
        options?.signal?.addEventListener("abort", () => { count[key] -= 1; });
      }
      return add.call(this, type, handle, options);
    };
  }
}"""


def test_nothing_stays_behind_when_the_viewer_goes(page: Any) -> None:
    viewer = Viewer(page)
    page.evaluate(LISTENERS)
    viewer.give(small(), view=VIEW)
    assert sum(page.evaluate("listeners").values()) > 0
    page.locator(".find input").fill("conv")
    viewer.give(small(opened=True), view=VIEW, settle=20)
    viewer.said()
    page.evaluate("stop()")
    assert sum(page.evaluate("listeners").values()) == 0
    page.evaluate("document.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))")
    page.wait_for_timeout(LONGER_THAN_A_GLIDE)
    assert page.evaluate("document.querySelector('#host').shadowRoot.children.length") == 1
    assert viewer.said() == []
    assert page.problems == []


def test_the_viewer_can_be_built_again_in_the_same_place(viewer: Viewer) -> None:
    viewer.give(small(), view=VIEW)
    viewer.page.evaluate("stop()")
    viewer.give(small(), view=VIEW)
    viewer.click(small(), "conv")
    assert viewer.said() == [["selected", {"id": "conv"}]]
    assert viewer.page.locator(".viewer").count() == 1
    assert viewer.page.problems == []
