"""A `Diff` as Markdown for an issue or a review (GitHub's flavour, https://github.github.com/gfm/).

Names in a model are hostile text: they stand in code spans, or with each mark escaped, and a line break
or a mark that reorders text never gets through. Lists are bounded, and say how much they leave out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from onnxviz.diff.rows import by_op_type
from onnxviz.diff.types import Change, Diff, Part
from onnxviz.model import Value
from onnxviz.rewrites.reasons import Explanation, Kept
from onnxviz.rewrites.types import Agreement
from onnxviz.scene.text import shorten

MOST_ROWS = 30
"""Of one list or table."""

MOST_CHANGES = 5
"""Of one node."""

LONGEST = 60_000
"""Characters of it all: an issue on GitHub has at most 65,536."""

MOST_CHARACTERS = 120
MOST_SENTENCE = 600
"""Of one name and of one sentence, both ends kept."""

_MARKS = re.compile(r"([\\`*_{}\[\]<>|~#@&$!^])")
_LINKED = re.compile(r"(?<=[@#])(?=\w)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
"""Where GitHub makes a link of plain text even when its mark is escaped."""
_JOINER = "\u2060"
"""Word joiner: invisible, and it keeps apart what would be read as one."""


def to_markdown(
    diff: Diff,
    before_name: str,
    after_name: str,
    explanation: Explanation | None = None,
    agreement: Agreement | None = None,
) -> str:
    """What differs, why where `explanation` says it, and whether both compute the same."""
    parts = [f"## {code(before_name)} → {code(after_name)}", _summary(diff)]
    if agreement:
        parts.append(_agreement(agreement))
    if not diff.empty:
        parts += [*_ops(diff), *_reasons(explanation), *_changed(diff), *_added(diff)]
        parts += [*_removed(diff, explanation), *_ends(diff), *_constants(diff), *_rest(diff)]
    parts += _kept(explanation.kept) if explanation else ()
    return _bounded(parts)


def _bounded(parts: Iterable[str]) -> str:
    """The paragraphs, as many as fit."""
    text = ""
    for part in parts:
        if len(text) + len(part) > LONGEST:
            return f"{text}The rest is left out, since it would not fit into an issue.\n"
        text += f"{part}\n\n"
    return text.removesuffix("\n")


def code(text: str) -> str:
    """`text` as a code span (https://spec.commonmark.org/0.31.2/#code-spans): nothing in it is markup."""
    shown = shorten(text, MOST_CHARACTERS)
    if not shown.strip():
        return "*(no name)*"
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def cell(text: str) -> str:
    """`code` within a table, where a `|` ends the cell even in a code span."""
    if "|" not in text:
        return code(text)
    # As numbers, no mark is read as one (https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references).
    inside = "".join(
        ch if ch.isalnum() or ch == " " else f"&#{ord(ch)};" for ch in shorten(text, MOST_CHARACTERS)
    )
    return f"<code>{inside}</code>"


def prose(text: str) -> str:
    """A sentence that may have names in it, every mark in it escaped."""
    line = shorten(text, MOST_SENTENCE)
    return _JOINER.join(_MARKS.sub(r"\\\1", part) for part in _LINKED.split(line))


def _summary(diff: Diff) -> str:
    if diff.empty:
        return "Nothing differs but names and the order of the file."
    graphs = list(diff.walk())
    matched = sum(len(one.matched) for one in graphs)
    changed = sum(len(one.changed) for one in graphs)
    removed, added = sum(1 for _ in diff.removed_nodes()), sum(1 for _ in diff.added_nodes())
    return (
        f"**{matched + removed:,} → {matched + added:,} nodes**: {removed:,} removed, {added:,} added, "
        f"{changed:,} changed, {matched - changed:,} the same."
    )


def _agreement(agreement: Agreement) -> str:
    reason = agreement.tolerance.reason if not agreement.error else ""
    return f"**Is it the same function?** {prose(agreement.sentence)}" + (
        f" The tolerance: {prose(reason)}" if reason else ""
    )


def _ops(diff: Diff) -> list[str]:
    rows = [
        f"| {cell(op)} | {row['before']:,} | {row['after']:,} | {row['after'] - row['before']:+,} "
        f"| {row['changed']:,} |"
        for op, row in by_op_type(diff).items()
        if row["removed"] or row["added"] or row["changed"]
    ]
    if not rows:
        return []
    head = ["| op type | before | after | difference | changed |", "|---|--:|--:|--:|--:|"]
    more = f"\n\nand {len(rows) - MOST_ROWS:,} more op types" if len(rows) > MOST_ROWS else ""
    return ["### Nodes by op type", "\n".join(head + rows[:MOST_ROWS]) + more]


def _reasons(explanation: Explanation | None) -> list[str]:
    if explanation is None or not explanation.removed:
        return []
    rows = [f"| {cell(reason)} | {count:,} |" for reason, count in explanation.counts().items()]
    notes = [prose(note) for note in explanation.notes]
    return ["### Why nodes went", "\n".join(["| reason | nodes |", "|---|--:|", *rows]), *notes]


def _changed(diff: Diff) -> list[str]:
    found = [match for one in diff.walk() for match in one.changed]
    # What a node does differently comes before what it reads, which often only follows from what went.
    found.sort(key=lambda match: all(change.field.startswith("input:") for change in match.changes))
    rows = [
        f"{code(match.after)} ({code(match.op_types[1])}): {_changes(match.changes)}"
        for match in found
        if not match.is_retyped
    ]
    retyped = len(found) - len(rows)
    sentence = f"{retyped:,} more differ in the types of their outputs alone." if retyped else ""
    return _section("Changed nodes", rows, sentence)


def _added(diff: Diff) -> list[str]:
    return _section(
        "Added nodes", [f"{code(node.id)} ({code(node.qualified_op)})" for node in diff.added_nodes()]
    )


def _removed(diff: Diff, explanation: Explanation | None) -> list[str]:
    why = {each.node: each for each in explanation.removed} if explanation else {}
    rows = []
    for node in diff.removed_nodes():
        found = why.get(node.id)
        reason = f": **{found.reason}**. {prose(found.sentence)}" if found else ""
        rows.append(f"{code(node.id)} ({code(node.qualified_op)}){reason}")
    return _section("Removed nodes", rows)


def _kept(kept: Iterable[Kept]) -> list[str]:
    rows = [
        f"{code(each.node)} ({code(each.op_type)}): **{each.reason}**. {prose(each.sentence)}"
        + (f" *{prose(each.remedy.sentence)}*" if each.remedy else "")
        for each in kept
    ]
    return _section("Nodes that stayed although they look foldable", rows)


def _constants(diff: Diff) -> list[str]:
    parts = [one.constants for one in diff.walk()]
    rows = [f"{code(twin.after)}: {_changes(twin.changes)}" for part in parts for twin in part.changed]
    added, removed = sum(len(part.added) for part in parts), sum(len(part.removed) for part in parts)
    sentence = f"{added:,} added, {removed:,} removed." if added or removed else ""
    return _section("Constants", rows, sentence)


def _ends(diff: Diff) -> list[str]:
    rows = [*_end_rows("input", diff.inputs), *_end_rows("output", diff.outputs)]
    return _section("Inputs and outputs", rows)


def _end_rows(kind: str, part: Part) -> list[str]:
    def typed(value: Value) -> str:
        return f"{code(value.name)} {code(value.type_text)}"

    return [
        *(f"{kind} {code(twin.before)}: {_changes(twin.changes)}" for twin in part.changed),
        *(f"{kind} {typed(value)} is new" for value in part.added),
        *(f"{kind} {typed(value)} is gone" for value in part.removed),
    ]


def _rest(diff: Diff) -> list[str]:
    rows = [_change(change) for change in diff.opsets]
    for one in diff.functions:
        if one.diff is None:
            rows.append(f"function {code(one.key)} is {'new' if one.before is None else 'gone'}")
        elif not one.diff.empty:
            rows.append(f"function {code(one.key)}: {_summary(one.diff)}")
    return _section("Opsets and functions", rows)


def _changes(changes: Sequence[Change]) -> str:
    rest = len(changes) - MOST_CHANGES
    return "; ".join(map(_change, changes[:MOST_CHANGES])) + (f"; and {rest:,} more" if rest > 0 else "")


def _change(change: Change) -> str:
    before, after = ("*(none)*" if side is None else code(side) for side in (change.before, change.after))
    return f"{code(change.field)} {before} → {after}"


def _section(title: str, rows: list[str], sentence: str = "") -> list[str]:
    """A heading and a list of at most `MOST_ROWS`; nothing where there is nothing to say."""
    if not rows and not sentence:
        return []
    shown = [f"- {row}" for row in rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        shown.append(f"- and {len(rows) - MOST_ROWS:,} more")
    parts = [f"### {title}" + (f" ({len(rows):,})" if rows else "")]
    return [*parts, *(["\n".join(shown)] if shown else []), *([sentence] if sentence else [])]
