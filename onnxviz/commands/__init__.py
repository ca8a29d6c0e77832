"""The verbs of the command line: each returns JSON-ready data and, apart from it, text for a person."""

from onnxviz.commands.cluster import worker
from onnxviz.commands.common import Answer
from onnxviz.commands.comparing import blame, diff, verify
from onnxviz.commands.exporting import export_sample, samples
from onnxviz.commands.folding import fold
from onnxviz.commands.learning import lessons
from onnxviz.commands.looking import costs, draw, find, inspect
from onnxviz.commands.reporting import report
from onnxviz.commands.rewriting import ALL, simplify
from onnxviz.commands.settings import show as settings
from onnxviz.commands.timing import bench, providers

__all__ = [
    "ALL",
    "Answer",
    "bench",
    "blame",
    "costs",
    "diff",
    "draw",
    "export_sample",
    "find",
    "fold",
    "inspect",
    "lessons",
    "providers",
    "report",
    "samples",
    "settings",
    "simplify",
    "verify",
    "worker",
]
