"""Two models side by side: what differs, whether they compute the same, and which pass is to blame."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from onnxviz import jobs
from onnxviz.commands.common import Answer, explained, first_lines, how_made, input_path, output_path, told
from onnxviz.diff import Diff
from onnxviz.diff.markdown import to_markdown
from onnxviz.diff.models import diff_models
from onnxviz.diff.rows import by_op_type
from onnxviz.reading import read_in_place
from onnxviz.rewrites.blame import Blame, blame_onnxsim
from onnxviz.rewrites.types import Agreement
from onnxviz.rewrites.verify import verify_files
from onnxviz.ui.text import nodes


def diff(args: argparse.Namespace) -> Answer:
    """What differs between two files, as text, JSON or Markdown."""
    before, after = input_path(args.before), input_path(args.after)
    out = output_path(args.output, before, after) if args.output else None
    found: Diff = jobs.run("look", f"Comparing {before.name} and {after.name}", diff_models, before, after)
    explanation = explained(before, after, how_made(args), args.seconds) if args.reasons else None
    agreement = _agreement(before, after, args.inputs, 0) if args.inputs else None
    data: dict[str, Any] = found.to_json()
    data |= {"explanation": explanation.to_json()} if explanation else {}
    data |= {"verified": agreement.to_json()} if agreement else {}
    if args.markdown or (out and out.suffix == ".md"):
        text = to_markdown(found, before.name, after.name, explanation, agreement)
    else:
        text = told(_lines(found, before.name, after.name))
    if out:
        as_json = args.json or out.suffix == ".json"
        out.write_text(json.dumps(data, indent=2) if as_json else text, encoding="utf-8")
        text = f"{out}: {_summary(found)}"
    differs = args.exit_code and not found.empty
    return Answer(data, text, f"{before.name} and {after.name} differ." if differs else "")


def verify(args: argparse.Namespace) -> Answer:
    """Whether two files compute the same on seeded inputs.

    Where nothing could be compared the check has failed too: what was not shown must not pass.
    """
    before, after = input_path(args.before), input_path(args.after)
    found = _agreement(before, after, args.inputs, args.seed)
    passed = found.agrees and not found.error
    reason = (
        f"\nThe tolerance: {found.tolerance.reason}" if found.tolerance.reason and not found.error else ""
    )
    complaint = "" if passed else f"{before.name} and {after.name}: {found.sentence}"
    return Answer(found.to_json(), found.sentence + reason, complaint)


def blame(args: argparse.Namespace) -> Answer:
    """Which of onnxsim's passes changes what a file computes, if one does."""
    path = input_path(args.model)
    model = jobs.run("look", f"Reading {path.name}", read_in_place, path)
    label = f"Looking for the pass to blame in {path.name}"
    found: Blame = jobs.run("rewrite", label, blame_onnxsim, model, args.inputs, args.seed)
    return Answer(found.to_json(), found.sentence, f"{path.name}: {found.sentence}" if found.passes else "")


def _agreement(before: Path, after: Path, inputs: int, seed: int) -> Agreement:
    label = f"Running {before.name} and {after.name}"
    found: Agreement = jobs.run("rewrite", label, verify_files, before, after, inputs, seed)
    return found


def _summary(found: Diff) -> str:
    if found.empty:
        return "nothing differs but names and order"
    graphs = list(found.walk())
    counts = {
        "matched": sum(len(one.matched) for one in graphs),
        "changed": sum(len(one.changed) for one in graphs),
        "removed": sum(1 for _ in found.removed_nodes()),
        "added": sum(1 for _ in found.added_nodes()),
    }
    return ", ".join(f"{nodes(count)} {kind}" for kind, count in counts.items())


def _lines(found: Diff, before: str, after: str) -> list[str]:
    lines = [f"{before} -> {after}: {_summary(found)}"]
    rows = [
        (op, row) for op, row in by_op_type(found).items() if row["removed"] + row["added"] + row["changed"]
    ]
    if rows:
        lines.append(f"{'op type':28}{'before':>8}{'after':>8}{'changed':>9}{'removed':>9}{'added':>7}")
        kinds = (("before", 8), ("after", 8), ("changed", 9), ("removed", 9), ("added", 7))
        lines += [f"{op:28}" + "".join(f"{row[kind]:{width},}" for kind, width in kinds) for op, row in rows]
    # What a node does differently comes before what it reads, which often only follows from what went.
    matches = [match for one in found.walk() for match in one.changed if not match.is_retyped]
    matches.sort(key=lambda match: all(change.field.startswith("input:") for change in match.changes))
    changes = [
        f"changed {match.after} ({match.op_types[1]}): {change.field} {change.before} -> {change.after}"
        for match in matches
        for change in match.changes
    ]
    added = [f"added {node.id} ({node.qualified_op})" for node in found.added_nodes()]
    return lines + first_lines(changes) + first_lines(added)
