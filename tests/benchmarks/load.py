"""Twenty people at once: `python -m tests.benchmarks.load [--visitors N] [--protocol]`

Each has a browser context of their own in one Chromium, real connections, and a model of their own, with
a mark in every name. They come one after the other, upload, explore, simplify, compare, and click while
others' jobs come first, with a pause between clicks as a person makes it. All tabs stay open until the
last is done.

A click is answered when its effect is seen in the page: another page's head, what is known of a box, a
picture with other boxes, a table, a progress bar or a result. From the press of the button to the frame
after. The browsers paint in software on the same cores as the app: `server` is the part from the question
on the web socket to the last message before the effect, and has in it what the page was too busy to hear
at once. With `--protocol` all but one have no browser, and are counted apart: see `crowd.protocol`.

Memory: resident, of the app and its workers, after two visitors have done it all and gone, and after all
others have. Fails where somebody does not finish, where a mark comes to another than its own visitor,
where the 95th percentile of all clicks is over the bar, or where memory stays higher than the bar."""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from tests.benchmarks.crowd import marked, processes, protocol, walk
from tests.benchmarks.crowd.client import Client
from tests.benchmarks.crowd.processes import Taken
from tests.benchmarks.crowd.visitor import Answer, Visitor
from tests.benchmarks.tables import load, percentile, table, verdict
from tests.browser import serving
from tests.browser.serving import Server
from tests.conftest import CHROMIUM_FLAGS, chromium_path

MOST_CLICK_S = 1.0
"""For 95 of 100 clicks."""

WARMING = 2
"""Visitors at once before memory is taken for the first time: there are two workers of a kind."""

THINK_S = (6.0, 14.0)
"""Between two clicks of one visitor. A click costs the app some 0.05 s of a core, and the browser, which
paints in software, ten times that: twenty who pause for less ask more of two cores than they have."""

MOST_GROWTH = 1.2
"""Of memory, from before to after."""

