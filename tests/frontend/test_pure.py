"""The pure parts of search, overlays, gliding and saving, each as the ES module that it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frontend.hosting import run

pytestmark = pytest.mark.browser

SCENE = """const scene = { boxes: { n: 4, ids: ["a", "__proto__", "s", "in:x"],
  kind: ["node", "group", "stub", "input"], title: ["Conv", "Encoder Layer", "Conv", "x"],
  lines: [["3×3"], ["Conv ×2"], [], ["float[1]"]] } };
scene.indexOf = new Map(scene.boxes.ids.map((id, i) => [id, i]));"""


@pytest.mark.parametrize(
    ("text", "ids"),
    [("conv", ["a", "__proto__"]), ("layer CONV", ["__proto__"]), ("float", ["in:x"]), ("no", []), ("(", [])],
)
def test_a_picture_is_searched_for_all_words_in_titles_and_lines(
    modules: Any, text: str, ids: list[str]
) -> None:
    body = """const f = m.findLocally(scene, a[0]);
    return [f.hits.map((h) => h[0]), f.total, [...(m.hitsIn(scene, f) ?? new Map()).keys()]]"""
    found = run(modules, "finding.js", SCENE + body, text)
    assert found[0] == ids
    assert found[1] == len(ids) == len(found[2])


def test_no_words_are_no_search(modules: Any) -> None:
    assert run(modules, "finding.js", SCENE + "return m.findLocally(scene, '  ')") is None


@pytest.mark.parametrize(
    ("count", "at", "step", "to"),
    [(3, -1, 1, 0), (3, -1, -1, 2), (3, 2, 1, 0), (3, 0, -1, 2), (1, 0, 1, 0), (0, -1, 1, -1)],
)
def test_hits_are_walked_round_their_ends(modules: Any, count: int, at: int, step: int, to: int) -> None:
    body = "return m.hitAfter({ hits: Array(a[0]).fill(['x', '', '']) }, a[1], a[2])"
    assert run(modules, "finding.js", body, count, at, step) == to


def test_a_list_of_hits_holds_the_marked_one(modules: Any) -> None:
    body = "return [[300, -1], [300, 49], [300, 50], [120, 119], [0, 0], [7, 99]].map((g) => m.rowsFor(...g))"
    assert run(modules, "results.js", body) == [[0, 50], [0, 50], [50, 100], [100, 120], [0, 0], [0, 7]]


@pytest.mark.parametrize("dark", [False, True])
def test_text_on_every_shade_has_a_contrast_of_four_and_a_half(modules: Any, dark: bool) -> None:
    least = run(
        modules,
        "shades.js",
        """const { luminance } = await import("/theme.js"); let least = 99;
        for (let n = 0; n <= 200; n += 1) {
          const colour = m.shadeOf(n / 200, a[0]); const light = luminance(colour);
          const ink = m.inkOn(colour) === "#fff" ? 1 : 0;
          least = Math.min(least, (Math.max(light, ink) + 0.05) / (Math.min(light, ink) + 0.05));
        }
        return least""",
        dark,
    )
    assert least >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_more_is_always_darker_on_a_light_page_and_lighter_on_a_dark_one(modules: Any, dark: bool) -> None:
    lights = run(
        modules,
        "shades.js",
        """const { luminance } = await import("/theme.js");
        return Array.from({ length: 40 }, (_, n) => luminance(m.shadeOf(n / 39, a[0])))""",
        dark,
    )
    assert lights == sorted(lights, reverse=not dark)


def test_shares_that_make_no_sense_paint_nothing_wild(modules: Any) -> None:
    share, text = run(
        modules,
        "shades.js",
        SCENE
        + """const shades = { a: [7, null], ["__proto__"]: ["x", "t"], gone: [0.5, "t"], s: [-1, "t"] };
        const s = m.shadingOf(scene, { shades }, false); return [[...s.share], s.text]""",
    )
    assert share == [1, -1, 0, -1]
    assert text == ["", "", "t", ""]


@pytest.mark.parametrize(
    ("w", "h", "scale"),
    [(500, 400, 2), (8000, 100, 1.5), (100, 120_000, 0.1), (20_000, 20_000, 0.387), (1, 1, 2)],
)
def test_a_png_stays_within_what_browsers_can_make(modules: Any, w: int, h: int, scale: float) -> None:
    made = run(modules, "save.js", "return m.pngScale(a[0], a[1])", w, h)
    assert made["scale"] == pytest.approx(scale, abs=0.001)
    assert made["lowered"] is (scale < 2)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Graph of resnet50", "Graph of resnet50.png"),
        ("../../etc/passwd", "etc passwd.png"),
        ('a<b>|c:d*?"e\\f', "a b c d e f.png"),
        ("", "graph.png"),
        ("...", "graph.png"),
        ("日本語 моделі", "日本語 моделі.png"),
        ("x" * 500, "x" * 80 + ".png"),
    ],
)
def test_a_label_becomes_a_name_that_any_disk_takes(modules: Any, label: str, name: str) -> None:
    assert run(modules, "save.js", "return m.fileName(a[0], 'png')", label) == name


@pytest.mark.parametrize(
    ("left", "width", "right", "at"), [(50, 100, False, 50), (350, 200, False, 192), (20, 200, True, 8)]
)
def test_a_panel_stays_inside_the_viewer(modules: Any, left: int, width: int, right: bool, at: int) -> None:
    body = """const opener = { left: a[0], right: a[0] + 30, bottom: 40 };
    return m.placeUnder(opener, { left: 0, top: 0, right: 400, bottom: 300 }, a[1], a[2])"""
    placed = run(modules, "popups.js", body, left, width, right)
    assert placed["left"] == at
    assert placed["top"] + placed["most"] <= 300


GLIDE = """const { buildIndex } = await import("/index.js");
const scene = (title, rows) => {
  const column = (at) => Float32Array.from(rows, (row) => row[at]);
  const boxes = { n: rows.length, ids: rows.map((r) => r[0]), x: column(1), y: column(2),
    w: column(3), h: column(4), open: rows.map((r) => r[5] === "open"),
    parent: rows.map((r) => r[6] ?? -1) };
  boxes.frames = [...rows.keys()].filter((i) => boxes.open[i]);
  const none = { x: [], y: [], w: [], h: [] };
  return { title, boxes, boxIndex: buildIndex(boxes), curveIndex: buildIndex(none),
    indexOf: new Map(boxes.ids.map((id, i) => [id, i])) };
};
const shut = scene("m", [["top", 0, 0, 100, 40], ["group", 0, 80, 100, 40], ["end", 0, 160, 100, 40]]);
const wide = scene("m", [["top", 50, 0, 100, 40], ["group", 0, 80, 300, 200, "open"],
  ["in", 200, 200, 80, 40, "", 1], ["end", 50, 320, 100, 40]]);
