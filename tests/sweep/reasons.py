"""What verbs do not do with models of the `onnx` wheel, and the words that a person gets instead.

Everything that is not in here must be done. The words were read by a person.
"""

from __future__ import annotations

RUNNING = (
    "simplify onnxsim",
    "simplify onnxslim",
    "simplify onnxscript",
    "simplify ort-basic",
    "simplify ort-extended",
    "simplify ort-all",
    "simplify fold",
    "fold",
    "verify",
    "report",
    "fold beside",
    "blame",
    "bench",
)
"""The verbs that run the model, or have ONNX Runtime load it. Those of them that rewrite do write their
result; what is missing is the comparison of outputs."""

_NO_GRADIENT = "the runtime has no operator ai.onnx.preview.training.Gradient"

_TWO_INPUTS = "its node 'node_{0}_{1}' has 2 inputs, which {0} of opset {2} does not take"
"""onnxscript 0.7.2 writes forms of later opsets into an old model. The answer is that the result is not the
same function, and why."""

REASONS: dict[tuple[str, str], str] = {
    **{
        (f"simple/test_gradient_of_{name}", verb): _NO_GRADIENT
        for name in ("add", "add_and_mul")
        for verb in RUNNING
    },
    ("simple/test_sequence_model5", "simplify onnxscript"): _TWO_INPUTS.format("Unsqueeze", 1, 11),
    ("simple/test_sequence_model8", "simplify onnxscript"): _TWO_INPUTS.format("Split", 0, 11),
    ("pytorch-operator/test_operator_mm", "simplify onnxscript"): _TWO_INPUTS.format("Gemm", 0, 6),
}
"""(model, verb) -> words of the sentence."""
