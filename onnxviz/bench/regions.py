"""Which nodes of a model each node of the runtime's own, optimized graph does the work of.

ONNX Runtime keeps the names of tensors that it does not make anew. Nodes of its graph are joined where they
pass such new tensors to each other; then the model is walked back from what a group gives to what it reads.
Where the walk ends in exactly these tensors (and in constants), the group does the work of the nodes that
were met, and of no other. Where it does not, nothing is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

LARGEST_CONSTANT = 1024
"""Bytes of a constant that is compared with others; the runtime uses one for all that are equal."""

BLOCKED = "com.microsoft.nchwc"
"""Domain of the nodes that work on a blocked layout of images (nchwc_transformer.cc of ONNX Runtime)."""

_BLOCKED_NAME = re.compile(r"(.+)_nchwc(?:_token_\d+)?", re.DOTALL)
"""Such a node is named after the tensor that the node it replaces made."""

_ACTIVATIONS = frozenset(("Relu", "Sigmoid", "Tanh", "LeakyRelu", "Clip", "HardSigmoid"))


@dataclass(frozen=True, slots=True)
class Region:
    """`runtime`: places of nodes in the optimized graph that do the work of the nodes `nodes` of the model.

    Both are in order; `shown` is the last of `nodes` that makes what the group gives. `nodes` is empty, and
    `shown` None, where that is not certain, or where the work is the runtime's own, as a change of layout is.
    """

    runtime: tuple[int, ...]
    nodes: tuple[int, ...] = ()
    shown: int | None = None


class Original:
    """The main graph of a model, asked backwards. Nodes are places in the file's order."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.nodes: Sequence[onnx.NodeProto] = graph.node
        self.reads = [reads_of(node) for node in graph.node]
        self.maker = {name: at for at, node in enumerate(graph.node) for name in node.output if name}
        self._weights = {tensor.name: tensor for tensor in graph.initializer}
        given = {value.name for value in graph.input}
        sparse = {tensor.values.name for tensor in graph.sparse_initializer}
        self.constants = {*self._weights, *sparse}
        for node, reads in zip(graph.node, self.reads, strict=True):
            if _is_repeatable(node) and all(name in self.constants for name in reads):
                self.constants.update(filter(None, node.output))
        self.known = given | self.constants | self.maker.keys()

    @cached_property
    def readers(self) -> dict[str, list[int]]:
        """Tensor -> the nodes that read it."""
        found: dict[str, list[int]] = {}
        for at, reads in enumerate(self.reads):
            for name in reads:
                found.setdefault(name, []).append(at)
        return found

    @cached_property
    def _aliases(self) -> dict[str, str]:
        """Tensor -> the first that is the same beyond doubt: passed on, or made alike from the same."""
        first: dict[bytes, str] = {}
        same: dict[str, str] = {}
        for name, tensor in self._weights.items():
            if tensor.ByteSize() <= LARGEST_CONSTANT and not tensor.external_data:
                same[name] = first.setdefault(b"=" + _nameless(tensor), name)
        for node in self.nodes:
            if node.op_type == "Identity" and not node.domain:
                same[node.output[0]] = same.get(node.input[0], node.input[0])
            elif _is_repeatable(node):
                key = _call(node, [same.get(name, name) for name in node.input])
                for place, name in enumerate(node.output):
                    same[name] = first.setdefault(key + b"%d" % place, name)
        return same

    def alias(self, name: str) -> str:
        """One name for all tensors that are the same."""
        return self._aliases.get(name, name)

    def behind(self, outputs: Iterable[str], stops: set[str], wanted: set[str]) -> set[int] | None:
        """The nodes between `stops` and `outputs`.

        None where the way back leads past `stops` to an input of the model, or misses one of `wanted`.
        """
        ends = {self.alias(name) for name in stops}
        found: set[int] = set()
        met: set[str] = set()
        # An output is looked behind even where it is a constant: that node was left to run.
        stack = [(name, True) for name in outputs]
        while stack:
            name, is_output = stack.pop()
            alias = self.alias(name)
            if alias in ends:
                met.add(alias)
            elif is_output or name not in self.constants:
                if name not in self.maker:
                    return None
                at = self.maker[name]
                if at not in found:
                    found.add(at)
                    stack.extend((read, False) for read in self.reads[at])
        return found if {self.alias(name) for name in wanted} <= met else None


