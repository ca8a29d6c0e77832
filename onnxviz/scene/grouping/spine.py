"""The nodes of one group that data flows through, as a sequence in which repeats can be looked for.

What computes from constants and shapes alone (a cast of a weight, the shape for a Reshape) is left out: two
blocks that differ in nothing else are the same block. So is the order in which a depth-first search meets
what many blocks share (an attention mask, a rotary table): it comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from onnxviz.model import Node
from onnxviz.scene.families import family_of
from onnxviz.scene.wires import Wire

Numbers = npt.NDArray[np.int64]

FAR = 8
"""Places between two reads of a tensor that make them reads by different parts."""

HUB_FAR = 4
HUB_SPREAD = 200
"""A tensor with `HUB_FAR` far reads, or two over more than `HUB_SPREAD` places, is shared by many blocks.
Within one attention block a tensor is read by query, key, value and the residual: three far reads over 130
places (decoder, TorchScript exporter). Two are enough where all readers are of one op, as those of a mask
are, unless that is one that query, key and value begin with."""

_SHAPE_OPS = ("Shape", "Size")


@dataclass(slots=True)
class Spine:
    """`places` are member numbers in sequence order; all other lists run along it."""

    places: list[int]
    tokens: list[int]
    """Equal for members that play the same part in two blocks: op, kernel, joins or not, but no sizes."""
    halves: list[bool]
    """True where a stride makes the picture smaller: a stage of a convolutional network starts there."""
    live: list[int]
    """Tensors alive before each place, and after the last; shared ones until their first reader only."""
    alive: list[int]
    """The same with shared ones until their last reader."""
    forks: list[int]
    """Readers of what the member before each place made: more than one where a block begins."""


@dataclass(slots=True)
class Flow:
    """What flows between the members of a group, by member number; one entry of each list is one wire.

    Wires are in the order of their readers. Flat lists, since a list for each member would make the
    garbage collector a third of the time at 100,000 nodes.
    """

    size: int
    nodes: Mapping[int, Node]
    kinds: Mapping[int, tuple[object, ...]]
    """Members that are groups -> token."""
    writers: list[int] = field(default_factory=list)
    readers: list[int] = field(default_factory=list)
    tensors: list[int] = field(default_factory=list)
    """Number of the tensor."""
    outer: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """(leaf, value) made outside the group -> the members that read it, in order."""
    fed: set[int] = field(default_factory=set)
    """Members that read such a one."""
    typed: set[tuple[int, int]] = field(default_factory=set)
    """(writer, reader) where the reader takes the type of the tensor alone: second input of CastLike."""
    starts: list[int] = field(default_factory=list)
    """Member -> its first wire as a reader; one entry more than members."""

    def sources(self, member: int) -> list[int]:
        """The members that it reads, once for each wire."""
        return self.writers[self.starts[member] : self.starts[member + 1]]


def flow(
    members: Sequence[str],
    nodes: Mapping[str, Node],
    kinds: Mapping[int, tuple[object, ...]],
    position: Mapping[str, int],
    into: Mapping[str, Sequence[Wire]],
) -> Flow:
    """`position` gives the member of every leaf below, in the order of members; `into` a leaf's wires."""
    found = Flow(len(members), {i: nodes[m] for i, m in enumerate(members) if m in nodes}, kinds)
    names: dict[tuple[str, str], int] = {}
    writers, readers, tensors = found.writers, found.readers, found.tensors
    for leaf, to in position.items():
        for source, _, value, _ in into.get(leaf, ()):
            at = position.get(source)
            if at is None:
                found.outer.setdefault((source, value), []).append(to)
                found.fed.add(to)
            elif at != to:
                writers.append(at)
                readers.append(to)
                tensors.append(names.setdefault((source, value), len(names)))
    for to, node in found.nodes.items():
        if node.op_type == "CastLike":
            typing = (w for w in into.get(members[to], ()) if w.value != node.inputs[0])
            found.typed.update((position[w.source], to) for w in typing if w.source in position)
    found.starts = np.searchsorted(found.readers, np.arange(len(members) + 1)).tolist()
    return found


def spine_of(found: Flow) -> Spine:
    """The sequence; all members where nothing reads data from outside. Linear in wires."""
    data = _carriers(found)
    order = [i for i in range(found.size) if data[i]]
    place = _places(found, order)
    hubs = _hubs(_tensors(found, place), found, order)
    if hubs:
        hubs = {order[at] for at in hubs}
        order = _shared_first(found, hubs, order)
        place = _places(found, order)
        hubs = set(place[sorted(hubs)].tolist())
    live, alive, forks = _counts(_tensors(found, place), hubs, _outer(found, place, order), len(order))
    halves = [_halves(found.nodes.get(member)) for member in order]
    return Spine(order, _tokens(found, order, data), halves, live, alive, forks)


@dataclass(frozen=True, slots=True)
class _Reads:
    """Reads of tensors within the spine, by place, sorted by tensor and then by reader."""

    writers: Numbers
    readers: Numbers
    tensors: Numbers


def _tensors(found: Flow, place: Numbers) -> _Reads:
    writers = place[np.asarray(found.writers, dtype=np.int64)]
    readers = place[np.asarray(found.readers, dtype=np.int64)]
    # A group of modules may read what a later one in the order makes; that tells nothing about cuts.
    kept = (writers >= 0) & (readers > writers)
    tensors = np.asarray(found.tensors, dtype=np.int64)[kept]
    writers, readers = writers[kept], readers[kept]
    sort = np.lexsort((readers, tensors))
    return _Reads(writers[sort], readers[sort], tensors[sort])


