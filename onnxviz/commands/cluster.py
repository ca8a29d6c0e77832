"""A cluster from a shell: offering this machine to one, and a benchmark on each of its machines."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from onnxviz import intake, jobs, settings
from onnxviz.bench import machines, runner
from onnxviz.bench.machines import Described, Figure
from onnxviz.bench.types import BenchResult, Plan
from onnxviz.commands.common import Answer, names, told
from onnxviz.errors import BadUsage, OnnxvizError
from onnxviz.jobs import Job
from onnxviz.store import Store

ALL = "all"

JOIN_SECONDS = 15.0
"""How long the machines of a cluster are waited for: its scheduler is asked for 5 s at a time."""

DESCRIBE_SECONDS = 120
POLL_SECONDS = 0.1


def worker(args: argparse.Namespace) -> Answer:
    """Offer this machine to a cluster until it is stopped."""
    # Here, so that no other verb reads what it imports.
    from onnxviz.jobs.cluster.serve import serve

    address = args.scheduler or settings.SCHEDULER.value()
    if not address:
        raise BadUsage("worker", "no scheduler was given", "Give its address, such as tcp://10.0.0.1:8786")
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("onnxviz").setLevel(logging.INFO)
    serve(address, args.name, args.host, say=_say)
    return Answer({"scheduler": address}, "Stopped.")


def bench_on_machines(wanted: str, plan: Plan, paths: Sequence[Path]) -> Answer:
    """Measure the same plan on each of the machines `wanted` ("all", or names) at once."""
    if plan.inputs:
        raise BadUsage("--inputs", "is not sent to other machines", "Leave it or --machines out")
    chosen = _there(wanted)
    store = Store()
    taken = [intake.take_path(store, path) for path in paths]
    plan = replace(
        plan, models=tuple((path.stem, model.path) for path, model in zip(paths, taken, strict=True))
    )
    looks = {name: _look(name) for name in chosen}
    described: dict[str, Described] = {}
    found: dict[str, BenchResult | OnnxvizError] = {}
    running: dict[str, Job[BenchResult]] = {}
    for name, look in looks.items():
        try:
            described[name] = look.result()
            running[name] = _measure(name, machines.plan_for(plan, described[name]))
        except OnnxvizError as error:
            found[name] = error
    for name, job in running.items():
        try:
            found[name] = job.result()
        except OnnxvizError as error:
            found[name] = error
    found = {name: found[name] for name in chosen}
    beside = machines.side_by_side(found)
    lines = [_row(figure) for figure in beside.figures]
    together = machines.on_one_host(described)
    lines += [f"Note: {' and '.join(each)} are one computer, and disturbed each other." for each in together]
    lines += [f"Note: on {name}, {'; '.join(said)}" for name, said in beside.differences if said]
    lines += [f"{name}: {error}" for name, error in found.items() if isinstance(error, OnnxvizError)]
    failed = [name for name, result in found.items() if isinstance(result, OnnxvizError)]
    complaint = f"No result from {', '.join(failed)}" if failed else ""
    text = told([*lines, f"Note: {machines.NOTE}"])
    return Answer(machines.to_json(found, described, beside), text, complaint)


def _there(wanted: str) -> tuple[str, ...]:
    """The machines that are meant, once they are there. Raises BadUsage."""
    if not settings.SCHEDULER.value():
        raise BadUsage(
            "--machines", "needs a cluster", f"Set {settings.SCHEDULER.name} to the address of its scheduler"
        )
    named = tuple(dict.fromkeys(names(wanted) or ()))
    if not named:
        raise BadUsage("--machines", "names no machine", f"Give {ALL}, or names such as a,b")
    missing = [name for name in named if name not in (ALL, jobs.HERE)]
    end = time.monotonic() + JOIN_SECONDS
    while time.monotonic() < end:
        there = jobs.machines()
        if there and all(name in there for name in missing):
            return tuple(
                dict.fromkeys(each for name in named for each in (there if name == ALL else (name,)))
            )
        time.sleep(POLL_SECONDS)
    there = jobs.machines()
    cause = f"does not have {', '.join(name for name in missing if name not in there) or 'any machine'}"
    raise BadUsage("The cluster", cause, jobs.note() or f"It has {', '.join(there)}")


def _look(name: str) -> Job[Described]:
    limits = jobs.Limits(seconds=DESCRIBE_SECONDS)
    return jobs.submit("bench", f"Looking at {name}", machines.describe, machine=name, limits=limits)


def _measure(name: str, plan: Plan) -> Job[BenchResult]:
    limits = jobs.Limits(seconds=runner.longest_s(plan))
    return jobs.submit("bench", f"Benchmarking on {name}", runner.run, plan, machine=name, limits=limits)


def _row(figure: Figure) -> str:
    head = f"{figure.label}, {figure.machine}"
    if figure.median_s is None:
        return f"{head}: {figure.error}"
    text = f"{head}: median {figure.median_s * 1e3:.3f} ms"
    if figure.low_s is not None and figure.high_s is not None:
        text += f" ({figure.low_s * 1e3:.3f} to {figure.high_s * 1e3:.3f})"
    return f"{text}, {figure.shift.verdict}" if figure.shift else text


def _say(sentence: str) -> None:
    print(sentence, flush=True)
