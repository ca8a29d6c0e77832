"""What ONNX Runtime raises, in one sentence for a person."""

from __future__ import annotations

import re

from onnxviz.bench.types import Configuration
from onnxviz.errors import BenchFailed
from onnxviz.library_words import known, said

KINDS = {
    "NO_SUCHFILE": "ONNX Runtime does not find a file of the model",
    "NOT_IMPLEMENTED": "ONNX Runtime has no code for one of its operators",
    "INVALID_GRAPH": "ONNX Runtime refuses the graph",
    "INVALID_PROTOBUF": "ONNX Runtime cannot read it as a model",
    "INVALID_ARGUMENT": "ONNX Runtime refuses an argument",
    "RUNTIME_EXCEPTION": "ONNX Runtime failed while it ran a node",
}
"""The status codes of onnxruntime_c_api.h that a model can cause."""


def failure(configuration: Configuration, error: Exception) -> BenchFailed:
    """The runtime's error in one sentence; its own words stay in `detail`."""
    text = str(error).strip()
    match = re.match(r"\[ONNXRuntimeError\] : \d+ : (\w+) : (.*)", text, re.DOTALL)
    kind, message = match.groups() if match else ("", text)
    message = message.rpartition("[OpenVINO-EP]")[2]
    if "not acyclic" in message and configuration.provider != "cpu":
        cause = f"{configuration.provider} cuts it into parts that wait for each other, a fault of its own"
        remedy = "Try an optimized version of the model, or another provider"
        return BenchFailed(configuration.label, cause, remedy, detail=text)
    ours, lead = known(message), KINDS.get(kind, "ONNX Runtime failed")
    words = shorten(said(message) if message.strip() else "")
    cause = f"ONNX Runtime cannot load it: {ours}" if ours else f"{lead} ({words})"
    return BenchFailed(configuration.label, cause, _remedy(kind, text), detail=text)


def shorten(message: str, limit: int = 200) -> str:
    line = " ".join(message.split()).strip(" .:") or "no message"
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _remedy(kind: str, text: str) -> str:
    if kind in ("INVALID_ARGUMENT", "RUNTIME_EXCEPTION") and ("dimensions" in text or "shape" in text):
        return "Give the sizes of its symbolic dimensions, for instance batch=1."
    if kind == "NOT_IMPLEMENTED":
        return "Try another provider, or export the model with a newer opset or as float32."
    if "opset" in text and "support" in text:
        return "Export the model with an older opset."
    if kind == "NO_SUCHFILE" or "external data" in text.lower() or "filesystem error" in text:
        return "Give the model together with its external data."
    return ""
