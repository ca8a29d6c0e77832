"""A benchmark without a process for each session, so that many models are tried soon."""

from __future__ import annotations

from functools import cache

from onnxviz.bench import environment, feeds, providers, runner
from onnxviz.bench.places import Here, Place
from onnxviz.bench.timing import timing
from onnxviz.bench.types import BenchResult, Configuration, Environment, Plan, Provider


def run_here(plan: Plan) -> BenchResult:
    """`runner.run` in this process; a session that crashes takes it down."""
    return runner.run(plan, opener=_here, known=_known(), machine=_machine())


def _here(configuration: Configuration, inputs: tuple[feeds.Input, ...], plan: Plan, provider: str) -> Place:
    return Here(timing(configuration, inputs, plan.seed, provider, plan.inputs))


@cache
def _known() -> tuple[Provider, ...]:
    return providers.probe()


@cache
def _machine() -> Environment:
    return environment.capture()
