"""ONNX Runtime's own operators, as its optimizer writes them into a model.

Domains `com.microsoft` and `com.microsoft.nchwc`; the pages are anchors of
https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md.
"""

from __future__ import annotations

import math

from onnxviz.costs.call import Call
from onnxviz.costs.dims import Shape
from onnxviz.costs.linear import CONV, CONV_TEXT_Q, conv, gemm, product
from onnxviz.costs.pointwise import (
    DEQUANTIZE,
    ELEMENTWISE,
    LAYER_NORM,
    MOVES,
    QUANTIZE,
    RMS_NORM,
    SOFTMAX_RULE,
)
from onnxviz.costs.pooling import AVERAGE, GLOBAL_AVERAGE, GLOBAL_MAXIMUM, MAXIMUM
from onnxviz.costs.rules import Rule, each
from onnxviz.costs.sequence import ROTARY, SDPA_TEXT, attention_cost
from onnxviz.costs.types import Unknown

_CONV = conv()
_GEMM = gemm()


def _activated(call: Call) -> int:
    return 1 if call.word("activation") else 0


def _fused_conv(call: Call) -> int:
    return _CONV(call) + call.out() * (_activated(call) + call.has(3))


def _fused_gemm(call: Call) -> int:
    return _GEMM(call) + call.out() * _activated(call)


def _fused_matmul(call: Call) -> int:
    if call.whole("transBatchA", 0) or call.whole("transBatchB", 0):
        raise Unknown("its batches are transposed")
    left, right = call.shape(0), call.shape(1)
    if len(left) < 2 or len(right) < 2:
        raise Unknown("A and B are no matrices")
    inner = left[-2] if call.whole("transA", 0) else left[-1]
    return 2 * call.out() * inner


def _packed_matmul(call: Call) -> int:
    return 2 * call.count(0) * _positive(call, "N")


def _positive(call: Call, name: str) -> int:
    found = call.whole(name, 0)
    if found < 1:
        raise Unknown(f"attribute {name} is missing")
    return found


def _skip_layer_norm(call: Call) -> int:
    return call.same() * (1 + LAYER_NORM + call.has(3) + call.has(4))


def _skip_rms_norm(call: Call) -> int:
    return call.same() * (5 + call.has(3))


def _embedded(call: Call) -> int:
    return call.out() * (2 + LAYER_NORM + 1)


def _biased(call: Call) -> int:
    return call.same() * (1 + call.has(1))


