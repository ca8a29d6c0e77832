"""Sample models: the list, and an export."""

from __future__ import annotations

import argparse

from onnxviz import jobs
from onnxviz.commands.common import Answer, names, output_path, told
from onnxviz.samples.catalog import SAMPLES, find
from onnxviz.samples.export import export
from onnxviz.samples.options import ExportOptions, complete, parse_dynamic, parse_settings


def samples(_: argparse.Namespace) -> Answer:
    """The gallery."""
    data = [
        {
            "id": sample.id,
            "title": sample.title,
            "teaches": sample.teaches,
            "exporters": list(sample.exporters),
            "settings": sample.defaults(),
        }
        for sample in SAMPLES.values()
    ]
    width = max(len(sample) for sample in SAMPLES)
    return Answer(data, "\n".join(f"{row['id']:{width}}  {row['teaches']}" for row in data))


def export_sample(args: argparse.Namespace) -> Answer:
    """Export one sample with PyTorch."""
    options = ExportOptions(
        exporter=args.exporter,
        opset=args.opset,
        input_names=names(args.input_names),
        output_names=names(args.output_names),
        dynamic=parse_dynamic(args.dynamic) if args.dynamic is not None else None,
        optimize=args.optimize,
        settings=parse_settings(args.set or []),
    )
    sample = find(args.sample)
    full = complete(sample, options)
    out = output_path(args.output)
    label = f"Exporting {sample.title}"
    done = jobs.run("torch", label, export, args.sample, out, options)
    data = {
        "sample": args.sample,
        "path": str(done.path),
        "bytes": done.nbytes,
        "seconds": done.seconds,
        "exporter": full.exporter,
        "opset": full.opset,
        "notes": list(done.notes),
        "script": done.script,
    }
    lines = [f"{done.path}: {done.nbytes:,} bytes in {done.seconds:.1f} s", *done.notes]
    return Answer(data, told(lines))