SETTLE_SECONDS = 150.0
"""For memory to come down: the app closes the session of a closed tab after 90 s, and collects then."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many come, how many seconds after each other, and how long each thinks between two clicks."""

    visitors: int
    apart_s: float
    think_s: tuple[float, float]
    seed: int
    is_protocol: bool = False
    """Whether all but the last come without a browser."""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it."""

    visitors: list[Visitor]
    clients: list[Client]
    seconds: float
    before: Taken
    busiest: Taken
    after: Taken
    browser_s: float

    @property
    def answers(self) -> list[Answer]:
        """Of all clicks."""
        return [answer for visitor in self.visitors for answer in visitor.answers]

    @property
    def faults(self) -> list[str]:
        """Whatever went wrong, with whom."""
        people: list[Visitor | Client] = [*self.visitors, *self.clients]
        return [f"{person.name}: {fault}" for person in people for fault in person.faults]


async def visits(
    server: Server, crowd: Crowd, folder: Path, names: Sequence[int]
) -> tuple[list[Visitor | Client], float]:
    """All of them at once; (the visitors, whose tabs are closed, and processor seconds of their browser)."""
    dice = random.Random(crowd.seed)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))

        async def one(place: int, number: int) -> Visitor | Client:
            own = random.Random(f"{crowd.seed} {number}")
            model = marked.written(folder, number, marked.mark(number, dice))
            await asyncio.sleep(place * crowd.apart_s)
            if crowd.is_protocol and place < len(names) - 1:
                client = Client(f"visitor {number}", own, crowd.think_s, url=server.url)
                await protocol.whole(client, model)
                return client
            visitor = await Visitor.arriving(browser, f"visitor {number}", own, crowd.think_s)
            await walk.whole(visitor, server.url, model)
            return visitor

        found: list[Visitor | Client] = await asyncio.gather(
            *(one(place, number) for place, number in enumerate(names))
        )
        busy_s = _browser_seconds()
        for visitor in found:
            await visitor.leave()
        await browser.close()
    return found, busy_s


def _browser_seconds() -> float:
    import psutil

    return sum(
        processes.seconds_of_tree(child.pid)
        for child in psutil.Process().children()
        if "node" in child.name() or "chrom" in child.name()
    )


def measured(server: Server, crowd: Crowd, folder: Path, settle_s: float) -> Found:
    """Two visitors, for whom every worker is at work once, a pause, all visitors, a pause."""
    first = range(crowd.visitors, crowd.visitors + WARMING)
    asyncio.run(visits(server, replace(crowd, think_s=(0.2, 0.5), apart_s=0.0), folder, first))
    before = processes.when_still(server, settle_s)
    began = time.perf_counter()
    people, browser_s = asyncio.run(visits(server, crowd, folder, range(crowd.visitors)))
    seconds = time.perf_counter() - began
    busiest = processes.taken(server)
    after = _come_down(server, before, settle_s)
    visitors = [each for each in people if isinstance(each, Visitor)]
    clients = [each for each in people if isinstance(each, Client)]
    return Found(visitors, clients, seconds, before, busiest, after, browser_s)


def _come_down(server: Server, before: Taken, settle_s: float) -> Taken:
    """As soon as memory is within the bar and still; else after `settle_s`."""
    end = time.monotonic() + settle_s
    while True:
        now = processes.when_still(server, max(0.0, end - time.monotonic()))
        if now.nbytes <= MOST_GROWTH * before.nbytes or time.monotonic() >= end:
            return now


def report(found: Found) -> str:
    """Tables of clicks, of waiting, of memory and of processor time."""
    kinds = dict.fromkeys(answer.kind for answer in found.answers)
    rows = [(kind, *_row([each for each in found.answers if each.kind == kind])) for kind in kinds]
    rows.append(("all", *_row(found.answers)))
    head = ("click", "count", "p50 s", "p95 s", "p99 s", "server p50 s", "server p95 s", "largest message kB")
    waits: dict[str, list[float]] = {}
    for visitor in found.visitors:
        for kind, seconds in visitor.results.items():
            waits.setdefault(kind, []).extend(seconds)
    waited = [
        (kind, len(all_s), *(f"{percentile(all_s, share):.1f}" for share in (0.5, 0.95, 1.0)))
        for kind, all_s in waits.items()
    ]
    memory = [
        (
            when,
            *(f"{nbytes / 1e6:.0f}" for nbytes in (one.app_bytes, one.workers_bytes, one.nbytes)),
            one.workers,
        )
        for when, one in (("before", found.before), ("at the end", found.busiest), ("after", found.after))
    ]
    return "\n\n".join(
        [
            *([protocol.report(found.clients)] if found.clients else []),
            table(head, rows),
            table(("waiting for a result", "count", "p50 s", "p95 s", "longest s"), waited),
            table(("resident MB", "app", "workers", "all", "number of workers"), memory),
            f"{found.seconds:.0f} s in all; of two cores' time the app took "
            f"{_share(found, found.busiest.app_s - found.before.app_s)}, workers "
            f"{_share(found, found.busiest.workers_s - found.before.workers_s)}, the browser "
            f"{_share(found, found.browser_s)}.",
        ]
    )


def _row(answers: Sequence[Answer]) -> tuple[Any, ...]:
    totals, servers = [each.total_s for each in answers], [each.server_s for each in answers]
    figures = [percentile(totals, share) for share in (0.5, 0.95, 0.99)]
    figures += [percentile(servers, share) for share in (0.5, 0.95)]
    most = max(each.nbytes for each in answers)
    return len(answers), *(f"{each:.2f}" for each in figures), f"{most / 1000:.0f}"


def _share(found: Found, busy_s: float) -> str:
    return f"{busy_s / (2 * found.seconds):.0%}"


def main() -> int:
    """Measure, and print what was found; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visitors", type=int, default=20, help="people at once (default: 20)")
    parser.add_argument("--apart", type=float, default=2.0, help="seconds between two who come (default: 2)")
    parser.add_argument("--think", type=float, nargs=2, default=THINK_S, help="seconds between two clicks")
    parser.add_argument(
        "--settle", type=float, default=SETTLE_SECONDS, help="most seconds for memory to come down"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--protocol", action="store_true", help="all but one come without a browser")
    given = parser.parse_args()
    # A run that is ended from outside takes its app and its browsers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    crowd = Crowd(given.visitors, given.apart, tuple(given.think), given.seed, given.protocol)
    with tempfile.TemporaryDirectory() as folder:
        server = serving.start(Path(folder) / "app")
        try:
            serving.wait_until_up(server)
            found = measured(server, crowd, Path(folder), given.settle)
            log = server.log
        finally:
            server.stop()
    print(report(found))
    faults = found.faults + (["a traceback in the app's log"] if "Traceback" in log else [])
    print("\n".join(faults))
    # Of all together: of the few clicks of one visitor the 95th percentile is the slowest.
    seconds = [*(each.total_s for each in found.answers), *protocol.seconds(found.clients)]
    bars = [("95 of 100 clicks", percentile(seconds, 0.95), MOST_CLICK_S)]
    growth = found.after.nbytes / found.before.nbytes
    said = verdict(bars)
    grown = verdict([("memory after, over memory before,", growth, MOST_GROWTH)], "times")
    print(f"95 of 100 of all {len(seconds)} clicks within {percentile(seconds, 0.95):.2f} s.")
    print(f"Clicks: {said}. Memory: {grown}. Visitors: {'FAILS' if faults else 'passes'}.")
    print(load())
    return 0 if not faults and said == grown == "passes" else 1


if __name__ == "__main__":
    sys.exit(main())
