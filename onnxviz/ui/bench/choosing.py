"""What to measure: every choice of the page, which together make a `Plan`."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from onnxviz.bench.types import Level, Plan
from onnxviz.model import Model
from onnxviz.ui import benchsizes
from onnxviz.ui.bench import inputchoice, machines, modelchoice, providerchoice, settings
from onnxviz.ui.bench.asked import Asked
from onnxviz.ui.bench.providerchoice import Options
from onnxviz.ui.session import Session

MOST_CONFIGURATIONS = 64
"""Each is a process of its own with the model in it, and all are open together."""


def choose(mine: Session) -> Asked | None:
    """Every choice; None, after saying why, while there is nothing that could be measured."""
    with st.container(border=True):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            models = [entry.model for entry in modelchoice.choose(mine)]
        with right:
            providers = providerchoice.choose(machines.providers())
        seconds, levels, threads, batches = _settings(models)
        inputs = inputchoice.choose(models)
        sizes = {} if inputs else _sizes(models, batches)
    if not _is_whole(models, providers, levels) or inputs is None:
        return None
    shorts, options = providers or ((), ())
    plan = Plan(
        tuple((model.name, model.path) for model in models),
        providers=tuple(shorts),
        seconds=float(seconds),
        dims=(tuple(sizes.items()),),
        levels=levels,
        threads=threads,
        # An array has the batch that it has.
        batches=(0,) if inputs else batches or (0,),
        inputs=inputs,
        options=options,
    )
    return Asked(plan, tuple(model.digest for model in models)) if _can_be_open(plan) else None


def _settings(models: Sequence[Model]) -> tuple[int, tuple[Level, ...], tuple[int, ...], tuple[int, ...]]:
    first, second, third, fourth = st.columns([5, 6, 4, 4], gap="medium")
    with first:
        seconds = settings.budget()
    with second:
        levels = settings.levels()
    with third:
        threads = settings.threads()
    with fourth:
        return seconds, levels, threads, settings.batches(models)


def _sizes(models: Sequence[Model], batches: Sequence[int]) -> dict[str, int]:
    """Sizes of symbolic dimensions, less those that the batch sizes give."""
    first = batches[0] if batches else 0
    by_batch = dict.fromkeys(settings.batch_names(models), first) if batches else {}
    return benchsizes.choose(models, by_batch)


def _is_whole(
    models: Sequence[Model], providers: tuple[list[str], Options] | None, levels: Sequence[Level]
) -> bool:
    """Whether all that a plan needs is there; what is missing is said."""
    if providers is None:
        st.caption("Trying the providers first.")
        return False
    parts = (("a model", models), ("a provider", providers[0]), ("an optimization level", levels))
    missing = [what for what, there in parts if not there]
    if missing:
        st.caption(f"Choose {' and '.join(missing)} to measure.")
    return not missing


def _can_be_open(plan: Plan) -> bool:
    count = len(plan.configurations())
    if count > MOST_CONFIGURATIONS:
        st.warning(
            f"These choices make {count:,} configurations, and {MOST_CONFIGURATIONS} can be open together. "
            "Choose fewer of something.",
            icon=":material/apps:",
        )
    return count <= MOST_CONFIGURATIONS
