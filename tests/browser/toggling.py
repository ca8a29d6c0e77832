"""Groups opened and closed in the running app, and when their pictures come."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.graphs import decoder, saved
from tests.browser import serving
from tests.browser.steps import PATIENCE_MS, drawn, settle, show_outline, visit

NODES = 13_000
GROUPS = 8
GROUP_NODES = range(60, 101)

STILL_MS = 1_000
"""After a new picture, until nothing moves any more."""

LISTEN = """(() => {
  const seen = window.seen = { acted: 0, messages: [], scenes: [], paints: [], shown: [] };
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...all) {
      super(...all);
      this.addEventListener("message", (event) => {
        const size = event.data.byteLength ?? event.data.size ?? event.data.length;
        seen.messages.push([event.timeStamp, size]);
      });
    }
  };
  let last = null;
  const fill = CanvasRenderingContext2D.prototype.fillRect;
  CanvasRenderingContext2D.prototype.fillRect = function (...all) {
    last = this.canvas;
    return fill.apply(this, all);
  };
  const next = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) => next((now) => {
    last = null;
    draw(now);
    if (!last?.classList?.contains("picture")) return;
    seen.paints.push(performance.now());
    next(() => seen.shown.push(performance.now()));
  });
  window.addEventListener("keydown", (event) => { seen.acted = event.timeStamp; }, true);
})()"""
"""Notes, in the page's milliseconds, what comes from the server and when the picture is painted; `shown`
are the frames after those, when a painting is on its way to the screen."""

OUTLINE = """(rows) => {
  const note = () => window.seen.scenes.push(performance.now());
  new MutationObserver(note).observe(rows, { attributes: true, attributeFilter: ["style"] });
}"""
"""The list of boxes changes its height with each new scene."""

FORGET = "() => { for (const list of Object.values(seen)) if (Array.isArray(list)) list.length = 0; }"

FOCUSED = """() => {
  let found = document.activeElement;
  while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
  return found?.ariaLabel ?? "";
}"""


def toggles(browser: Any) -> list[dict[str, float]]:
    """The app on a file of `NODES` nodes, its groups of about 80 nodes opened and closed one by one.

    Each group is opened, then the one before it closed, so that no picture comes twice. Milliseconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        server = serving.start(Path(folder), str(saved(decoder(NODES), Path(folder))))
        try:
            serving.wait_until_up(server)
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.add_init_script(LISTEN)
            visit(page, server.url)
            drawn(page)
            settle(page)
            found = _one_by_one(page)
            page.close()
        finally:
            server.stop()
    return found


def _one_by_one(page: Any) -> list[dict[str, float]]:
    show_outline(page)
    page.locator(".tree .rows").first.evaluate(OUTLINE)
    page.get_by_role("treeitem").first.click()
    while len(_of_right_size(page)) < GROUPS:
        large = next(label for label, nodes in _closed(page) if nodes >= GROUP_NODES.stop)
        _toggle(page, large, "ArrowRight")
    names = _of_right_size(page)[:GROUPS]
    found = []
    for at, name in enumerate(names):
        found.append({"opens": 1.0} | _toggle(page, f"{name}, closed group", "ArrowRight"))
        if at:
            found.append({"opens": 0.0} | _toggle(page, f"{names[at - 1]}, open group", "ArrowLeft"))
    return found


def _closed(page: Any) -> list[tuple[str, int]]:
    """(label, nodes) of the closed groups in the list of boxes."""
    rows = page.get_by_role("treeitem", name=re.compile("closed group")).all()
    labels = [row.get_attribute("aria-label") or "" for row in rows]
    counted = [(label, re.search(r"([\d,]+) nodes", label)) for label in labels]
    return [(label, int(match[1].replace(",", ""))) for label, match in counted if match]


def _of_right_size(page: Any) -> list[str]:
    return [label.split(",")[0] for label, nodes in _closed(page) if nodes in GROUP_NODES]


def _toggle(page: Any, label: str, key: str) -> dict[str, float]:
    """Walk to the row whose label begins so, press `key`, and see what comes."""
    page.keyboard.press("Home")
    while not page.evaluate(FOCUSED).startswith(label):
        page.keyboard.press("ArrowDown")
    page.wait_for_timeout(300)
    page.evaluate(FORGET)
    page.keyboard.press(key)
    page.wait_for_function("seen.scenes.length > 0", timeout=PATIENCE_MS)
    page.wait_for_timeout(STILL_MS)
    seen = page.evaluate("seen")
    scene = seen["scenes"][0]
    # The scene is by far the largest message.
    answer = max((size, at) for at, size in seen["messages"] if at <= scene)[1]
    paints = [at for at in seen["paints"] if at > scene]
    shown = next(at for at in seen["shown"] if at > paints[0])
    return {
        "action to answer": answer - seen["acted"],
        "answer to scene": scene - answer,
        "answer to picture": shown - answer,
        "answer to still": paints[-1] - answer,
        "action to picture": shown - seen["acted"],
    }
