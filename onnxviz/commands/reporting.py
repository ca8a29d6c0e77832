"""A comparison of two models as one HTML file to take away."""

from __future__ import annotations

import argparse
from typing import Any

from onnxviz import jobs
from onnxviz.commands.common import Answer, how_made, input_path, output_path
from onnxviz.errors import BadUsage
from onnxviz.report import write_report


def report(args: argparse.Namespace) -> Answer:
    """Write the report of two files: graphs, reasons, tables and checks."""
    before, after = input_path(args.before), input_path(args.after)
    out = output_path(args.output, before, after)
    if args.seconds <= 0:
        raise BadUsage("--seconds", f"is {args.seconds:g}", "Give a positive number")
    names = (before.name, after.name)
    data: dict[str, Any] = jobs.run(
        "rewrite",
        f"Reporting on {before.name} and {after.name}",
        write_report,
        before,
        after,
        out,
        names,
        how_made(args),
        args.seconds,
        args.inputs,
        args.seed,
    )
    verified = data["verified"]
    return Answer(data, f"{out}: {data['bytes']:,} bytes" + (f"\n{verified['sentence']}" if verified else ""))