def _places(found: Flow, order: Sequence[int]) -> Numbers:
    """Member -> place in the order, or -1."""
    place = np.full(found.size, -1, dtype=np.int64)
    place[np.asarray(order, dtype=np.int64)] = np.arange(len(order))
    return place


def _carriers(found: Flow) -> list[bool]:
    """Which members compute from data that comes in, and not from constants and shapes alone."""
    data = [False] * found.size
    nodes, fed, typed = found.nodes, found.fed, found.typed
    for member in range(found.size):
        node = nodes.get(member)
        if node is None:
            data[member] = member in found.kinds
        elif node.op_type in _SHAPE_OPS and node.domain in ("", "ai.onnx"):
            continue
        elif member in fed:
            data[member] = True
        else:
            for source in found.sources(member):
                if data[source] and not (typed and (source, member) in typed):
                    data[member] = True
                    break
    return data if any(data) else [True] * found.size


def _hubs(reads: _Reads, found: Flow, order: Sequence[int]) -> set[int]:
    """Places that make a tensor which many blocks read."""
    edges = np.flatnonzero(np.diff(reads.tensors, prepend=-1, append=-1))
    starts = edges[:-1][np.diff(edges) >= 3]
    ends = edges[1:][np.diff(edges) >= 3]
    hubs = set()
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if _is_shared(found, order, reads.readers[start:end].tolist()):
            hubs.add(int(reads.writers[start]))
    return hubs


def _is_shared(found: Flow, order: Sequence[int], places: Sequence[int]) -> bool:
    """Whether reads at these places, in order, are those of many blocks."""
    far = sum(b - a >= FAR for a, b in pairwise(places))
    if far < 2 or far >= HUB_FAR or places[-1] - places[0] > HUB_SPREAD:
        return far >= 2
    nodes = (found.nodes.get(order[place]) for place in places)
    ops = {node.op_type if node is not None else "" for node in nodes}
    return len(ops) == 1 and family_of(ops.pop()) not in ("linear", "custom")


def _outer(found: Flow, place: Numbers, order: Sequence[int]) -> list[tuple[int, int]]:
    """(first, last) place that reads each tensor from outside, but those that many blocks read.

    So the first block of all holds together like the others: its residual may be an input of the graph.
    """
    spans = []
    for readers in found.outer.values():
        places = sorted({int(place[reader]) for reader in readers if place[reader] >= 0})
        if len(places) > 1 and not _is_shared(found, order, places):
            spans.append((places[0], places[-1]))
    return spans


def _shared_first(found: Flow, hubs: set[int], order: Sequence[int]) -> list[int]:
    """`order` with the hubs and all that they need moved to the front, both parts in their order."""
    needed = set(hubs)
    stack = list(hubs)
    while stack:
        for source in found.sources(stack.pop()):
            if source not in needed:
                needed.add(source)
                stack.append(source)
    return [m for m in order if m in needed] + [m for m in order if m not in needed]


def _counts(
    reads: _Reads, hubs: set[int], outer: Sequence[tuple[int, int]], size: int
) -> tuple[list[int], list[int], list[int]]:
    """`live`, `alive` and `forks` of a `Spine`."""
    fresh_tensor = np.diff(reads.tensors, prepend=-1) != 0
    first = np.flatnonzero(fresh_tensor)
    last = np.append(first[1:], len(reads.tensors))[: len(first)] - 1
    start, near, far = reads.writers[first], reads.readers[first], reads.readers[last]
    fresh = fresh_tensor | (np.diff(reads.readers, prepend=-1) != 0)
    forks = np.bincount(reads.writers[fresh] + 1, minlength=size + 1)
    # The chain itself may be a hub (each block of DenseNet reads all before it): its next step still counts.
    shared = np.isin(start, sorted(hubs))
    short = np.where(shared, np.where(near - start < FAR, near, start), far)
    begins = np.array([a for a, _ in outer], dtype=np.int64)
    ends = np.array([b for _, b in outer], dtype=np.int64)
    start = np.append(start, begins)
    live = _live(start, np.append(short, ends), size)
    return live, _live(start, np.append(far, ends), size), forks.tolist()


def _live(first: Numbers, last: Numbers, size: int) -> list[int]:
    """As `onnxviz.scene.grouping.cuts.live_counts`, for arrays."""
    change = np.bincount(first + 1, minlength=size + 2) - np.bincount(last + 1, minlength=size + 2)
    live: list[int] = np.cumsum(change)[: size + 1].tolist()
    return live


def _tokens(found: Flow, order: Sequence[int], data: Sequence[bool]) -> list[int]:
    names: dict[tuple[object, ...], int] = {}
    tokens = []
    for member in order:
        node = found.nodes.get(member)
        if node is None:
            token = found.kinds.get(member, ())
        else:
            carried = member in found.fed
            if found.starts[member + 1] - found.starts[member] + carried > 1:
                carried = sum(data[s] for s in found.sources(member)) + carried > 1
            else:
                carried = False
            kernel = _kernel(node) if node.attributes else ("", False)
            token = (node.domain, node.op_type, carried, *kernel)
        tokens.append(names.setdefault(token, len(names)))
    return tokens


def _kernel(node: Node) -> tuple[str, bool]:
    """Its size, and whether the convolution is grouped, whatever the number of groups."""
    kernel, grouped = "", False
    for attribute in node.attributes:
        if attribute.name == "kernel_shape":
            kernel = attribute.text[:40]
        elif attribute.name == "group":
            grouped = attribute.text != "1"
    return kernel, grouped


def _halves(node: Node | None) -> bool:
    if node is None or not node.attributes or "Transpose" in node.op_type:
        return False
    return any(a.name == "strides" and any(c in "23456789" for c in a.text[:40]) for a in node.attributes)
