"""Operators that work element by element, normalizations, and those that compute nothing."""

from __future__ import annotations

from onnxviz.costs.call import Call
from onnxviz.costs.rules import Rule, each, nothing, per_output
from onnxviz.costs.sequence import SOFTMAX

_FVCORE = "https://github.com/facebookresearch/fvcore/blob/main/fvcore/nn/jit_handles.py"

LAYER_NORM = 6
"""Mean, deviation, square, its mean, division, scale: once per element. The square root is one per row."""

_ELEMENTWISE = (
    "Relu LeakyRelu PRelu Elu Selu Celu Gelu Sigmoid HardSigmoid HardSwish Swish Mish Tanh Softplus Softsign"
    " ThresholdedRelu Shrink Add Sub Mul Div Mod Pow Sqrt Exp Log Neg Abs Sign Reciprocal Floor Ceil Round"
    " Erf Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Clip CumSum CumProd BitShift And Or Not Xor"
    " Equal Greater Less GreaterOrEqual LessOrEqual IsNaN IsInf BitwiseAnd BitwiseOr BitwiseXor BitwiseNot"
)

_MOVES = (
    "Reshape Flatten Transpose Squeeze Unsqueeze Concat Split Slice Gather GatherND GatherElements"
    " TensorScatter Expand Tile Pad Identity Cast CastLike BitCast Shape Size DepthToSpace SpaceToDepth"
    " CenterCropPad Compress OneHot ReverseSequence NonZero Trilu Where MaxUnpool SequenceConstruct"
    " SequenceAt SequenceInsert SequenceErase SequenceEmpty SequenceLength SplitToSequence"
    " ConcatFromSequence Optional OptionalGetElement OptionalHasElement"
)

_FILLS = (
    "Constant ConstantOfShape Range EyeLike RandomNormal RandomNormalLike RandomUniform RandomUniformLike"
    " Bernoulli Multinomial HannWindow HammingWindow BlackmanWindow MelWeightMatrix"
)

_TEXT = "StringConcat StringSplit StringNormalizer RegexFullMatch"


def _broadcast(call: Call) -> int:
    return call.out()


def _variadic(call: Call) -> int:
    return (len(call.node.inputs) - 1) * call.out()


def _mean(call: Call) -> int:
    return len(call.node.inputs) * call.out()


def _batch_norm(call: Call) -> int:
    return call.same() * (LAYER_NORM + 1 if call.whole("training_mode", 0) else 2)


def _layer_norm(call: Call) -> int:
    return call.same() * (LAYER_NORM + call.has(2))


def _lrn(call: Call) -> int:
    return call.same() * (call.whole("size", 1) + 4)


def _log_softmax(call: Call) -> int:
    shape = call.shape(0)
    row = call.axis(shape, call.whole("axis", -1)) if shape else 1
    return SOFTMAX * call.count(0) + (call.count(0) // row if row else 0)


def _scatter(call: Call) -> int:
    return 0 if call.word("reduction", "none") in ("", "none") else call.count(2)


def _entropy(call: Call) -> int:
    return SOFTMAX * call.count(0) + 3 * call.count(1)


def _likelihood(call: Call) -> int:
    return 2 * call.count(1)


ELEMENTWISE = Rule(
    _broadcast, "1 · elements(Y): one operation each; a function such as exp or tanh counts as one too"
)
NORM = per_output(
    LAYER_NORM + 1, "mean, deviation, square, mean of squares, division, scale, shift, each once per element"
)
RMS_NORM = per_output(4, "square, mean of squares, division, scale")
SOFTMAX_RULE = per_output(SOFTMAX, "maximum, subtraction, exponential, sum, division")
MOVES = nothing("moves data, computes nothing")
QUANTIZE = per_output(3, "division, rounding, addition of the zero point")
DEQUANTIZE = per_output(2, "subtraction of the zero point, multiplication")

RULES: dict[str, Rule] = {
    **each(_ELEMENTWISE, ELEMENTWISE),
    **each("Sum Max Min", Rule(_variadic, "(inputs - 1) · elements(Y)")),
    "Mean": Rule(_mean, "inputs · elements(Y)"),
    "SwiGLU": per_output(2, "activation of the gate, product"),
    "BatchNormalization": Rule(
        _batch_norm,
        "2 · elements(Y): scale and shift, whose factors are one per channel; 7 · elements(Y) in training",
        _FVCORE,
    ),
    **each("InstanceNormalization GroupNormalization", NORM),
    "LayerNormalization": Rule(
        _layer_norm,
        "6 · elements(Y), 7 with a bias: mean, deviation, square, mean of squares, division, scale, shift",
    ),
    **each("RMSNormalization SimplifiedLayerNormalization", RMS_NORM),
    "LpNormalization": per_output(3, "power, sum, division"),
    "MeanVarianceNormalization": per_output(5, "mean, deviation, square, mean of squares, division"),
    "LRN": Rule(_lrn, "(size + 4) · elements(Y): squares of size channels, scale, bias, power, quotient"),
    "Softmax": SOFTMAX_RULE,
    "LogSoftmax": Rule(_log_softmax, "5 · elements(Y) + rows: as Softmax, with the logarithm of each sum"),
    "Hardmax": per_output(1, "comparison"),
    "SoftmaxCrossEntropyLoss": Rule(_entropy, "5 · elements(scores) + 3 · labels"),
    "NegativeLogLikelihoodLoss": Rule(_likelihood, "2 · elements(target): weight and sum"),
    "QuantizeLinear": QUANTIZE,
    "DequantizeLinear": DEQUANTIZE,
    "DynamicQuantizeLinear": per_output(
        5, "minimum, maximum, division, rounding, addition of the zero point"
    ),
    **each(
        "Scatter ScatterElements ScatterND",
        Rule(_scatter, "elements(updates) with a reduction, 0 without: moves data"),
    ),
    **each(_MOVES, MOVES),
    **each(_FILLS, nothing("makes a constant or random numbers; not counted")),
    **each(_TEXT, nothing("works on text")),
    "Dropout": nothing("passes its input on; at inference nothing is dropped"),
}
