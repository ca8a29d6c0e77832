"""The rule by which a node gives what it gets, in words, by operator."""

from __future__ import annotations

from onnxviz.model import Node

_RULES = {
    "Identity": "Identity",
    "Dropout": "Dropout outside training",
    "Cast": "Cast to the type that it has",
    "CastLike": "CastLike to the type that it has",
    "Transpose": "Transpose that keeps the order of axes",
    "Reshape": "Reshape to the shape that it has",
    "Flatten": "Flatten to the shape that it has",
    "Squeeze": "Squeeze of no axis",
    "Unsqueeze": "Unsqueeze of no axis",
    "Slice": "Slice of everything",
    "Concat": "Concat of one",
    "Split": "Split into one",
    "Pad": "Pad by nothing",
    "Add": "Add of zero",
    "Sub": "Sub of zero",
    "Mul": "Mul by one",
    "Div": "Div by one",
    "Pow": "Pow by one",
    "Expand": "Expand to the shape that it has",
    "Tile": "Tile by one",
    "Resize": "Resize to the size that it has",
    "Upsample": "Upsample to the size that it has",
    "Sum": "Sum of one",
    "Max": "Max of one, or of what is larger anyway",
    "Min": "Min of one, or of what is smaller anyway",
    "Mean": "Mean of one",
    "Gather": "Gather of everything in order",
    "And": "And with true",
    "Or": "Or with false",
    "Where": "Where with one condition for all",
    "BatchNormalization": "BatchNormalization by mean 0, variance 1, scale 1 and bias 0",
    "AveragePool": "AveragePool over one element",
    "MaxPool": "MaxPool over one element",
    "GlobalAveragePool": "GlobalAveragePool over one element",
}


def rule(node: Node) -> str:
    """For a node that was seen to give what it gets."""
    if node.op_type.startswith("Reduce"):
        return f"{node.op_type} over axes of one element"
    if node.domain in ("", "ai.onnx") and node.op_type in _RULES:
        return _RULES[node.op_type]
    return f"{node.qualified_op} of what it does not change"
