"""What the commands share: their answer, and how paths, lists and ways to make a model are read."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnxviz import jobs
from onnxviz.errors import BadUsage
from onnxviz.numbers import whole_number
from onnxviz.rewrites.explain.explain import explain_files
from onnxviz.rewrites.optimizers import OptimizeOptions
from onnxviz.rewrites.reasons import Explanation, How
from onnxviz.ui.text import nodes

_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")

MOST_LINES = 12
"""Of one list in text for a person; the JSON has them all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found. `complaint` is set when a check failed (exit code 1)."""

    data: Any
    text: str
    complaint: str = ""


def input_path(text: str) -> Path:
    path = Path(text)
    if path.is_dir():
        raise BadUsage(text, "is a folder", "Give the .onnx file in it")
    if not path.is_file():
        raise BadUsage(text, "is not there", "Check the path")
    # Absolute, since a worker need not be in the same folder.
    return path.absolute()


def output_path(text: str, *originals: Path) -> Path:
    """A file to write that is none of the `originals`."""
    path = Path(text)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise BadUsage(text, "is a folder, or lies in a folder that is not there", "Give a file")
    if path.exists() and any(path.samefile(original) for original in originals):
        raise BadUsage(text, "is the model itself", "Give another file for the result")
    return path.absolute()


def names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def sizes(items: list[str]) -> dict[str, int]:
    """`["batch=8"]` -> `{"batch": 8}`."""
    found = {}
    for item in items:
        name, _, text = item.rpartition("=")
        size = whole_number(text)
        if not name or not size:
            raise BadUsage(f"The size {item!r}", "cannot be read", "Write it like batch=8")
        found[name] = size
    return found


def how_made(args: argparse.Namespace) -> How:
    """How the second model came about, as `--optimizer`, `--set-dim` and `--freeze-weights` say."""
    options = OptimizeOptions(set_dims=sizes(args.set_dim or []), freeze_weights=args.freeze_weights)
    return How(args.optimizer or "", options)


def explained(before: Path, after: Path, how: How, seconds: float) -> Explanation:
    """Why each node went or stayed; what is not found within `seconds` counts as unexplained."""
    if seconds <= 0:
        raise BadUsage("--seconds", f"is {seconds:g}", "Give a positive number")
    label = f"Finding the reasons for {after.name}"
    found: Explanation = jobs.run("rewrite", label, explain_files, before, after, how, seconds)
    return found


def told(lines: Iterable[str]) -> str:
    """Lines for a person. A name in a model may hold line breaks, and could pass for a line of ours."""
    return "\n".join(_BREAKS.sub(" ", line) for line in lines)


def first_lines(lines: list[str]) -> list[str]:
    """The first `MOST_LINES`, and how many more there are."""
    rest = len(lines) - MOST_LINES
    return lines if rest <= 0 else [*lines[:MOST_LINES], f"  and {rest:,} more"]


def reason_lines(found: Explanation) -> list[str]:
    """The reasons in text: how many nodes went for each, and what would free those that stayed."""
    went = ", ".join(f"{reason} {count:,}" for reason, count in found.counts().items())
    lines = [f"{nodes(len(found.removed))} went: {went}"] if found.removed else []
    if found.kept:
        lines.append(f"{nodes(len(found.kept))} stayed that could be folded by the look of it:")
        kept = [
            f"  {each.node} ({each.op_type}): {each.sentence}"
            + (f" {each.remedy.sentence}" if each.remedy else "")
            for each in found.kept
        ]
        lines += first_lines(kept)
    return [*lines, *found.notes]
