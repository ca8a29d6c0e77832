"""Two results set against each other: did anything become slower?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from onnxviz import jobs
from onnxviz.bench import results
from onnxviz.bench.results import Compared, Shift
from onnxviz.errors import BadUsage, OnnxvizError
from onnxviz.jobs import Limits
from onnxviz.ui import problems
from onnxviz.ui.bench import words
from onnxviz.ui.bench.charts.shifts import shifts_chart
from onnxviz.ui.bench.shown import Shown
from onnxviz.ui.text import md, seconds

TOLERANCES = (0, 1, 2, 5, 10, 20, 50)
"""Per cent."""

SECONDS = 120.0

MOST_NAMED = 5


@problems.fragment
def show(found: list[Shown]) -> None:
    """Which two, how much slower is too much, and what came of it. `found` are two results at least."""
    by_key = {one.key: one for one in found}
    keys = list(by_key)
    left, middle, right = st.columns([2, 2, 2], gap="medium")
    # What was measured here comes first in the list and is newer than any file; files are in their order.
    old_at, new_at = (1, 0) if found[0].asked else (0, 1)
    old = left.selectbox(
        "Old", keys, index=old_at, format_func=lambda key: by_key[key].name, key="benchmark:old"
    )
    new = middle.selectbox(
        "New", keys, index=new_at, format_func=lambda key: by_key[key].name, key="benchmark:new"
    )
    tolerance = right.select_slider(
        "Slower by more than",
        TOLERANCES,
        value=5,
        format_func=lambda percent: f"{percent} %",
        key="benchmark:tolerance",
        help="A slowdown counts where the whole of its 95 % interval lies beyond this.",
    )
    if old == new:
        st.caption("Choose two different results.")
        return
    compared = _compared(by_key[old], by_key[new])
    if compared is None:
        return
    _say(compared, int(tolerance) / 100)


def _compared(old: Shown, new: Shown) -> Compared | None:
    """None where they cannot be compared, after saying why. Kept, since it takes a while with many runs."""
    kept: dict[tuple[str, str], Compared] = st.session_state.setdefault("benchmark:compared", {})
    if (old.key, new.key) not in kept:
        try:
            kept[old.key, new.key] = jobs.run(
                "look",
                "Comparing",
                results.compared,
                old.result,
                new.result,
                limits=Limits(seconds=SECONDS),
            )
        except BadUsage as error:
            # Nothing failed: it is another pair that can be compared.
            st.info(md(str(error)), icon=":material/info:")
            return None
        except OnnxvizError as error:
            problems.show(error)
            return None
    return kept[old.key, new.key]


def _say(found: Compared, tolerance: float) -> None:
    slower = [shift for shift in found.shifts if shift.is_slower(tolerance)]
    text = verdict(found, tolerance)
    if slower:
        st.error(text, icon=":material/trending_down:")
    else:
        st.success(text, icon=":material/check:")
    if found.machine:
        st.warning(
            f"They were not measured alike, so a difference may come from that: "
            f"{'; '.join(md(sentence, 200) for sentence in found.machine)}.",
            icon=":material/computer:",
        )
    st.altair_chart(shifts_chart(found.shifts, tolerance), width="stretch")
    st.table(pd.DataFrame(rows(found.shifts)), border="horizontal", hide_index=True)
    for what, labels in (("Only in the old result", found.gone), ("Only in the new result", found.new)):
        if labels:
            st.caption(f"{what}, or without times in the other: {_named(labels)}.")
    st.caption(
        "The two were not run by turns, so whatever changed on the machine in between counts in as well: to "
        "know whether a model became slower, measure both versions together."
    )


def verdict(found: Compared, tolerance: float) -> str:
    """The answer in a sentence, as Markdown."""
    slower = [shift for shift in found.shifts if shift.is_slower(tolerance)]
    count = len(found.shifts)
    configurations = "configuration" if count == 1 else "configurations"
    if not slower:
        return (
            f"**None of {count} {configurations} became slower by more than {100 * tolerance:g} % beyond "
            "doubt.**"
        )
    names = _named(tuple(shift.label for shift in slower))
    return (
        f"**{len(slower)} of {count} {configurations} became slower by more than {100 * tolerance:g} %:** "
        f"{names}."
    )


def _named(labels: tuple[str, ...]) -> str:
    rest = len(labels) - MOST_NAMED
    shown = ", ".join(md(label, 100) for label in labels[:MOST_NAMED])
    return f"{shown} and {rest} more" if rest > 0 else shown


def rows(shifts: tuple[Shift, ...]) -> list[dict[str, str]]:
    """A row for each configuration in both results, as Markdown."""
    return [
        {
            "Configuration": md(one.label, 160),
            "Old": seconds(one.old_s),
            "New": seconds(one.new_s),
            "Change": f"**{one.change:+.1%}**",
            "95 % interval": words.NO_VALUE
            if one.low is None or one.high is None
            else f"{one.low:+.1%} to {one.high:+.1%}",
            "Verdict": md(words.spoken(one.verdict)),
        }
        for one in shifts
    ]