def _attention(call: Call) -> int:
    """Its input is projected first: weights (I, q + k + v)."""
    tokens, weights = call.shape(0), call.shape(1)
    if len(tokens) != 3 or len(weights) != 2:
        raise Unknown("its input has not the rank of three")
    batch, length, _ = tokens
    heads = _positive(call, "num_heads")
    widths = call.wholes("qkv_hidden_sizes") or (weights[1] // 3,) * 3
    if len(widths) != 3:
        raise Unknown("attribute qkv_hidden_sizes is not three numbers")
    keys = length + (call.axis(call.shape(4), 3) if call.has(4) else 0)
    pairs = batch * heads * length * keys
    mixed = attention_cost(pairs, widths[0] // heads, widths[2] // heads, call.has(5))
    return 2 * math.prod(tokens) * weights[1] + mixed


def _multi_head(call: Call) -> int:
    query = call.shape(0)
    heads = _positive(call, "num_heads")
    if len(query) == 5:
        batch, length, _, _, head = query
        return attention_cost(batch * heads * length * length, head, head, call.has(5))
    if len(query) != 3:
        raise Unknown("query has not the rank of three or five")
    keys, value_head = _keys_and_value(call, call.shape(1), heads)
    if call.has(6):
        keys += call.axis(call.shape(6), 2)
    pairs = query[0] * heads * query[1] * keys
    return attention_cost(pairs, query[2] // heads, value_head, call.has(5))


def _keys_and_value(call: Call, key: Shape, heads: int) -> tuple[int, int]:
    """Number of keys and width of a value head: key may be (B, S, HD), (B, S, H, 2, D) or (B, H, S, D)."""
    if len(key) == 5:
        return key[1], key[4]
    if len(key) == 4:
        return key[2], call.axis(call.shape(2), -1)
    if len(key) == 3:
        return key[1], call.axis(call.shape(2), -1) // heads
    raise Unknown("key has not the rank of three, four or five")


def _grouped(call: Call) -> int:
    query = call.shape(0)
    heads, own = _positive(call, "num_heads"), _positive(call, "kv_num_heads")
    if len(query) != 3:
        raise Unknown("query has not the rank of three")
    packed = not call.has(1)
    head = query[2] // (heads + 2 * own if packed else heads)
    keys = call.axis(call.out_shape(1), 2) if len(call.node.outputs) > 1 else query[1]
    return attention_cost(query[0] * heads * query[1] * keys, head, head, 0)


_MHA = SDPA_TEXT + ", + 1 with a bias)"
_INTEGERS = "2 · batch · M · N · K, on integers"

RULES: dict[str, Rule] = {
    "FusedConv": Rule(_fused_conv, CONV.text + " + elements(Y) · (activation + sum)"),
    "QLinearConv": Rule(conv(3), CONV_TEXT_Q),
    "FusedGemm": Rule(_fused_gemm, "2 · M · N · K + M · N · activation"),
    "QGemm": Rule(gemm(0, 3), "2 · M · N · K, on integers"),
    **each("FusedMatMul TransposeMatMul", Rule(_fused_matmul, "2 · batch · M · N · K")),
    **each("MatMulNBits MatMulBnb4", Rule(_packed_matmul, "2 · elements(A) · N, unpacking not counted")),
    **each("DynamicQuantizeMatMul MatMulIntegerToFloat", Rule(product(), _INTEGERS)),
    "Attention": Rule(_attention, "2 · B · S · I · (q + k + v) + " + _MHA),
    "MultiHeadAttention": Rule(_multi_head, _MHA),
    "GroupQueryAttention": Rule(_grouped, SDPA_TEXT + "); Skv is the length of the cache where there is one"),
    "RotaryEmbedding": ROTARY,
    **each("Gelu QuickGelu QLinearSigmoid QLinearLeakyRelu QLinearAdd QLinearMul", ELEMENTWISE),
    **each("BiasGelu FastGelu BiasAdd", Rule(_biased, "1 · elements(Y), + 1 with a bias")),
    "QLinearSoftmax": SOFTMAX_RULE,
    "SkipLayerNormalization": Rule(_skip_layer_norm, "(7, + 1 with beta, + 1 with a bias) · elements(Y)"),
    "SkipSimplifiedLayerNormalization": Rule(_skip_rms_norm, "(5, + 1 with a bias) · elements(Y)"),
    "SimplifiedLayerNormalization": RMS_NORM,
    "EmbedLayerNormalization": Rule(_embedded, "9 · elements(Y): sums of three embeddings, layer norm"),
    "QLinearAveragePool": AVERAGE,
    "QuantizeLinear": QUANTIZE,
    "DequantizeLinear": DEQUANTIZE,
    **each("QLinearConcat QLinearWhere Pad ExpandDims Unique Trilu GatherND", MOVES),
}

NCHWC: dict[str, Rule] = {
    "Conv": Rule(_fused_conv, CONV.text + " + elements(Y) · (activation + sum)"),
    "MaxPool": MAXIMUM,
    "AveragePool": AVERAGE,
    "GlobalAveragePool": GLOBAL_AVERAGE,
    "GlobalMaxPool": GLOBAL_MAXIMUM,
    **each("ReorderInput ReorderOutput", MOVES),
}
"""Channels in blocks, for the cache: https://onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html"""
