"""The app under attack: `python -m tests.benchmarks.faults [--seconds 300] [--visitors 4]`

*Storm.* Visitors with browsers of their own upload, explore, simplify, compare, fold and measure, always
another model, while processes of the app are killed at random: workers at their start, at work and at
rest, and lanes of benchmarks, now one, now two. Each errand must end as hoped or with one sentence,
within `STUCK_SECONDS`. Afterwards every visitor has all models that were loaded, a whole round of errands
works, and no process and no half-written file is left over.

*Disk full, store read-only, store emptied.* In the midst of a session the store changes so, and changes
back. What is open stays open, each errand ends as hoped or with one sentence, and a whole round works
afterwards, without a restart. The first two need the right to mount a tmpfs and are left out, and said
so, where it is missing.

*Scheduler gone.* The same for an app whose jobs run on a cluster of one machine: its scheduler is killed, and
started again. Left out where the package `distributed` is not there.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from tests.benchmarks.crowd import killing, leftovers, stores
from tests.benchmarks.crowd.errands import Ends, Errands, tell
from tests.benchmarks.crowd.stores import Spoiled
from tests.benchmarks.crowd.visitor import Visitor
from tests.benchmarks.tables import load, table
from tests.browser import serving
from tests.browser.serving import Server
from tests.conftest import CHROMIUM_FLAGS, chromium_path
from tests.jobs.clusters import Cluster

STORM, SCHEDULER = "storm", "scheduler gone"

PAUSE_S = (0.5, 3.0)
"""Between two kills."""

AFTER_ROUNDS = 3
"""Rounds that a visitor may take after an attack until one works from end to end: the first may still
meet what was killed in the last moment."""


@dataclass(slots=True)
class Outcome:
    """Of one kind of attack: how errands ended while it lasted, and what was wrong afterwards."""

    name: str
    ends: Ends = field(default_factory=Ends)
    notes: str = ""
    wrong: list[str] = field(default_factory=list)

    @property
    def violations(self) -> list[str]:
        """What must not be."""
        return [f"{self.name}: {what}" for what in (*self.ends.unclear, *self.wrong)]


@asynccontextmanager
async def at_work(
    server: Server, folder: Path, visitors: int, seed: int, ends: Ends, *, is_brief: bool = False
) -> AsyncIterator[list[Errands]]:
    """So many visitors who have arrived; their tabs are closed at the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))
        found = []
        for number in range(visitors):
            dice = random.Random(f"{seed} {number}")
            visitor = await Visitor.arriving(browser, f"visitor {number}", dice, (0.0, 0.5))
            await visitor.page.goto(server.url)
            await visitor.settled()
            found.append(Errands(visitor, folder, ends, dice, number, is_brief))
        yield found
        await browser.close()


async def storm(
    server: Server, folder: Path, seconds: float, visitors: int, seed: int, *, is_brief: bool = False
) -> Outcome:
    """See above. `is_brief` as in `Errands`."""
    outcome, over = Outcome(STORM), asyncio.Event()
    async with at_work(server, folder, visitors, seed, outcome.ends, is_brief=is_brief) as people:

        async def busy(errands: Errands) -> None:
            while not over.is_set():
                await errands.round()

        async def timer() -> None:
            await asyncio.sleep(seconds)
            over.set()

        killed, *_ = await asyncio.gather(
            killing.kill_at_random(server, random.Random(seed), PAUSE_S, over), timer(), *map(busy, people)
        )
        outcome.notes = ", ".join(f"{count} {kind}" for kind, count in killed.most_common()) or "nobody"
        outcome.notes = f"killed: {outcome.notes}"
        await _is_well(people, outcome)
    outcome.wrong += leftovers.found(server)
    return outcome


async def spoiled(server: Server, folder: Path, how: Spoiled, seed: int) -> Outcome:
    """One visitor, whose store is spoiled in mid-session and mended again."""
    outcome = Outcome(how.name)
    async with at_work(server, folder, 1, seed, outcome.ends) as people:
        (errands,) = people
        before = Ends()
        errands.ends = before
        # The second one is looked at for the first time while the store is spoiled.
        if not (await errands.round() and await errands.upload()):
            outcome.wrong.append(f"not even before it worked: {[*before.said, *before.unclear]}")
        errands.ends = outcome.ends
        with how.lasting(server.folder / "store"):
            tell(f"{how.name} begins")
            await errands.all_with_it()
            await errands.upload()
            await errands.look_at("Explore")
        tell(f"{how.name} ends")
        await _is_well(people, outcome)
    return outcome


