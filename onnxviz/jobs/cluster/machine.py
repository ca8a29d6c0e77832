"""A machine of a cluster, as the program sees it from afar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onnxviz.jobs.cluster import orders
from onnxviz.jobs.execution import Kind


class Down(Exception):
    """The scheduler is not there."""


class Gone(Exception):
    """A machine left the cluster."""


@dataclass(frozen=True)
class Machine:
    """A machine of the cluster. `slots` is how many jobs of each kind it runs at once, `address` Dask's."""

    name: str
    address: str
    slots: tuple[tuple[Kind, int], ...]

    def capacity(self, kind: Kind) -> int:
        """How many jobs of `kind` it runs at once."""
        return dict(self.slots).get(kind, 0)


def found_in(workers: Mapping[str, Mapping[str, Any]]) -> tuple[tuple[Machine, ...], tuple[str, ...]]:
    """Those that can be given jobs, and the names of those with another version of this program.

    `workers` is what a scheduler tells of its workers by address. Others than ours may be there: they offer
    nothing that we ask for.
    """
    machines, others = [], []
    for address, about in workers.items():
        resources = about.get("resources", {})
        slots = tuple((kind, int(resources.get(orders.resource(kind), 0))) for kind in orders.KINDS)
        name = str(about.get("name", address))
        if any(count for _, count in slots):
            machines.append(Machine(name, address, slots))
        elif any(orders.is_ours(each) for each in resources):
            others.append(name)
    return tuple(sorted(machines, key=lambda one: one.name)), tuple(sorted(others))
