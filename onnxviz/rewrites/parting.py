"""Inside two models: which of the tensors that both have differ, in the original's order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from onnxviz.errors import RewriteFailed
from onnxviz.progress import report
from onnxviz.rewrites import differences
from onnxviz.rewrites.pairing import Comparison, Feed
from onnxviz.rewrites.prepare import reads
from onnxviz.rewrites.running import Outputs, Side, run
from onnxviz.rewrites.types import FirstDifference

if TYPE_CHECKING:
    import onnx

T = TypeVar("T")

CHUNK_TENSORS = 256
CHUNK_BYTES = 256 << 20
"""Tensors and bytes looked at in one run of both models, so that a large model's do not fill the memory."""

MOST_HOPS = 6
MOST_MEANINGS = 16
"""How far, and for how many vanished tensors, a new meaning of an old name is looked for."""

MEANING = 100.0
"""Times the tolerance within which a tensor holds another's numbers: that it does is what is asked, and how
exactly shows in what is computed from it."""

_INFINITE = float("inf")
_APART = differences.Gap(_INFINITE, _INFINITE, _INFINITE, _INFINITE, 1.0)


@dataclass(frozen=True, slots=True)
class Inside:
    """What was found. All names are the original's; `order` is its own.

    `gaps` says how far apart the tensors are that have one name in both main graphs, `beyond` which of them
    are beyond their tolerance. `ends` are the outputs. `explained` are those of `beyond` whose name only got
    another meaning: a Conv that took a BatchNormalization in keeps its name and gives what that gave.
    """

    order: tuple[str, ...]
    gaps: dict[str, differences.Gap]
    beyond: frozenset[str]
    explained: frozenset[str]
    ends: frozenset[str]
    makers: tuple[dict[str, onnx.NodeProto], dict[str, onnx.NodeProto]]
    pairs: dict[str, str]

    def described(self, name: str) -> FirstDifference:
        """The difference at this tensor, for a person."""
        maker, other = self.makers[0][name], self.makers[1].get(self.pairs[name])
        earlier = [one for one in self.order[: self.order.index(name)] if one in self.gaps]
        return FirstDifference(
            name,
            next(output for output in maker.output if output),
            maker.op_type,
            other.op_type if other is not None else "",
            self.gaps[name].absolute,
            self.gaps[name].relative,
            len(self.gaps),
            sum(one not in self.beyond for one in earlier),
        )


def look_inside(comparison: Comparison, attempt: int) -> Inside:
    """Compare every tensor that has one name in both main graphs, and the paired outputs, on one input."""
    first, second = _makers(comparison.original.proto), _makers(comparison.result.proto)
    ends = {name: other for name, other in comparison.pairing.outputs if name in first}
    pairs = {name: name for name in first if name in second} | ends
    order = tuple(name for name in first if name in pairs)
    feeds, depths = comparison.feed(attempt), comparison.depths
    gaps: dict[str, differences.Gap] = {}
    for number, chunk in enumerate(chunks(order, depths.nbytes)):
        report("Comparing tensors inside", number * CHUNK_TENSORS / max(len(order), 1))
        found = _exposed(comparison, feeds, chunk, [pairs[name] for name in chunk])
        if found is not None:
            gaps.update((name, _gap(name, x, y)) for name, x, y in zip(chunk, *found, strict=True))
    beyond = [name for name in gaps if gaps[name].ratio > depths.of(name).tolerance.rtol]
    inner = [name for name in beyond if name not in ends]
    explained = _explained(comparison, feeds, inner, set(pairs))
    return Inside(
        order, gaps, frozenset(beyond), frozenset(explained), frozenset(ends), (first, second), pairs
    )


