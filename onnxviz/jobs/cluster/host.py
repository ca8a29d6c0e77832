"""What happens on a machine of the cluster: files arrive, jobs run in worker processes, results are fetched.

The process that Dask talks to runs no verb itself. It hands each job to workers of its own, so that a job has
the same deadline, memory cap, crash isolation and cancelling as at home.
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Iterable
from concurrent.futures import TimeoutError as NotYet
from contextlib import ExitStack
from typing import Any

from onnxviz.errors import OnnxvizError
from onnxviz.jobs import leaving
from onnxviz.jobs.cluster import files, orders, wire
from onnxviz.jobs.cluster.files import Arrivals, Piece
from onnxviz.jobs.cluster.orders import Lacking, News, Order
from onnxviz.jobs.execution import Kind
from onnxviz.jobs.job import Job
from onnxviz.jobs.local import LocalPools
from onnxviz.jobs.outcomes import UNNAMED
from onnxviz.jobs.pool import Workers
from onnxviz.store import Store

WATCH_SECONDS = 0.1
"""How often a machine looks at its job, and whether anybody still waits for it."""

ASKABLE = frozenset({"lacking", "begin", "take", "adopt", "drop", "sizes", "piece", "discard", "warm"})

_host: Host | None = None


class Host:
    """The store and the workers of this machine."""

    def __init__(self, store: Store, pools: LocalPools) -> None:
        self.store = store
        self._pools = pools
        self._workers = Workers(pools)
        self._arrivals = Arrivals(store)

    def close(self) -> None:
        """End every worker."""
        self._workers.close()

    def perform(
        self, order: Order, tell: Callable[[News], None], is_wanted: Callable[[], bool]
    ) -> wire.Packed | Lacking:
        """Carry out `order`, with news of it to `tell` until nobody wants it. Raises OnnxvizError."""
        lacking = frozenset(self.lacking(order.call.digests))
        if lacking:
            return Lacking(lacking)
        with ExitStack() as held:
            for digest in order.call.digests:
                held.enter_context(self.store.holding(digest))
            self._keep(order.call)
            function, args, kwargs = wire.unpack(order.call.data, self.store.root)
            job = self._workers.submit(order.kind, UNNAMED, function, *args, limits=order.limits, **kwargs)
            return self._packed(self._watched(job, tell, is_wanted))

    def lacking(self, digests: Iterable[str]) -> list[str]:
        """Those of `digests` that are not here; the others count as used, so that they stay for a while."""
        lacking = []
        for digest in digests:
            if wire.checked_digest(digest) in self.store:
                self.store.path(digest)
            else:
                lacking.append(digest)
        return lacking

    def begin(self, nbytes: int) -> str:
        """See `Arrivals.begin`."""
        return self._arrivals.begin(nbytes)

    def take(self, name: str, piece: Piece) -> None:
        """See `Arrivals.take`."""
        self._arrivals.take(name, piece)

    def adopt(self, name: str, digest: str) -> None:
        """See `Arrivals.adopt`."""
        self._arrivals.adopt(name, digest)

    def drop(self, name: str) -> None:
        """See `Arrivals.drop`."""
        self._arrivals.drop(name)

    def sizes(self, folder: str) -> dict[str, int]:
        """Relative name -> bytes of what a verb left in `folder`."""
        return files.sizes_of(files.folder_of(self.store, wire.checked_folder(folder)))

    def piece(self, folder: str, name: str, offset: int, nbytes: int) -> Piece:
        """A piece of a file that a verb left."""
        return files.read_piece(
            files.folder_of(self.store, wire.checked_folder(folder)), name, offset, nbytes
        )

    def discard(self, folder: str) -> None:
        """Remove what a verb left, once it was fetched."""
        files.discard(self.store, folder)

    def warm(self, kind: Kind) -> None:
        """See `Workers.warm`."""
        self._workers.warm(kind)

    def _keep(self, call: wire.Packed) -> None:
        for name, data in call.things.items():
            if not self._pools.is_left(wire.checked_thing(name)):
                leaving.put(self._pools.folder, name, wire.unpack(data, self.store.root))

    def _watched(self, job: Job[Any], tell: Callable[[News], None], is_wanted: Callable[[], bool]) -> Any:
        told, known = 0, None
        while True:
            is_done = job.done()
            progress, parts = job.progress(), job.parts()
            if job.started() and ((progress.text, progress.fraction) != known or len(parts) > told):
                known = progress.text, progress.fraction
                new = tuple(self._packed(part).data for part in parts[told:])
                told = len(parts)
                tell(News(progress.text, progress.fraction, new))
            if is_done:
                return job.result()
            if not is_wanted():
                job.cancel()
            try:
                job.result(WATCH_SECONDS)
            except NotYet:
                pass
            except OnnxvizError:
                # Its last parts are to be told before.
                continue

    def _packed(self, value: object) -> wire.Packed:
        take = lambda name: leaving.take_from(self._pools.folder, name)  # noqa: E731
        return wire.pack(value, self.store.root, take, self._pools.is_left)


def begin(host: Host | None) -> None:
    """Make `host` the one of this process."""
    global _host
    _host = host


async def ask(method: str, data: bytes) -> bytes:
    """A question of a program to this machine; the event loop that Dask lives in goes on meanwhile."""
    return await asyncio.to_thread(_answer, method, data)


def _answer(method: str, data: bytes) -> bytes:
    try:
        if _host is None or method not in ASKABLE:
            raise wire.strange(method)
        return orders.answered(getattr(_host, method)(*pickle.loads(data)))
    except OnnxvizError as error:
        return orders.answered(error)
    except Exception as error:  # noqa: BLE001 - the answer is what tells of it
        return orders.answered(orders.failed(error))


def perform(data: bytes, topic: str, number: int) -> bytes:
    """A job of a program, as a task of Dask; see `Host.perform`. News go to those who listen to `topic`."""
    from distributed import get_worker

    machine = get_worker()
    task = machine.get_current_task()

    def tell(news: News) -> None:
        machine.log_event(topic, {"number": number, "news": pickle.dumps(news)})

    def is_wanted() -> bool:
        # A task that the scheduler lets go, since it was cancelled or its client is gone, is one no more.
        state = machine.state.tasks.get(task)
        return machine.status.name == "running" and state is not None and state.state == "executing"

    try:
        if _host is None:
            raise wire.strange("perform")
        return orders.answered(_host.perform(pickle.loads(data), tell, is_wanted))
    except OnnxvizError as error:
        return orders.answered(error)
    except Exception as error:  # noqa: BLE001 - the answer is what tells of it
        return orders.answered(orders.failed(error))