class Optimized:
    """The runtime's graph of a copy of the model whose nodes were named by `names`."""

    def __init__(self, graph: onnx.GraphProto, original: Original, names: Mapping[str, int]) -> None:
        self._original = original
        self.nodes: Sequence[onnx.NodeProto] = graph.node
        self._weights = {tensor.name for tensor in graph.initializer}
        self._named = {at: names[node.name] for at, node in enumerate(graph.node) if node.name in names}
        self._reads = [reads_of(node) for node in graph.node]
        self._meant: dict[str, str] = {}
        for at, node in enumerate(graph.node):
            self._understand(at, node)

    def regions(self) -> tuple[Region, ...]:
        """Every node of the runtime's graph, in one region each."""
        groups = _Groups(len(self.nodes))
        makers: dict[str, int] = {}
        for at, node in enumerate(self.nodes):
            makers.update((name, at) for name in node.output if name)
        alone = {at for at in range(len(self.nodes)) if self._is_itself(at)}
        givers: dict[int, int] = {}
        for at, node in enumerate(self.nodes):
            if at in alone:
                continue
            for name in self._reads[at]:
                if name in makers and self._meaning(name) is None and makers[name] not in alone:
                    groups.join(at, makers[name])
            for name in node.output:
                origin = self._original.maker.get(self._meaning(name) or "")
                if origin is not None and self._makes(at):
                    groups.join(at, givers.setdefault(origin, at))
        found = [Region((at,), (self._named[at],), self._named[at]) for at in alone]
        found += [self._region(group) for group in groups.all() if group[0] not in alone]
        return tuple(sorted(found, key=lambda region: region.runtime))

    def _region(self, group: tuple[int, ...]) -> Region:
        made = {name for at in group for name in self.nodes[at].output}
        reads = {name for at in group for name in self._reads[at]} - made
        meanings = {name: self._meaning(name) for name in reads}
        stops = {meaning for meaning in meanings.values() if meaning}
        wanted = {
            meaning
            for name, meaning in meanings.items()
            if meaning and name not in self._weights and meaning not in self._original.constants
        }
        outputs = {meaning for name in made if (meaning := self._meaning(name))}
        if any(meanings[name] is None and name not in self._weights for name in reads):
            return Region(group)
        nodes = self._original.behind(outputs, stops, wanted)
        makers = [self._original.maker[name] for name in outputs if name in self._original.maker]
        shown = max((at for at in makers if nodes and at in nodes), default=None)
        return Region(group) if not nodes or shown is None else Region(group, tuple(sorted(nodes)), shown)

    def _meaning(self, name: str) -> str | None:
        """The model's tensor that this one is, maybe in another layout; None where it is the runtime's."""
        return name if name in self._original.known else self._meant.get(name)

    def _is_itself(self, at: int) -> bool:
        """Whether the node was left as it was, but for where its inputs come from."""
        node, origin = self.nodes[at], self._named.get(at)
        if origin is None:
            return False
        before = self._original.nodes[origin]
        return list(node.output) == list(before.output) and _same_call(node, before)

    def _makes(self, at: int) -> bool:
        """Whether it computes, and does not only change the layout of what another has computed."""
        return self.nodes[at].op_type not in ("ReorderInput", "ReorderOutput")

    def _understand(self, at: int, node: onnx.NodeProto) -> None:
        """Note what the first output means where it is new and the node says it."""
        if not node.output or node.output[0] in self._original.known:
            return
        meaning: str | None = None
        if node.op_type == "ReorderInput" and node.domain == BLOCKED:
            meaning = self._meaning(node.input[0])
        elif node.domain == BLOCKED:
            meaning = self._blocked(node)
        elif at in self._named and _same_call(node, self._original.nodes[self._named[at]]):
            meaning = self._original.nodes[self._named[at]].output[0]
        if meaning is not None:
            self._meant[node.output[0]] = meaning

    def _blocked(self, node: onnx.NodeProto) -> str | None:
        """What a node on blocked layout makes; a sum and an activation may have been drawn into it later."""
        match = _BLOCKED_NAME.fullmatch(node.name)
        if match is None:
            return None
        # A normalization, and a product with one number for each channel, become convolutions of that name.
        names = (match[1], match[1].removesuffix("_bn"), match[1].removesuffix("_mul"))
        name = next((name for name in names if name in self._original.maker), None)
        if name is None:
            return None
        if node.op_type != "Conv":
            return name
        if len(node.input) > 3 and node.input[3] and self._maker_op(name) not in ("Add", "Sum"):
            name = self._only_reader(name, ("Add", "Sum"))
        activation = next((a.s.decode() for a in node.attribute if a.name == "activation"), "")
        if name and activation and self._maker_op(name) != activation:
            name = self._only_reader(name, (activation,))
        if name is None or (self._maker_op(name) in _ACTIVATIONS) != bool(activation):
            return None
        return name

    def _maker_op(self, name: str) -> str:
        return self._original.nodes[self._original.maker[name]].op_type

    def _only_reader(self, name: str, ops: tuple[str, ...]) -> str | None:
        readers = self._original.readers.get(name, [])
        node = self._original.nodes[readers[0]] if len(readers) == 1 else None
        return node.output[0] if node is not None and node.op_type in ops else None


