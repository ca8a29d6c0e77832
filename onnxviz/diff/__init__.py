"""Two graphs -> a `Diff`: which node is which, and what is different.

Pure. `digests` and `models` read files, and are imported by their own names, in a worker process.
"""

from __future__ import annotations

from onnxviz.diff.diffing import diff, diff_descriptions
from onnxviz.diff.patching import apply, apply_to_functions, invert
from onnxviz.diff.types import Change, Diff, Digests, Match, Part, Twin

__all__ = [
    "Change",
    "Diff",
    "Digests",
    "Match",
    "Part",
    "Twin",
    "apply",
    "apply_to_functions",
    "diff",
    "diff_descriptions",
    "invert",
]
