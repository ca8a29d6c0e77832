"""Beside others: what onnxsim, onnxscript and ONNX Runtime fold on a model, and where they disagree."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from onnxviz import jobs
from onnxviz.errors import OnnxvizError
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.rewrites.beside import FOLDERS, Beside, Column, Row, column, failed, join
from onnxviz.rewrites.fold import FoldOptions
from onnxviz.ui import problems
from onnxviz.ui.text import md, nodes, plain, seconds

POLL_SECONDS = 0.5
PATIENCE_SECONDS = 1.0
FOLDED, LEFT, NOT_KNOWN = "folds", "leaves", "–"


@dataclass(slots=True)
class Asked:
    """The jobs of one model with some options, and the columns that have come in, by folder."""

    of: tuple[object, ...]
    waiting: dict[str, Job[Column]] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)

    def collect(self, patience: float = 0.0) -> bool:
        """Take in what is done; True when nothing is waited for any more."""
        for name, job in list(self.waiting.items()):
            try:
                self.columns[name] = job.result(patience)
            except TimeoutError:
                continue
            except OnnxvizError as error:
                self.columns[name] = failed(name, error)
            # Not `del`: a browser that comes back has a thread of its own, and that may have been here first.
            self.waiting.pop(name, None)
        return not self.waiting

    def cancel(self) -> None:
        """Stop what still runs."""
        for job in self.waiting.values():
            job.cancel()


def show(model: Model, options: FoldOptions) -> None:
    """The table, filled as each of them is done."""
    asked = _asked(model, options)
    if asked.collect(PATIENCE_SECONDS / len(FOLDERS)):
        _found(model, asked)
        return

    @problems.fragment(run_every=POLL_SECONDS)
    def watching() -> None:
        if asked.collect():
            st.rerun()
        _found(model, asked)

    watching()


def _asked(model: Model, options: FoldOptions) -> Asked:
    of = (model.digest, options.key())
    kept: Asked | None = st.session_state.get("fold:beside")
    if kept is not None and kept.of == of:
        return kept
    if kept is not None:
        kept.cancel()
    made = Asked(of)
    for name, folder in FOLDERS.items():
        try:
            made.waiting[name] = jobs.submit(
                "rewrite",
                f"{folder.label} folds {model.name}",
                column,
                name,
                model.unnamed(),
                options,
                key=("beside", name, *of),
            )
        except OnnxvizError as error:
            made.columns[name] = failed(name, error)
    st.session_state["fold:beside"] = made
    return made


def _found(model: Model, asked: Asked) -> None:
    _heads(asked)
    found = join(model, [asked.columns[name] for name in FOLDERS if name in asked.columns])
    if len([each for each in found.columns if not each.error]) < 2:
        return
    _disagreements(found, is_done=not asked.waiting)


def _heads(asked: Asked) -> None:
    for place, (name, folder) in zip(st.columns(len(FOLDERS)), FOLDERS.items(), strict=True):
        with place, st.container(border=True, gap="xsmall"):
            st.markdown(f"**{md(folder.label)}**", help=md(folder.setting, 600))
            # In this order: a column is there before its job is no longer waited for.
            job, known = asked.waiting.get(name), asked.columns.get(name)
            if known is None and job is not None:
                progress = job.progress()
                st.markdown(f":gray[:material/hourglass: {md(progress.text)} · {progress.seconds:.0f} s]")
            elif known is not None and known.error:
                st.markdown(f":red[:material/error:] {md(known.error, 300)}")
            elif known is not None:
                st.markdown(f"### {len(known.folded):,} of {known.nodes:,}")
                st.caption(f"fold · {nodes(known.left)} left · {seconds(known.seconds)}")
                for note in known.notes:
                    st.caption(md(note))


def _disagreements(found: Beside, *, is_done: bool) -> None:
    if not found.rows:
        if is_done:
            st.success("They agree on every node.", icon=":material/balance:")
        return
    st.markdown(
        f"**They disagree on {nodes(len(found.rows))}**, and all fold the same {found.agreed:,}. "
        ":small[`Constant`s are not counted: whoever folds leaves none.]"
    )
    labels = {name: folder.label for name, folder in FOLDERS.items()}
    only = st.pills(
        "Show",
        list(labels),
        format_func=lambda name: f"left by {labels[name]}",
        selection_mode="single",
        key="fold:beside:only",
        label_visibility="collapsed",
    )
    rows = [row for row in found.rows if only is None or row.kept(only) is not None]
    event = st.dataframe(
        pd.DataFrame([_row(row, labels) for row in rows]),
        hide_index=True,
        key=f"fold:beside:rows:{only}",
        on_select="rerun",
        selection_mode="single-row",
        height=min(38 + 35 * max(1, len(rows)), 480),
        column_config={"Why": st.column_config.Column(width=620)},
        alt="Nodes on which they disagree",
    )
    chosen = [rows[at] for at in event.selection.rows if at < len(rows)]
    if chosen:
        _in_full(chosen[0], labels)
    elif rows:
        st.caption("Choose a row to read it in full.")
    if found.unexplained:
        st.caption(f"For {found.unexplained:,} of these cells no reason could be shown.")


def _in_full(row: Row, labels: dict[str, str]) -> None:
    """One node, with what each that leaves it has to say."""
    st.markdown(f"**{md(row.op_type, 60)}** :gray[:small[{md(row.node, 120)}]]")
    folds = ", ".join(md(labels[name]) for name in row.folded_by)
    lines = [f"- {folds}: it folds."] if folds else []
    lines += [f"- {md(labels[name])}: {md(kept.sentence, 600)}" for name, kept in row.left_by]
    st.markdown("\n".join(lines))


def _row(row: Row, labels: dict[str, str]) -> dict[str, str]:
    marks = {
        label: FOLDED if name in row.folded_by else LEFT if row.kept(name) is not None else NOT_KNOWN
        for name, label in labels.items()
    }
    return {
        "Operator": plain(row.op_type, 60),
        **marks,
        "Why": plain(row.why, 600),
        "Node": plain(row.node, 120),
    }
