"""Two files on disk -> a `Diff`. Run it in a worker process: both are read whole."""

from __future__ import annotations

from pathlib import Path

from onnxviz.diff.diffing import diff_descriptions
from onnxviz.diff.digests import constant_digests
from onnxviz.diff.types import Diff, Digests
from onnxviz.progress import report
from onnxviz.reading import read_model


def diff_models(before: Path, after: Path) -> Diff:
    """What differs between two model files, to the bit. Raises `RefusedFile` as `read_model` does."""
    models = [read_model(path, digest="-") for path in (before, after)]
    digests = digests_of(before, after)
    report("Matching nodes")
    return diff_descriptions(models[0], models[1], digests)


def digests_of(before: Path, after: Path) -> tuple[Digests, Digests]:
    """The digests of the constants of both files: each reads every weight once."""
    report("Comparing weights")
    return constant_digests(Path(before)), constant_digests(Path(after))
