"""Results of earlier benchmarks: read from files, shown like a new one, and kept until they are taken off."""

from __future__ import annotations

import streamlit as st

from onnxviz import jobs
from onnxviz.bench import results
from onnxviz.bench.types import BenchResult
from onnxviz.errors import OnnxvizError, RefusedFile
from onnxviz.jobs import Limits
from onnxviz.ui import problems
from onnxviz.ui.bench import machineresult, running
from onnxviz.ui.bench.asked import Asked
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.text import md, plain

LOADED = "benchmark:loaded"
"""Key -> (name of the file, its result), as they came."""

CHOSEN = "benchmark:result"
LAST = "Measured last"

_SERIAL = "benchmark:loaded:serial"
_REFUSED = "benchmark:loaded:refused"

READ_SECONDS = 60.0


def all_shown() -> list[Shown]:
    """The last one that was measured here, the last of each machine of a cluster, then those from files."""
    done: tuple[Asked, BenchResult] | None = st.session_state.get(running.DONE)
    found = []
    if done is not None:
        found.append(Shown(LAST, f"m{st.session_state.get(running.SERIAL, 0)}", done[1], done[0]))
    found += machineresult.all_shown()
    loaded: dict[str, tuple[str, BenchResult]] = st.session_state.get(LOADED, {})
    return found + [Shown(name, key, result) for key, (name, result) in loaded.items()]


def chosen(found: list[Shown]) -> Shown:
    """The one to show; a person chooses where there are several."""
    by_key = {one.key: one for one in found}
    if len(by_key) == 1:
        return found[0]
    if st.session_state.get(CHOSEN) not in by_key:
        st.session_state.pop(CHOSEN, None)
    key = st.segmented_control(
        "Result to show",
        list(by_key),
        format_func=lambda key: md(plain(by_key[key].name, 60)),
        default=None if CHOSEN in st.session_state else found[0].key,
        key=CHOSEN,
        required=True,
    )
    return by_key.get(str(key), found[0])


def show() -> None:
    """Where files are given, what was wrong with them, and what is loaded."""
    serial = st.session_state.setdefault(_SERIAL, 0)
    files = st.file_uploader(
        "JSON files that Benchmark gave or `onnxviz bench --json` wrote: each is shown like a new result, "
        "and two can be set against each other.",
        type=["json"],
        accept_multiple_files=True,
        key=f"benchmark:load:{serial}",
    )
    if files:
        st.session_state[_REFUSED] = []
        for file in files:
            _read(file.name, file.getvalue())
        # An uploader that begins anew: what was read stands below it, and stays after a visit elsewhere.
        st.session_state[_SERIAL] = serial + 1
        st.rerun()
    for error in st.session_state.get(_REFUSED, ()):
        problems.show(error)
    loaded: dict[str, tuple[str, BenchResult]] = st.session_state.get(LOADED, {})
    for key, (name, result) in list(loaded.items()):
        left, right = st.columns([5, 1], vertical_alignment="center")
        count = len(result.measurements)
        left.markdown(
            f":material/description: **{md(name, 80)}** · {count} configuration{'' if count == 1 else 's'} · "
            f"{md(result.environment.cpu, 60)}"
        )
        if right.button("Remove", key=f"benchmark:remove:{key}", icon=":material/close:", width="stretch"):
            del loaded[key]
            st.rerun()


def _read(name: str, data: bytes) -> None:
    """Take a file in; the result of one file is there once, however often it is given."""
    loaded: dict[str, tuple[str, BenchResult]] = st.session_state.setdefault(LOADED, {})
    try:
        with st.spinner(f"Reading {md(name, 80)}"):
            label, limits = f"Reading {plain(name, 80)}", Limits(seconds=READ_SECONDS)
            result = jobs.run("look", label, results.parse, data, name, limits=limits)
        if not result.measurements:
            raise RefusedFile(name, "has no configuration in it", "Give a result that has some")
    except OnnxvizError as error:
        st.session_state[_REFUSED].append(error)
        return
    if any(other == result for _, other in loaded.values()):
        return
    key = f"f{st.session_state[_SERIAL]}x{len(loaded)}"
    loaded[key] = (plain(name, 80), result)
    st.session_state[CHOSEN] = key
