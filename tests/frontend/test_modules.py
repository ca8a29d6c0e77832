"""The pure modules of the frontend, each loaded in a browser as the ES module that it is."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from onnxviz.ui.wire import FRONTEND
from tests.frontend.hosting import MODULES, run

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", MODULES)
def test_every_file_is_a_valid_module_of_its_own(modules: Any, name: str) -> None:
    assert run(modules, name, "return Object.keys(m).length") > 0


def test_zooming_keeps_the_point_under_the_pointer(modules: Any) -> None:
    drift = run(
        modules,
        "transform.js",
        """let worst = 0;
        for (let i = 0; i < 500; i += 1) {
          const t = m.transform(0.1 + (i % 37) / 10, i * 7 - 900, 400 - i * 3);
          const [sx, sy] = [(i * 131) % 1200, (i * 57) % 700];
          const before = m.toScene(t, sx, sy);
          const after = m.toScene(m.zoomAt(t, t.k * (0.5 + (i % 9) / 4), sx, sy, 0.01), sx, sy);
          worst = Math.max(worst, Math.hypot(before[0] - after[0], before[1] - after[1]));
        }
        return worst;""",
    )
    assert drift < 1e-6


def test_a_zoom_stays_within_its_limits(modules: Any) -> None:
    low, high, most = run(
        modules,
        "transform.js",
        "const to = (k) => m.zoomAt(m.identity, k, 5, 5, 0.2).k; return [to(1e-9), to(1e9), m.MAX_SCALE]",
    )
    assert low == 0.2
    assert high == most


def test_screen_and_scene_are_inverse(modules: Any) -> None:
    point = run(
        modules,
        "transform.js",
        "const t = m.transform(0.37, 12, -80); return m.toScene(t, ...m.toScreen(t, 123, 456))",
    )
    assert point == pytest.approx([123, 456])


@pytest.mark.parametrize(("w", "h"), [(100, 40), (5000, 200), (200, 90_000), (0, 0)])
def test_a_fitted_rectangle_is_wholly_in_view_and_centred(modules: Any, w: int, h: int) -> None:
    left, top, right, bottom, k = run(
        modules,
        "transform.js",
        """const r = { x: 30, y: -70, w: a[0], h: a[1] }; const t = m.fit(r, 800, 600);
        return [...m.toScreen(t, r.x, r.y), ...m.toScreen(t, r.x + r.w, r.y + r.h), t.k]""",
        w,
        h,
    )
    assert left >= 0
    assert top >= 0
    assert right <= 800
    assert bottom <= 600
    assert left + right == pytest.approx(800)
    assert top + bottom == pytest.approx(600)
    assert 0 < k <= 1


def test_a_scene_cannot_be_dragged_out_of_sight(modules: Any) -> None:
    views = run(
        modules,
        "transform.js",
        """return [[1e6, 1e6], [-1e6, -1e6], [1e6, -1e6]].map(([x, y]) => {
          const t = m.kept(m.transform(0.5, x, y), 1000, 400, 800, 600);
          const [l, u] = m.toScreen(t, 0, 0); const [r, d] = m.toScreen(t, 1000, 400);
          return [l < 800, u < 600, r > 0, d > 0]; })""",
    )
    assert all(all(inside) for inside in views)


def test_a_move_starts_at_one_view_and_ends_at_the_other(modules: Any) -> None:
    start, end, mid = run(
        modules,
        "transform.js",
        """const p = m.transform(0.1, 5, 6), q = m.transform(1.6, -700, 90);
        return [m.between(p, q, 0), m.between(p, q, 1), m.between(p, q, 0.5).k]""",
    )
    assert start == {"k": 0.1, "x": 5, "y": 6}
    assert end == {"k": 1.6, "x": -700, "y": 90}
    assert mid == pytest.approx(0.4)


RANDOM_RECTS = """
let seed = 12345; const next = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
const n = a[0], r = { x: [], y: [], w: [], h: [] };
for (let i = 0; i < n; i += 1) {
  r.x.push(next() * 9000 - 500); r.y.push(next() * a[1]);
  r.w.push(i % 50 ? next() * 200 : 8000); r.h.push(next() * 90);
}
"""


@pytest.mark.parametrize(("n", "tall"), [(0, 10), (1, 10), (300, 4000), (3000, 90_000), (2000, 0.001)])
def test_the_grid_finds_exactly_what_a_look_at_every_rectangle_finds(
    modules: Any, n: int, tall: float
) -> None:
    differences = run(
        modules,
        "index.js",
        RANDOM_RECTS
        + """const g = m.buildIndex(r); let wrong = 0;
        for (let q = 0; q < 60; q += 1) {
          const v = { x: next() * 9000 - 700, y: next() * a[1], w: next() * 1500, h: next() * 900 };
          const across = (i) => r.x[i] <= v.x + v.w && r.x[i] + r.w[i] >= v.x;
          const down = (i) => r.y[i] <= v.y + v.h && r.y[i] + r.h[i] >= v.y;
          const slow = [...Array(n).keys()].filter((i) => across(i) && down(i));
          if (JSON.stringify(slow) !== JSON.stringify(m.query(g, v))) wrong += 1;
        }
        return wrong;""",
        n,
        tall,
    )
    assert differences == 0


def test_a_hit_is_the_innermost_box_under_the_point(modules: Any) -> None:
    hits = run(
        modules,
        "index.js",
        """const g = m.buildIndex({ x: [20, 0, 200], y: [20, 0, 0], w: [50, 100, 10], h: [50, 100, 10] });
        return [[30, 30], [5, 5], [150, 5], [205, 5]].map(([x, y]) => m.at(g, x, y, [1, 0, 0]))""",
    )
    assert hits == [0, 1, -1, 2]


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("f", "fit"),
        ("F", "fit"),
        ("+", "zoomIn"),
        ("0", "actual"),
        ("Escape", "clear"),
        ("/", "find"),
        ("x", "unfocus"),
        ("[", "less"),
        ("constructor", None),
        ("q", None),
    ],
)
def test_keys_name_their_commands(modules: Any, key: str, command: str | None) -> None:
    assert run(modules, "keys.js", "return m.commandOf({ key: a[0] })", key) == command


@pytest.mark.parametrize("key", ["0", "f", "a", "p", "d"])
def test_browser_shortcuts_are_left_to_the_browser(modules: Any, key: str) -> None:
    assert run(modules, "keys.js", "return m.commandOf({ key: a[0], ctrlKey: true })", key) is None


def test_a_bracket_that_is_typed_with_alt_gr_is_a_bracket(modules: Any) -> None:
    body = """const held = { ctrlKey: true, altKey: true };
    return [() => true, () => false].map((g) => m.commandOf({ key: "]", ...held, getModifierState: g }))"""
    assert run(modules, "keys.js", body) == ["more", None]


def test_every_command_of_a_key_is_on_the_sheet_of_keys(modules: Any) -> None:
    sheet, keys = run(
        modules,
        "keys.js",
        "return [m.KEY_HELP.flat(2).join(' '), [...'0fcnvadpxot[]u/'], m.commandOf({ key: 'o' })]",
    )[:2]
    assert [key for key in keys if key not in sheet] == []


def test_no_two_modules_use_one_name_since_they_are_joined() -> None:
    pattern = re.compile(r"^(?:export )?(?:default )?(?:function|const|let|class) (\w+)", re.MULTILINE)
    names = [name for file in MODULES for name in pattern.findall((FRONTEND / file).read_text("utf-8"))]
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_scrolling_up_zooms_in_and_one_event_at_most_doubles(modules: Any) -> None:
    up, down, wild = run(
        modules,
        "keys.js",
        "return [-120, 120, -1e9].map((deltaY) => m.wheelFactor({ deltaY, deltaMode: 0 }))",
    )
    assert up > 1 > down
    assert up * down == pytest.approx(1)
    assert wild == 2


BOXES = """const boxes = { n: 4, kind: ["group", "node", "group", "node"], open: [true, false, false, false],
  parent: [-1, 0, 0, -1], roots: [0, 3], children: new Map([[0, [1, 2]]]), count: [2, 0, 9, 0],
  title: ["outer", "Conv", "inner", ""], lines: [[], ["3×3"], [], []], status: ["", "removed", "", ""] };
