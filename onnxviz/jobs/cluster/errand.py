"""One run on another machine: its files go there, it is carried out, and what it made is brought home."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import CancelledError
from typing import Any

from onnxviz.errors import RefusedFile
from onnxviz.jobs import leaving
from onnxviz.jobs.cluster import files, orders, wire
from onnxviz.jobs.cluster.link import Link
from onnxviz.jobs.cluster.machine import Down, Gone, Machine
from onnxviz.jobs.cluster.orders import Lacking, News, Order
from onnxviz.jobs.cluster.wire import Packed
from onnxviz.jobs.execution import Run
from onnxviz.jobs.local import LocalPools
from onnxviz.store import Store

LOOK_SECONDS = 0.25
"""How often it is asked whether the machine that has the run is still there."""

MOST_SENDINGS = 3
"""A machine with a small store may have lost what it got before the run began."""


class Carrier:
    """Carries runs to machines and results home."""

    def __init__(self, link: Link, store: Store, pools: LocalPools) -> None:
        self._link = link
        self._store = store
        self._pools = pools
        # One after the other to each machine: together they would be no faster, and none would be first.
        self._sending: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def packed(self, run: Run) -> Packed:
        """The call of `run`, to be sent."""
        return self._pack(run.call)

    async def carry(self, run: Run, call: Packed, machine: Machine) -> bytes:
        """The pickled result of `run` on `machine`. Raises its OnnxvizError, Gone or Down."""
        # What is not here any more cannot be sent. At home, too, only a verb that reads it would miss it.
        there = frozenset(digest for digest in call.digests if digest in self._store)
        order = Order(run.kind, run.limits, Packed(call.data, there, things=call.things))
        for _ in range(MOST_SENDINGS):
            await self._send(run, machine, there)
            found = await self._carried_out(run, order, machine)
            if isinstance(found, Packed):
                return pickle.dumps(await self._brought_home(run, found, machine))
        raise RefusedFile(
            f"The store of the machine {machine.name}",
            "has no room for the model",
            "Set ONNXVIZ_STORE_BYTES higher there",
        )

    async def _carried_out(self, run: Run, order: Order, machine: Machine) -> Packed | Lacking:
        def hear(news: News) -> None:
            run.took_up(None, machine.name)
            run.report(news.text, news.fraction)
            for part in news.parts:
                run.hand_over(wire.unpack(part, self._store.root))

        run.report(f"Waiting for {machine.name}", None)
        async with self._link.task(machine, order, hear) as answer:
            while not (await asyncio.wait({answer}, timeout=LOOK_SECONDS))[0]:
                if not self._link.is_up:
                    raise Down
                if machine not in self._link.machines:
                    raise Gone(machine.name)
            found: Packed | Lacking = orders.answer(self._answer_of(answer, machine))
            return found

    def _answer_of(self, answer: asyncio.Future[Any], machine: Machine) -> bytes:
        """Dask's own errors: the machine died often, the connection broke, or the program is not there."""
        try:
            data: bytes = answer.result()
            return data
        except (CancelledError, asyncio.CancelledError, OSError) as error:
            raise (Gone if self._link.is_up else Down)(machine.name) from error
        except Exception as error:
            if type(error).__name__ == "KilledWorker":
                raise Gone(machine.name) from error
            raise orders.failed(error) from error

    async def _send(self, run: Run, machine: Machine, digests: Iterable[str]) -> None:
        async with self._sending[machine.address]:
            for digest in await self._link.ask(machine, "lacking", sorted(digests)):
                folder = files.folder_of(self._store, digest)
                sizes = files.sizes_of(folder)
                total = sum(sizes.values())
                name = await self._link.ask(machine, "begin", total)
                try:
                    sent = 0
                    for file, offset, nbytes in files.plan(sizes):
                        piece = await asyncio.to_thread(files.read_piece, folder, file, offset, nbytes)
                        await self._link.ask(machine, "take", name, piece)
                        sent += nbytes
                        run.report(f"Sending the model to {machine.name}", sent / max(total, 1))
                    await self._link.ask(machine, "adopt", name, digest)
                except BaseException:
                    with contextlib.suppress(Gone, Down):
                        await asyncio.shield(self._link.ask(machine, "drop", name))
                    raise

    async def _brought_home(self, run: Run, found: Packed, machine: Machine) -> Any:
        made = {name: await self._fetched(run, machine, wire.checked_folder(name)) for name in found.made}
        for name, data in found.things.items():
            leaving.put(
                self._pools.folder, wire.checked_thing(name), wire.unpack(data, self._store.root, made)
            )
        return await asyncio.to_thread(wire.unpack, found.data, self._store.root, made)

    async def _fetched(self, run: Run, machine: Machine, folder: str) -> str:
        """The name of a folder of the store here with what lies in `folder` there."""
        sizes: dict[str, int] = await self._link.ask(machine, "sizes", folder)
        arrivals, total, got = files.Arrivals(self._store), sum(sizes.values()), 0
        name = arrivals.begin(total)
        try:
            for file, offset, nbytes in files.plan(sizes):
                piece = await self._link.ask(machine, "piece", folder, file, offset, nbytes)
                await asyncio.to_thread(arrivals.take, name, piece)
                got += nbytes
                run.report(f"Bringing the result from {machine.name}", got / max(total, 1))
            arrivals.keep(name)
            await self._link.ask(machine, "discard", folder)
            return name
        finally:
            arrivals.drop(name)

    def _pack(self, value: object) -> Packed:
        folder = self._pools.folder
        take = lambda name: leaving.take_from(folder, name)  # noqa: E731
        return wire.pack(value, self._store.root, take, self._pools.is_left)
