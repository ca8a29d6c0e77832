"""Do both models compute the same? What was tried, how far apart they came, where they part."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from onnxviz import jobs
from onnxviz.jobs import Job
from onnxviz.rewrites.blame import Blame, blame_onnxsim
from onnxviz.rewrites.types import Agreement, FirstDifference
from onnxviz.rewrites.verify import MOST_TRIES, verify_files
from onnxviz.ui.comparing.about import Go
from onnxviz.ui.comparing.changes import Changes
from onnxviz.ui.comparing.pair import Pair
from onnxviz.ui.text import md
from onnxviz.ui.work import Work

WATCHED = "onnxsim"
"""The optimizer whose passes can be left out one by one."""

_ANSWERS = "compare:answers"

_TRIED = (
    "Both models run on the same made-up inputs, which keep to types, to symbolic sizes and to what an input "
    "means (an index stays in range), with ONNX Runtime's own optimizations off. What is compared are "
    "all outputs, and the tensors of the same name inside. That is evidence and no proof: other inputs may "
    "tell them apart."
)


def known(pair: Pair) -> Agreement | None:
    """The last answer for this pair, where there was one."""
    found: dict[str, Agreement] = st.session_state.get(_ANSWERS, {})
    return found.get(pair.key)


def show(pair: Pair, changes: Changes, go: Go) -> None:
    """The button, the answer, and where they differ the search for the pass to blame."""
    st.caption(_TRIED)
    work: Work[Agreement] = Work(f"compare:same:{pair.key}")
    tries, seed = _choices(pair, work)
    agreement = work.show()
    if agreement is not None:
        st.session_state.setdefault(_ANSWERS, {})[pair.key] = agreement
        _answer(pair, agreement, changes, go)
        if not agreement.agrees and not agreement.error:
            _blame(pair, tries, seed)


def _choices(pair: Pair, work: Work[Agreement]) -> tuple[int, int]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tries = int(
            st.number_input(
                "Inputs to try",
                1,
                min(100, MOST_TRIES),
                3,
                key="compare:tries",
                persist_state="session",
                width=140,
                help="More of them find rarer differences, and take longer.",
            )
        )
        seed = int(
            st.number_input(
                "Seed",
                0,
                999_999,
                0,
                key="compare:seed",
                persist_state="session",
                width=140,
                help="The same seed makes the same inputs.",
            )
        )
        if st.button("Run both and compare", type="primary", icon=":material/balance:", key="compare:verify"):
            work.start(lambda: _ask(pair, tries, seed))
    return tries, seed


def _ask(pair: Pair, tries: int, seed: int) -> Job[Agreement]:
    return jobs.submit(
        "rewrite",
        "Running both models",
        verify_files,
        Path(pair.before.path),
        Path(pair.after.path),
        tries,
        seed,
        key=("verify", *pair.files, tries, seed),
    )


def _answer(pair: Pair, agreement: Agreement, changes: Changes, go: Go) -> None:
    sentence = md(agreement.sentence, 2000)
    if agreement.error:
        st.warning(sentence, icon=":material/help:")
        return
    if agreement.agrees:
        st.info(sentence, icon=":material/balance:")
    else:
        st.error(sentence, icon=":material/warning:")
    if agreement.first is not None:
        _parting(pair, agreement.first, changes, go)
    with st.container(horizontal=True, gap="large"):
        st.metric("Largest absolute error", f"{agreement.absolute:.3g}", width="content")
        st.metric("Largest relative error", f"{agreement.relative:.3g}", width="content")
        st.metric(
            "Largest error in ULP",
            f"{agreement.ulps:.3g}",
            width="content",
            help="Units in the last place of the output's type, at the median magnitude of its tensor.",
        )
        st.metric("Tolerance (relative)", f"{agreement.tolerance.rtol:.3g}", width="content")
    lines = [
        f"- Tried: {agreement.tried:,} input{'s' if agreement.tried != 1 else ''}, "
        f"{agreement.inside:,} tensors inside.",
        f"- Worst output: {md(agreement.worst_output, 120) or 'none, all are equal bit for bit'}.",
    ]
    if agreement.tolerance.reason:
        lines.append(f"- Why this tolerance: {md(agreement.tolerance.reason, 600)}.".replace("..", "."))
    st.markdown("\n".join(lines))


def _parting(pair: Pair, first: FirstDifference, changes: Changes, go: Go) -> None:
    if first.node in changes.before and st.button(
        f"Select {md(changes.label('before', first.node), 60)}, where they part",
        icon=":material/my_location:",
        key=f"compare:parting:{pair.key}",
    ):
        go("before", first.node)


def _blame(pair: Pair, tries: int, seed: int) -> None:
    if pair.how.optimizer != WATCHED:
        st.caption("The pass to blame can be looked for where a model comes from onnxsim in this session.")
        return
    work: Work[Blame] = Work(f"compare:blame:{pair.key}")
    if st.button("Find the pass to blame", icon=":material/troubleshoot:", key="compare:blame"):
        work.start(
            lambda: jobs.submit(
                "rewrite",
                "Looking for the pass to blame",
                blame_onnxsim,
                pair.before.unnamed(),
                tries,
                seed,
                key=("blame", pair.before.digest, tries, seed),
            )
        )
    found = work.show()
    if found is not None:
        st.warning(f"{md(found.sentence, 600)} {found.runs:,} rewrites were tried.", icon=":material/gavel:")
