"""The connection to the scheduler of a cluster, which is tried again for as long as it is not there.

All that Dask does for the program happens in one thread with an event loop of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pickle
import threading
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from onnxviz import __version__, settings
from onnxviz.jobs.cluster import host, orders
from onnxviz.jobs.cluster.machine import Down, Gone, Machine, found_in
from onnxviz.jobs.cluster.orders import News

T = TypeVar("T")

LOOK_SECONDS = 0.5
"""How often the program asks which machines there are."""

CONNECT_SECONDS = 10.0

SILENCE_SECONDS = 30.0
"""A scheduler on a busy machine was seen to say nothing for 10 s; one that is gone is known at once."""

RETRY_SECONDS = 2.0
ANSWER_SECONDS = 60.0
"""A machine writes a piece of a file or takes a digest of gigabytes; longer is no answer."""

GRACE_SECONDS = 10.0
"""How long a job waits for a first machine before it runs at home: one that is started anew, such as after
an update, is back within that time."""

log = logging.getLogger(__name__)


class Link:
    """What the program knows of the cluster at `address`, and how it asks its machines."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.id = uuid.uuid4().hex
        self.machines: tuple[Machine, ...] = ()
        self.others: tuple[str, ...] = ()
        """Names of machines with another version of this program."""
        self.is_up = False
        self._tried = threading.Event()
        self._alone_since = time.monotonic()
        self._cause = ""
        self._client: Any = None
        self._listeners: dict[int, Callable[[News], None]] = {}
        self._numbers = 0
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._live, name="onnxviz-cluster", daemon=True)
        self._thread.start()

    @property
    def note(self) -> str:
        """What a person should know of the cluster, as a sentence; empty where all is well."""
        if not self.is_up:
            if not self._tried.is_set():
                return ""
            return (
                f"The scheduler of the cluster at {self.address} does not answer ({self._cause}), so jobs "
                "run on this machine. Start it with `dask scheduler`, or check "
                f"{settings.SCHEDULER.name}; it is tried again all the time."
            )
        if self.others:
            return (
                f"{', '.join(self.others)} run another version of onnxviz and get no jobs. Install "
                f"{__version__} there."
            )
        if not self.machines and self.is_alone:
            return (
                f"No machine has joined the cluster at {self.address}, so jobs run on this machine. Start "
                f"`python -m onnxviz worker {self.address}` on each."
            )
        return ""

    @property
    def is_alone(self) -> bool:
        """Whether there has been no machine for so long that nobody should wait for one."""
        return not self.machines and time.monotonic() - self._alone_since > GRACE_SECONDS

    def machine(self, name: str) -> Machine | None:
        """The machine called `name`, while it is there."""
        return next((one for one in self.machines if one.name == name), None)

    def spawn(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin `work` in the thread of the connection; cancelling the future cancels it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def ask(self, machine: Machine, method: str, *args: object) -> Any:
        """What `Host.method(*args)` gives on `machine`. Raises its `OnnxvizError`, Gone or Down."""
        client, data = self._here(), pickle.dumps(args)
        try:
            found = await asyncio.wait_for(
                client.run(host.ask, method, data, workers=[machine.address]), ANSWER_SECONDS
            )
        except (OSError, TimeoutError) as error:
            raise (Gone if self.is_up else Down)(machine.name) from error
        except asyncio.CancelledError as error:
            # Dask cancels what is under way when it loses the scheduler.
            if _is_cancelled():
                raise
            raise Down from error
        return orders.answer(found[machine.address])

    async def busy(self) -> Counter[tuple[str, str]]:
        """(machine's address, kind) -> how many jobs of other programs it has. Raises Down."""
        try:
            found = await asyncio.wait_for(self._here().scheduler.processing(workers=None), SILENCE_SECONDS)
        except (OSError, TimeoutError) as error:
            raise Down from error
        tasks = [(address, orders.task_of(str(key))) for address, keys in found.items() for key in keys]
        return Counter((address, task[0]) for address, task in tasks if task and task[1] != self.id)

    @contextlib.asynccontextmanager
    async def task(
        self, machine: Machine, order: orders.Order, listener: Callable[[News], None]
    ) -> AsyncIterator[asyncio.Future[Any]]:
        """`order` on `machine`: a future of its answer, as `orders.answer` reads it.

        It is ended with the block. News of it go to `listener`.
        """
        client = self._here()
        self._numbers += 1
        number, data = self._numbers, await asyncio.to_thread(pickle.dumps, order)
        self._listeners[number] = listener
        task = client.submit(
            _performer(),
            data,
            self.id,
            number,
            key=orders.task_name(order.kind, self.id, number),
            workers=[machine.address],
            resources={orders.resource(order.kind): 1},
            pure=False,
            retries=0,
        )
        ending = asyncio.ensure_future(task.result())
        try:
            yield ending
        finally:
            del self._listeners[number]
            ending.cancel()
            # Without a client the scheduler lets its tasks go by itself.
            if client.status == "running":
                with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
                    await asyncio.wait_for(client.cancel([task], force=True), CONNECT_SECONDS)

    def close(self) -> None:
        """End the connection."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(CONNECT_SECONDS)

    def _here(self) -> Any:
        if not self.is_up:
            raise Down
        return self._client

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._keep_connected())
            self._loop.run_until_complete(_end_all())
        finally:
            self.is_up = False
            self._loop.close()

    async def _keep_connected(self) -> None:
        while not self._closing.is_set():
            try:
                await self._while_connected()
            except ModuleNotFoundError:
                self._lost("the package distributed is not installed here")
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - it is tried again whatever it was
                self._lost(cause_of(error))
            await self._pause(RETRY_SECONDS)

    async def _while_connected(self) -> None:
        import distributed

        quiet()
        client: Any = distributed.Client(  # type: ignore[no-untyped-call]
            self.address, asynchronous=True, timeout=CONNECT_SECONDS, set_as_default=False, name="onnxviz"
        )
        try:
            self._client = await client
            client.subscribe_topic(self.id, self._hear)
            await self._look()
            self.is_up, self._alone_since = True, time.monotonic()
            self._tried.set()
            log.info("the cluster at %s is there, with %d machines", self.address, len(self.machines))
            line = client.scheduler_comm
            while not self._closing.is_set():
                await self._pause(LOOK_SECONDS)
                # A client that connects again by itself hears of no topic any more.
                if client.status != "running" or client.scheduler_comm is not line:
                    raise ConnectionResetError("it went away")
                await self._look()
        finally:
            if self.is_up:
                # Before the client is closed, which takes a while where nobody answers.
                self._lost("it went away")
            with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(client._close(fast=True), CONNECT_SECONDS)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)

    def _lost(self, cause: str) -> None:
        if not self._closing.is_set() and (self.is_up or not self._tried.is_set()):
            log.warning("the cluster at %s does not answer: %s", self.address, cause)
        self.is_up, self.machines, self._cause = False, (), cause
        self._tried.set()

    async def _look(self) -> None:
        found = await asyncio.wait_for(self._client.scheduler.identity(n_workers=-1), SILENCE_SECONDS)
        machines, self.others = found_in(found["workers"])
        if self.machines and not machines:
            self._alone_since = time.monotonic()
        self.machines = machines

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        message = event[1]
        listener = self._listeners.get(message["number"])
        if listener is not None:
            listener(pickle.loads(message["news"]))


async def _end_all() -> None:
    """Cancel what is still under way, and see it end."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def _is_cancelled() -> bool:
    """Whether the running task was cancelled by us."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def cause_of(error: BaseException) -> str:
    """Why there is no connection, in a few words: of an address that is none, or of the network."""
    if isinstance(error, TypeError) and "ssl_context" in str(error):
        return "an address with tls:// needs certificates, in DASK_DISTRIBUTED__COMM__TLS__CA_FILE and others"
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def quiet() -> None:
    """Dask tells of each attempt on standard error, in words for those who know it; we say what matters."""
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _performer() -> Callable[[bytes, str, int], bytes]:
    """`host.perform` as the scheduler can read it, which need not have this program: a function that is
    pickled by its code, since it has no name in a module (https://github.com/cloudpipe/cloudpickle)."""

    def perform(data: bytes, topic: str, number: int) -> bytes:
        from onnxviz.jobs.cluster import host as there

        return there.perform(data, topic, number)

    return perform
