"""The functions of a model put in the place of their calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnxviz.errors import RewriteFailed

if TYPE_CHECKING:
    import onnx


def inlined(proto: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """`proto` without functions of its own; `name` is the model's, for the error.

    Raises RewriteFailed where `onnx.inliner` gives up: a function that calls itself, or one of an opset that
    cannot be converted.
    """
    from onnx import inliner
    from onnx.checker import ValidationError

    try:
        found: onnx.ModelProto = inliner.inline_local_functions(proto)
    except (RuntimeError, ValueError, ValidationError) as error:
        cause = "its functions cannot be inlined"
        raise RewriteFailed(name, cause, "Fold it without", detail=str(error)) from error
    return found
