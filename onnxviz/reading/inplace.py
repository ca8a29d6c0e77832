"""A person's own file -> `Model`, where it lies: a verb for what is named on a command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from onnxviz import settings
from onnxviz.model import Model
from onnxviz.reading.read import read_model
from onnxviz.store import digest_of
from onnxviz.store.referring import refer_to


def read_in_place(path: Path, name: str = "") -> Model:
    """`read_model`, without reading the weights of a large model to know it.

    Of more than `settings.COPY_BYTES` the digest is that of the model's place (`onnxviz.store.referring`), as
    where the app opens the same file; of less it is that of its content. Raises as `read_model` does.
    """
    path = Path(path)
    model = read_model(path, name, "-")
    if model.nbytes > settings.COPY_BYTES.value():
        return replace(model, digest=refer_to(path, model.external_files).digest)
    others = {location: path.parent / location for location in model.external_files}
    return replace(model, digest=digest_of(path, others))
