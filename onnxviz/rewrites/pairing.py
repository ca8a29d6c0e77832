"""Two models side by side: loaded, their inputs and outputs paired, ready to be fed the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from onnxviz.bench import feeds
from onnxviz.model import Dim
from onnxviz.rewrites import differences
from onnxviz.rewrites.running import LARGEST_INSIDE, Outputs, Side
from onnxviz.rewrites.signatures import Pairing, paired, renamed
from onnxviz.rewrites.tolerance import Depths
from onnxviz.rewrites.types import Tolerance

Feed = dict[str, NDArray[Any]]
Compared = tuple[str, differences.Unlike | differences.Gap, int]
"""(output of the original, how far apart, elements)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models, how they belong together, and what they are fed with."""

    original: Side
    result: Side
    pairing: Pairing
    inputs: tuple[tuple[feeds.Input, ...], tuple[feeds.Input, ...]]
    """Both under the original's names."""
    dims: dict[str, int]
    depths: Depths
    seed: int

    def feed(self, attempt: int) -> tuple[Feed, Feed]:
        """The numbers for one attempt, by each model's own names. Raises BenchFailed."""
        first, second = (feeds.make(given, self.seed + attempt, self.dims) for given in self.inputs)
        # An input that only the result has keeps its name.
        back = {original: name for name, original in self.pairing.inputs.items()}
        return first, {back.get(name, name): array for name, array in second.items()}

    @property
    def can_look_inside(self) -> bool:
        """False where the models are too large for that."""
        return max(self.original.nbytes, self.result.nbytes) <= LARGEST_INSIDE

    def tolerance(self, tensor: str) -> Tolerance:
        """What rounding allows a tensor of the original."""
        return self.depths.of(tensor).tolerance

    def gaps(self, a: Outputs, b: Outputs) -> Iterator[Compared]:
        """How far apart the outputs are that belong together."""
        firsts = dict(zip(self.original.outputs, a, strict=True))
        seconds = dict(zip(self.result.outputs, b, strict=True))
        for name, other in self.pairing.outputs:
            for pair in differences.pairs(name, firsts[name], seconds[other]):
                if isinstance(pair, differences.Unlike):
                    yield name, pair, 0
                else:
                    yield name, differences.gap(*pair), pair[0].size


def side_by_side(original: Side, result: Side, seed: int) -> Comparison:
    """Raises BenchFailed for an input that cannot be made up, RewriteFailed where they take other numbers."""
    inputs = [feeds.inputs_of(side.proto) for side in (original, result)]
    pairing = paired((inputs[0], original.outputs), (inputs[1], result.outputs))
    same, dims = _same_sizes([inputs[0], renamed(inputs[1], pairing.inputs)])
    return Comparison(original, result, pairing, (same[0], same[1]), dims, Depths(original.proto, dims), seed)


def _same_sizes(
    sides: list[tuple[feeds.Input, ...]],
) -> tuple[list[tuple[feeds.Input, ...]], dict[str, int]]:
    """The inputs of both models under the sizes that either of them fixes, and sizes for the symbols.

    A rewrite may have fixed a dynamic input, and both have to get the same numbers.
    """
    fixed: dict[str, tuple[Dim, ...]] = {}
    dims: dict[str, int] = {}
    for one in (one for side in sides for one in side):
        known = fixed.setdefault(one.name, one.shape)
        if len(known) == len(one.shape):
            pairs = list(zip(known, one.shape, strict=True))
            fixed[one.name] = tuple(a if isinstance(a, int) else b for a, b in pairs)
            both_ways = (*pairs, *(pair[::-1] for pair in pairs))
            dims |= {a: b for a, b in both_ways if isinstance(a, str) and isinstance(b, int)}
    merged = {
        str(place): tuple(replace(one, shape=fixed[one.name]) for one in side)
        for place, side in enumerate(sides)
    }
    return list(feeds.agreed(merged).values()), dims
