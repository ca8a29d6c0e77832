"""Folding a model's constants, with every step of it."""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from onnxviz import jobs
from onnxviz.commands.common import (
    MOST_LINES,
    Answer,
    first_lines,
    input_path,
    output_path,
    sizes,
    told,
)
from onnxviz.errors import BadUsage
from onnxviz.rewrites.fold import Counts, Folded, FoldOptions, Step, fold_file
from onnxviz.ui.text import nodes, plain

_STEPS = 3
"""Of one wave in text for a person; the JSON has them all."""

_OPS = 4
"""Op types that are named of one wave."""

_WIDTH = 110
"""Characters of a step."""

_SIZE = re.compile(r"(\d{1,15})\s*(B|KB|MB|GB)?", re.IGNORECASE)
_UNITS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}


def fold(args: argparse.Namespace) -> Answer:
    """Fold a file into another, compare their outputs, and say what folded when and why the rest stayed."""
    path, options = input_path(args.model), _options(args)
    out = output_path(args.output, path)
    done: Folded = jobs.run("rewrite", f"Folding {path.name}", fold_file, path, out, options)
    agreement = done.agreement
    first, last = done.counts[0], done.counts[-1]
    lines = [
        f"{out}: {first.nodes:,} -> {last.nodes:,} nodes in {done.seconds:.1f} s",
        *_figures(first, last),
        *_waves(done),
        *_kept(done),
        *done.notes,
        *([agreement.sentence] if agreement else []),
    ]
    failed = agreement is not None and not agreement.error and not agreement.agrees
    complaint = f"{path.name}: {agreement.sentence}" if agreement is not None and failed else ""
    return Answer({**done.to_json(), "path": str(out)}, told(lines), complaint)


def _options(args: argparse.Namespace) -> FoldOptions:
    return FoldOptions(
        set_dims=sizes(args.set_dim or []),
        freeze_weights=args.freeze_weights,
        inline_functions=args.inline_functions,
        tensor_bytes=_bytes(args.tensor_bytes),
        total_bytes=_bytes(args.total_bytes),
        checks=args.checks,
    )


def _bytes(text: str) -> int:
    """`512KB` -> 524,288; units of 1024, and bytes without one."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise BadUsage(f"The size {text[:40]!r}", "cannot be read", "Write it like 512KB, 16MB or 0")
    return int(found[1]) * _UNITS[(found[2] or "B").upper()]


def _figures(first: Counts, last: Counts) -> list[str]:
    rows = (
        ("initializers", first.initializers, last.initializers),
        ("bytes of constants", first.nbytes, last.nbytes),
        ("operations a run", first.operations, last.operations),
    )
    return [f"  {what:20}{_number(before):>16} -> {_number(after):>16}" for what, before, after in rows]


def _number(value: int | None) -> str:
    return "not known" if value is None else f"{value:,}"


def _waves(done: Folded) -> list[str]:
    """Each wave in a few lines; many waves are cut short as any list is."""
    waves = [list(steps) for _, steps in groupby(done.steps, lambda step: step.wave)]
    lines = [line for steps in waves[:MOST_LINES] for line in _wave(steps[0].wave, steps)]
    rest = len(waves) - MOST_LINES
    return [*lines, f"  and {rest:,} more"] if rest > 0 else lines


def _wave(wave: int, steps: list[Step]) -> list[str]:
    ops = Counter(step.op_type for step in steps).most_common()
    named = [f"{plain(op, 40)} {count:,}" for op, count in ops[:_OPS]]
    more = [f"{len(ops) - _OPS} types more"] if len(ops) > _OPS else []
    lines = [f"Wave {wave}: {nodes(len(steps))} ({', '.join([*named, *more])})"]
    # Values of constants are the least telling, and so is the same sentence once more.
    telling = [step for step in steps if step.op_type != "Constant"] or steps
    shown = list(dict.fromkeys(step.sentence for step in telling))[:_STEPS]
    lines += [f"  {plain(sentence, _WIDTH)}" for sentence in shown]
    rest = len(steps) - len(shown)
    return [*lines, f"  and {rest:,} more"] if rest else lines


def _kept(done: Folded) -> Iterator[str]:
    if not done.kept:
        return
    reasons = Counter(str(each.reason) for each in done.kept).most_common()
    counted = ", ".join(f"{reason} {count:,}" for reason, count in reasons)
    yield f"{nodes(len(done.kept))} stayed that could be folded by the look of it: {counted}"
    yield from first_lines(
        [
            f"  {plain(each.node, 60)} ({plain(each.op_type, 40)}): {plain(each.sentence)}"
            + (f" {plain(each.remedy.sentence)}" if each.remedy else "")
            for each in done.kept
        ]
    )
