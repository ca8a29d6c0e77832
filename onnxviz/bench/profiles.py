"""What a profile says: where the time of one inference goes, as plain frozen data, picklable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from onnxviz.bench.types import Configuration


@dataclass(frozen=True, slots=True)
class NodeTime:
    """One node of the loaded graph: `id` and `op_type` are its own; `seconds` are the median of an inference.

    `ran_as` are the runtime's operators that did its work, `others` the ids of the nodes whose work they did
    as well: the time is that of all of them together. `provider` is short, `cuda+cpu` where there were two.
    """

    id: str
    op_type: str
    seconds: float
    provider: str
    ran_as: tuple[str, ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuntimeTime:
    """What the runtime ran that is no node of the model, or of which that cannot be said for certain."""

    name: str
    op_type: str
    seconds: float
    provider: str


@dataclass(frozen=True, slots=True)
class OpTime:
    """All that ran as one operator of the runtime's: seconds of an inference, and how many of its nodes."""

    op_type: str
    seconds: float
    nodes: int


@dataclass(frozen=True, slots=True)
class Profile:
    """Where the time of one inference goes; the slowest first, all times in seconds.

    `nodes` and `runtime` together are everything that ran. `run_s` is an inference as a whole without a
    profile. Of the time of each of the runtime's nodes `recording_s` was taken off, about what the profile
    itself takes; what `total_s` still is above `run_s` is the profile's as well. `ran_on` says on which
    provider each node of the model ran; of those in `unknown` nothing is known: they were folded or fused
    away.
    """

    configuration: Configuration
    nodes: tuple[NodeTime, ...]
    runtime: tuple[RuntimeTime, ...]
    by_op: tuple[OpTime, ...]
    ran_on: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    run_s: float
    recording_s: float
    runs: int
    notes: tuple[str, ...] = ()

    @property
    def mapped_s(self) -> float:
        """The part of the time whose node is known for certain."""
        return sum(node.seconds for node in self.nodes)

    @property
    def total_s(self) -> float:
        """All nodes together."""
        return self.mapped_s + sum(one.seconds for one in self.runtime)

    def to_json(self) -> dict[str, Any]:
        """The key `profile` of a result of `bench --profile --json`."""
        return {
            "run_s": self.run_s,
            "recording_s": self.recording_s,
            "total_s": self.total_s,
            "mapped_s": self.mapped_s,
            "runs": self.runs,
            "nodes": [
                {
                    "id": one.id,
                    "op_type": one.op_type,
                    "seconds": one.seconds,
                    "provider": one.provider,
                    "ran_as": list(one.ran_as),
                    "others": list(one.others),
                }
                for one in self.nodes
            ],
            "runtime": [
                {"name": one.name, "op_type": one.op_type, "seconds": one.seconds, "provider": one.provider}
                for one in self.runtime
            ],
            "by_op": [
                {"op_type": one.op_type, "seconds": one.seconds, "nodes": one.nodes} for one in self.by_op
            ],
            "ran_on": dict(self.ran_on),
            "unknown": list(self.unknown),
            "notes": list(self.notes),
        }