class _Groups:
    """Disjoint sets of 0 … n - 1."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def join(self, one: int, other: int) -> None:
        self._parent[self._top(one)] = self._top(other)

    def all(self) -> list[tuple[int, ...]]:
        found: dict[int, list[int]] = {}
        for at in range(len(self._parent)):
            found.setdefault(self._top(at), []).append(at)
        return [tuple(group) for group in found.values()]

    def _top(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = self._parent[self._parent[at]]
            at = self._parent[at]
        return at


def reads_of(node: onnx.NodeProto) -> list[str]:
    """The tensors whose numbers a node reads, those that its bodies take from around it included."""
    # Of what CastLike casts to, the type alone counts.
    names = dict.fromkeys(filter(None, node.input[:1] if node.op_type == "CastLike" else node.input))
    for attribute in node.attribute:
        for body in (attribute.g, *attribute.graphs) if attribute.type in (5, 10) else ():
            own = {value.name for value in body.input} | {tensor.name for tensor in body.initializer}
            own |= {name for inner in body.node for name in inner.output}
            inside = [name for inner in body.node for name in reads_of(inner)]
            # A body may give what is around it without a node of its own.
            inside += [value.name for value in body.output]
            names.update(dict.fromkeys(name for name in inside if name not in own))
    return list(names)


def _is_repeatable(node: onnx.NodeProto) -> bool:
    """Whether it gives the same each time; a node with bodies may hold one that does not."""
    is_random = node.op_type.startswith("Random") or node.op_type in ("Multinomial", "Bernoulli", "Dropout")
    return not is_random and not any(attribute.type in (5, 10) for attribute in node.attribute)


def _same_call(one: onnx.NodeProto, other: onnx.NodeProto) -> bool:
    return _call(one, ()) == _call(other, ())


def _call(node: onnx.NodeProto, inputs: Sequence[str]) -> bytes:
    """Operator, attributes and inputs, as bytes that are equal for equal calls."""
    domain = "" if node.domain == "ai.onnx" else node.domain
    attributes = sorted(attribute.SerializeToString(deterministic=True) for attribute in node.attribute)
    return repr((domain, node.op_type, list(inputs), attributes)).encode("utf-8", "surrogatepass")


def _nameless(tensor: onnx.TensorProto) -> bytes:
    copy = type(tensor)()
    copy.CopyFrom(tensor)
    copy.ClearField("name")
    copy.ClearField("doc_string")
    return bytes(copy.SerializeToString(deterministic=True))
