"""Two files on disk -> a `Diff`. Run it in a worker process: both are read whole."""

from __future__ import annotations

from pathlib import Path

from onnxviz.diff.diffing import diff_descriptions
from onnxviz.diff.digests import constant_digests
from onnxviz.diff.types import Diff
from onnxviz.progress import report
from onnxviz.reading import read_model


def diff_models(before: Path, after: Path) -> Diff:
    """What differs between two model files, to the bit. Raises `RefusedFile` as `read_model` does."""
    models = [read_model(path, digest="-") for path in (before, after)]
    report("Comparing weights")
    digests = constant_digests(Path(before)), constant_digests(Path(after))
    report("Matching nodes")
    return diff_descriptions(models[0], models[1], digests)
