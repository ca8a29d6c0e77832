"""Two viewers of one pair: they move, select and point together; what one lacks the other goes to."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from onnxviz.scene.types import Box, Curve, Scene
from onnxviz.ui.wire import FRONTEND, joined, wire
from tests.frontend.hosting import FAMILIES, VIEW, run

pytestmark = pytest.mark.browser

_HOSTS = """<!doctype html><meta charset="utf-8"><body style="margin:0; display:flex">
<div id="a" style="width:600px"></div><div id="b" style="width:600px"></div>"""

_MOUNT = """async ([source, css]) => {
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  window.said = [];
  window.stops = {};
  const roots = {};
  for (const name of ["a", "b"]) {
    roots[name] = document.getElementById(name).attachShadow({ mode: "open" });
    const style = document.createElement("style");
    style.textContent = css;
    roots[name].append(style);
  }
  window.give = (name, data) => {
    const setStateValue = (_, events) => window.said.push([name, ...events.list.at(-1).slice(1)]);
    window.stops[name] = module.default({ parentElement: roots[name], data, setStateValue });
  };
}"""


def side(*ids: str, gap: float = 120.0, left: float = 0.0, title: str = "a") -> Scene:
    """Boxes below one another; `!` before an id makes it removed, `+` added, `~` changed."""
    statuses = {"!": "removed", "+": "added", "~": "changed"}
    boxes = [
        Box(
            name.lstrip("!+~"),
            "node",
            left,
            gap * at,
            160,
            50,
            name.lstrip("!+~").title(),
            status=statuses.get(name[0], ""),
            family="linear",
        )
        for at, name in enumerate(ids)
    ]
    curves = tuple(
        Curve(f"{a.id}{b.id}", a.id, b.id, ((80, a.y + 50), (80, a.y + 60), (80, b.y - 10), (80, b.y)))
        for a, b in pairwise(boxes)
    )
    return Scene(
        tuple(boxes), curves, left + 160, gap * len(ids), title=title, families=FAMILIES, compares=True,
        changes=CHANGES,
    )  # fmt: skip


CHANGES = ("gone", "turned", "fresh", "hidden")
LONG = tuple(f"n{at}" for at in range(30))
BEFORE = side(*LONG[:10], "!gone", *LONG[10:20], "~turned", *LONG[20:])
AFTER = side(*LONG[:10], *LONG[10:20], "~turned", "+fresh", *LONG[20:], gap=90, left=300, title="b")


class Pair:
    """Both viewers, the one before called `a` and the one after `b`."""

    def __init__(self, page: Any) -> None:
        self.page = page
        page.set_content(_HOSTS)
        page.evaluate(_MOUNT, [joined(), (FRONTEND / "viewer.css").read_text("utf-8")])

    def give(
        self,
        name: str,
        scene: Scene,
        *,
        serial: int = 0,
        select: str | None = None,
        found: Any = None,
        **view: Any,
    ) -> None:
        text = json.dumps(wire(scene))
        pane = {"key": "p", "title": {"a": "Before", "b": "After"}[name], "leads": name == "a"}
        data = {
            "scene": text,
            "digest": str(hash(text)),
            "height": 500,
            "label": name,
            "look": 0,
            "pane": pane,
            "found": found,
        }
        data |= {"select": {"id": select, "serial": serial}, "view": {**VIEW, "changes": -1, **view}}
        self.page.evaluate("([name, data]) => give(name, data)", [name, data])

    def both(self, before: Scene = BEFORE, after: Scene = AFTER, **more: Any) -> None:
        self.give("a", before, **more)
        self.give("b", after, **more)
        self.page.wait_for_timeout(400)

    def canvas(self, name: str) -> Any:
        return self.page.locator(f"#{name} canvas.picture")

    def press(self, name: str, *keys: str) -> None:
        self.canvas(name).focus()
        for key in keys:
            self.page.keyboard.press(key)
        self.page.wait_for_timeout(350)

    def scale(self, name: str) -> str:
        text: str = self.page.locator(f"#{name} .do-actual").text_content()
        return text

    def height_of(self, name: str, title: str) -> float | None:
        """How far below the top of the stage the box with this title is first met; None where it is not."""
        found: float | None = self.page.evaluate(
            """([name, wanted]) => {
              const canvas = document.getElementById(name).shadowRoot.querySelector("canvas.picture");
              const area = canvas.getBoundingClientRect();
              for (let y = 2; y < area.height; y += 2) for (let x = 4; x < area.width; x += 16) {
                const at = { clientX: area.left + x, clientY: area.top + y, bubbles: true };
                canvas.dispatchEvent(new PointerEvent("pointermove", at));
                if (canvas.title.split("\\n")[0] === wanted) return y;
              }
              return null;
            }""",
            [name, title],
        )
        return found

    def said(self) -> list[Any]:
        heard: list[Any] = self.page.evaluate("said.splice(0)")
        return heard

    def selected(self, name: str) -> str | None:
        row = self.page.locator(f"#{name} [role=treeitem][aria-selected=true]")
        return row.get_attribute("aria-label").split(",")[0] if row.count() else None


@pytest.fixture
def pair(page: Any) -> Pair:
    page.set_viewport_size({"width": 1240, "height": 700})
    made = Pair(page)
    made.both()
    made.said()
    return made


def test_both_panes_look_at_the_same_from_the_start(pair: Pair) -> None:
    assert pair.scale("a") == pair.scale("b")
    assert pair.height_of("a", "N0") == pytest.approx(pair.height_of("b", "N0"), abs=60)


@pytest.mark.parametrize(("moved", "other"), [("a", "b"), ("b", "a")])
def test_what_is_in_the_middle_of_one_pane_is_at_the_same_height_in_the_other(
    pair: Pair, moved: str, other: str
) -> None:
    pair.page.locator(f"#{moved} canvas.picture").focus()
    for _ in range(9):
        pair.page.keyboard.press("Shift+ArrowDown")
    pair.page.wait_for_timeout(400)
    heights = {f"N{at}": pair.height_of(moved, f"N{at}") for at in range(30)}
    middle = min((n for n, y in heights.items() if y is not None), key=lambda n: abs(heights[n] - 215))  # type: ignore[operator]  # not None
    assert pair.height_of(other, middle) == pytest.approx(heights[middle], abs=24)
    assert middle not in ("N0", "N1")


def test_a_zoom_in_one_pane_is_one_in_the_other(pair: Pair) -> None:
    before = pair.scale("a")
    pair.press("b", "+", "+")
    assert pair.scale("a") == pair.scale("b") != before


def test_what_only_one_side_has_leaves_the_other_beside_its_neighbours(pair: Pair) -> None:
    pair.press("a", "j")
    assert pair.selected("a") == "Gone"
    assert pair.selected("b") is None
    place, above = pair.height_of("a", "Gone"), pair.height_of("b", "N9")
    assert place is not None
    assert above == pytest.approx(place, abs=140)


def test_a_selection_is_one_for_both_and_is_told_once(pair: Pair) -> None:
    x, y = 300, pair.height_of("a", "N1")
    assert y is not None
    box = pair.canvas("a").bounding_box()
    pair.page.mouse.click(box["x"] + x - 24, box["y"] + y + 8)
    assert pair.selected("a") == pair.selected("b") == "N1"
    assert pair.said() == [["a", "selected", {"id": "n1"}]]
    assert pair.page.locator("#a .chosen").is_visible()
    assert not pair.page.locator("#b .chosen").is_visible()


def test_the_box_under_the_pointer_is_ringed_in_the_other_pane(pair: Pair) -> None:
    shot = "document.getElementById('b').shadowRoot.querySelector('canvas.picture').toDataURL()"
    pair.page.mouse.move(5, 650)
    pair.page.wait_for_timeout(100)
    before = pair.page.evaluate(shot)
    assert pair.height_of("a", "N1") is not None
    pair.page.wait_for_timeout(100)
    assert pair.page.evaluate(shot) != before


def test_changes_are_gone_through_in_order_wherever_they_are(pair: Pair) -> None:
    count = pair.page.locator("#b .changecount")
    assert count.text_content() == "4 changes"
    assert not pair.page.locator("#a .changecount").is_visible()
    seen = []
    for _ in range(3):
        pair.press("a", "j")
        seen.append((pair.selected("a"), pair.selected("b"), count.text_content()))
    assert seen == [("Gone", None, "1 of 4"), ("Turned", "Turned", "2 of 4"), (None, "Fresh", "3 of 4")]
    pair.said()
    pair.press("a", "j")
    assert ["a", "wanted", {"id": "hidden"}] in pair.said()
    pair.press("b", "k")
    assert pair.selected("b") == "Turned"


def test_the_next_change_is_the_one_after_that_which_is_on_its_way(pair: Pair) -> None:
    pair.press("a", "j", "j", "j", "j")
    assert pair.said()[-1] == ["a", "wanted", {"id": "hidden"}]
    # The answer to something else comes first.
    pair.both()
    pair.press("a", "j")
    assert pair.selected("a") == "Gone"


def test_a_wish_of_the_page_is_carried_out_by_the_pane_that_has_the_box(pair: Pair) -> None:
    pair.both(serial=1, select="fresh")
    assert (pair.selected("a"), pair.selected("b")) == (None, "Fresh")
    pair.both(serial=2, select="gone")
    assert (pair.selected("a"), pair.selected("b")) == ("Gone", None)
    assert pair.said() == []


def test_only_changes_is_asked_for_with_steps_and_undone(pair: Pair) -> None:
    pair.page.locator("#b .do-onlyChanges").click()
    pair.both(changes=1)
    pair.page.locator("#b .do-wider").click()
    pair.page.locator("#b .do-closer").click()
    pair.press("a", "h")
    asked = [
        {k: v for k, v in value.items() if k != "n"} for _, what, value in pair.said() if what == "asked"
    ]
    focus = {"command": "focus", "kind": "changes"}
    steps = [{**focus, "steps": 1}, {**focus, "steps": 2}, {**focus, "steps": 0}]
    assert asked == [*steps, {"command": "unfocus"}]
    assert pair.page.locator("#b .do-onlyChanges").get_attribute("aria-pressed") == "true"


def test_tool_bars_share_the_work_and_have_one_height(pair: Pair) -> None:
    assert pair.page.locator("#a .find").is_visible()
    assert not pair.page.locator("#b .find").is_visible()
    assert not pair.page.locator("#a .do-zoomIn").is_visible()
    assert [pair.page.locator(f"#{name} .pane").text_content() for name in "ab"] == ["Before", "After"]
    heights = [pair.page.locator(f"#{name} .bar").bounding_box()["height"] for name in "ab"]
    assert heights[0] == heights[1]


def test_a_pane_that_is_taken_away_moves_nobody_any_more(pair: Pair) -> None:
    pair.page.evaluate("stops.b()")
    before = pair.scale("a")
    pair.press("a", "+", "j")
    assert pair.scale("a") != before
    assert pair.selected("a") == "Gone"


def test_viewers_that_are_no_pair_go_their_own_ways(page: Any) -> None:
    pair = Pair(page)
    single = side(*LONG)
    for name in "ab":
        text = json.dumps(wire(single))
        data = {"scene": text, "digest": "d", "height": 500, "label": name, "look": 0, "pane": None}
        data |= {"select": {"id": None, "serial": 0}, "view": VIEW}
        page.evaluate("([name, data]) => give(name, data)", [name, data])
    page.wait_for_timeout(300)
    before = pair.scale("b")
    pair.press("a", "+", "+")
    assert pair.scale("a") != before
    assert pair.scale("b") == before


def colours(pair: Pair, name: str) -> dict[str, int]:
    """How many pixels of a picture are clearly red, clearly green, clearly blue, and grey or white."""
    found: dict[str, int] = pair.page.evaluate(
        """(name) => {
          const canvas = document.getElementById(name).shadowRoot.querySelector("canvas.picture");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const found = { red: 0, green: 0, blue: 0, grey: 0 };
          for (let i = 0; i < data.length; i += 4) {
            const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
            if (r > g + 70 && r > b + 70) found.red += 1;
            else if (g > r + 50 && g > b + 30) found.green += 1;
            else if (b > r + 50 && b > g + 30) found.blue += 1;
            else if (Math.max(r, g, b) - Math.min(r, g, b) < 12) found.grey += 1;
          }
          return found;
        }""",
        name,
    )
    return found


def test_what_was_kept_is_grey_and_lines_that_went_or_came_have_their_colours(page: Any) -> None:
    pair = Pair(page)
    plain = side("n0", "n1", "n2")
    lines = tuple(replace(c, status=s) for c, s in zip(plain.curves, ("removed", "added"), strict=True))
    pair.both(plain, replace(plain, curves=lines, title="b"))
    kept, marked = colours(pair, "a"), colours(pair, "b")
    assert kept["red"] == kept["green"] == kept["blue"] == 0 < kept["grey"]
    assert marked["red"] > 20
    assert marked["green"] > 20
    pair.give("a", replace(plain, compares=False))
    page.wait_for_timeout(400)
    assert colours(pair, "a")["blue"] > 200


def test_boxes_that_went_or_came_have_their_colours_close_up_and_far_off(page: Any) -> None:
    pair = Pair(page)
    pair.both(side("!n0", "n1"), side("+n0", "n1", title="b"))
    for keys in ((), ("-",) * 4, ("-",) * 6):
        pair.press("a", *keys)
        assert (colours(pair, "a")["red"], colours(pair, "b")["green"]) > (10, 10)
        assert colours(pair, "a")["green"] == colours(pair, "b")["red"] == 0


def test_a_search_veils_the_pane_that_has_none_of_what_is_found(pair: Pair) -> None:
    shot = "document.getElementById('b').shadowRoot.querySelector('canvas.picture').toDataURL()"
    before = pair.page.evaluate(shot)
    found = {"text": "gone", "ops": [], "total": 1, "hits": [["gone", "Gone", "removed"]], "boxes": {}}
    pair.give("a", BEFORE, found={**found, "boxes": {"gone": 1}})
    pair.give("b", AFTER, found=found)
    pair.page.wait_for_timeout(300)
    assert pair.page.evaluate(shot) != before


@pytest.mark.parametrize(
    ("total", "at", "said"), [(0, -1, "No changes"), (1, -1, "1 change"), (57, 2, "3 of 57")]
)
def test_the_count_of_changes_says_where_one_is(modules: Any, total: int, at: int, said: str) -> None:
    assert run(modules, "changes.js", "return m.changesSaid(a[0], a[1])", total, at) == said


def test_the_list_of_boxes_says_changes_in_words(pair: Pair) -> None:
    rows = pair.page.locator("#a [role=treeitem]")
    labels = [row.get_attribute("aria-label") for row in rows.all()]
    assert "Gone, removed" in labels


def test_a_tally_is_said_in_words(modules: Any) -> None:
    words = run(
        modules, "tallies.js", "return a.map((line) => m.isTally(line) && m.tallySaid(line))", "−12 +3 ~2"
    )
    assert words == ["12 removed, 3 added, 2 changed"]
    assert run(modules, "tallies.js", "return a.map(m.isTally)", "Conv ×3", "-3", "+", "−1 ~2") == [
        False,
        False,
        False,
        True,
    ]
