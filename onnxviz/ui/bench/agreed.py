"""Do the configurations compute the same? What a faster one is worth depends on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from onnxviz.bench.types import Agreed, Verdict
from onnxviz.ui.bench import words
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.session import Session
from onnxviz.ui.text import md

LOOKS: dict[Verdict, tuple[str, str]] = {
    "equal": (":green[:material/check_circle:]", "bit for bit the same"),
    "close": (":green[:material/check:]", "the same but for rounding"),
    "differs": (":red[:material/error:]", "not the same"),
    "skipped": (":gray[:material/help:]", "not compared"),
}


def show(_: Session, shown: Shown) -> None:
    """The answer in a sentence, then a row for each pair."""
    found = shown.result.agreements
    if not found:
        st.caption(_nothing(shown))
        return
    st.markdown(sentence(found))
    st.table(pd.DataFrame(rows(found, shown.shorts)), border="horizontal", hide_index=True)
    st.caption(
        "Each ran once more on the same inputs, and its outputs were held against those of the first "
        "configuration of the same sizes. Errors are the largest of any element: absolute, relative to the "
        "element, and in units in the last place (ULP). Rounding may do what one model computed in other "
        "orders does."
    )


def _nothing(shown: Shown) -> str:
    if len(shown.timed) < 2:
        return "There is one configuration with times, and nothing to hold it against."
    if shown.result.is_partial:
        return "Outputs are compared at the end, and this was stopped before."
    return "This result does not say whether the outputs agree, or no two configurations have the same sizes."


def sentence(found: Sequence[Agreed]) -> str:
    """How many agree, as Markdown."""
    compared = [one for one in found if one.verdict != "skipped"]
    apart = sum(one.verdict == "differs" for one in compared)
    if not compared:
        return ":gray[:material/help:] **No outputs were compared.**"
    if apart:
        return (
            f":red[:material/error:] **{apart} of {len(compared)} give other outputs than what they were "
            "held against.**"
        )
    exact = sum(one.verdict == "equal" for one in compared)
    if exact == len(compared):
        return ":green[:material/check_circle:] **All give the same outputs, bit for bit.**"
    return ":green[:material/check:] **All give the same outputs, but for rounding.**"


def rows(found: Sequence[Agreed], shorts: Mapping[str, str]) -> list[dict[str, str]]:
    """What the table shows, as Markdown; errors stand where there are some."""
    return [
        {
            "Configuration": md(shorts.get(one.b, one.b), 160),
            "Against": md(shorts.get(one.a, one.a), 160),
            "Outputs": " ".join(LOOKS[one.verdict]),
            "Absolute": _error(one, one.absolute),
            "Relative": _error(one, one.relative),
            "ULP": _error(one, one.ulps),
            "What it says": md(one.sentence, 600),
        }
        for one in found
    ]


def _error(one: Agreed, value: float) -> str:
    if one.verdict in ("equal", "skipped"):
        return words.NO_VALUE if one.verdict == "skipped" else "0"
    return f"{value:.2g}"
