"""Constant folding, step by step, by our own engine: what folds, in which wave, and why the rest does not.

`rules` says when a node folds and when it does not, `limits` what is stored, `engine` goes through the waves
and `replay` gives the graph after any step. Run `fold` in a worker of kind "fold".
"""

from onnxviz.rewrites.fold.folding import fold, fold_file, fold_into_store
from onnxviz.rewrites.fold.replay import replay
from onnxviz.rewrites.fold.types import Counts, Did, Folded, FoldOptions, Seen, Step

__all__ = [
    "Counts",
    "Did",
    "FoldOptions",
    "Folded",
    "Seen",
    "Step",
    "fold",
    "fold_file",
    "fold_into_store",
    "replay",
]
