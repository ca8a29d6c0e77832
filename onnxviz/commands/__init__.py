"""The verbs of the command line: each returns JSON-ready data and, apart from it, text for a person."""

from onnxviz.commands.common import Answer
from onnxviz.commands.exporting import export_sample, samples
from onnxviz.commands.looking import costs, draw, find, inspect
from onnxviz.commands.rewriting import simplify
from onnxviz.commands.timing import bench, providers

__all__ = [
    "Answer",
    "bench",
    "costs",
    "draw",
    "export_sample",
    "find",
    "inspect",
    "providers",
    "samples",
    "simplify",
]
