"""The same plan on several machines of a cluster: which ones, and the jobs under way, one on each."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from onnxviz import jobs, settings
from onnxviz.bench import machines, runner
from onnxviz.bench.machines import Described, SideBySide
from onnxviz.bench.types import BenchResult
from onnxviz.errors import BadUsage, OnnxvizError
from onnxviz.jobs import Job, Limits
from onnxviz.ui import problems
from onnxviz.ui.bench.asked import Asked
from onnxviz.ui.text import md, plain
from onnxviz.ui.work import Work

CHOSEN = "benchmark:machines"
THIS = "This machine"
"""What people read for `jobs.HERE`."""

_MEMORY = "benchmark:machines:memory"
_LOOK_SECONDS = _COMPARE_SECONDS = 120.0
_PATIENCE_SECONDS = 0.2
_POLL_SECONDS = 0.5


@dataclass(slots=True)
class Compared:
    """What was measured together, by machine in the order chosen."""

    asked: Asked
    found: dict[str, BenchResult | OnnxvizError]
    described: dict[str, Described]
    serial: int


@dataclass(slots=True)
class _Memory:
    """What is known of machines, what runs now, and what came of it last."""

    described: dict[str, Described] = field(default_factory=dict)
    looking: dict[str, Job[Described]] = field(default_factory=dict)
    running: tuple[str, ...] = ()
    measuring: set[str] = field(default_factory=set)
    """Those of `running` that were looked at and have the plan."""
    asked: Asked | None = None
    found: dict[str, BenchResult | OnnxvizError] = field(default_factory=dict)
    done: Compared | None = None
    serial: int = 0


def name_of(machine: str) -> str:
    """A machine's name on the page, not escaped."""
    return THIS if machine == jobs.HERE else plain(machine, 60)


def last() -> Compared | None:
    """What was measured last on several machines."""
    return _memory().done


def is_for(chosen: tuple[str, ...]) -> bool:
    """Whether it takes this module to measure on `chosen`, or something runs on machines already."""
    return bool(_memory().running) or chosen != (jobs.HERE,)


def comparing() -> Work[SideBySide]:
    """The work that sets what was measured last side by side."""
    return Work("benchmark:beside")


def choose() -> tuple[str, ...]:
    """The machines to measure on; this one alone where there is no cluster."""
    if not settings.SCHEDULER.value():
        return (jobs.HERE,)
    if said := jobs.note():
        st.warning(md(said, 600), icon=":material/lan:")
    there = jobs.machines()
    if not there:
        return (jobs.HERE,)
    _look_at((*there, jobs.HERE))
    before = [name for name in st.session_state.get(CHOSEN, ()) if name in (*there, jobs.HERE)]
    if CHOSEN in st.session_state and before != list(st.session_state[CHOSEN]):
        st.session_state[CHOSEN] = before
    picked = st.pills(
        "Machines",
        [*there, jobs.HERE],
        selection_mode="multi",
        default=None if CHOSEN in st.session_state else list(there),
        format_func=lambda name: md(name_of(name), 60),
        key=CHOSEN,
        persist_state="session",
        help="The same is measured on each, all at the same time, and shown side by side. The first is what "
        "the others are held against.",
    )
    if not picked:
        st.caption("Choose a machine to measure on.")
    # In the order of the list: which of them was clicked first says nothing.
    return tuple(name for name in (*there, jobs.HERE) if name in picked)


def providers() -> tuple[str, ...]:
    """Short names of the providers that work on a machine of the cluster, as far as they were looked at."""
    there, described = jobs.machines(), _memory().described
    known = [described[name] for name in there if name in described]
    return tuple(dict.fromkeys(short for one in known for short in one.usable))


def run(asked: Asked | None, chosen: tuple[str, ...]) -> bool:
    """The button and what it starts; False while it is under way."""
    memory = _memory()
    is_busy = bool(memory.running)
    with st.container():
        pressed = _button(asked, chosen, is_busy)
    if pressed and asked is not None:
        _begin(memory, asked, chosen)
        st.rerun()
    with st.container():
        for name in memory.running:
            _collect(memory, name)
    if memory.running and all(name in memory.found for name in memory.running):
        _finish(memory)
        st.rerun()
    return not memory.running


def _memory() -> _Memory:
    found: _Memory = st.session_state.setdefault(_MEMORY, _Memory())
    return found


