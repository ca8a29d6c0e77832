"""What a folder takes once every open size has a number: another trial, of the whole model."""

from __future__ import annotations

from pathlib import Path

from onnxviz.errors import OnnxvizError
from onnxviz.model import Model
from onnxviz.progress import listening
from onnxviz.reading import read_model
from onnxviz.rewrites.beside.counting import gone
from onnxviz.rewrites.beside.folders import Folder
from onnxviz.rewrites.optimizers.frame import prepared
from onnxviz.rewrites.optimizers.types import OptimizeOptions

SIZE = 2
"""Given to each symbol. Not 1, which broadcasts."""


def gone_with_sizes(folder: Folder, start: Model, where: Path) -> frozenset[str]:
    """Nodes of `start` that the folder takes then; none where nothing is open, or that cannot be tried."""
    values = (start.graph.values.get(name) for name in start.graph.inputs)
    open_ones = {dim for value in values if value for dim in value.shape or () if isinstance(dim, str)}
    if not open_ones or folder.run is None:
        return frozenset()
    options = OptimizeOptions(set_dims=dict.fromkeys(sorted(open_ones), SIZE), checks=0)
    try:
        with listening(lambda *_: None, lambda _: None):
            source, _ = prepared(start, where, options, freeze=False)
            sized = read_model(source, start.name)
            return gone(sized, folder.run(sized, where / "sized.onnx", {}).after)
    except OnnxvizError:
        return frozenset()
