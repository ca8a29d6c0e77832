"""Op type -> family: what a box is, told by a label, a sign and a colour.

The families follow the chapters of the operator list
(https://onnx.ai/onnx/operators/index.html). A sign goes with every colour, since one reader in twelve
does not tell red from green; the signs are in the Latin and symbol ranges that Arial, DejaVu and Noto
share. `light` is drawn on white and `dark` on near-black; both reach the contrast of 4.5 to 1 that
WCAG 2.2 (1.4.3) asks of text, so that a sign may be written in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """How the ops of one kind are shown. Colours are CSS hex."""

    label: str
    sign: str
    light: str
    dark: str


FAMILIES: dict[str, Family] = {
    "linear": Family("Convolution and linear", "×", "#2563c9", "#7fb0ff"),
    "sequence": Family("Attention and recurrent", "@", "#7a3fc4", "#c39bff"),
    "norm": Family("Normalization", "µ", "#0b7a75", "#56d0c8"),
    "activation": Family("Activation", "ƒ", "#b8431a", "#ff9d70"),
    "elementwise": Family("Elementwise math", "+", "#8a6100", "#e3b64a"),
    "reduce": Family("Reduction and pooling", "Σ", "#a82f6b", "#f58abd"),
    "shape": Family("Shape and data movement", "↔", "#52606d", "#a9b8c6"),
    "constant": Family("Constants and random", "#", "#5f6b3c", "#b7c58a"),
    "control": Family("Control flow", "◊", "#a3262f", "#ff8f94"),
    "quant": Family("Quantization", "Q", "#2f7a2f", "#83d183"),
    "logic": Family("Logic and comparison", "=", "#3d5a9e", "#a3bbf0"),
    "custom": Family("Custom and other", "*", "#6b5b73", "#cbb8d4"),
}

_MEMBERS = {
    "linear": "Conv ConvTranspose ConvInteger QLinearConv DeformConv MatMul MatMulInteger QLinearMatMul Gemm"
    " Einsum CausalConvWithState FusedConv FusedMatMul FusedGemm MatMulNBits Col2Im",
    "sequence": "Attention MultiHeadAttention GroupQueryAttention LinearAttention RotaryEmbedding LSTM GRU"
    " RNN FlexAttention",
    "norm": "BatchNormalization InstanceNormalization LayerNormalization GroupNormalization RMSNormalization"
    " LpNormalization MeanVarianceNormalization LRN SkipLayerNormalization SimplifiedLayerNormalization"
    " SkipSimplifiedLayerNormalization",
    "activation": "Relu LeakyRelu PRelu Elu Selu Celu Gelu FastGelu Sigmoid HardSigmoid HardSwish Swish Mish"
    " Tanh Softmax LogSoftmax Hardmax Softplus Softsign SwiGLU ThresholdedRelu Shrink Dropout QuickGelu"
    " BiasGelu Silu",
    "elementwise": "Add Sub Mul Div Mod Pow Sqrt Exp Log Neg Abs Sign Reciprocal Floor Ceil Round Erf Sin Cos"
    " Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Min Max Mean Sum Clip CumSum CumProd Det BitShift"
    " AffineGrid DFT STFT MelWeightMatrix NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss Gradient Adam"
    " Adagrad Momentum",
    "reduce": "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum"
    " ReduceLogSumExp ReduceSumSquare ArgMax ArgMin AveragePool MaxPool LpPool GlobalAveragePool"
    " GlobalMaxPool GlobalLpPool MaxRoiPool RoiAlign MaxUnpool TopK NonMaxSuppression",
    "shape": "Reshape Flatten Transpose Squeeze Unsqueeze Concat Split Slice Gather GatherND GatherElements"
    " Scatter ScatterND ScatterElements TensorScatter Expand Tile Pad Identity Cast CastLike BitCast Shape"
    " Size Resize Upsample DepthToSpace SpaceToDepth CenterCropPad Compress GridSample OneHot"
    " ReverseSequence Unique NonZero Trilu Where SequenceConstruct SequenceAt SequenceInsert SequenceErase"
    " SequenceEmpty SequenceLength SplitToSequence ConcatFromSequence Optional OptionalGetElement",
    "constant": "Constant ConstantOfShape Range EyeLike RandomNormal RandomNormalLike RandomUniform"
    " RandomUniformLike Bernoulli Multinomial HannWindow HammingWindow BlackmanWindow",
    "control": "If Loop Scan SequenceMap",
    "quant": "QuantizeLinear DequantizeLinear DynamicQuantizeLinear QAttention QGemm",
    "logic": "And Or Not Xor Equal Greater Less GreaterOrEqual LessOrEqual IsNaN IsInf OptionalHasElement"
    " BitwiseAnd BitwiseOr BitwiseXor BitwiseNot",
}

_FAMILY_OF = {op: family for family, ops in _MEMBERS.items() for op in ops.split()}


def family_of(op_type: str) -> str:
    """The key in `FAMILIES` of an op type; `"custom"` for one that is not known.

    The domain is left out on purpose: `com.microsoft.Gelu` is an activation too.
    """
    known = _FAMILY_OF.get(op_type)
    if known is not None:
        return known
    if op_type.startswith(("QLinear", "Dynamic", "Quantize", "Dequantize")):
        return "quant"
    return "custom"


def legend(families: Iterable[str]) -> dict[str, dict[str, str]]:
    """`Scene.families` for those that occur, in the order of `FAMILIES`."""
    seen = set(families)
    return {
        key: {"label": f.label, "sign": f.sign, "light": f.light, "dark": f.dark}
        for key, f in FAMILIES.items()
        if key in seen
    }