def _button(asked: Asked | None, chosen: tuple[str, ...], is_busy: bool) -> bool:
    button, text = st.columns([1, 5], vertical_alignment="center")
    if asked is not None and chosen and not is_busy:
        count = len(asked.plan.configurations())
        configurations = "1 configuration" if count == 1 else f"{count} configurations"
        where = f"**{len(chosen)} machines** at once" if len(chosen) > 1 else md(name_of(chosen[0]))
        text.caption(
            f"{configurations} on {where}, {asked.plan.seconds:g} s of measuring. Sending and loading the "
            "models comes on top."
        )
    return button.button(
        "Measure",
        type="primary",
        icon=":material/speed:",
        disabled=asked is None or not chosen or is_busy,
        width="stretch",
    )


def _begin(memory: _Memory, asked: Asked, chosen: tuple[str, ...]) -> None:
    memory.asked, memory.running, memory.measuring, memory.found = asked, chosen, set(), {}
    for name in chosen:
        if name not in memory.described:
            _look_work(name).start(partial(_look, name))


def _collect(memory: _Memory, name: str) -> None:
    """Bring one machine a step further: first it is looked at, then it measures."""
    if name in memory.found:
        st.caption(f":material/check: {md(name_of(name))} is done.")
        return
    looking, measuring = _look_work(name), _measure_work(name)
    if name not in memory.measuring:
        described = memory.described.get(name) or looking.show(
            instead=lambda error: _failed(memory, name, error)
        )
        if described is None:
            return
        memory.described[name] = described
        looking.clear()
        asked = memory.asked
        assert asked is not None
        try:
            plan = machines.plan_for(asked.plan, described)
        except BadUsage as error:
            memory.found[name] = error
            return
        limits = Limits(seconds=runner.longest_s(plan))
        label = f"Measuring on {name_of(name)}"
        # Without a key: a benchmark is a measurement, and none may come from a cache.
        memory.measuring.add(name)
        measuring.start(lambda: jobs.submit("bench", label, runner.run, plan, machine=name, limits=limits))
    result = measuring.show(instead=lambda error: _failed(memory, name, error))
    if result is not None:
        memory.found[name] = result
        measuring.clear()


def _failed(memory: _Memory, name: str, error: OnnxvizError) -> bool:
    memory.found[name] = error
    return True


def _finish(memory: _Memory) -> None:
    assert memory.asked is not None
    memory.serial += 1
    found = {name: memory.found[name] for name in memory.running}
    described = {name: memory.described[name] for name in found if name in memory.described}
    memory.done = Compared(memory.asked, found, described, memory.serial)
    memory.running, memory.found = (), {}
    limits = Limits(seconds=_COMPARE_SECONDS)
    comparing().start(
        lambda: jobs.submit("look", "Comparing the machines", machines.side_by_side, found, limits=limits)
    )


def _look_at(names: tuple[str, ...]) -> None:
    """Find out what the machines are before anybody measures: it says which providers can be chosen."""
    memory = _memory()
    for name in names:
        if name not in memory.described and name not in memory.looking:
            memory.looking[name] = _look(name)
    _collect_looks(memory)
    waits = any(not job.done() for job in memory.looking.values())

    @problems.fragment(run_every=_POLL_SECONDS if waits else None)
    def looking() -> None:
        if waits and _collect_looks(_memory()):
            st.rerun()

    looking()


def _collect_looks(memory: _Memory) -> bool:
    """Take in what is known by now; True when that is something."""
    done = [name for name, job in memory.looking.items() if job.done() and name not in memory.described]
    for name in done:
        try:
            memory.described[name] = memory.looking[name].result(0)
        except OnnxvizError:
            # It may be gone again; where somebody measures on it, it is looked at anew.
            del memory.looking[name]
    return bool(done)


def _look(name: str) -> Job[Described]:
    label, limits = f"Looking at {name_of(name)}", Limits(seconds=_LOOK_SECONDS)
    return jobs.submit("bench", label, machines.describe, machine=name, limits=limits, key=("described",))


def _look_work(name: str) -> Work[Described]:
    return Work(f"benchmark:look:{name}", _PATIENCE_SECONDS)


def _measure_work(name: str) -> Work[BenchResult]:
    return Work(f"benchmark:on:{name}", _PATIENCE_SECONDS)
