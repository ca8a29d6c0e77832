"""Models as ONNX text -> a pair and what differs, by way of files as in the app."""

from __future__ import annotations

from pathlib import Path

import onnx

from onnxviz.diff.models import diff_models
from onnxviz.reading import read_model
from onnxviz.ui.comparing.changes import Changes
from onnxviz.ui.comparing.pair import Pair
from tests.diff.texts import model

FOLDABLE = """g (float[2] x) => (float[2] y)
<float[2] w = {1, 2}> {
  c = Constant<value_floats = [3.0, 4.0]>()
  k = Add(w, c)
  i = Identity(x)
  z = Mul(i, k)
  y = Relu(z)
}"""

FOLDED = """g (float[2] x) => (float[2] y)
<float[2] k = {4, 6}> {
  z = Mul(x, k)
  y = LeakyRelu<alpha = 0.5>(z)
}"""


def pair_of(folder: Path, before: str, after: str) -> tuple[Pair, Changes]:
    """Both models, and their diff to be asked about nodes."""
    read = []
    for name, text in (("before", before), ("after", after)):
        path = folder / f"{name}.onnx"
        onnx.save(model(text), path)
        read.append(read_model(path))
    pair = Pair(*read)
    return pair, Changes.of(pair, diff_models(Path(read[0].path), Path(read[1].path)))
