"""One visitor in a browser: clicks, and notes for each how long it took until its effect was seen."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.crowd.listening import LISTEN
from tests.benchmarks.crowd.person import Person

MOST_SECONDS = 30.0
"""For the effect of a click: one that takes longer counts as never answered."""

PATIENCE_SECONDS = 240.0
"""For the result of a job, which may stand behind those of all others."""

SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
ALERT = '[data-testid="stAlertContentError"]'
PROGRESS = '[role="progressbar"]'

Wanted = list[list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One click: its kind, and seconds until its effect was seen, of which `server_s` for the server."""

    kind: str
    total_s: float
    server_s: float
    nbytes: int


@dataclass(slots=True, kw_only=True)
class Visitor(Person):
    """A person with a browser context of their own."""

    page: Any
    answers: list[Answer] = field(default_factory=list)

    @classmethod
    async def arriving(
        cls, browser: Any, name: str, dice: random.Random, think_s: tuple[float, float]
    ) -> Visitor:
        """A new one, before their first page."""
        context = await browser.new_context(viewport={"width": 1280, "height": 900})
        await context.add_init_script(LISTEN)
        page = await context.new_page()
        page.set_default_timeout(1000 * PATIENCE_SECONDS)
        visitor = cls(name, dice, think_s, page=page)
        page.on("console", lambda m: visitor.faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: visitor.faults.append(str(error)))
        return visitor

    async def click(self, kind: str, target: Any, wanted: Wanted) -> bool:
        """Click `target`, note when what is `wanted` was seen; false, and a fault, where it never was."""
        return await self.act(kind, target.click, wanted)

    async def act(self, kind: str, do: Callable[[], Awaitable[Any]], wanted: Wanted) -> bool:
        """`click` for anything that begins with a press or with the choice of a file."""
        await self.page.evaluate("([wanted, s]) => crowd.listen(wanted, s)", [wanted, MOST_SECONDS])
        await do()
        found = await self.page.evaluate("crowd.answer")
        if found is None:
            self.faults.append(f"{kind}: no answer within {MOST_SECONDS:g} s; the page: {await self.said()}")
            self.answers.append(Answer(kind, MOST_SECONDS, MOST_SECONDS, 0))
            return False
        answer = Answer(kind, found["total"] / 1000, found["server"] / 1000, found["bytes"])
        self.answers.append(answer)
        return True

    async def wait_for(self, kind: str, wanted: Wanted) -> None:
        """Wait for what a job makes, and note for how long."""
        began = time.perf_counter()
        await self.page.wait_for_function(
            "(wanted) => crowd.shown(wanted)", arg=wanted, timeout=1000 * PATIENCE_SECONDS, polling=100
        )
        self.results.setdefault(kind, []).append(time.perf_counter() - began)

    async def go(self, name: str, heading: str = "") -> bool:
        """Another page by its link in the side bar, the first head of which is then `heading`."""
        nav = self.page.get_by_test_id("stSidebarNav")
        link = nav.get_by_role("link", name=name, exact=True)
        there = [
            {"css": '[data-testid="stSidebarNav"] a[aria-current="page"]', "text": name},
            {"css": "h1", "text": heading or name},
        ]
        return await self.click("page", link, [there])

    async def press(self, kind: str, name: str, wanted: Wanted) -> bool:
        """A button by the whole of its name, the first where there are two."""
        return await self.click(kind, self.page.get_by_role("button", name=name, exact=True).first, wanted)

    async def settled(self) -> None:
        """Wait until Streamlit is done with its run."""
        await self.page.locator(SETTLED).wait_for(state="attached")

    async def said(self) -> str:
        """The page's words in one line, cut."""
        text: str = await self.page.locator("body").inner_text()
        return " ".join(text.split())[-300:]

    async def marks(self) -> set[str]:
        """Whose marks ever came over this visitor's web socket, or stand on the page now."""
        return set(await self.page.evaluate("crowd.marks"))

    async def leave(self) -> None:
        """Close the tab."""
        await self.page.context.close()
