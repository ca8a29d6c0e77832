"""How long a plan takes, before it runs and while it does.

Three things make it up: each configuration gets a process and a session, one after the other; then warm-up
and rounds take the budget, or less where every model has enough runs before it is over, or more where six
rounds do not fit; in the end, outputs and times are compared. What a session and a run take is remembered
from earlier results, or looked at (`look`); the rest is arithmetic on the runner's own rules.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from onnxviz.bench import compare, environment, feeds, giving, measure, providers
from onnxviz.bench.timing import runs_of_visit, timing
from onnxviz.bench.types import BenchResult, Configuration, Plan
from onnxviz.errors import OnnxvizError
from onnxviz.progress import report

WARMUP_SHARE = 0.2
"""Part of the budget that all warm-ups may take together; a noisy machine never looks steady."""

LOOK_S = 0.3
"""How long each session is run for a look; one run at least."""

WARMUP_RUNS = 30
"""Of a usual warm-up: 10 at least, and `timing.ENOUGH_RUNS` where the times never settle."""

PAIR_S = 0.25
"""To compare two configurations: 2,000 bootstrap draws of some 1,000 runs each."""

STARTS = 2
"""Processes to start for a look at how long that takes; the quicker counts, as the page that asks is being
drawn meanwhile."""

ASK_S = 0.0003
"""To ask a process for one visit and get its times, over and above the runs."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Of this machine, in seconds: to look at it and its providers; to start a process with the runtime."""

    look_s: float = 1.0
    start_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one configuration, in seconds: until it has run once, and one later run.

    `run_s` is a mean and no median, since what interrupts the runs takes time as well.
    """

    open_s: float
    run_s: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Parts of the time that a plan takes, in seconds."""

    open_s: float
    timed_s: float
    after_s: float

    @property
    def total_s(self) -> float:
        """All of it."""
        return self.open_s + self.timed_s + self.after_s


@dataclass(slots=True)
class Costs:
    """What earlier results told, by the content of the model, the settings, and `Plan.inputs`."""

    _known: dict[tuple[str, Configuration, str], Cost] = field(default_factory=dict)

    def remember(self, result: BenchResult, digests: Mapping[str, str], inputs: str = "") -> None:
        """Keep the costs in `result`; `digests` are those of the files by path."""
        for one in result.measurements:
            digest = digests.get(one.configuration.path)
            if digest and one.times_s:
                run_s = sum(one.times_s) / len(one.times_s)
                self.keep(one.configuration, digest, Cost(one.create_s + one.first_s, run_s), inputs)

    def keep(self, cell: Configuration, digest: str, cost: Cost, inputs: str = "") -> None:
        """Keep one cost."""
        self._known[digest, _settings(cell), inputs] = cost

    def of(self, plan: Plan, digests: Mapping[str, str]) -> dict[Configuration, Cost]:
        """The costs that are known of the configurations of `plan`."""
        found = {
            cell: self._known.get((digests.get(cell.path, ""), _settings(cell), plan.inputs))
            for cell in plan.configurations()
        }
        return {cell: cost for cell, cost in found.items() if cost is not None}


def of(plan: Plan, costs: Mapping[Configuration, Cost], speed: Speed | None = None) -> Estimate:
    """How long `plan` takes. One that is unknown is taken to cost as much as the mean of the known ones."""
    speed = speed or Speed()
    cells = list(dict.fromkeys(plan.configurations()))
    known = [costs[cell] for cell in cells if cell in costs]
    usual = Cost(_mean(one.open_s for one in known), _mean(one.run_s for one in known))
    all_costs = [costs.get(cell, usual) for cell in cells]
    open_s = speed.look_s + sum(speed.start_s + cost.open_s for cost in all_costs)
    runs_s = [cost.run_s for cost in all_costs]
    return Estimate(open_s, timed_s(plan, runs_s), after_s(cells, runs_s))


def timed_s(plan: Plan, runs_s: Sequence[float]) -> float:
    """How long warm-ups and rounds take where one run of each configuration takes `runs_s`."""
    if not runs_s:
        return 0.0
    share = WARMUP_SHARE * plan.seconds / len(runs_s)
    warm = sum(max(run_s, min(share, WARMUP_RUNS * run_s)) for run_s in runs_s)
    visits = [_visit(run_s) for run_s in runs_s]
    round_s = sum(seconds for _, seconds in visits)
    enough = warm + sum(math.ceil(plan.max_samples / runs) * seconds for runs, seconds in visits)
    if warm + plan.min_rounds * round_s <= plan.seconds:
        # The last round begins before the time is up, and ends on average half a round after it.
        return min(enough, plan.seconds + round_s / 2)
    rounds = max(1, min(plan.min_rounds, math.ceil((2 * plan.seconds - warm) / round_s)))
    return min(enough, warm + rounds * round_s)


def after_s(cells: Sequence[Configuration], runs_s: Iterable[float]) -> float:
    """How long it takes to compare outputs and times."""
    return PAIR_S * len(compare.pairs(cells)) + sum(runs_s)


def calibrate() -> Speed:
    """Look at how fast this machine starts what a benchmark needs; a verb for a worker process."""
    from onnxviz.jobs.lanes import Lane

    marks = [time.perf_counter()]
    environment.capture()
    providers.probe()
    marks.append(time.perf_counter())
    for _ in range(STARTS):
        Lane("Starting a process", timing, Configuration("", "", "cpu"), (), 0, "").close()
        marks.append(time.perf_counter())
    look_s, *starts_s = (after - before for before, after in pairwise(marks))
    return Speed(look_s, min(starts_s))


def look(plan: Plan, known: Iterable[Configuration] = ()) -> dict[Configuration, Cost]:
    """Create each session that is not `known`, and run it a few times; a verb for a worker process.

    Those that differ in level or threads alone share one look. One that does not run is left out.
    """
    cells = [cell for cell in dict.fromkeys(plan.configurations()) if cell not in set(known)]
    alike: dict[Configuration, list[Configuration]] = {}
    for cell in cells:
        alike.setdefault(replace(cell, level="all", threads=0), []).append(cell)
    found: dict[Configuration, Cost] = {}
    for number, (cell, others) in enumerate(alike.items()):
        report(f"Looking at {cell.label}", number / len(alike))
        try:
            cost = _cost(cell, plan)
        except OnnxvizError:
            continue
        found.update(dict.fromkeys(others, cost))
    return found


def _cost(cell: Configuration, plan: Plan) -> Cost:
    inputs = feeds.inputs_of(feeds.load(cell.path))
    if plan.inputs:
        feed = giving.read(plan.inputs, inputs)
    else:
        feed = feeds.make(inputs, plan.seed, dict(cell.dims), cell.batch)
    start = time.perf_counter()
    opened = measure.open_session(cell, feed, providers.full_name(cell.provider))
    opened.run()
    first = now = time.perf_counter()
    runs = 0
    while now - first < LOOK_S:
        opened.run()
        runs, now = runs + 1, time.perf_counter()
    return Cost(first - start, (now - first) / runs)


def _visit(run_s: float) -> tuple[int, float]:
    """Runs of one visit that count, and its seconds; one more is run first where there are several."""
    runs = runs_of_visit(run_s)
    return runs, ASK_S + run_s * (runs + 1 if runs > 1 else 1)


def _settings(cell: Configuration) -> Configuration:
    return replace(cell, model="", path="")


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known) if known else 0.0
