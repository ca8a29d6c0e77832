"""Running a model with ONNX Runtime's own optimizations off, so that what runs is the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from onnxviz.errors import RewriteFailed
from onnxviz.library_words import said
from onnxviz.rewrites import naming
from onnxviz.rewrites.runnable import runnable

if TYPE_CHECKING:
    import onnx

LARGEST_INSIDE = 1 << 29
"""Bytes of a model that is still looked into: that takes several copies of it in memory."""

Outputs = list[Any]
"""What a session gives: arrays, or lists and maps of them."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of two models that are compared. `label` is its part in a sentence ("The original")."""

    label: str
    path: Path
    proto: onnx.ModelProto
    """Without its external data, unless that was put in."""
    session: Any
    ran_as: str = ""
    """A sentence, where a copy runs in place of the file (see `runnable`); `proto` is that copy then."""

    @property
    def nbytes(self) -> int:
        """Of the file and its external data."""
        from onnxviz.reading.external import is_external, tensors_of
        from onnxviz.reading.tensors import promised_bytes

        outside = (promised_bytes(tensor) or 0 for tensor in tensors_of(self.proto) if is_external(tensor))
        return self.path.stat().st_size + sum(outside)

    @property
    def outputs(self) -> list[str]:
        """Names of its outputs."""
        return [output.name for output in self.session.get_outputs()]

    def run(self, feed: Mapping[str, NDArray[Any]]) -> Outputs:
        """Its outputs on `feed`. Raises RewriteFailed."""
        return run(self.session, feed, self.label)

    def exposing(self, names: Iterable[str]) -> Any:
        """A session whose outputs are the tensors called `names`. Raises RewriteFailed."""
        import onnx

        proto = type(self.proto)()
        proto.CopyFrom(self.proto)
        del proto.graph.output[:]
        # The runtime finds out the types itself: a value_info may be wrong or missing.
        proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
        return unoptimized_session(serialized(proto, self.label), self.label, self.path.parent)


def opened(label: str, path: Path) -> Side:
    """A model ready to run, or a copy that the runtime takes. Raises RewriteFailed."""
    import onnx

    proto = onnx.load(path, load_external_data=False)
    # The runtime runs a model with others, and then cannot say what its outputs are called.
    naming.check(proto, label)
    try:
        return Side(label, path, proto, unoptimized_session(str(path), label))
    except RewriteFailed as refusal:
        copy = runnable(proto, refusal.detail)
        if copy is None:
            raise
        session = unoptimized_session(serialized(copy.proto, label), label, path.parent)
        return Side(label, path, copy.proto, session, copy.note)


def unoptimized_session(source: str | bytes, side: str = "The model", folder: Path | None = None) -> Any:
    """An ONNX Runtime session on the CPU with graph optimizations off; raises RewriteFailed.

    `folder` is where the external data of a model given as bytes lies.
    """
    import onnxruntime as ort

    settings = ort.SessionOptions()
    settings.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    settings.log_severity_level = 4
    if folder is not None:
        settings.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
    try:
        return ort.InferenceSession(source, settings, providers=["CPUExecutionProvider"])
    except Exception as error:
        # The runtime's error classes have no common base below Exception.
        raise RewriteFailed(side, f"ONNX Runtime cannot load it: {said(error)}", detail=str(error)) from error


def run(
    session: Any, feed: Mapping[str, NDArray[Any]], side: str, names: Sequence[str] | None = None
) -> Outputs:
    """All outputs, or those called `names`. Raises RewriteFailed."""
    try:
        return list(session.run(names, dict(feed)))
    except Exception as error:
        # The runtime's error classes have no common base below Exception.
        raise RewriteFailed(
            side, f"ONNX Runtime cannot run it on these inputs: {said(error)}", detail=str(error)
        ) from error


def serialized(proto: onnx.ModelProto, label: str) -> bytes:
    """The model's bytes. Raises RewriteFailed where protobuf cannot write that many."""
    from google.protobuf.message import EncodeError

    try:
        return bytes(proto.SerializeToString())
    except (EncodeError, ValueError) as error:
        raise RewriteFailed(label, "is too large to be looked into", detail=str(error)) from error
