"""What to measure: models, providers, sizes, time. Widgets that together make a `Plan`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast, get_args

import streamlit as st

from onnxviz import jobs
from onnxviz.bench.providers import probe
from onnxviz.bench.types import Level, Plan, Provider
from onnxviz.ui import benchsizes
from onnxviz.ui.session import Entry, Session
from onnxviz.ui.text import md, plain
from onnxviz.ui.work import Work

CHOSEN = "benchmark:chosen"
PROVIDERS = "benchmark:providers"
SECONDS = "benchmark:seconds"
LEVELS = "benchmark:levels"
THREADS = "benchmark:threads"
REQUEST = "benchmark:models"
"""Another page leaves digests here to have them chosen: `["before", "after"]`, the baseline first."""

MOST_MODELS = 8
"""All sessions are open together, and more rows than this are no picture."""

BUDGETS = (1, 2, 5, 10, 20, 30, 60, 120)

LOAD_SECONDS = 1.0
"""To load and create one session, at most: the nine models of the `onnx` wheel and a 46 MB DenseNet took
0.01 to 0.85 s on a 2-core machine."""

GRACE_SECONDS = 300
"""On top of twice the time to measure: loading the models is not part of it."""

LEVEL_WORDS: dict[Level, str] = {
    "off": "off: the graph as it is",
    "basic": "basic: folding and redundant nodes",
    "extended": "extended: also fusions",
    "all": "all: also memory layout",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A plan, and which models of the session its files are."""

    plan: Plan
    digests: tuple[str, ...]

    def is_same(self, other: Asked) -> bool:
        """Whether both measure the same; names of models may have changed."""
        return self.digests == other.digests and replace(self.plan, models=()) == replace(
            other.plan, models=()
        )


@dataclass(slots=True)
class _Preset:
    """What was chosen for the person, for which current model, and what stood there in the last run."""

    current: str = ""
    chosen: tuple[str, ...] = ()
    last: list[str] | None = None


def preset(mine: Session) -> list[str]:
    """The current model and its latest rewrite, or its original and itself; the older one is the baseline."""
    entry = mine.current
    if entry is None:
        return []
    digest = entry.model.digest
    rewrites = mine.children(digest)
    if rewrites:
        return [digest, rewrites[-1].model.digest]
    return [entry.parent, digest] if entry.parent in mine.entries else [digest]


def choose(mine: Session) -> Asked | None:
    """Every choice; None, after saying why, while there is nothing that could be measured."""
    with st.container(border=True):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            entries = _models(mine)
        with right:
            providers = _providers()
        models = [entry.model for entry in entries]
        sizes = benchsizes.choose(models)
        seconds, more = st.columns([3, 2], gap="medium", vertical_alignment="bottom")
        with seconds:
            budget = _budget()
        with more, st.popover("More", icon=":material/tune:"):
            levels, threads = _more()
    missing = [
        what
        for what, there in (
            ("a model", entries),
            ("a provider", providers),
            ("an optimization level", levels),
        )
        if not there
    ]
    if missing:
        waiting = providers is None
        st.caption(
            "Trying the providers first." if waiting else f"Choose {' and '.join(missing)} to measure."
        )
        return None
    plan = Plan(
        tuple((model.name, model.path) for model in models),
        providers=tuple(providers or ()),
        seconds=float(budget),
        dims=(tuple(sizes.items()),),
        levels=tuple(levels),
        threads=(threads,),
    )
    return Asked(plan, tuple(model.digest for model in models))


def _models(mine: Session) -> list[Entry]:
    st.session_state[CHOSEN] = _wanted(mine)
    labels = {digest: plain(entry.model.name, 80) for digest, entry in mine.entries.items()}
    chosen = st.multiselect(
        "Models",
        list(labels),
        format_func=lambda digest: labels.get(digest, digest),
        key=CHOSEN,
        max_selections=MOST_MODELS,
        help="The first is the baseline: the others are compared with it. They run by turns, so that "
        "whatever slows this machine down meets all of them alike.",
    )
    memory: _Preset = st.session_state["benchmark:preset"]
    memory.last = list(chosen)
    return [mine.entries[digest] for digest in chosen]


