"""Recurrent operators and attention."""

from __future__ import annotations

import math

from onnxviz.costs.call import Call
from onnxviz.costs.rules import Count, Rule
from onnxviz.costs.types import Unknown

_SDPA = "https://arxiv.org/abs/1706.03762"

SOFTMAX = 5
"""Operations for one element of a softmax: maximum, subtraction, exponential, sum, division. The function
body on the operator's page subtracts the maximum too."""

_SCALED = 1 + SOFTMAX


def _recurrent(gates: int, own: int, peephole: int = 0) -> Count:
    """The products of each step with W and R, and `own` operations for each element of the state.

    `peephole` more where the input P is given. W and R themselves are not asked for: exporters reorder the
    gates with nodes whose shapes are often not known.
    """

    def count(call: Call) -> int:
        steps = call.shape(0)
        if len(steps) != 3:
            raise Unknown("X has not the rank of three")
        hidden = call.whole("hidden_size", 0) or call.axis(call.shape(2), -1)
        directions = 2 if call.word("direction") == "bidirectional" else 1
        each = own + (peephole if call.has(7) else 0)
        products = 2 * gates * (steps[2] + hidden)
        return steps[0] * steps[1] * directions * hidden * (products + each)

    return count


def attention_cost(pairs: int, head: int, value_head: int, extra: int) -> int:
    """Operations of scaled dot product attention.

    `pairs` = batch · query heads · queries · keys. Both products, scale, softmax, and `extra` operations for
    each pair. A causal mask changes nothing: what it hides is counted too.
    """
    return pairs * (2 * head + 2 * value_head + _SCALED + extra)


def _attention(call: Call) -> int:
    query, key, value = call.shape(0), call.shape(1), call.shape(2)
    if len(query) == len(key) == len(value) == 4:
        batch, heads, queries, head = query
        keys, value_head = key[2], value[3]
    elif len(query) == len(key) == len(value) == 3:
        heads, own = _heads(call, "q_num_heads"), _heads(call, "kv_num_heads")
        batch, queries, keys = query[0], query[1], key[1]
        head, value_head = query[2] // heads, value[2] // own
    else:
        raise Unknown("Q, K and V have not the rank of three or four")
    if call.has(4):
        keys += call.axis(call.shape(4), -2)
    capped = 0 if call.word("softcap", "0") in ("0", "0.0") else 3
    return attention_cost(batch * heads * queries * keys, head, value_head, call.has(3) + capped)


def _flex(call: Call) -> int:
    """As `Attention` of rank four; what its bodies do is counted at their nodes, once per call."""
    query, key, value = call.shape(0), call.shape(1), call.shape(2)
    if not len(query) == len(key) == len(value) == 4:
        raise Unknown("Q, K and V have not the rank of four")
    return attention_cost(math.prod(query[:3]) * key[2], query[3], value[3], 0)


_UPDATE = {"linear": 2, "gated": 3, "delta": 4, "gated_delta": 5}
"""Operations for each element of the state: outer product 2, decay 1, the delta rule's look-up 2."""


def _linear_attention(call: Call) -> int:
    query, value = call.shape(0), call.shape(2)
    if len(query) != 3 or len(value) != 3:
        raise Unknown("query and value have not the rank of three")
    heads, own = _heads(call, "q_num_heads"), _heads(call, "kv_num_heads")
    update = _UPDATE.get(call.word("update_rule", "gated_delta"))
    if update is None:
        raise Unknown("its update rule is not known")
    state = (query[2] // heads) * (value[2] // own)
    return query[0] * query[1] * state * (own * update + 2 * heads)


def _heads(call: Call, name: str) -> int:
    heads = call.whole(name, 0)
    if heads < 1:
        raise Unknown(f"attribute {name} is missing")
    return heads


def _rotary(call: Call) -> int:
    shape = call.shape(0)
    head = shape[3] if len(shape) == 4 else call.axis(shape, -1) // _heads(call, "num_heads")
    if head < 1:
        raise Unknown("its heads are empty")
    turned = call.whole("rotary_embedding_dim", 0) or head
    return 3 * math.prod(shape) * turned // head


ROTARY = Rule(_rotary, "3 · rotated elements: two products and a sum", "https://arxiv.org/abs/2104.09864")
SDPA_TEXT = "B · Hq · Sq · Skv · (2 · Dqk + 2 · Dv + 6 for scale and softmax"

RULES: dict[str, Rule] = {
    "LSTM": Rule(
        _recurrent(4, 9, 6),
        "S · B · dirs · (2 · 4H · (I + H) + 9H, + 6H with peepholes)",
        "https://doi.org/10.1162/neco.1997.9.8.1735",
    ),
    "GRU": Rule(
        _recurrent(3, 8), "S · B · dirs · (2 · 3H · (I + H) + 8H)", "https://arxiv.org/abs/1406.1078"
    ),
    "RNN": Rule(_recurrent(1, 1), "S · B · dirs · (2 · H · (I + H) + H)"),
    "Attention": Rule(
        _attention, SDPA_TEXT + ", + 1 with a mask, + 3 with a soft cap); Skv with the past", _SDPA
    ),
    "LinearAttention": Rule(
        _linear_attention,
        "B · T · Dk · Dv · (Hkv · u + 2 · Hq), u = 2, 3, 4, 5 for linear, gated, delta, gated_delta",
    ),
    "RotaryEmbedding": ROTARY,
}

PREVIEW: dict[str, Rule] = {"FlexAttention": Rule(_flex, SDPA_TEXT + ")", _SDPA)}
