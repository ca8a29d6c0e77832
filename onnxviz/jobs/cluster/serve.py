"""A machine of a cluster: what `python -m onnxviz worker` runs until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import re
import signal
import tempfile
from collections.abc import Awaitable, Callable
from typing import Any

from onnxviz import settings
from onnxviz.errors import BadUsage
from onnxviz.jobs.cluster import host, orders
from onnxviz.jobs.cluster.host import Host
from onnxviz.jobs.cluster.link import cause_of, quiet
from onnxviz.jobs.execution import HERE
from onnxviz.jobs.local import LocalPools
from onnxviz.store import Store

_NAME = re.compile(r"[\w.-]{1,64}")
RETRY_SECONDS = 2.0
CLOSE_SECONDS = 5.0

Say = Callable[[str], None]


def serve(address: str, name: str = "", host_address: str = "", say: Say = print) -> None:
    """Offer this machine to the scheduler at `address` under `name`, until SIGTERM or SIGINT.

    It listens at `host_address`, and without one where the scheduler reaches it. Where the scheduler goes, it
    is waited for. `say` gets a sentence for each change. Raises BadUsage for an address or a name that cannot
    be used.
    """
    name = name or re.sub(r"[^\w.-]", "-", platform.node()) or "machine"
    if not _NAME.fullmatch(name) or name == HERE:
        raise BadUsage(
            f"--name {name[:80]!r}", "cannot be used", "Use letters, digits, dots and dashes, and not `here`"
        )
    settings.check()
    pools = LocalPools()
    here = Host(Store(), pools)
    host.begin(here)
    try:
        asyncio.run(_stay(address, name, host_address, say))
    finally:
        host.begin(None)
        here.close()


async def _stay(address: str, name: str, host_address: str, say: Say) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    has_been_in = False
    while not stopping.is_set():
        try:
            has_been_in |= await _while_in(address, name, host_address, say, stopping)
        except (ValueError, TypeError, OverflowError) as error:
            # After a break in the line the scheduler may still hold the place of who was there before.
            if "name taken" not in str(error) or not has_been_in:
                raise _unusable(address, name, error) from error
        except OSError as error:
            say(f"The scheduler at {address} cannot be reached ({cause_of(error)}). Trying again.")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), RETRY_SECONDS)


async def _while_in(address: str, name: str, host_address: str, say: Say, stopping: asyncio.Event) -> bool:
    """Whether the scheduler took this machine in; returns when it is gone, or when this is to stop."""
    from distributed import Worker

    quiet()
    slots = {kind: settings.WORKERS[kind].value() for kind in orders.KINDS}
    with tempfile.TemporaryDirectory(prefix="onnxviz-worker-") as scratch:
        machine: Any = Worker(
            address,
            name=name,
            host=host_address or _own_address(address),
            nthreads=sum(slots.values()),
            resources={orders.resource(kind): count for kind, count in slots.items()},
            local_directory=scratch,
            # Jobs have a cap each, in processes of their own.
            memory_limit=0,
        )
        waiting = f"Waiting for the scheduler at {address}."
        try:
            if not await _first(machine.start(), stopping, lambda: say(waiting)):
                return False
            jobs = ", ".join(f"{count} of kind {kind}" for kind, count in slots.items())
            say(f"{name} is in the cluster at {address}, at {machine.address}. Jobs at once: {jobs}.")
            if await _first(machine.finished(), stopping):
                say(f"The scheduler at {address} went away. Waiting for it.")
            return True
        finally:
            with contextlib.suppress(OSError, TimeoutError):
                closing = machine.close(timeout=CLOSE_SECONDS, nanny=False)
                await asyncio.wait_for(closing, 2 * CLOSE_SECONDS)


async def _first(
    work: Awaitable[object], stopping: asyncio.Event, on_slow: Callable[[], None] | None = None
) -> bool:
    """Whether `work` was done before this was to stop; it is cancelled then. Raises what it raises."""
    doing, stop = asyncio.ensure_future(work), asyncio.ensure_future(stopping.wait())
    both = {doing, stop}
    try:
        done, _ = await asyncio.wait(both, timeout=RETRY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            if on_slow is not None:
                on_slow()
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            return False
        await doing
        return True
    finally:
        for each in both:
            each.cancel()


def _own_address(scheduler: str) -> str:
    """The address of this machine on the network of the scheduler, to listen there and nowhere else: whoever
    reaches a machine of a cluster can run code on it."""
    from distributed.comm.addressing import parse_host_port
    from distributed.utils import get_ip

    found, port = parse_host_port(scheduler.partition("://")[2] or scheduler)
    return str(get_ip(found, port or 8786))  # type: ignore[no-untyped-call]


def _unusable(address: str, name: str, error: Exception) -> BadUsage:
    if "name taken" in str(error):
        return BadUsage(f"--name {name!r}", "is the name of another machine of the cluster", "Give another")
    return BadUsage(
        repr(address),
        f"cannot be used as the address of a scheduler ({cause_of(error)})",
        "Write it like tcp://10.0.0.1:8786",
    )
