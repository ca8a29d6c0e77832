"""Operations of one node, with the formula and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping

from onnxviz.costs import linear, microsoft, pointwise, pooling, sequence
from onnxviz.costs.call import Call
from onnxviz.costs.dims import Sizes
from onnxviz.costs.rules import Rule
from onnxviz.costs.types import Cost, Unknown
from onnxviz.costs.walk import STANDARD, Values, inside, trips
from onnxviz.model import Node, Value
from onnxviz.scene.text import shorten

_STANDARD_RULES = {
    **pointwise.RULES,
    **pooling.RULES,
    **linear.RULES,
    **sequence.RULES,
}

_RULES: dict[str, dict[str, Rule]] = {
    **dict.fromkeys(STANDARD, _STANDARD_RULES),
    "ai.onnx.preview": sequence.PREVIEW,
    "com.microsoft": microsoft.RULES,
    "com.microsoft.nchwc": microsoft.NCHWC,
}

_PAGES = {
    **dict.fromkeys(STANDARD, "https://onnx.ai/onnx/operators/onnx__{}.html"),
    "ai.onnx.preview": "https://onnx.ai/onnx/operators/onnx_aionnxpreview_{}.html",
    "com.microsoft": (
        "https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.{}"
    ),
    "com.microsoft.nchwc": (
        "https://onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html"
    ),
}

_CONTROL = ("If", "Loop", "Scan", "SequenceMap")


def flops_of(
    node: Node,
    values: Mapping[str, Value],
    *,
    dims: Mapping[str, int] | None = None,
    assume: int | None = None,
) -> Cost:
    """Operations of `node` in one inference; a multiply-add is 2 (see `onnxviz.costs`).

    `values` are those the node sees, by name: `Graph.values`, or `walk.visible` for a node in a body.
    `dims` gives symbolic sizes, `assume` one for all others that are unknown. A node with bodies costs what
    they cost: a loop its trips times its body (one iteration where the count is not constant), an `If` the
    larger branch, a call of a function its body.
    """
    sizes = Sizes(dims, assume)
    call = Call(node, values, sizes)
    if node.subgraphs:
        return _with_bodies(node, call)
    rule, source = rule_of(node), source_of(node)
    if rule is None:
        return Cost(None, reason=no_formula(node))
    try:
        amount = _counted(rule, call)
    except Unknown as e:
        return Cost(None, rule.text, source, str(e))
    return Cost(amount, rule.text, source, "", tuple(call.seen.items()), tuple(sizes.assumed))


def own_flops(node: Node, values: Values, sizes: Sizes) -> int:
    """As `flops_of`, without derivation and without the bodies: a control-flow node is 0.

    Raises `Unknown`. For whole graphs, where the nodes of the bodies are counted themselves.
    """
    rule = rule_of(node)
    if rule is None:
        if node.subgraphs:
            return 0
        raise Unknown(no_formula(node))
    return _counted(rule, Call(node, values, sizes))


def _counted(rule: Rule, call: Call) -> int:
    amount = rule.count(call)
    if amount < 0:
        raise Unknown("its attributes contradict its shapes")
    return amount


def rule_of(node: Node) -> Rule | None:
    """The formula of the operator; None for one without, and for a node that is its bodies."""
    if node.subgraphs and node.op_type != "FlexAttention":
        return None
    rules = _RULES.get(node.domain)
    return rules.get(node.op_type) if rules is not None else None


def source_of(node: Node) -> str:
    """The operator's page, and behind a comma what else its formula rests on; empty where there is none."""
    rule = rule_of(node)
    page = _PAGES.get(node.domain, "")
    if rule is None and node.op_type not in _CONTROL:
        return ""
    url = page.format(node.op_type)
    return f"{url}, {rule.also}" if rule is not None and rule.also else url


def no_formula(node: Node) -> str:
    """Why an operator has no count."""
    return f"{shorten(node.qualified_op, 60) or 'an operator without a name'} has no formula"


def is_if(node: Node) -> bool:
    """Whether one of the bodies runs, and not all."""
    return node.op_type == "If" and node.domain in STANDARD


def _with_bodies(node: Node, call: Call) -> Cost:
    source = source_of(node)
    try:
        own, bodies = _parts(node, call.values, call.sizes)
    except Unknown as e:
        return Cost(None, "the sum over the nodes of its bodies", source, str(e))
    runs: int | None = 1
    if is_if(node):
        amount, name = max(zip(bodies, (name for name, _ in node.subgraphs), strict=True))
        text = f"the larger of its branches, {shorten(name, 40)}; a run decides which one is taken"
    else:
        runs = trips(node, call.values, call.sizes)
        amount = own + sum(bodies) * (1 if runs is None else runs)
        text = "the sum over the nodes of its body"
        if runs is None:
            text = f"one iteration: {text}; a run decides how many there are"
        elif node.op_type in _CONTROL:
            text = f"{runs:,} · {text}"
    return Cost(amount, text, source, "", tuple(call.seen.items()), tuple(call.sizes.assumed))


def _parts(node: Node, values: Values, sizes: Sizes) -> tuple[int, list[int]]:
    """Operations of the node itself, and of each of its bodies in one run."""
    own = own_flops(node, values, sizes)
    bodies = []
    for _, body in node.subgraphs:
        seen = inside(body, values)
        bodies.append(sum(_with_all(inner, seen, sizes) for inner in body.nodes))
    return own, bodies


def _with_all(node: Node, values: Values, sizes: Sizes) -> int:
    own, bodies = _parts(node, values, sizes)
    if not bodies:
        return own
    if is_if(node):
        return own + max(bodies)
    return own + sum(bodies) * _times(node, values, sizes)


def _times(node: Node, values: Values, sizes: Sizes) -> int:
    found = trips(node, values, sizes)
    return 1 if found is None else found
