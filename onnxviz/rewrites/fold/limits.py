"""What of the known values is stored: folding must not make a small file large.

A value has to be stored where something reads it that stays. It is looked at how many bytes that adds.

L1. Up to `LIGHT` bytes: always. That is what shapes, axes and scalars take: of the 6,148 values that fold in
    20 exports of the samples (both exporters), half have at most 24 bytes and 90 % at most 4,096. The node
    that goes takes 136 bytes of the file (median, TorchScript) or 1,107 (dynamo, with its stack trace).
L2. More, where the sum does not grow: a transposed weight in place of the weight, three slices in place of
    what they were cut from. Weights count as replaced only if nothing else reads them: a `Transpose` of an
    embedding that a `Gather` reads too would double it.
L3. More than that, up to `tensor_bytes` a tensor (1 MiB): but only if all of them together are at most
    `total_bytes` (16 MiB), else none. So folding a result again finds no new room.
L4. What is left stays computed: the node is kept, and what it reads is stored instead, by L1 and L2.

The defaults let through every mask, position table and joined weight of those exports (99 % have at most
16 KiB, the largest 125 KiB), and stop generated weights: folding them all makes 574 MB out of the 9 KB of
`light_vgg19`, and 32 MB out of `light_densenet121`, to spare a run a `ConstantOfShape`, which ONNX Runtime
computes once when it loads the model. onnxscript 0.7.2 (`optimizer/_constant_folding.py`) folds nothing that
reads more than 8,192 elements, stores more than 512 * 512 only where as many go, and leaves every
`ConstantOfShape`; onnxsim 0.8.1 draws the line at 1.5 GB.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from onnxviz.rewrites.fold.graphs import Call, Tensor, is_there
from onnxviz.rewrites.fold.rules import CONSTANT

LIGHT = 4096
"""Bytes of a tensor that is always stored: 512 sizes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`tensor_bytes` for one tensor, `total_bytes` for all that grow."""

    tensor_bytes: int
    total_bytes: int


def too_large(calls: Iterable[Call], limits: Limits) -> dict[Call, int]:
    """The calls whose value is known and not stored, with the bytes that it would take.

    `calls` are those that were folded, without `Constant`s: these hold their value already.
    """
    candidates = set(calls)
    while True:
        staying = _Choice(candidates, limits).staying()
        if not staying or staying == candidates:
            # Nothing more would go, even with all that went taken for granted: as in a second run.
            return {call: _demanded(call, staying) for call in staying}
        candidates = staying


def _demanded(call: Call, staying: set[Call]) -> int:
    """Bytes of what it makes that something reads which stays."""
    return sum(tensor.nbytes for tensor in call.made if _is_demanded(tensor, staying))


def _is_demanded(tensor: Tensor, staying: set[Call]) -> bool:
    if tensor.given_out:
        return all(_stays(owner, staying) for owner in tensor.body.owners())
    return any(is_there(reader) and _stays_whole(reader, staying) for reader in tensor.readers)


def _stays_whole(reader: Call, staying: set[Call]) -> bool:
    """Whether it stays, and the calls that hold it."""
    return _stays(reader, staying) and all(_stays(owner, staying) for owner in reader.body.owners())


def _stays(call: Call, staying: set[Call]) -> bool:
    return not call.is_gone and (not call.is_folded or call in staying)


class _Choice:
    """Which of `candidates` stay; every other folded call has gone, and what it made is stored."""

    def __init__(self, candidates: set[Call], limits: Limits) -> None:
        self._candidates = candidates
        self._limits = limits
        self._staying: set[Call] = set()
        self._depths: dict[Call, int] = {}

    def staying(self) -> set[Call]:
        """Rules L1 to L4, until none has more to say."""
        while True:
            stored = {call: _demanded(call, self._staying) for call in self._candidates - self._staying}
            stored = {call: nbytes for call, nbytes in stored.items() if nbytes > LIGHT}
            growing = self._growing(stored)
            # L3
            middling = [
                call
                for cluster in growing
                for call in cluster
                if stored[call] <= self._limits.tensor_bytes and _demanded(call, set())
            ]
            if sum(stored[call] for call in middling) <= self._limits.total_bytes:
                for call in middling:
                    del stored[call]
                growing = self._growing(stored)
            if not growing:
                return self._staying
            for cluster in growing:
                # L4: the last first, since what it reads may then be stored in its place.
                last = max(map(self._depth, cluster))
                self._staying |= {call for call in cluster if self._depth(call) == last}

    def _growing(self, stored: dict[Call, int]) -> list[list[Call]]:
        """L2: calls that replace the same sources belong together; those that take more than they free."""
        groups = _Groups()
        freed: dict[Tensor, Call] = {}
        for call in stored:
            groups.add(call)
            for source in self._sources(call):
                if source.nbytes > LIGHT and not _is_demanded(source, self._staying):
                    groups.join(call, freed.setdefault(source, call))
        balance = {call: 0 for call in stored if groups.find(call) is call}
        for call, nbytes in stored.items():
            balance[groups.find(call)] += nbytes
        for source, call in freed.items():
            balance[groups.find(call)] -= source.nbytes
        clusters: dict[Call, list[Call]] = {}
        for call in stored:
            root = groups.find(call)
            if balance[root] > 0:
                clusters.setdefault(root, []).append(call)
        return list(clusters.values())

    def _depth(self, call: Call) -> int:
        """The longest way to it through other candidates: unlike its wave, the same in a second run."""
        waiting = [call]
        while waiting:
            top = waiting[-1]
            makers = [t.maker for t in top.all_reads if t.maker in self._candidates and t.maker is not top]
            lacking = [maker for maker in makers if maker is not None and maker not in self._depths]
            if lacking and top not in self._depths:
                waiting += lacking
                continue
            waiting.pop()
            self._depths[top] = 1 + max((self._depths[m] for m in makers if m is not None), default=0)
        return self._depths[call]

    def _sources(self, call: Call) -> set[Tensor]:
        """Stored tensors that its value is computed from."""
        found: set[Tensor] = set()
        waiting, seen = [call], {call}
        while waiting:
            for tensor in waiting.pop().all_reads:
                maker = tensor.maker
                if maker is None or maker.rule == CONSTANT or self._has_gone(maker):
                    if tensor.is_known:
                        found.add(tensor)
                elif maker in self._candidates and maker not in self._staying and maker not in seen:
                    seen.add(maker)
                    waiting.append(maker)
        return found

    def _has_gone(self, maker: Call) -> bool:
        return maker.is_folded and maker not in self._candidates


class _Groups:
    """Disjoint sets of calls (union by halving of paths)."""

    def __init__(self) -> None:
        self._above: dict[Call, Call] = {}

    def add(self, call: Call) -> None:
        self._above.setdefault(call, call)

    def find(self, call: Call) -> Call:
        while self._above[call] is not call:
            self._above[call] = self._above[self._above[call]]
            call = self._above[call]
        return call

    def join(self, one: Call, other: Call) -> None:
        self._above[self.find(one)] = self.find(other)
