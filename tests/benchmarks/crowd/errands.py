"""Errands of a visitor while the app is under attack: each ends as hoped, with a sentence, or badly."""

from __future__ import annotations

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Error as NotSeen

from tests.benchmarks.crowd import marked
from tests.benchmarks.crowd.visitor import ALERT, PROGRESS, SETTLED, Visitor, Wanted
from tests.benchmarks.crowd.walk import CANVAS, METRIC

STUCK_SECONDS = 100.0
"""Longer than anything here takes, and than the app waits for a worker that never comes (90 s)."""

UNCLEAR = re.compile(
    r"Traceback|encountered an error|redacted|Connection error|\b[A-Z]\w*(?:Error|Exception|Expired)\b|"
    r"\[Errno|0x[0-9a-f]{6}|/(?:tmp|usr|home|root|work)/"
)
"""What no person should have to read."""

SENTENCE = re.compile(r"[^:]+: .+[.?!]$", re.DOTALL)


@dataclass(slots=True)
class Ends:
    """How errands ended. `said` counts sentences, without names in them; `unclear` is what must not be."""

    done: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    unclear: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Errands:
    """A visitor at work. `loaded` are the models that the app said it had taken in.

    `is_brief` leaves out folding and measuring, which keep workers of their own.
    """

    visitor: Visitor
    folder: Path
    ends: Ends
    dice: random.Random
    number: int
    is_brief: bool = False
    loaded: list[str] = field(default_factory=list)

    async def round(self) -> bool:
        """Upload a model, and all that can be done with it; false where something did not end as hoped."""
        return await self.upload() and await self.all_with_it()

    async def upload(self) -> bool:
        """Bring another model, which is the current one then."""
        return await self.errand("upload", self._upload)

    async def all_with_it(self) -> bool:
        """Explore, simplify, compare, fold and measure the current model."""
        found = [await self.errand("picture", self._explore), await self.errand("simplify", self._simplify)]
        if found[-1]:
            found.append(await self.errand("compare", self._compare))
        if self.is_brief:
            return all(found)
        found.append(await self.errand("fold", self._fold))
        found.append(await self.errand("measure", self._measure))
        return all(found)

    async def errand(self, kind: str, do: Callable[[], Awaitable[Wanted]]) -> bool:
        """Do it, wait for what it hopes for or for a complaint, and judge that; true where all is well."""
        try:
            hoped = await do()
            await self._ended([*hoped, [{"css": ALERT}]])
        except NotSeen as error:
            words = str(error).splitlines()[0]
            self.ends.unclear.append(f"{kind}: stuck: {words}; {await self.visitor.said()}")
            tell(f"{self.visitor.name}: {self.ends.unclear[-1]}")
            await self._afresh()
            return False
        complaints = [text.strip() for text in await self.visitor.page.locator(ALERT).all_inner_texts()]
        words = " ".join((await self.visitor.page.locator("body").inner_text()).split())
        if found := UNCLEAR.search(words):
            self.ends.unclear.append(f"{kind}: {words[max(0, found.start() - 150) : found.end() + 150]}")
        for complaint in complaints:
            self.ends.said[f"{kind}: {_nameless(complaint)}"] += 1
            if not SENTENCE.search(complaint.replace("error\n", "")):
                self.ends.unclear.append(f"{kind}: no sentence: {complaint}")
        tell(f"{self.visitor.name}: {kind}: {'; '.join(map(_nameless, complaints)) or 'as hoped'}")
        if complaints:
            self.ends.told[kind] += 1
        else:
            self.ends.done[kind] += 1
        return not complaints

    async def look_at(self, name: str) -> bool:
        """Go to a page and see what it has to say."""

        async def look() -> Wanted:
            await self._go(name)
            return [[{"css": "h1"}]]

        return await self.errand(name, look)

    async def has_all(self) -> list[str]:
        """The models that were loaded and are not in the side bar any more."""
        words = await self.visitor.page.get_by_test_id("stSidebar").inner_text()
        return [sign for sign in self.loaded if sign not in words]

    async def _ended(self, wanted: Wanted) -> None:
        await self.visitor.page.wait_for_function(
            "(wanted) => crowd.shown(wanted)", arg=wanted, timeout=1000 * STUCK_SECONDS, polling=100
        )
        await self._settled()

    async def _settled(self) -> None:
        await self.visitor.page.locator(SETTLED).wait_for(state="attached", timeout=1000 * STUCK_SECONDS)

    async def _afresh(self) -> None:
        """Come back to a page that can be used, in the same session where the app still answers."""
        try:
            await self._go("Open")
        except NotSeen:
            self.ends.unclear.append(f"the side bar leads nowhere: {await self.visitor.said()}")

    async def _go(self, name: str) -> None:
        await self._settled()
        link = self.visitor.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True)
        await link.click(timeout=1000 * STUCK_SECONDS)
        there = {"css": '[data-testid="stSidebarNav"] a[aria-current="page"]', "text": name}
        await self._ended([[there, {"css": "h1"}]])

    async def _press(self, name: str) -> None:
        button = self.visitor.page.get_by_role("button", name=name, exact=True).first
        await button.click(timeout=1000 * STUCK_SECONDS)

    async def _upload(self) -> Wanted:
        sign = marked.mark(self.number, self.dice)
        # From another page: what was dropped before, and what was said of it, is gone then.
        await self._go("Simplify")
        await self._go("Open")
        path = marked.written(self.folder, self.number + 2 * self.dice.randrange(4), sign)
        await self.visitor.page.get_by_role("tab", name="Upload").click()
        chooser = self.visitor.page.get_by_test_id("stFileUploader").locator("input[type=file]")
        await chooser.set_input_files(str(path))
        hoped: Wanted = [[{"css": "strong", "text": sign}, {"css": "p", "text": "is open"}]]
        await self._ended([*hoped, [{"css": ALERT}]])
        if await self.visitor.page.evaluate("(wanted) => crowd.shown(wanted)", hoped):
            self.loaded.append(sign)
        return hoped

    async def _explore(self) -> Wanted:
        await self._go("Explore")
        return [[{"css": CANVAS}]]

    async def _simplify(self) -> Wanted:
        await self._go("Simplify")
        await self._press("Simplify")
        return [[{"css": "h3", "text": "Before and after"}, {"css": CANVAS, "count": 2}]]

    async def _compare(self) -> Wanted:
        await self._press("Compare before and after")
        await self._ended([[{"css": METRIC, "text": "Removed"}, {"css": CANVAS}], [{"css": ALERT}]])
        # The reasons are all in once nothing can be cancelled any more.
        return [[{"css": "p", "text": "explained"}, {"css": ".st-key-compare-reasons-cancel", "count": 0}]]

    async def _fold(self) -> Wanted:
        await self._go("Fold")
        return [[{"css": CANVAS}]]

    async def _measure(self) -> Wanted:
        page = self.visitor.page
        await self._go("Benchmark")
        slider = page.get_by_role("slider").first
        await slider.focus()
        await slider.press("Home")
        await self._settled()
        await self._press("Measure")
        await self._ended([[{"css": PROGRESS}], [{"css": ALERT}]])
        return [[{"css": PROGRESS, "count": 0}, {"css": "h3", "text": "Result"}]]


def tell(text: str) -> None:
    """How far it is, for who waits."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _nameless(complaint: str) -> str:
    """The same sentence whoever's model it is about."""
    text = re.sub(marked.PATTERN, "MODEL", " ".join(complaint.split()))
    return re.sub(r"\d+(?:[.,]\d+)*", "N", text.removeprefix("error "))