def _explained(
    comparison: Comparison, feeds: tuple[Feed, Feed], names: Sequence[str], common: set[str]
) -> set[str]:
    """Those of `names` that hold, in the result, what a tensor computed from them held in the original.

    Only tensors that the result no longer has count: they went into the operator before them. Where a Reshape
    has moved, a tensor may also hold its own numbers in another shape.
    """
    following = _followers(comparison.original.proto, common)
    meanings = {name: [name, *_vanished(name, following)] for name in names}
    explained: set[str] = set()
    for chunk in chunks(names, comparison.depths.nbytes):
        wanted = list(dict.fromkeys(later for name in chunk for later in meanings[name]))
        found = _exposed(comparison, feeds, wanted, chunk)
        if found is None:
            continue
        before, after = dict(zip(wanted, found[0], strict=True)), dict(zip(chunk, found[1], strict=True))
        for name in chunk:
            allowed = MEANING * comparison.tolerance(name).rtol
            known = (before[later] for later in meanings[name])
            if any(_holds(after[name], value, allowed, before[name] is value) for value in known):
                explained.add(name)
    return explained


def _holds(found: Any, value: Any, allowed: float, is_own: bool) -> bool:
    """Whether two tensors hold the same numbers, in whatever shape; its own ones only in another shape.

    A sequence or map holds none: what is in it may have many shapes.
    """
    if isinstance(value, list | tuple | dict) or isinstance(found, list | tuple | dict):
        return False
    a, b = np.asarray(value), np.asarray(found)
    if a.size != b.size or a.dtype != b.dtype or (is_own and a.shape == b.shape):
        return False
    return differences.gap(a.ravel(), b.ravel()).ratio <= allowed


def _vanished(name: str, following: Callable[[str], list[str]]) -> list[str]:
    """The nearest tensors computed from `name` that the result does not have."""
    found: list[str] = []
    here = [name]
    for _ in range(MOST_HOPS):
        here = [later for one in here for later in following(one) if later not in found]
        found.extend(dict.fromkeys(here))
        if not here or len(found) >= MOST_MEANINGS:
            break
    return found[:MOST_MEANINGS]


def _followers(model: onnx.ModelProto, common: set[str]) -> Callable[[str], list[str]]:
    """Tensor -> outputs of the nodes that read it, those left out that both models have."""
    found: dict[str, list[str]] = {}
    for node in model.graph.node:
        outputs = [name for name in node.output if name and name not in common]
        for name in dict.fromkeys(reads(node)):
            found.setdefault(name, []).extend(outputs)
    return lambda name: found.get(name, [])


def _makers(model: onnx.ModelProto) -> dict[str, onnx.NodeProto]:
    """Tensor -> the node of the main graph that makes it, in file order."""
    return {name: node for node in model.graph.node for name in node.output if name}


def chunks(items: Sequence[T], nbytes: Callable[[T], int], most: int = CHUNK_TENSORS) -> Iterator[list[T]]:
    """`items` in order, in lists of at most `most` and of at most `CHUNK_BYTES` together, or of one item."""
    chunk: list[T] = []
    total = 0
    for item in items:
        size = nbytes(item)
        if chunk and (len(chunk) >= most or total + size > CHUNK_BYTES):
            yield chunk
            chunk, total = [], 0
        chunk.append(item)
        total += size
    if chunk:
        yield chunk


def _exposed(
    comparison: Comparison, feeds: tuple[Feed, Feed], first: Sequence[str], second: Sequence[str]
) -> tuple[Outputs, Outputs] | None:
    """These tensors of the original and of the result; None where they cannot be outputs."""

    def of(side: Side, names: Sequence[str], feed: Feed) -> Outputs:
        return run(side.exposing(names), feed, side.label)

    try:
        return of(comparison.original, first, feeds[0]), of(comparison.result, second, feeds[1])
    except RewriteFailed:
        # An optional value that is empty is one such: the rest of the search goes on.
        return None


def _gap(name: str, x: Any, y: Any) -> differences.Gap:
    """The widest gap between two values; those of another shape or type are as far apart as can be."""
    worst = differences.Gap()
    for pair in differences.pairs(name, x, y):
        gap = _APART if isinstance(pair, differences.Unlike) else differences.gap(*pair)
        worst = max(worst, gap, key=lambda one: one.ratio)
    return worst
