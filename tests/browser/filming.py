"""Frames of the viewer alone, filmed while a mouse drags and zooms a large picture."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from onnxviz.scene.grouping.hierarchy import arrange, open_all
from onnxviz.scene.place import place
from onnxviz.scene.types import Box, Curve, Scene
from tests.benchmarks.graphs import decoder, graph_of
from tests.benchmarks.tables import percentile
from tests.frontend.hosting import FAMILIES, VIEW, Viewer

SECONDS = 4.0
"""Of each way to move."""

STILL_MS = 1_000
"""Until a picture that was just shown no longer moves."""

PLACES = {"all in view": "f", "half way": "f+++", "close up": "f0"}
"""What to press to get there. Half way, two and a half times larger than all, most boxes are still in view
of a square picture, and are more than specks."""

FILM = """() => {
  const next = window.requestAnimationFrame.bind(window);
  let busy = 0;
  window.requestAnimationFrame = (draw) => next((now) => {
    const began = performance.now();
    draw(now);
    busy += performance.now() - began;
  });
  window.film = [];
  let before = null;
  const tick = (now) => {
    if (before !== null && busy > 0) window.film.push([now - before, busy]);
    [before, busy] = [now, 0];
    next(tick);
  };
  next(tick);
}"""
"""Of each frame in which the viewer painted: milliseconds to the next one, and those its code took. The
code only says what to draw: what drawing it takes shows in the first figure."""


def tall(boxes: int) -> Scene:
    """A decoder with all groups open, of about so many boxes: many screens high."""
    nodes = boxes
    for _ in range(3):
        graph = graph_of(decoder(nodes))
        hierarchy = arrange(graph)
        scene = place(graph, hierarchy, open_all(hierarchy))
        nodes = round(nodes * boxes / len(scene.boxes))
    return scene


def square(boxes: int) -> Scene:
    """Just so many boxes in rows, as wide as high: what fills a screen, each with lines to its neighbours."""
    wide, high = 160.0, 60.0
    columns = round(math.sqrt(boxes / 2))
    found = [
        Box(
            f"n{n}",
            "node",
            220 * (n % columns),
            120 * (n // columns),
            wide,
            high,
            "Conv",
            ("3×3", f"{n}"),
            "linear",
        )
        for n in range(boxes)
    ]
    curves = []
    for n, box in enumerate(found):
        for other in found[n + columns - 1 : n + columns + 1]:
            (x, y), (to_x, to_y) = (box.x + wide / 2, box.y + high), (other.x + wide / 2, other.y)
            points = ((x, y), (x, y + 30), (to_x, to_y - 30), (to_x, to_y))
            curves.append(Curve(f"{box.id} {other.id}", box.id, other.id, points, "float[1, 64]"))
    size = 220.0 * columns, 120 * boxes / columns
    return Scene(tuple(found), tuple(curves), *size, title="square", families=FAMILIES)


@contextmanager
def alone(browser: Any, scene: Scene) -> Iterator[Any]:
    """A page with nothing but the viewer and a scene in it."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    viewer = Viewer(page, width=1400)
    page.evaluate(FILM)
    viewer.give(scene, height=900, settle=STILL_MS, view=VIEW)
    yield page
    page.close()


def drag(page: Any, x: float, y: float) -> None:
    """Hold the picture and lead it around for a while."""
    page.mouse.move(x, y)
    page.mouse.down()
    end = time.monotonic() + SECONDS
    step = 0
    while time.monotonic() < end:
        step += 1
        page.mouse.move(x + 260 * math.sin(step / 17), y + 200 * math.sin(step / 11))
    page.mouse.up()


def zoom(page: Any, x: float, y: float) -> None:
    """Turn the wheel smoothly, 400 points in and 400 out, for a while: 1.7 times nearer and back."""
    gestures = page.context.new_cdp_session(page)
    end = time.monotonic() + SECONDS
    way = 400
    while time.monotonic() < end:
        wheel = {"x": x, "y": y, "yDistance": way, "speed": 800, "gestureSourceType": "mouse"}
        gestures.send("Input.synthesizeScrollGesture", wheel)
        way = -way
    gestures.detach()


def frames(browser: Any, name: str, scene: Scene) -> list[dict[str, Any]]:
    """Each way to move a picture, from far to near; milliseconds."""
    found = []
    with alone(browser, scene) as page:
        area = page.locator("canvas.picture").bounding_box()
        x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
        for where, keys in PLACES.items():
            for how, move in (("pan", drag), ("zoom", zoom)):
                page.locator("canvas.picture").focus()
                for key in keys:
                    page.keyboard.press(key)
                    page.wait_for_timeout(400)
                page.evaluate("film.length = 0")
                move(page, x, y)
                film = page.evaluate("film")
                row = {"scene": name, "boxes": len(scene.boxes), "place": where, "move": how}
                found.append(row | {"frames": len(film), **_figures(film)})
    return found


def _figures(film: list[list[float]]) -> dict[str, float]:
    figures = {}
    for at, name in enumerate(("frame", "code")):
        values = [one[at] for one in film]
        figures[f"{name}_median"] = statistics.median(values)
        figures[f"{name}_95"] = percentile(values, 0.95)
    return figures
