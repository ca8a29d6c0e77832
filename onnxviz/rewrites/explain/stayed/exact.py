"""What a description rounds: floats of the file, read only when a reason hangs on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from onnxviz.reading.tensors import text_of
from onnxviz.rewrites.explain.origins import Tensor

if TYPE_CHECKING:
    import onnx

_MOST = 4096
"""Elements of a constant that are looked at; a larger one is not known to be all ones or zeros."""


class Exact:
    """The main graph of the model at `path`, loaded once, and only if it is asked for."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._graph: onnx.GraphProto | None = None
        self._tensors: dict[str, onnx.TensorProto] = {}

    def _load(self) -> onnx.GraphProto:
        import onnx

        if self._graph is None:
            self._graph = onnx.load(self._path, load_external_data=False).graph
            for node in self._graph.node:
                if node.op_type == "Constant" and node.output:
                    held = [each.t for each in node.attribute if each.name == "value"]
                    self._tensors.update((text_of(node.output[0]), tensor) for tensor in held)
            self._tensors.update((text_of(tensor.name), tensor) for tensor in self._graph.initializer)
        return self._graph

    def is_all(self, tensor: Tensor, number: int) -> bool:
        """Whether every element of a constant is that number; false where that cannot be told."""
        # The preview rounds to six digits: it can refute a 1, and cannot prove it.
        shown = tensor.value.preview
        if shown is None or set(shown.strip("[]").split(", ")) - {str(number), "…"}:
            return False
        if tensor.value.dtype not in ("float", "double", "float16", "bfloat16"):
            return "…" not in shown
        return self._holds(tensor.value.name, number)

    def _holds(self, name: str, number: int) -> bool:
        import numpy as np
        from onnx import TensorProto, numpy_helper

        self._load()
        found = self._tensors.get(name)
        if found is None or found.data_location == TensorProto.EXTERNAL or np.prod(found.dims) > _MOST:
            return False
        return bool((numpy_helper.to_array(found) == number).all())

    def same_attributes(self, one: int, other: int) -> bool:
        """Whether two nodes of the main graph, by their places in the file, have equal attributes."""
        nodes = self._load().node
        kinds = [
            {each.name: each.SerializeToString(deterministic=True) for each in nodes[at].attribute}
            for at in (one, other)
        ]
        return kinds[0] == kinds[1]