const rows = m.rowsOf(boxes);"""


def test_the_outline_lists_boxes_in_tree_order_with_level_and_place(modules: Any) -> None:
    rows = run(modules, "outline.js", BOXES + "return rows")
    assert rows == [
        {"box": 0, "level": 1, "position": 1, "size": 2},
        {"box": 1, "level": 2, "position": 1, "size": 2},
        {"box": 2, "level": 2, "position": 2, "size": 2},
        {"box": 3, "level": 1, "position": 2, "size": 2},
    ]


@pytest.mark.parametrize(
    ("key", "row", "step"),
    [
        ("ArrowDown", 0, {"row": 1}),
        ("ArrowDown", 3, {"row": 3}),
        ("ArrowLeft", 1, {"row": 0}),
        ("ArrowLeft", 0, {"toggle": 0}),
        ("ArrowRight", 0, {"row": 1}),
        ("ArrowRight", 2, {"toggle": 2}),
        ("ArrowRight", 1, None),
        ("End", 0, {"row": 3}),
        ("Enter", 2, {"select": 2}),
    ],
)
def test_the_outline_follows_the_keys_of_an_aria_tree(modules: Any, key: str, row: int, step: Any) -> None:
    assert run(modules, "outline.js", BOXES + "return m.stepOf(a[0], rows, a[1], boxes)", key, row) == step


def test_a_row_says_kind_size_and_status(modules: Any) -> None:
    names = run(modules, "outline.js", BOXES + "return [0, 1, 2, 3].map((i) => m.nameOf(boxes, i))")
    assert names == [
        "outer, open group, 2 nodes",
        "Conv, removed, 3×3",
        "inner, closed group, 9 nodes",
        "unnamed",
    ]


def test_a_long_label_is_cut_to_the_room_it_has(modules: Any) -> None:
    whole, short, width, again = run(
        modules,
        "text.js",
        """const c = document.createElement("canvas").getContext("2d"); const cache = m.textCache();
        m.useFont(c, cache, "13px sans-serif"); const cut = (text) => m.cut(c, cache, text, 80);
        const short = cut("x".repeat(5000));
        return [cut("Conv"), short, c.measureText(short).width, cut("x".repeat(5000))]""",
    )
    assert whole == "Conv"
    assert short.endswith("…")
    assert len(short) > 3
    assert width <= 80
    assert again == short


def test_the_middle_of_a_curve_lies_on_it(modules: Any) -> None:
    one, two = run(
        modules,
        "curves.js",
        """const xy = [0, 0, 0, 30, 60, 30, 60, 60, 60, 90, 0, 90, 0, 120];
        return [m.middle({ xy, start: [0, 8] }, 0), m.middle({ xy, start: [0, 14] }, 0)]""",
    )
    assert one == [30, 30]
    assert two == [60, 60]


def test_the_minimap_shows_only_when_the_scene_is_larger_than_the_view(modules: Any) -> None:
    small, large, inside = run(
        modules,
        "minimap.js",
        """const scene = { w: 4000, h: 3000, boxes: { n: 1 } };
        const map = m.mapFor(scene, { k: 1, x: -500, y: -9000 }, 800, 600);
        const w = m.windowOn(map, { k: 1, x: -500, y: -9000 }, 800, 600);
        return [m.mapFor(scene, { k: 0.1, x: 0, y: 0 }, 800, 600), map,
          w.x >= 0 && w.y >= 0 && w.x + w.w <= map.w && w.y + w.h <= map.h]""",
    )
    assert small is None
    assert large["w"] <= 176
    assert large["h"] <= 132
    assert inside


@pytest.mark.parametrize(
    ("colour", "parts"), [("#0080ff", [0, 128, 255]), ("rgb(1, 2, 3)", [1, 2, 3]), ("no", [9, 9, 9])]
)
def test_the_browser_reads_colours_and_a_bad_one_falls_back(
    modules: Any, colour: str, parts: list[int]
) -> None:
    body = 'return m.rgb(document.createElement("canvas").getContext("2d"), a[0], "#090909")'
    assert run(modules, "theme.js", body, colour) == parts
