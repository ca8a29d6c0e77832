"""Where a configuration stands while it is measured: a process of its own, or this one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from onnxviz.bench import feeds
from onnxviz.bench.timing import Opening, Timing, WarmUp, timing
from onnxviz.bench.types import Configuration, Measurement, Plan
from onnxviz.errors import OnnxvizError

LIMIT_S = 120
"""On top of the budget: some providers compile a large model for a minute before its first run."""

NO_WARM_UP = WarmUp((), True, 1)


class Place(Protocol):
    """Where a `Timing` stands: `jobs.lanes.Lane`, or `Here`."""

    @property
    def peak_bytes(self) -> int:
        """The most memory that its process held, 0 where it has none of its own."""

    def ask(self, name: str, *args: Any) -> Any:
        """What the method `name` of its `Timing` returns. Raises OnnxvizError."""

    def close(self) -> None:
        """End it."""


Opener = Callable[[Configuration, tuple[feeds.Input, ...], Plan, str], Place]
"""(configuration, its inputs, plan, the runtime's name of the provider) -> where it stands."""


@dataclass(slots=True)
class Here:
    """A `Timing` in this process."""

    timing: Timing
    peak_bytes: int = 0

    def ask(self, name: str, *args: Any) -> Any:
        """As `Lane.ask`."""
        return getattr(self.timing, name)(*args)

    def close(self) -> None:
        """Nothing to end."""


def in_a_process(
    configuration: Configuration, inputs: tuple[feeds.Input, ...], plan: Plan, provider: str
) -> Place:
    """A process for this configuration alone, in which nothing is loaded yet but the runtime."""
    from onnxviz.jobs.lanes import Lane as Process
    from onnxviz.jobs.outcomes import Limits

    limits = Limits(seconds=limit_s(plan))
    label, given = configuration.label, (configuration, inputs, plan.seed, provider, plan.inputs)
    return Process(label, timing, *given, limits=limits)


def limit_s(plan: Plan) -> int:
    """How many seconds a configuration may take over one thing: its session, its warm-up, one visit."""
    return LIMIT_S + math.ceil(plan.seconds)


@dataclass(slots=True)
class Lane:
    """One configuration while it is measured: where it stands, and what was timed so far."""

    configuration: Configuration
    place: Place | None = None
    opening: Opening | None = None
    warm_up: WarmUp = NO_WARM_UP
    times_s: list[float] = field(default_factory=list)
    told: int = 0
    peak_bytes: int = 0
    error: str = ""

    def measurement(self) -> Measurement:
        """What is known of it, as plain data."""
        opening = self.opening or Opening(0.0, 0.0, "", None)
        now = self.place.peak_bytes if self.place is not None else 0
        return Measurement(
            self.configuration,
            provider_used=opening.provider_used,
            times_s=tuple(self.times_s),
            runs_per_round=self.warm_up.runs_per_round,
            create_s=opening.create_s,
            first_s=opening.first_s,
            warmup_runs=len(self.warm_up.times_s),
            was_steady=self.warm_up.was_steady,
            assignment=opening.assignment,
            peak_bytes=self.peak_bytes or now,
            error=self.error,
            ran_as=opening.ran_as,
        )

    def ask(self, name: str, *args: Any) -> Any:
        """Ask its `Timing`; None where it failed, which is noted."""
        if self.place is None:
            return None
        try:
            return self.place.ask(name, *args)
        except OnnxvizError as failure:
            self.fail(failure)
            return None

    def fail(self, failure: OnnxvizError) -> None:
        """Note why, and forget the times: half a measurement would be compared as if it were whole."""
        self.error, self.times_s = str(failure), []
        self.close()

    def settle(self) -> None:
        """Keep what its process held, once: what comes after is not the model's."""
        if self.place is not None and not self.peak_bytes:
            self.peak_bytes = self.place.peak_bytes

    def close(self) -> None:
        """End its process."""
        self.settle()
        if self.place is not None:
            self.place.close()
            self.place = None
