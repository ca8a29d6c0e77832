"""Bytes on disk -> `onnxviz.model.Model`, without its weights; run it in a worker process."""

from __future__ import annotations

from onnxviz.reading.inplace import read_in_place
from onnxviz.reading.read import external_locations, read_model
from onnxviz.reading.summary import describe, node_rows
from onnxviz.reading.validity import require_valid, require_valid_files

__all__ = [
    "describe",
    "external_locations",
    "node_rows",
    "read_in_place",
    "read_model",
    "require_valid",
    "require_valid_files",
]