const t = { k: 1, x: 0, y: 0 }, size = { vw: 800, vh: 600 };
const rect = ({ boxes }, i) => [boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]].map((v) => Math.round(v));
"""


def test_a_glide_starts_where_boxes_were_and_ends_where_they_are(modules: Any) -> None:
    body = """const g = m.glideOf(shut, wide, { k: 1, x: 10, y: 20 }, t, size); const at = (f) => {
      m.moveGlide(g, f); return [0, 1, 2, 3].map((i) => rect(g.blend, i)); };
    return [at(0), at(1), [g.early, g.late, g.f]]"""
    start, end, rest = run(modules, "morph.js", GLIDE + body)
    assert start[0] == [10, 20, 100, 40]
    assert start[1] == [10, 100, 100, 40]
    assert start[3] == [10, 180, 100, 40]
    assert end == [[50, 0, 100, 40], [0, 80, 300, 200], [200, 200, 80, 40], [50, 320, 100, 40]]
    assert rest == [0, 1, 1]


def test_a_new_box_comes_out_of_its_group_and_a_gone_one_goes_into_it(modules: Any) -> None:
    body = """const open = m.glideOf(shut, wide, t, t, size); m.moveGlide(open, 0);
    const close = m.glideOf(wide, shut, t, t, size); m.moveGlide(close, 1);
    const middle = ([x, y, w, h]) => [x + w / 2, y + h / 2];
    return [middle(rect(open.blend, 2)), middle(rect(close.gone, 2)), [...open.fresh], close.goneBoxes]"""
    out, into, fresh, gone = run(modules, "morph.js", GLIDE + body)
    for x, y in (out, into):
        assert 0 <= x <= 100
        assert 80 <= y <= 120
    assert fresh == [2] == gone


def test_nothing_glides_between_graphs_or_scales_or_among_too_many(modules: Any) -> None:
    body = """const row = (_, i) => [`n${i}`, i % 40, i / 40, 5, 5];
    const many = () => scene("m", Array.from({ length: 1600 }, row));
    return [m.glideOf(shut, scene("other", []), t, t, size), m.glideOf(many(), many(), t, t, size),
      m.glideOf(shut, wide, { k: 2, x: 0, y: 0 }, t, size)]"""
    assert run(modules, "morph.js", GLIDE + body) == [None, None, None]


@pytest.mark.parametrize(
    ("view", "to"),
    [
        ({"depth": 2, "deepest": 3}, [1, 3]),
        ({"depth": 0, "deepest": 3}, [None, 1]),
        ({"depth": 3, "deepest": 3}, [2, None]),
        ({"depth": -1, "deepest": 3}, [0, 2]),
    ],
)
def test_a_level_less_and_more(modules: Any, view: dict[str, int], to: list[int | None]) -> None:
    body = """const boxes = { n: 3, kind: Array(3).fill("group"), open: [true, true, false] };
    boxes.depth = [0, 1, 0];
    return m.levelsAround(a[0], { boxes })"""
    assert run(modules, "levels.js", body, view) == to


def test_text_measured_once_is_remembered_within_bounds(modules: Any) -> None:
    held = run(
        modules,
        "text.js",
        """const c = document.createElement("canvas").getContext("2d"), cache = m.textCache();
        m.useFont(c, cache, "13px sans-serif");
        for (let i = 0; i < 70000; i += 1) m.widthOf(c, cache, String(i));
        return cache.table.widths.size""",
    )
    assert held <= 60_000
