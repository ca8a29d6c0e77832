"""What a visitor does: upload, look around, simplify, compare, and click while others' jobs come first."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import TimeoutError as NotSeen

from tests.benchmarks.crowd.visitor import ALERT, PROGRESS, Visitor, Wanted

TREE = ".outline .rows"
METRIC = '[data-testid="stMetric"]'
FRAME = '[data-testid="stDataFrame"]'
CANVAS = "canvas.picture"


async def whole(visitor: Visitor, url: str, model: Path) -> None:
    """The whole visit; what went wrong is in `visitor.faults`, and the tab stays open."""
    try:
        await upload(visitor, url, model)
        await explore(visitor, model.stem)
        await simplify(visitor, model.stem)
        await compare(visitor)
        await judge(visitor, model.stem)
    except NotSeen as error:
        words = str(error).splitlines()[0]
        visitor.faults.append(f"gave up: {words}; the page: {await visitor.said()}")


async def upload(visitor: Visitor, url: str, model: Path) -> None:
    """Arrive on Open and give the file."""
    page = visitor.page
    await page.goto(url)
    await visitor.wait_for("arrival", [[{"css": "h1"}, {"css": CANVAS}]])
    await visitor.settled()
    await visitor.think()
    await visitor.go("Open")
    await visitor.think()
    await page.get_by_role("tab", name="Upload").click()
    chooser = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    taken: Wanted = [[{"css": '[data-testid="stFileUploader"]', "text": model.stem}]]
    await visitor.act("file", lambda: chooser.set_input_files(str(model)), taken)
    await visitor.wait_for(
        "upload", [[{"css": "strong", "text": model.stem}, {"css": "p", "text": "is open"}]]
    )
    await visitor.think()


async def explore(visitor: Visitor, sign: str) -> None:
    """The picture, two boxes, all groups closed and open, a table."""
    page = visitor.page
    await visitor.go("Explore", sign)
    await visitor.wait_for("picture", [[{"css": CANVAS}]])
    await visitor.think()
    await page.get_by_role("button", name="List of boxes").first.click()
    for name in await boxes(visitor):
        row = page.get_by_role("treeitem", name=re.compile(f"^{re.escape(name)}(,|$)")).first
        await visitor.click("box", row, [[{"css": "strong", "text": name}]])
        await visitor.think()
    # Each has to change something: a large model begins with all groups closed.
    is_open = await page.locator('[role="treeitem"][aria-expanded="true"]').count() > 0
    for name in ("Close all", "Open all") if is_open else ("Open all", "Close all"):
        before = await page.evaluate("(css) => crowd.style(css)", TREE)
        await visitor.press("groups", name, [[{"css": TREE, "changed": before}]])
        await visitor.think()
    await visitor.click("tab", page.get_by_role("tab", name="Nodes"), [[{"css": FRAME}]])
    await visitor.think()


async def boxes(visitor: Visitor) -> list[str]:
    """Two nodes or groups of the list with different names: each is the head of what the panel says of it."""
    rows = await visitor.page.get_by_role("treeitem").all()
    said = [await row.get_attribute("aria-label") or "" for row in rows[:12]]
    plain = [text for text in said if "link to the other end" not in text and ", graph " not in text]
    return list(dict.fromkeys(text.split(",")[0] for text in plain))[:2]


async def simplify(visitor: Visitor, sign: str) -> None:
    """Press the button; go to and fro while the job waits."""
    await visitor.go("Simplify")
    await visitor.settled()
    await visitor.think()
    result: Wanted = [[{"css": "h3", "text": "Before and after"}], [{"css": ALERT}]]
    await visitor.press("start", "Simplify", [[{"css": PROGRESS}], *result])
    while not await visitor.page.evaluate("(wanted) => crowd.shown(wanted)", result):
        await visitor.think()
        await visitor.go("Explore", sign)
        await visitor.think()
        await visitor.go("Simplify")
        await visitor.settled()
    await visitor.wait_for("simplify", result)
    await visitor.think()


async def compare(visitor: Visitor) -> None:
    """Before and after, with the reasons; from change to change, as one graph, as a table."""
    page = visitor.page
    await visitor.press("page", "Compare before and after", [[{"css": "h1", "text": "Compare"}]])
    await visitor.wait_for("compare", [[{"css": METRIC, "text": "Removed"}, {"css": CANVAS}]])
    await visitor.think()
    for name in ("One graph", "Side by side"):
        chosen = page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True)
        await visitor.click("view", chosen, [[{"css": CANVAS, "count": 1 if name == "One graph" else 2}]])
        await visitor.think()
    await visitor.wait_for("reasons", [[{"css": "p", "text": "explained"}, {"css": PROGRESS, "count": 1}]])
    await visitor.settled()
    await visitor.click("tab", page.get_by_role("tab", name="Op types"), [[{"css": FRAME}]])
    await visitor.think()


async def judge(visitor: Visitor, sign: str) -> None:
    """Their own model is there, nobody else's ever was, and the page has no complaint."""
    found = await visitor.marks()
    if sign not in found:
        visitor.faults.append("never got the model that was uploaded")
    if found - {sign}:
        visitor.faults.append(f"got what belongs to others: {sorted(found - {sign})}")
    if await visitor.page.locator(ALERT).count():
        visitor.faults.append(f"a complaint: {await visitor.said()}")
