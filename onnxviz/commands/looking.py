"""Looking at a model: what is in it, and its picture."""

from __future__ import annotations

import argparse
from typing import Any

from onnxviz import jobs
from onnxviz.commands.common import Answer, input_path, names, output_path, sizes, told
from onnxviz.costs.quantities import quantity
from onnxviz.errors import BadUsage
from onnxviz.reading import describe, read_in_place
from onnxviz.scene.finding.find import Found
from onnxviz.scene.finding.focus import Focus
from onnxviz.scene.grouping.opening import is_opening
from onnxviz.scene.picture import View, search
from onnxviz.scene.stage import Source
from onnxviz.scene.totals import totals
from onnxviz.ui.takeaway import FORMATS, render

_FOCUS_EXAMPLE = "neighbours~2~NODE"


def inspect(args: argparse.Namespace) -> Answer:
    """What is in a file."""
    path = input_path(args.model)
    model = jobs.run("look", f"Reading {path.name}", read_in_place, path)
    data = describe(model)
    ops = ", ".join(f"{op} {count}" for op, count in data["op_types"].items())
    lines = [
        f"{model.name}: {data['nodes']:,} nodes, {data['parameters']:,} parameters, {data['bytes']:,} bytes",
        f"producer   {model.producer or 'not said'}; IR version {model.ir_version}",
        f"opsets     {', '.join(f'{domain} {version}' for domain, version in data['opsets'].items())}",
        *(f"input      {_typed(model, name)}" for name in model.graph.inputs),
        *(f"output     {_typed(model, name)}" for name in model.graph.outputs),
        f"op types   {ops}",
        *(f"note       {note}" for note in model.notes),
    ]
    return Answer(data, told(lines))


def draw(args: argparse.Namespace) -> Answer:
    """Draw a file as SVG, HTML or DOT."""
    path, out = input_path(args.model), output_path(args.output)
    if out.suffix not in FORMATS:
        raise BadUsage(out.name, "is not a format that can be drawn", f"Use one of {', '.join(FORMATS)}")
    if not is_opening(args.expand):
        raise BadUsage(
            f"--expand {args.expand}", "is no way to open groups", "Use first, all, none or a depth"
        )
    focus = Focus.from_text(args.focus) if args.focus else None
    if args.focus and focus is None:
        raise BadUsage(f"--focus {args.focus}", "cannot be read", f"Write it like {_FOCUS_EXAMPLE}")
    view = View(args.expand, args.direction, focus)
    data = jobs.run("look", f"Drawing {path.name}", render, str(path), str(out), view, dark=args.dark)
    size = f", {data['boxes']} boxes" if data["boxes"] else ""
    note = f"\n{data['focus']}" if data["focus"] else ""
    return Answer(data, f"{out}: {data['nodes']} nodes{size}{note}")


def find(args: argparse.Namespace) -> Answer:
    """Search a file as the search field does."""
    path = input_path(args.model)
    ops = names(args.op) or ()
    source = Source.of_file(path)
    found: Found = jobs.run("look", f"Searching {path.name}", search, source, args.query, ops)
    hits = [{"id": hit.id, "title": hit.title, "note": hit.note} for hit in found.hits]
    data = {"query": args.query, "total": found.total, "ids": list(found.ids), "hits": hits}
    lines = [f"{found.total:,} found", *(f"{hit.title}  {hit.note}" for hit in found.hits)]
    more = [f"and {found.total - len(hits):,} more"] if found.total > len(hits) else []
    return Answer(data, told(lines + more + ([found.note] if found.note else [])))


def costs(args: argparse.Namespace) -> Answer:
    """Operations, parameters and output bytes, by op type."""
    path = input_path(args.model)
    label = f"Adding up {path.name}"
    data = jobs.run("look", label, totals, Source.of_file(path), sizes(args.dim or []))
    rows = [*data["op_types"], {"op_type": "all", "nodes": "", **data["total"]}]
    lines = [f"{'op type':28}{'nodes':>8}{'operations':>16}{'parameters':>14}{'output':>12}"]
    lines += [
        f"{row['op_type']:28}{row['nodes']:>8}{quantity(row['flops'], 'FLOP'):>16}"
        f"{quantity(row['parameters'], ''):>14}{quantity(row['output'], 'B'):>12}"
        for row in rows
    ]
    lines += [f"{name}: {note}" for name, note in data["notes"].items()]
    return Answer(data, told(lines))


def _typed(model: Any, name: str) -> str:
    value = model.graph.values.get(name)
    return f"{name}: {value.type_text if value else '?'}"
