"""Visitors without a browser, beside one who has one: what twenty wait for the app, and not for browsers.

A browser paints in software for ten times as long as the app works for a click. Twenty of them on two cores
wait for each other; their clicks say little of the app. These visitors ask the app what a page asks it: the
first page, a file, a run for each click with the values of the widgets that were used, the runs that a
fragment has its page ask for again and again (`run_every`), and the hashes of large messages that need not
come again. They think as long, and every message that comes to them is searched for the marks of others.

A click begins with the question on the web socket, and has three ends: the first element of its run, the
element that a person would wait for (another page's head, a table), and the end of the run. The last is
late where a run waits in place for a job, and tells so meanwhile; it is the one with a bar. All are taken
by one process on the same machine, whose own delays are in them.

Not asked for: the page, its scripts and fonts, downloads. Components say nothing, so there is no click in a
picture, and no run that a picture asks for by itself; instead these visitors go to and fro a little more.
Widgets that were not used are left out, where a page names their first value. Nothing is painted: how long
that takes is for the browser's own clicks to say."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tornado.httpclient import HTTPError
from tornado.websocket import WebSocketError

from tests.benchmarks.crowd.client import Click, Client
from tests.benchmarks.crowd.shown import Test, kind_of
from tests.benchmarks.tables import percentile, table


async def whole(client: Client, model: Path) -> None:
    """The whole visit; what went wrong is in `client.faults`, and the connection stays open."""
    sign = model.stem
    try:
        await upload(client, model)
        await simplify(client, sign)
        await compare(client)
        await to_and_fro(client, sign)
    except (OSError, LookupError, TimeoutError, HTTPError, WebSocketError) as error:
        client.faults.append(f"gave up: {error!r}")
    if sign not in client.marks:
        client.faults.append("never got the model that was uploaded")
    if client.marks - {sign}:
        client.faults.append(f"got what belongs to others: {sorted(client.marks - {sign})}")
    if client.page.shows(_is_complaint):
        client.faults.append("a complaint on the page")


async def upload(client: Client, model: Path) -> None:
    """Arrive, and give the file on Open."""
    await client.arrive()
    await client.think()
    await client.go("Open", says("Open"))
    await client.think()
    await client.give(model)
    await client.wait_for("upload", says(f"**{model.stem}** is open"))
    await client.quiet()
    await client.think()


async def simplify(client: Client, sign: str) -> None:
    """Look at the model; press the button; go to and fro while the job waits."""
    await client.go("Explore", says(sign))
    await client.think()
    await client.open_tab("Nodes", _is("dataframe"))
    await client.think()
    await client.go("Simplify", says("Simplify"))
    await client.think()
    pressed = time.perf_counter()
    await client.press("start", "Simplify", lambda thing: _is("progress")(thing) or _is_result(thing))
    while True:
        await client.think()
        if client.page.shows(_is_result):
            break
        await client.go("Explore", says(sign))
        await client.think()
        await client.go("Simplify", says("Simplify"))
    # From the press until it is there and the visitor too: with the time that they spent on the other page.
    client.results["simplify"] = [client.page.find(_is_result).since - pressed]
    await client.quiet()
    await client.think()


async def compare(client: Client) -> None:
    """Before and after, with the reasons; as one graph, as a table."""
    await client.press("page", "Compare before and after", says("Compare"), leads_to="Compare")
    await client.wait_for("compare", says("Removed"))
    await client.think()
    # While reasons come in, a run of the page might be taken for that of a click.
    await client.quiet()
    for name in ("One graph", "Side by side"):
        await client.choose(name, _is("bidi_component"))
        await client.think()
    await client.open_tab("Op types", _is("dataframe"))
    await client.think()


async def to_and_fro(client: Client, sign: str) -> None:
    """From page to page, for the clicks that are made in a picture by those who have one."""
    for name in ("Simplify", "Open", "Explore", "Compare"):
        await client.go(name, says(sign if name == "Explore" else name))
        await client.think()


def says(text: str) -> Test:
    """A heading, a text or the label of a figure with this text in it."""

    def test(thing: Any) -> bool:
        match kind_of(thing):
            case "heading":
                return text in thing.heading.body
            case "markdown":
                return text in thing.markdown.body
            case "metric":
                return text in thing.metric.label
        return False

    return test


def _is(kind: str) -> Test:
    return lambda thing: kind_of(thing) == kind


def _is_complaint(thing: Any) -> bool:
    return kind_of(thing) == "alert" and thing.alert.format == thing.alert.ERROR


def _is_result(thing: Any) -> bool:
    return says("Before and after")(thing) or _is_complaint(thing)


def seconds(clients: Sequence[Client]) -> list[float]:
    """Of all clicks, to the end of their runs."""
    return [click.done_s for client in clients for click in client.clicks]


def report(clients: Sequence[Client]) -> str:
    """A table of clicks, and one of waiting."""
    clicks = [click for client in clients for click in client.clicks]
    rows = [
        (kind, *_row([each for each in clicks if each.kind == kind]))
        for kind in dict.fromkeys(each.kind for each in clicks)
    ]
    rows.append(("all", *_row(clicks)))
    ends = [f"{end} {share} s" for end in ("first", "seen", "done") for share in ("p50", "p95", "p99")]
    waits: dict[str, list[float]] = {}
    for client in clients:
        for kind, all_s in client.results.items():
            waits.setdefault(kind, []).extend(all_s)
    waited = [
        (kind, len(all_s), *(f"{percentile(all_s, share):.1f}" for share in (0.5, 0.95, 1.0)))
        for kind, all_s in waits.items()
    ]
    return "\n\n".join(
        [
            table(("click without a browser", "count", *ends, "largest kB"), rows),
            table(("waiting without a browser", "count", "p50 s", "p95 s", "longest s"), waited),
        ]
    )


def _row(clicks: Sequence[Click]) -> tuple[Any, ...]:
    ends = [
        [each.first_s for each in clicks],
        [each.seen_s for each in clicks],
        [each.done_s for each in clicks],
    ]
    figures = [f"{percentile(end, share):.2f}" for end in ends for share in (0.5, 0.95, 0.99)]
    return len(clicks), *figures, f"{max(each.nbytes for each in clicks) / 1000:.0f}"
