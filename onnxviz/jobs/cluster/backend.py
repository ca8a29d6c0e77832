"""Where runs go when there is a cluster: to one of its machines, or to worker processes here.

1. "look" stays here, and so does a benchmark that names no machine: its figures are of this machine.
2. A run whose arguments name a file outside of the store stays here: another machine does not have it.
3. All others go to the machine with most room. Where a machine dies in mid-run, the run begins anew on
   another. A model that makes its process crash ends in JobCrashed as at home, and harms no machine.
4. Without a scheduler, or without a machine for `GRACE_SECONDS`, runs are carried out here. `note` says so.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from concurrent.futures import Future

from onnxviz.errors import BadUsage, JobFailed
from onnxviz.jobs.cluster.errand import Carrier
from onnxviz.jobs.cluster.link import GRACE_SECONDS, Link
from onnxviz.jobs.cluster.machine import Down, Gone, Machine
from onnxviz.jobs.cluster.orders import KINDS
from onnxviz.jobs.cluster.wire import Packed
from onnxviz.jobs.execution import HERE, Kind, Run
from onnxviz.jobs.local import LocalPools
from onnxviz.jobs.outcomes import UNNAMED
from onnxviz.store import Store

MOST_MACHINES = 3
"""On how many machines a run is begun: one that takes three down is likely to be the cause."""

PAUSE_SECONDS = 0.1

log = logging.getLogger(__name__)


class ClusterBackend:
    """Machines of the cluster at `address`, and worker processes here.

    `lean` is for these (see `LocalPools`); `store` is where the files are that machines get.
    """

    def __init__(self, address: str, *, lean: bool = False, store: Store | None = None) -> None:
        self._pools = LocalPools(lean=lean)
        self._store = store or Store()
        self._link = Link(address)
        self._carrier = Carrier(self._link, self._store, self._pools)
        self._futures: dict[Run, Future[bytes]] = {}
        self._here: set[Run] = set()
        self._there: Counter[tuple[str, Kind]] = Counter()
        self._begun = time.monotonic()

    def note(self) -> str:
        """What a person should know of the cluster, as a sentence; empty where all is well."""
        return self._link.note

    def machines(self) -> tuple[str, ...]:
        """See `Backend`."""
        return tuple(machine.name for machine in self._link.machines)

    def capacity(self, kind: Kind, machine: str) -> int:
        """See `Backend.capacity`. One for a machine that is not there, for `start` to say so."""
        if machine not in ("", HERE):
            found = self._link.machine(machine)
            return found.capacity(kind) if found else int(not self._is_young())
        here = self._pools.capacity(kind, machine)
        if machine == HERE or kind in ("look", "bench") or not self._link.machines:
            return here
        return sum(each.capacity(kind) for each in self._link.machines) or here

    def start(self, run: Run) -> Future[bytes]:
        """See `Backend.start`."""
        if run.kind == "look":
            return self._start_here(run)
        if run.machine not in ("", HERE) and self._link.machine(run.machine) is None:
            raise _not_there(run.machine)
        future = self._link.spawn(self._carried_out(run))
        self._futures[run] = future
        future.add_done_callback(lambda _: self._futures.pop(run, None))
        return future

    def stop(self, run: Run) -> None:
        """See `Backend.stop`."""
        future = self._futures.get(run)
        if future is not None:
            future.cancel()
        elif run in self._here:
            self._pools.stop(run)

    def look(self, run: Run) -> None:
        """See `Backend.look`; machines tell of themselves."""
        if run in self._here:
            self._pools.look(run)

    def is_left(self, name: str) -> bool:
        """See `Backend.is_left`: what machines leave is brought home."""
        return self._pools.is_left(name)

    def warm(self, kind: Kind) -> None:
        """See `Backend.warm`."""
        if kind not in KINDS or not self._link.machines:
            self._pools.warm(kind)
            return
        for machine in self._link.machines:
            self._link.spawn(self._warmed(machine, kind))

    def close(self) -> None:
        """See `Backend.close`."""
        self._link.close()
        self._pools.close()

    def _is_young(self) -> bool:
        return time.monotonic() - self._begun < GRACE_SECONDS and not self._link.machines

    async def _warmed(self, machine: Machine, kind: Kind) -> None:
        try:
            await self._link.ask(machine, "warm", kind)
        except (Gone, Down) as error:
            log.info("could not warm up: %r", error)

    def _start_here(self, run: Run) -> Future[bytes]:
        self._here.add(run)
        try:
            future = self._pools.start(run)
        except BaseException:
            self._here.discard(run)
            raise
        future.add_done_callback(lambda _: self._here.discard(run))
        return future

    async def _carried_out(self, run: Run) -> bytes:
        if run.machine == HERE or (run.kind == "bench" and not run.machine):
            return await self._at_home(run)
        call = await asyncio.to_thread(self._carrier.packed, run)
        if run.machine:
            return await self._on(run, call, run.machine)
        if call.outside or call.made:
            return await self._at_home(run)
        return await self._anywhere(run, call)

    async def _on(self, run: Run, call: Packed, name: str) -> bytes:
        """On the machine `name` and no other."""
        if call.outside or call.made:
            raise BadUsage(
                call.outside or "A model",
                "is not in the store, and other machines have only what is",
                "Open it first",
            )
        machine = self._link.machine(name)
        if machine is None:
            raise _not_there(name)
        try:
            return await self._carrier.carry(run, call, machine)
        except Gone as error:
            remedy = "Start it again, or choose another"
            raise JobFailed(UNNAMED, f"the machine {name} left the cluster in mid-job", remedy) from error
        except Down as error:
            raise JobFailed(
                UNNAMED, "the scheduler of the cluster went away in mid-job", "Try again once it is back"
            ) from error

    async def _anywhere(self, run: Run, call: Packed) -> bytes:
        tried: set[str] = set()
        while len(tried) < MOST_MACHINES:
            try:
                machine = await self._place(run, tried)
                if machine is None:
                    break
                try:
                    return await self._carrier.carry(run, call, machine)
                finally:
                    self._there[machine.address, run.kind] -= 1
            except Gone:
                assert machine is not None
                tried.add(machine.address)
                log.warning("a job of kind %s begins anew: the machine %s left", run.kind, machine.name)
            except Down:
                log.warning("a job of kind %s begins anew here: the scheduler went away", run.kind)
                break
            run.begin_anew()
        else:
            raise JobFailed(
                UNNAMED,
                f"{MOST_MACHINES} machines left the cluster while they worked on it",
                "It may be what takes them down; look at their logs before you try again",
            )
        return await self._at_home(run)

    async def _place(self, run: Run, tried: set[str]) -> Machine | None:
        """The machine with most room, once one has any; None where there is none to wait for. It is taken."""
        while self._link.is_up and not self._link.is_alone:
            others = await self._link.busy()
            room = {
                each: each.capacity(run.kind)
                - self._there[each.address, run.kind]
                - others[each.address, run.kind]
                for each in self._link.machines
                if each.address not in tried and each.capacity(run.kind)
            }
            best = max(room, key=lambda each: room[each], default=None)
            if best is not None and room[best] > 0:
                self._there[best.address, run.kind] += 1
                return best
            run.report("Waiting for a machine of the cluster", None)
            await asyncio.sleep(PAUSE_SECONDS)
        return None

    async def _at_home(self, run: Run) -> bytes:
        """In a worker process here. At most as many as there are, however many machines there were before."""
        lane = run.kind, run.machine
        while sum((one.kind, one.machine) == lane for one in list(self._here)) >= self._pools.capacity(*lane):
            await asyncio.sleep(PAUSE_SECONDS)
        run.begin_anew()
        inner = asyncio.wrap_future(self._start_here(run))
        try:
            return await asyncio.shield(inner)
        except asyncio.CancelledError:
            # How it ends is looked at, so that asyncio does not complain.
            inner.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            self._pools.stop(run)
            raise


def _not_there(name: str) -> JobFailed:
    return JobFailed(
        UNNAMED,
        f"there is no machine {name} in the cluster",
        f"Start it with `python -m onnxviz worker` and --name {name}, or choose another",
    )
