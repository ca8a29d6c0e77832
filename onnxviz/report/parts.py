"""The parts of a report that are plain HTML: facts, the check, bars. Every name is escaped text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from onnxviz.diff.rows import by_op_type
from onnxviz.diff.types import Diff
from onnxviz.model import Model
from onnxviz.rewrites.reasons import Explanation, How, Went
from onnxviz.rewrites.types import Agreement
from onnxviz.ui.text import plain, size

MOST_BARS = 24
"""Op types with bars of their own; the others are added up."""

MOST_ENDS = 8
"""Inputs or outputs that the facts name."""


def headline(before: Model, after: Model, diff: Diff, explanation: Explanation | None, changed: int) -> str:
    """The large figures; `changed` are those nodes that differ in themselves, as in the picture."""
    was, now = before.graph.node_count(), after.graph.node_count()
    removed, added = sum(1 for _ in diff.removed_nodes()), sum(1 for _ in diff.added_nodes())
    figures = [
        ("Nodes", f"{was:,} → {now:,}"),
        ("Size", f"{size(before.nbytes)} → {size(after.nbytes)}"),
        ("Removed", f"− {removed:,}"),
        ("Added", f"+ {added:,}"),
        ("Changed", f"~ {changed:,}"),
    ]
    if explanation is not None:
        figures.append(("Unexplained", f"{explanation.counts()[str(Went.UNEXPLAINED)]:,}"))
    cards = "".join(f"<div><dt>{label}</dt><dd>{text}</dd></div>" for label, text in figures)
    return f'<dl class="figures">{cards}</dl>'


def facts(before: Model, after: Model) -> str:
    """Both models side by side; a row in which they differ is marked."""
    rows = [
        ("Name", before.name, after.name),
        ("Nodes", *(f"{each.graph.node_count():,}" for each in (before, after))),
        ("Op types", *(f"{len(each.graph.op_counts()):,}" for each in (before, after))),
        ("Initializers", *(f"{len(each.graph.initializers):,}" for each in (before, after))),
        ("Parameters", *(f"{each.parameters:,}" for each in (before, after))),
        ("Bytes", *(f"{each.nbytes:,}" for each in (before, after))),
        ("Opsets", _opsets(before), _opsets(after)),
        ("IR version", str(before.ir_version), str(after.ir_version)),
        ("Producer", before.producer or "not said", after.producer or "not said"),
        ("Inputs", _ends(before, before.graph.inputs), _ends(after, after.graph.inputs)),
        ("Outputs", _ends(before, before.graph.outputs), _ends(after, after.graph.outputs)),
        ("SHA-256", before.digest, after.digest),
    ]
    body = "".join(
        f'<tr{"" if was == now else " class=differs"}><th scope="row">{label}</th>'
        f"<td>{text(was)}</td><td>{text(now)}</td></tr>"
        for label, was, now in rows
    )
    head = '<tr><td></td><th scope="col">Before</th><th scope="col">After</th></tr>'
    return f'<table class="facts"><thead>{head}</thead><tbody>{body}</tbody></table>'


def made(how: How) -> str:
    """How the second model came about, where that is known."""
    if not how.optimizer:
        return ""
    sizes = ", ".join(f"{name} = {number:,}" for name, number in how.options.set_dims.items())
    fixed = f", with {sizes}" if sizes else ""
    frozen = ", weights frozen" if how.options.freeze_weights else ""
    return f"<p>Made by {text(how.optimizer)}{text(fixed)}{frozen}.</p>"


def check(agreement: Agreement | None) -> str:
    """What was tried and what came out: never a bare yes."""
    if agreement is None:
        return "<p>The outputs were not compared.</p>"
    look, word = (
        ("unknown", "Not compared")
        if agreement.error
        else ("agrees", "Agrees on what was tried")
        if agreement.agrees
        else ("parts", "Differs")
    )
    lines = [f'<p class="verdict {look}"><strong>{word}.</strong> {text(agreement.sentence, 2000)}</p>']
    if agreement.tolerance.reason and not agreement.error:
        lines.append(
            f"<p>The tolerance is {agreement.tolerance.rtol:.2g}: {text(agreement.tolerance.reason, 600)}</p>"
        )
    if not agreement.error:
        lines.append("<p>Both ran on the same seeded inputs, with ONNX Runtime's own optimizations off.</p>")
    return "".join(lines)


def bars(diff: Diff) -> str:
    """Node counts by op type, before above after; the largest change first."""
    rows = [(op, row["before"], row["after"]) for op, row in by_op_type(diff).items()]
    rows.sort(key=lambda row: (-abs(row[1] - row[2]), -row[1], row[0]))
    if len(rows) > MOST_BARS:
        rest = rows[MOST_BARS:]
        others = f"{len(rest):,} more op types"
        rows = [*rows[:MOST_BARS], (others, sum(row[1] for row in rest), sum(row[2] for row in rest))]
    most = max((max(was, now) for _, was, now in rows), default=0) or 1
    lines = "".join(_bar(op, was, now, most) for op, was, now in rows)
    key = '<p class="key"><i class="was"></i> before <i class="now"></i> after</p>'
    return f'{key}<ul class="bars">{lines}</ul>'


def reasons(explanation: Explanation | None) -> str:
    """How many nodes went for each reason, the unexplained in plain sight."""
    if explanation is None or not (explanation.removed or explanation.notes):
        return ""
    counts = explanation.counts()
    items = "".join(f"<li><strong>{count:,}</strong> {text(reason)}</li>" for reason, count in counts.items())
    notes = "".join(f"<p>{text(note, 600)}</p>" for note in explanation.notes)
    return f'<h2>Why nodes went</h2><ul class="reasons">{items}</ul>{notes}'


def text(hostile: str, most: int = 300) -> str:
    """What stands in a model, as text within an element or a quoted attribute."""
    return escape(plain(hostile, most))


def _bar(op: str, was: int, now: int, most: int) -> str:
    drawn = "".join(
        f'<b class="{name}" style="width:{100 * count / most:.2f}%"></b>'
        for name, count in (("was", was), ("now", now))
    )
    label = f"{text(op)}: {was:,} before, {now:,} after"
    return (
        f'<li aria-label="{label}"><span class="op">{text(op)}</span><span class="drawn">{drawn}</span>'
        f"<span>{was:,} → {now:,}</span></li>"
    )


def _opsets(model: Model) -> str:
    return ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in model.opsets)


def _ends(model: Model, names: Iterable[str]) -> str:
    known = model.graph.values
    all_of_them = [f"{plain(n, 80)}: {known[n].type_text if n in known else '?'}" for n in names]
    rest = len(all_of_them) - MOST_ENDS
    return ", ".join(all_of_them[:MOST_ENDS]) + (f" and {rest:,} more" if rest > 0 else "")
