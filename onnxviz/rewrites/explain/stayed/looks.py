"""Which nodes of a result look as if they could have gone, and why they look so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from onnxviz.model import Model, Node
from onnxviz.rewrites.explain.origins import STANDARD, Origins, Tensor
from onnxviz.rewrites.explain.origins.causes import From
from onnxviz.rewrites.explain.stayed.exact import Exact
from onnxviz.rewrites.explain.stayed.noops import NoOp, noop


class Seems(StrEnum):
    """How a node looks foldable."""

    CONSTANT = "constant"
    """All that it reads is known before any run."""
    NO_OP = "no-op"
    SIZES = "sizes"
    """It computes with sizes: shape arithmetic."""
    INPUTLESS = "inputless"
    """No input of the graph goes into its value, and yet it is not known."""
    TWIN = "twin"


@dataclass(frozen=True, slots=True)
class Look:
    """`words` for a person; `mask` are the causes that stand in the way (see `Origins.because`)."""

    seems: Seems
    words: str
    mask: int = 0
    rule: NoOp | None = None
    twin: str = ""


_FLOATS = ("float", "floats", "tensor", "tensors", "sparse_tensor", "sparse_tensors")
"""Kinds of attributes whose text rounds."""


def looks(model: Model, found: Origins, exact: Exact) -> Iterator[tuple[Node, Look]]:
    """Each node that looks foldable, a maker before its readers."""
    opset = dict(model.opsets).get("", 0)
    places = {node.id: at for at, node in enumerate(model.graph.nodes)}
    twins = _Twins(found, exact, places)
    for node in found.nodes.values():
        if (node.op_type == "Constant" and node.domain in STANDARD) or not any(node.outputs):
            continue
        twin = twins.of(node)
        look = _look(node, found, opset, exact)
        if look is None and twin:
            look = Look(Seems.TWIN, f"{twin!r} computes the same from the same", twin=twin)
        if look is not None:
            yield node, look


def _look(node: Node, found: Origins, opset: int, exact: Exact) -> Look | None:
    mask = found.mask(node.id)
    reads = [tensor for tensor in found.reads(node.id) if tensor is not None]
    if mask == 0:
        return Look(Seems.CONSTANT, _constant_words(reads))
    rule = noop(node, found, opset, exact)
    if rule is not None:
        return Look(Seems.NO_OP, rule.rule, rule.mask, rule)
    kinds = found.names.kinds(mask)
    if any(tensor is not None and tensor.from_sizes for tensor in found.makes(node.id)):
        return Look(Seems.SIZES, "shape arithmetic", mask)
    if not kinds & {From.INPUT, From.BODY} and not node.id.startswith("function "):
        if kinds <= {From.DIM, From.UNKNOWN}:
            return Look(Seems.SIZES, "only sizes decide on its value", mask)
        return Look(Seems.INPUTLESS, "no input of the graph goes into its value", mask)
    return None


def _constant_words(reads: list[Tensor]) -> str:
    if not reads:
        return "it reads nothing, and gives the same in every run"
    if any(tensor.from_sizes for tensor in reads):
        return "all that it reads is constant, or a size that is known"
    return "all that it reads is constant"


class _Twins:
    def __init__(self, found: Origins, exact: Exact, places: dict[str, int]) -> None:
        self._found = found
        self._exact = exact
        self._places = places
        self._first: dict[object, str] = {}

    def of(self, node: Node) -> str:
        """The id of an earlier node of the same graph that computes the same; empty where there is none."""
        if node.subgraphs or node.domain not in STANDARD or self._is_random(node):
            return ""
        kinds = tuple((each.name, each.kind, each.text) for each in node.attributes)
        reads = tuple(_identity(tensor) for tensor in self._found.reads(node.id))
        given = tuple(name != "" for name in node.outputs)
        key = (self._found.homes[node.id], node.op_type, kinds, reads, given)
        first = self._first.setdefault(key, node.id)
        if first == node.id:
            return ""
        if any(each.kind in _FLOATS or each.text.startswith("@") for each in node.attributes):
            here, there = self._places.get(node.id), self._places.get(first)
            if here is None or there is None or not self._exact.same_attributes(here, there):
                return ""
        return first

    def _is_random(self, node: Node) -> bool:
        causes = self._found.because(self._found.mask(node.id))
        return any(cause.kind in (From.RANDOM, From.CUSTOM) and cause.blocker == node.id for cause in causes)


def _identity(tensor: Tensor | None) -> object:
    """What is the same for equal tensors: the tensor itself, or a short list of whole numbers."""
    if tensor is None:
        return None
    if tensor.value.is_constant and tensor.elements is not None:
        return (tensor.value.dtype, tensor.value.shape, tensor.elements)
    return id(tensor)
