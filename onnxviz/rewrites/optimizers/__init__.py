"""Optimizers side by side: each turns a Model into a Rewrite, by one interface.

`registry` knows them by name, `frame` is what they share, `together` runs several on one model. Run them in
a worker of kind "rewrite".
"""

from onnxviz.rewrites.optimizers.registry import DEFAULT, Optimizer, find, names, register
from onnxviz.rewrites.optimizers.together import (
    Outcome,
    optimize,
    optimize_all,
    optimize_file,
    optimize_into_store,
)
from onnxviz.rewrites.optimizers.types import OptimizeOptions

__all__ = [
    "DEFAULT",
    "OptimizeOptions",
    "Optimizer",
    "Outcome",
    "find",
    "names",
    "optimize",
    "optimize_all",
    "optimize_file",
    "optimize_into_store",
    "register",
]
