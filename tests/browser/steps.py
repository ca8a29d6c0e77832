"""What a person does in the app, and what can be seen of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

PATIENCE_MS = 60_000
"""For what takes a worker's start: two cores may import onnxsim, torch and a runtime at once."""

PAINTED = """() => {
  const find = (root) => {
    const own = root.querySelector("canvas.picture");
    if (own) return own;
    for (const each of root.querySelectorAll("*")) {
      const inside = each.shadowRoot && find(each.shadowRoot);
      if (inside) return inside;
    }
    return null;
  };
  const canvas = find(document);
  if (!canvas || canvas.width < 100) return false;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4 * 31) colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
  return colours.size >= 12;
}"""
"""Whether the first picture of the page has boxes in it: an empty one has a colour or two, whereas boxes
bring fills, frames, lines and text with smooth edges."""

_POINT = """(canvas, wanted) => {
  const area = canvas.getBoundingClientRect();
  const inside = canvas.getRootNode();
  for (let y = area.top + 6; y < area.bottom; y += 8) {
    for (let x = area.left + 6; x < area.right; x += 12) {
      if (inside.elementFromPoint(x, y) !== canvas) continue;
      canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: x, clientY: y, bubbles: true }));
      if (canvas.title.split("\\n")[0] === wanted) return [x, y];
    }
  }
  return null;
}"""

_LIGHTNESS = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const all = [];
  for (let i = 0; i < data.length; i += 4 * 101) all.push((data[i] + data[i + 1] + data[i + 2]) / 3);
  all.sort((a, b) => a - b);
  return { darkest: all[0], middle: all[all.length >> 1], lightest: all[all.length - 1] };
}"""


def visit(page: Any, url: str) -> None:
    """Open an address and wait for the page to be there."""
    page.goto(url)
    settle(page)


def settle(page: Any) -> None:
    """Wait for Streamlit to be done with its run."""
    idle = page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')
    idle.wait_for(timeout=PATIENCE_MS)


def drawn(page: Any) -> None:
    """Wait for the first picture to be painted."""
    page.wait_for_function(PAINTED, timeout=PATIENCE_MS, polling=100)


def go(page: Any, name: str) -> None:
    """Another page by its link in the side bar: "Open", "Simplify"."""
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=name)
    # A click amid a run may meet a side bar that is just being made anew.
    settle(page)
    link.click()
    expect(link).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
    settle(page)


def press(page: Any, name: str) -> None:
    """A button by the whole of its name."""
    page.get_by_role("button", name=name, exact=True).click()


def tab(page: Any, name: str) -> None:
    """A tab of the page."""
    page.get_by_role("tab", name=name).click()


def upload(page: Any, *files: Path) -> None:
    """Give files to the Open page, as if dropped there together."""
    tab(page, "Upload")
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(list(files))


def figure(page: Any, label: str) -> Any:
    """The value of one of the page's large figures: `figure(page, "Nodes")`."""
    named = page.get_by_test_id("stMetricLabel").get_by_text(label, exact=True)
    return page.get_by_test_id("stMetric").filter(has=named).get_by_test_id("stMetricValue")


def title(page: Any, text: str) -> Any:
    """What the panel says the selection is: its op type or its group's name, and nothing else."""
    return page.get_by_role("strong").filter(has_text=re.compile(f"^{re.escape(text)}$"))


def complaint(page: Any) -> str:
    """The one error message of the page; fails when there are none or several."""
    alert = page.get_by_test_id("stAlertContentError")
    expect(alert).to_have_count(1, timeout=PATIENCE_MS)
    text: str = alert.inner_text()
    return text


def has_models(page: Any, *names: str) -> None:
    """Wait for the side bar to list just these."""
    choices = page.get_by_test_id("stSidebar").get_by_role("radiogroup").locator("label")
    found = choices.get_by_test_id("stMarkdownContainer").locator("visible=true")
    expect(found).to_have_text(list(names), timeout=PATIENCE_MS)


def pictures(page: Any) -> Any:
    """The pictures of graphs."""
    return page.locator("canvas.picture")


def on_picture(page: Any, title: str) -> tuple[float, float]:
    """Where a box with this title lies in the first picture, in points of the window."""
    canvas = pictures(page).first
    canvas.scroll_into_view_if_needed()
    found = canvas.evaluate(_POINT, title)
    assert found, f"no box {title!r} is in view"
    return found[0], found[1]


def lightness(page: Any) -> dict[str, float]:
    """Of the first picture's pixels, 0 to 255: the `darkest`, the `middle` (a median), the `lightest`."""
    found: dict[str, float] = pictures(page).first.evaluate(_LIGHTNESS)
    return found


def show_outline(page: Any) -> None:
    """Have the list of boxes stand beside the first picture."""
    page.get_by_role("button", name="List of boxes").first.click()


def row(page: Any, name: str) -> Any:
    """The row of the list of boxes that begins with this name, or the first of those."""
    return page.get_by_role("treeitem", name=re.compile(f"^{re.escape(name)}(,|$)")).first