async def _is_well(people: Sequence[Errands], outcome: Outcome) -> None:
    """Nothing that was loaded is lost, and everything works again."""
    during = outcome.ends

    async def one(errands: Errands) -> None:
        if lost := await errands.has_all():
            outcome.wrong.append(f"{errands.visitor.name} lost {lost}")
        for _ in range(AFTER_ROUNDS):
            errands.ends = Ends()
            if await errands.round():
                break
        else:
            outcome.wrong.append(f"{errands.visitor.name}: works no more: {[*errands.ends.said]}")
        outcome.wrong += [f"afterwards: {each}" for each in errands.ends.unclear]
        errands.ends = during

    await asyncio.gather(*map(one, people))


def report(outcomes: Sequence[Outcome]) -> str:
    """A table of the attacks, and every sentence that was said."""
    rows = []
    for each in outcomes:
        done, told = each.ends.done.total(), each.ends.told.total()
        rows.append((each.name, done, told, len(each.ends.unclear), len(each.wrong), each.notes))
    head = ("attack", "as hoped", "with a sentence", "unclear", "wrong afterwards", "")
    said: Counter[str] = sum((each.ends.said for each in outcomes), Counter())
    lines = [f"{count:4} × {text}" for text, count in said.most_common()]
    return "\n".join([table(head, rows), "", "What was said:", *lines])


def attacked(folder: Path, seconds: float, visitors: int, seed: int, only: Sequence[str]) -> list[Outcome]:
    """All attacks, or those that `only` names, on apps of their own."""
    outcomes: list[Outcome] = []
    with stores.mounted(folder / "app" / "store") as is_mounted, _serving(folder / "app", outcomes) as server:
        if not only or STORM in only:
            outcomes.append(asyncio.run(storm(server, folder, seconds, visitors, seed)))
        for how in stores.ALL:
            if only and how.name not in only:
                continue
            if how.needs_mount and not is_mounted:
                outcomes.append(Outcome(how.name, notes="left out: a tmpfs cannot be mounted here"))
                continue
            outcomes.append(asyncio.run(spoiled(server, folder, how, seed)))
    if not only or SCHEDULER in only:
        outcomes.append(without_scheduler(folder / "clustered", seed))
    return outcomes


def without_scheduler(folder: Path, seed: int) -> Outcome:
    """An app whose jobs run on a machine of a cluster, until its scheduler is killed in mid-session."""
    if importlib.util.find_spec("distributed") is None:
        return Outcome(SCHEDULER, notes="left out: there is no package distributed")
    (folder / "machines").mkdir(parents=True)
    cluster, outcomes = Cluster(folder / "machines"), [Outcome(SCHEDULER)]

    @contextmanager
    def gone(_: Path) -> Iterator[None]:
        cluster.kill("scheduler")
        try:
            yield
        finally:
            cluster.start_scheduler()

    try:
        cluster.start_scheduler()
        cluster.start_machine("a")
        with _serving(folder / "app", outcomes, ONNXVIZ_SCHEDULER=cluster.address) as server:
            outcomes[0] = asyncio.run(spoiled(server, folder, Spoiled(SCHEDULER, gone), seed))
    finally:
        cluster.stop()
    return outcomes[0]


@contextmanager
def _serving(folder: Path, outcomes: list[Outcome], **env: str) -> Iterator[Server]:
    """An app, and at the end a look at whether it is alive and what it wrote: of the last outcome."""
    server = serving.start(folder, env=env)
    try:
        serving.wait_until_up(server)
        yield server
        if server.process.poll() is not None:
            outcomes[-1].wrong.append("the app itself has ended")
        if "Traceback" in server.log:
            outcomes[-1].wrong.append(f"a traceback in the log: {_first_traceback(server.log)}")
    finally:
        server.stop()


def _first_traceback(log: str) -> str:
    return log[log.index("Traceback") :][:3000]


def main() -> int:
    """Attack, and print what came of it; 1 where something must not be."""
    parser: Any = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=300.0, help="of the storm (default: 300)")
    parser.add_argument("--visitors", type=int, default=4, help="in the storm (default: 4)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], help="storm, or the name of another attack")
    given = parser.parse_args()
    # A run that is ended from outside takes its app and its browsers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as folder:
        outcomes = attacked(Path(folder), given.seconds, given.visitors, given.seed, given.only)
    print(report(outcomes))
    violations = [what for each in outcomes for what in each.violations]
    print("\n".join(["", *violations, f"{'FAILS' if violations else 'passes'}. {load()}"]))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
