"""The folders: how each is run so that it folds and does nothing else.

Versions that this was measured on: onnxsim 0.8.1, onnxscript 0.7.2, ONNX Runtime 1.32.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnxviz.model import Model
from onnxviz.rewrites.optimizers.by_runtime import load_or_copy
from onnxviz.rewrites.optimizers.frame import LARGEST_FILE, nbytes_of, rewritten
from onnxviz.rewrites.optimizers.types import OptimizeOptions
from onnxviz.rewrites.reasons import Stayed
from onnxviz.rewrites.simplify import SimplifyOptions, simplify
from onnxviz.rewrites.types import Rewrite

OURS = "fold"

Settings = Mapping[str, Any]

Run = Callable[[Model, Path, Settings], Rewrite]
"""The model into a file, with settings that are not the usual ones. Raises RewriteFailed."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A setting that may free a node that stays: `reason` and `sentence` are what that shows."""

    settings: Settings
    reason: Stayed
    sentence: str
    source: str


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder. `label` is the head of its column, `setting` says how it is run.

    `library` is its distribution on PyPI, empty for ours. `trials` are tried in turn on a node that it
    leaves. `looks_into_bodies` says whether it folds in the bodies of If, Loop and Scan, and `keeps_listed`
    that it leaves what is computed from weights that are inputs too.
    """

    name: str
    label: str
    setting: str
    library: str = ""
    run: Run | None = None
    trials: tuple[Trial, ...] = ()
    looks_into_bodies: bool = True
    keeps_listed: bool = True


def _onnxsim(before: Model, out: Path, settings: Settings) -> Rewrite:
    return simplify(before, out, SimplifyOptions(skip_optimization=True, checks=0, **settings))


def _onnxscript(before: Model, out: Path, settings: Settings) -> Rewrite:
    from onnxscript.optimizer import fold_constants

    def work(source: Path, target: Path) -> tuple[str, ...]:
        import onnx_ir

        model = onnx_ir.load(source)
        fold_constants(model, **{"onnx_shape_inference": True, **settings})
        held = (value.const_value for value in model.graph.initializers.values())
        large = sum(tensor.nbytes for tensor in held if tensor) > LARGEST_FILE
        onnx_ir.save(model, target, external_data=f"{target.name}.data" if large else None)
        return ()

    return rewritten(before, out, OptimizeOptions(checks=0), "onnxscript", work)


NOT_FOLDING = (
    "CommonSubexpressionElimination",
    "ConstantSharing",
    "DoubleQDQPairsRemover",
    "EnsureUniqueDQForNodeUnit",
    "FreeDimensionOverrideTransformer",
    "GatherSliceToSplitFusion",
    "GatherToSliceFusion",
    "GeluFusionL1",
    "LayerNormFusionL1",
    "Level1_RuleBasedTransformer",
    "MatMulAddFusion",
    "PadFusion",
    "QDQPropagationTransformer",
    "ReshapeFusion",
    "SliceConcatToSpaceToDepthFusion",
    "TransposeOptimizer",
    "WeightBiasQuantization",
    "WhereDummyDq",
)
"""What ONNX Runtime 1.32.0 runs at its basic level beside `ConstantFolding`, by the lines "GraphTransformer …
modified" of its log at severity INFO. It pays no heed to a name that it does not know."""


def _runtime(before: Model, out: Path, settings: Settings) -> Rewrite:
    import onnxruntime as ort

    def work(source: Path, target: Path) -> tuple[str, ...]:
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(target)
        options.log_severity_level = 4
        if nbytes_of(source) > LARGEST_FILE:
            key = "session.optimized_model_external_initializers_file_name"
            options.add_session_config_entry(key, f"{target.name}.data")
        for key, value in settings.items():
            options.add_session_config_entry(key, value)
        providers = ["CPUExecutionProvider"]

        def load(model: str | bytes) -> object:
            return ort.InferenceSession(
                model, options, providers=providers, disabled_optimizers=[*NOT_FOLDING]
            )

        return load_or_copy(source, load, "ort-basic")

    # As in `optimizers.by_runtime`: it leaves weights that it folded behind as inputs without a value.
    return rewritten(before, out, OptimizeOptions(checks=0), "ort-basic", work, freezes=True)


_UNLIMITED = 1 << 40
"""Elements: more than any tensor here has."""

_FOLDERS = (
    Folder(
        OURS,
        "ours",
        "Folds constants and does nothing else; stores up to 1 MiB a tensor unless told otherwise.",
    ),
    Folder(
        "onnxsim",
        "onnxsim",
        "With its optimizations off: shape inference and folding remain.",
        "onnxsim",
        _onnxsim,
        looks_into_bodies=False,
        keeps_listed=False,
    ),
    Folder(
        "onnxscript",
        "onnxscript",
        "Its `fold_constants` alone, without rewrite rules, with shape inference as its optimizer has it.",
        "onnxscript",
        _onnxscript,
        (
            Trial(
                {"input_size_limit": _UNLIMITED, "output_size_limit": _UNLIMITED},
                Stayed.SIZE_LIMIT,
                "onnxscript folds nothing that reads a tensor of more than 8,192 elements (apart from a "
                "Transpose that is its only reader), or makes one of more than 262,144 that is larger than "
                "what goes.",
                "input_size_limit and output_size_limit of onnxscript.optimizer.fold_constants",
            ),
            Trial(
                {"should_fold": lambda _: True},
                Stayed.SETTING,
                "onnxscript keeps {op} unless `should_fold` says otherwise.",
                "DEFAULT_CONSTANT_FOLD_BLACKLIST and should_fold of onnxscript.optimizer.fold_constants",
            ),
            Trial(
                {"should_fold": lambda _: True, "output_size_limit": _UNLIMITED},
                Stayed.SETTING,
                "onnxscript keeps {op} unless `should_fold` says otherwise, and stores nothing so large.",
                "should_fold and output_size_limit of onnxscript.optimizer.fold_constants",
            ),
        ),
    ),
    Folder(
        "ort-basic",
        "ONNX Runtime",
        "Its basic level, with all but its constant folding switched off.",
        "onnxruntime",
        _runtime,
        (
            Trial(
                {"optimization.constant_folding_max_output_size_in_bytes": "0"},
                Stayed.SIZE_LIMIT,
                "ONNX Runtime folds only what it can tell beforehand to take at most 1 GiB.",
                "session option optimization.constant_folding_max_output_size_in_bytes",
            ),
            Trial(
                {"session.disable_quant_qdq": "1"},
                Stayed.SETTING,
                "ONNX Runtime keeps {op}, so that a quantized kernel can take it in.",
                "session option session.disable_quant_qdq",
            ),
        ),
        keeps_listed=False,
    ),
)

FOLDERS: dict[str, Folder] = {each.name: each for each in _FOLDERS}
"""By name, in the order in which they are shown."""
