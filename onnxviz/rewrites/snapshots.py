"""A model at one moment: its counts, and a file of it that shares its large tensors with its neighbours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from onnxviz.reading.external import is_external, tensors_of

if TYPE_CHECKING:
    import onnx

SHARED_BYTES = 1 << 16
"""A tensor from this size on gets a file of its own, named by its content."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts, bodies of If and Loop included; `typed` counts values whose shape the file notes."""

    nodes: int
    ops: dict[str, int]
    initializers: int
    typed: int


def summary_of(model: onnx.ModelProto) -> Summary:
    """The counts of a model."""
    counts = ops(model)
    typed = sum(value.type.tensor_type.HasField("shape") for value in model.graph.value_info)
    return Summary(sum(counts.values()), counts, len(model.graph.initializer), typed)


def ops(model: onnx.ModelProto) -> dict[str, int]:
    """Op type, `domain.` before it where that is not the default -> nodes; as `Graph.op_counts`."""
    counts: dict[str, int] = {}
    for node in _nodes(model.graph):
        name = f"{node.domain}.{node.op_type}" if node.domain not in ("", "ai.onnx") else node.op_type
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def save(model: onnx.ModelProto, folder: Path, file: str) -> str:
    """Write the model as `file`, its large tensors beside it; returns the SHA-256 of the file, hex."""
    proto = type(model)()
    proto.CopyFrom(model)
    for tensor in tensors_of(proto):
        if len(tensor.raw_data) >= SHARED_BYTES and not is_external(tensor):
            _put_apart(tensor, folder)
    data = proto.SerializeToString(deterministic=True)
    (folder / file).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _put_apart(tensor: onnx.TensorProto, folder: Path) -> None:
    # Named by its content, so that a tensor that no step touches is written once.
    location = f"{hashlib.blake2b(tensor.raw_data, digest_size=16).hexdigest()}.bin"
    path = folder / location
    if not path.exists():
        path.write_bytes(tensor.raw_data)
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    tensor.data_location = type(tensor).EXTERNAL
    tensor.ClearField("raw_data")


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    waiting = [graph]
    while waiting:
        for node in waiting.pop().node:
            yield node
            for attribute in node.attribute:
                waiting.extend([attribute.g] if attribute.HasField("g") else [])
                waiting.extend(attribute.graphs)
