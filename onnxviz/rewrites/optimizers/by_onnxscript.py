"""The optimizer of onnxscript (https://github.com/microsoft/onnxscript, version 0.7.2)."""

from __future__ import annotations

from pathlib import Path

from onnxviz.model import Model
from onnxviz.rewrites.optimizers.frame import LARGEST_FILE, rewritten
from onnxviz.rewrites.optimizers.types import OptimizeOptions
from onnxviz.rewrites.types import Rewrite

NAME = "onnxscript"


def optimize(before: Model, out: Path, options: OptimizeOptions) -> Rewrite:
    """See `registry.Optimize`."""
    import onnxscript.optimizer  # noqa: F401 — loaded here, so that its time is not counted

    return rewritten(before, out, options, NAME, _optimize)


def _optimize(source: Path, out: Path) -> tuple[str, ...]:
    import onnx_ir
    from onnxscript.optimizer import optimize_ir

    model = onnx_ir.load(source)
    notes = _remarks(model)
    optimize_ir(model)
    # Weights that lie in other files are read when they are written: they never are in memory together.
    nbytes = sum(value.const_value.nbytes for value in model.graph.initializers.values() if value.const_value)
    onnx_ir.save(model, out, external_data=f"{out.name}.data" if nbytes > LARGEST_FILE else None)
    return notes


def _remarks(model: object) -> tuple[str, ...]:
    from onnx_ir import Model as IrModel

    assert isinstance(model, IrModel)
    listed = sum(value.name in model.graph.initializers for value in model.graph.inputs)
    if not listed:
        return ()
    return (
        f"{listed:,} weights are inputs of the model too, so that a caller may replace them: onnxscript "
        "folds nothing that is computed from them. Freezing the weights lets it.",
    )
