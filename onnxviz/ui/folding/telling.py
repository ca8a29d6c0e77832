"""What happens in a step of a folding, or in a wave of them, beside the picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from onnxviz.inspecting.schemas import operator_help
from onnxviz.model import Model
from onnxviz.rewrites.fold import Folded, Seen, Step
from onnxviz.ui.folding import playing, words
from onnxviz.ui.messages import Unit
from onnxviz.ui.text import md, nodes, plain, size

MOST_VALUES = 8
"""Inputs, and outputs, of a step that are listed; a Concat may have hundreds."""

MOST_OPS = 8
MOST_EXAMPLES = 5


def show(folded: Folded, place: int, unit: Unit) -> None:
    """The state after `place` steps: the last of them, or the wave that it ends."""
    if not folded.steps:
        return
    if place in (0, playing.constants(folded.steps)):
        _beginning(folded)
    elif unit == "wave":
        _wave(folded, place)
    else:
        step(folded.start_model, folded.steps[place - 1], len(folded.steps))


def _beginning(folded: Folded) -> None:
    first = [step for step in folded.steps if step.wave == 1 and step.op_type != "Constant"]
    given = playing.constants(folded.steps)
    st.subheader("Before anything is computed", anchor=False)
    if given:
        many = given != 1
        st.markdown(
            f"{given:,} `Constant` node{'s are values' if many else ' is a value'} already: "
            f"{'they become initializers' if many else 'it becomes an initializer'}, with nothing to compute."
        )
    if first:
        st.markdown(
            f"{nodes(len(first))} can fold at once: all that {'they ask' if len(first) != 1 else 'it asks'} "
            "for is known. Each value that is found may let others fold, in the next wave. Press play."
        )


def step(model: Model, done: Step, last: int) -> None:
    """One step: the node, its arithmetic, the rule, and the values that went in and came out."""
    st.subheader(f"Step {done.number:,} of {last:,} :gray[· wave {done.wave}]", anchor=False)
    st.markdown(f"**{md(done.op_type)}** {words.happened(done)} :gray[:small[{md(done.node, 80)}]]")
    st.code(plain(done.sentence, 600), language=None, wrap_lines=True)
    name, sentence = words.RULES[done.rule]
    page = operator_help(done.op_type, "", dict(model.opsets).get(""))
    link = f" [The page of {md(done.op_type)}]({page.url})" if page is not None else ""
    st.markdown(f":small[**Rule {done.rule}, {name[:1].lower()}{name[1:]}.** {sentence}{link}]")
    _values(done)
    st.caption(f"Constants of the model: {size(done.bytes_before)} before, {size(done.bytes_after)} after.")


def _values(done: Step) -> None:
    """What it reads and what it makes, by name and value."""
    rows = [("reads", each) for each in done.inputs[:MOST_VALUES]]
    rows += [("makes", each) for each in done.outputs[:MOST_VALUES]]
    cells = [f"| :small[{what}] | :small[{md(each.name, 40)}] | {_value(each)} |" for what, each in rows]
    st.markdown("\n".join(["| | Tensor | Value |", "|:--|:--|:--|", *cells]))
    more = len(done.inputs) + len(done.outputs) - len(rows)
    if more:
        st.caption(f"and {more:,} more")


def _value(seen: Seen) -> str:
    if seen.is_known:
        return f":small[{md(seen.text, 120)}]"
    return f":small[:gray[not known: {md(seen.text, 80)}]]"


def _wave(folded: Folded, place: int) -> None:
    """The wave of the last step: how many nodes of which operators, and some of them written out."""
    number = folded.steps[place - 1].wave
    wave = [step for step in folded.steps if step.wave == number]
    st.subheader(f"Wave {number} of {folded.waves} :gray[· {nodes(len(wave))}]", anchor=False)
    ops = Counter(step.op_type for step in wave)
    named = ", ".join(f"**{md(op)}** ×{count:,}" for op, count in ops.most_common(MOST_OPS))
    more = f" and {len(ops) - MOST_OPS} more operators" if len(ops) > MOST_OPS else ""
    why = "All that these ask for was known from the start." if number == 1 else _since(number)
    st.markdown(f"{named}{more}. {why}")
    st.code("\n".join(plain(step.sentence, 110) for step in _examples(wave)), language=None, wrap_lines=True)
    grown = f"{size(wave[0].bytes_before)} before, {size(wave[-1].bytes_after)} after"
    st.caption(f"Constants of the model: {grown}.")


def _since(number: int) -> str:
    return f"What these ask for became known in wave {number - 1} or before."


def _examples(wave: Sequence[Step]) -> list[Step]:
    """A few steps of different operators; `Constant`s, which say least, last."""
    firsts: dict[str, Step] = {}
    for each in wave:
        firsts.setdefault(each.op_type, each)
    ordered = sorted(firsts.values(), key=lambda each: each.op_type == "Constant")
    return ordered[:MOST_EXAMPLES]
