"""How far a model's own outputs move when its numbers are moved by a rounding error.

Most models are far less sensitive than their depth allows, and a few far more: a quantized one may jump a
whole step, an argmax to another index. Rounding is as good as a small change of the data (backward error:
Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, section 1.5), so a model whose
weights and inputs are each moved by up to two units of roundoff at random shows what no comparison can tell
from rounding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onnxviz.errors import RewriteFailed
from onnxviz.rewrites import differences
from onnxviz.rewrites.running import LARGEST_INSIDE, Outputs, Side, run
from onnxviz.rewrites.types import Tolerance

if TYPE_CHECKING:
    import onnx

ROUNDS = 3
UNITS = 2.0
SAFETY = 8.0
"""The largest of three random movements is seldom the largest that there is, and two models round."""

FLIPS = 4.0
"""Times the part of integers (indices, quantized numbers) that the nudges flip: such flips are few, and their
number varies."""

SMALLEST = 16
"""Elements of a weight that is moved: smaller ones hold scales, sizes and limits of an operator, and a Resize
by 1.9999999 gives another shape."""

_REALS = (1, 10, 11, 16)
"""FLOAT, FLOAT16, DOUBLE and BFLOAT16 (TensorProto.DataType)."""


@dataclass(frozen=True, slots=True)
class Movement:
    """How far one output moved: `ratio` and `share` as in `differences.Gap`."""

    ratio: float = 0.0
    share: float = 0.0

    def excuses(self, gap: differences.Gap) -> bool:
        """True where rounding alone does as much."""
        if gap.is_exact:
            return gap.share <= FLIPS * self.share
        return gap.ratio <= SAFETY * self.ratio

    @property
    def tolerance(self) -> Tolerance:
        """What the movement allows, and the sentence that says so."""
        start = (
            "This model is sensitive: when each of its weights and inputs is moved by two rounding errors, "
        )
        if not self.ratio:
            allowed = FLIPS * self.share
            moved = f"{self.share:.2g} of the elements of its own output change; {FLIPS:g} times as many may."
            return Tolerance(allowed, start + moved)
        moved = f"its own outputs move by {self.ratio:.2g} of their size; {SAFETY:g} times that is allowed."
        return Tolerance(SAFETY * self.ratio, start + moved)


def movement(
    side: Side, feeds: Sequence[Mapping[str, NDArray[Any]]], names: Sequence[str], seed: int = 0
) -> dict[str, Movement] | None:
    """Tensor -> how far it moved at most over all `feeds`; None where that cannot be found out."""
    import onnx
    from onnx.external_data_helper import load_external_data_for_model

    if side.nbytes > LARGEST_INSIDE:
        return None
    proto = onnx.ModelProto()
    proto.CopyFrom(side.proto)
    load_external_data_for_model(proto, str(side.path.parent))
    random = np.random.default_rng(seed)
    found = dict.fromkeys(names, Movement())
    try:
        session = side.exposing(names)
        for _ in range(ROUNDS):
            nudged = replace(side, proto=_nudged(proto, random)).exposing(names)
            for feed in feeds:
                moved = {name: _moved(array, random) for name, array in feed.items()}
                if not _add(found, run(session, feed, side.label), run(nudged, moved, side.label)):
                    return None
    except RewriteFailed:
        # A nudge may have moved a number that has to be exact: the caller does without.
        return None
    return found


def _add(found: dict[str, Movement], usual: Outputs, outputs: Outputs) -> bool:
    """Widen `found` by one run; false where a shape depends on the numbers."""
    for (name, known), x, y in zip(list(found.items()), usual, outputs, strict=True):
        widest = known
        for pair in differences.pairs(name, x, y):
            if isinstance(pair, differences.Unlike):
                return False
            gap = differences.gap(*pair)
            ratio = 0.0 if gap.is_exact else gap.ratio
            widest = Movement(max(widest.ratio, ratio), max(widest.share, gap.share))
        found[name] = widest
    return True


def _nudged(model: onnx.ModelProto, random: np.random.Generator) -> onnx.ModelProto:
    from onnx import numpy_helper

    proto = type(model)()
    proto.CopyFrom(model)
    tensors = list(proto.graph.initializer)
    tensors += [a.t for node in proto.graph.node for a in node.attribute if node.op_type == "Constant"]
    for tensor in tensors:
        if tensor.data_type in _REALS and int(np.prod(tensor.dims)) >= SMALLEST:
            array = numpy_helper.to_array(tensor)
            tensor.CopyFrom(numpy_helper.from_array(_moved(array, random), tensor.name))
    return proto


def _moved(array: NDArray[Any], random: np.random.Generator) -> NDArray[Any]:
    """Each real number times 1 + δ, δ at random within two units of roundoff of its type."""
    if array.dtype.kind not in "fV" or array.dtype.names:
        return array
    precision, _ = differences.precision_of(array.dtype)
    reach = UNITS * 2.0**-precision
    wide = np.asarray(array).astype(np.float64)
    with np.errstate(over="ignore"):
        # The largest number of a type, as masks hold, may go beyond it.
        moved = np.asarray(wide * (1 + random.uniform(-reach, reach, array.shape))).astype(array.dtype)
    return np.where(np.isfinite(moved.astype(np.float64)), moved, array)
