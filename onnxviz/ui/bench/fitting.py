"""Whether a file of arrays fits the models, as a verb for a worker of kind "look". No Streamlit here."""

from __future__ import annotations

from collections.abc import Sequence

from onnxviz.bench import feeds, giving
from onnxviz.errors import OnnxvizError, RefusedFile


def fitting(path: str, models: Sequence[tuple[str, str]]) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
    """(input, type, shape) of the arrays in the file at `path` that the models (name, path) are given.

    Raises RefusedFile where the arrays do not fit one of the models, which it names.
    """
    found: dict[str, tuple[str, str, tuple[int, ...]]] = {}
    for name, model in models:
        try:
            feed = giving.read(path, feeds.inputs_of(feeds.load(model)))
        except OnnxvizError as error:
            cause = f"{error.subject} {error.cause}"
            raise RefusedFile(f"Inputs for {name}", cause, error.remedy, detail=error.detail) from error
        for key, array in feed.items():
            found[key] = key, str(array.dtype), array.shape
    return tuple(found.values())
