"""Which execution providers run the models, and with which options."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from onnxviz import jobs
from onnxviz.bench.options import OPTIONS, ProviderOption
from onnxviz.bench.providers import probe
from onnxviz.bench.types import Provider
from onnxviz.ui.text import md
from onnxviz.ui.work import Work

PROVIDERS = "benchmark:providers"
DEFAULT = "as the provider chooses"

Options = tuple[tuple[str, str, str], ...]
"""(provider's short name, option, value), as `Plan.options`."""


def choose(elsewhere: Sequence[str] = ()) -> tuple[list[str], Options] | None:
    """Short names of those chosen, and their options; None while it is not known which work.

    `elsewhere` are those that work on other machines.
    """
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
    usable = list(dict.fromkeys([*(one.short for one in found if one.is_usable), *elsewhere]))
    picked = st.pills(
        "Execution providers",
        usable,
        selection_mode="multi",
        default=["cpu"] if "cpu" in usable else usable[:1],
        key=PROVIDERS,
        persist_state="session",
        help="What ONNX Runtime runs the nodes on. Each was tried here with a tiny model.",
    )
    options: Options = ()
    if any(short in OPTIONS for short in picked):
        with st.container(horizontal=True):
            for short in picked:
                options += _options(short)
    for one in found:
        if not one.is_usable:
            _unusable(one)
    return list(picked), options


def _options(short: str) -> Options:
    known = OPTIONS.get(short, ())
    if not known:
        return ()
    with st.popover(f"Options of {md(short)}", icon=":material/tune:"):
        given = [(option.name, _option(short, option)) for option in known]
    return tuple((short, name, value) for name, value in given if value)


def _option(short: str, option: ProviderOption) -> str:
    """The value that was given; empty where the provider chooses."""
    key = f"benchmark:option:{short}:{option.name}"
    if option.values:
        return st.selectbox(
            option.label,
            ("", *option.values),
            format_func=lambda value: value or DEFAULT,
            key=key,
            persist_state="session",
            help=option.help,
        )
    value = st.number_input(
        option.label,
        min_value=0,
        value=None,
        step=1,
        placeholder=DEFAULT,
        key=key,
        persist_state="session",
        help=option.help,
    )
    return "" if value is None else str(int(value))


def _unusable(one: Provider) -> None:
    if one.status == "remote":
        st.caption(f":gray-badge[{md(one.short)}] not a local device: {md(one.reason)}.")
        return
    st.caption(
        f":orange-badge[:material/block: {md(one.short)}] is listed but does not work: {md(one.reason)}. "
        f"{md(one.remedy)}."
    )
