"""Bytes on disk -> `onnxviz.model.Model`, without its weights; run it in a worker process."""

from __future__ import annotations

from onnxviz.reading.read import external_locations, read_model
from onnxviz.reading.summary import describe, node_rows

__all__ = ["describe", "external_locations", "node_rows", "read_model"]