def _wanted(mine: Session) -> list[str]:
    """What another page asked for, else what the person chose, else the preset for the current model.

    The preset follows the current model until the person chooses; a choice stays until a model that is
    not among it becomes current.
    """
    memory: _Preset = st.session_state.setdefault("benchmark:preset", _Preset())
    requested = [d for d in st.session_state.pop(REQUEST, ()) if d in mine.entries]
    # The widget's own value is gone after a visit to another page.
    before = st.session_state.get(CHOSEN, memory.last)
    chosen = [d for d in before or () if d in mine.entries]
    untouched = before is None or tuple(before) == memory.chosen or (bool(before) and not chosen)
    moved = mine.current_digest != memory.current and mine.current_digest not in chosen
    memory.current = mine.current_digest
    if requested:
        return list(dict.fromkeys(requested))[:MOST_MODELS]
    if untouched or moved:
        chosen = preset(mine)
        memory.chosen = tuple(chosen)
    return chosen


def _providers() -> list[str] | None:
    """Short names of those chosen; None while it is not known which work."""
    work: Work[tuple[Provider, ...]] = Work("benchmark:providers")
    if not st.session_state.get("benchmark:probed"):
        st.session_state["benchmark:probed"] = True
        work.start(lambda: jobs.submit("bench", "Trying the providers", probe, key=("providers",)))
    found = work.show()
    if found is None:
        if not work.running() and st.button("Try the providers again", icon=":material/refresh:"):
            st.session_state["benchmark:probed"] = False
            st.rerun()
        return None
    usable = [one.short for one in found if one.is_usable]
    picked = st.pills(
        "Execution providers",
        usable,
        selection_mode="multi",
        default=["cpu"] if "cpu" in usable else usable[:1],
        key=PROVIDERS,
        persist_state="session",
        help="What ONNX Runtime runs the nodes on. Each was tried here with a tiny model.",
    )
    for one in found:
        if not one.is_usable:
            _unusable(one)
    return list(picked)


def _unusable(one: Provider) -> None:
    if one.status == "remote":
        st.caption(f":gray-badge[{md(one.short)}] not a local device: {md(one.reason)}.")
        return
    st.caption(
        f":orange-badge[:material/block: {md(one.short)}] is listed but does not work: {md(one.reason)}. "
        f"{md(one.remedy)}."
    )


def _budget() -> int:
    return int(
        st.select_slider(
            "Time to measure",
            BUDGETS,
            value=5,
            key=SECONDS,
            persist_state="session",
            format_func=lambda seconds: f"{seconds} s",
            help="Warm-up and timed runs of all configurations together. Longer finds smaller differences. "
            "Six rounds are made in any case, in up to twice this time, since fewer tell nothing.",
        )
    )


def _more() -> tuple[list[Level], int]:
    levels = st.pills(
        "Optimizations of ONNX Runtime",
        get_args(Level),
        selection_mode="multi",
        default=["all"],
        format_func=lambda level: LEVEL_WORDS[level],
        key=LEVELS,
        persist_state="session",
        help="The runtime rewrites the graph once more when it loads it. With none, one sees what the "
        "model's own simplification is worth; with all, what is left of that in use.",
    )
    threads = st.number_input(
        "Threads inside a node",
        0,
        256,
        0,
        key=THREADS,
        persist_state="session",
        help="0: as the runtime chooses, one per physical core.",
    )
    return [cast("Level", level) for level in levels], int(threads)


def deadline(plan: Plan) -> int:
    """Seconds after which a measurement is stuck."""
    return round(2 * plan.seconds) + GRACE_SECONDS


def estimate(plan: Plan) -> str:
    """How long it will take, as Markdown."""
    count = len(plan.configurations())
    load = LOAD_SECONDS * count
    each = f", {plan.seconds / count:.2g} s for each of {count} configurations" if count > 1 else ""
    return (
        f"Up to about {plan.seconds + load:.0f} s: {plan.seconds:g} s of measuring{each}, and up to "
        f"{load:.0f} s to load. Very slow models take up to twice the time."
    )
