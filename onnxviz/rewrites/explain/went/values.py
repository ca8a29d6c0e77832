"""What the tensors of two models hold, on seeded inputs: run, compared, and let go of again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onnxviz.diff.table import NONE
from onnxviz.errors import OnnxvizError
from onnxviz.reading.graphs import PLAIN_CONSTANTS
from onnxviz.reading.tensors import shorten, text_of
from onnxviz.rewrites import differences
from onnxviz.rewrites.explain.went.ground import Ground
from onnxviz.rewrites.explain.went.protos import Cutter
from onnxviz.rewrites.pairing import Comparison, side_by_side
from onnxviz.rewrites.parting import chunks
from onnxviz.rewrites.running import Side, run, serialized, unoptimized_session

if TYPE_CHECKING:
    import onnx

SEEDS = 2

CHUNK_TENSORS = 4096
"""Of one run, besides its bytes: most of them are small."""

HELD_BYTES = 64 << 20
"""A tensor above this is compared by its digest, which tells equal from unequal and no more."""

KEPT_BYTES = 4096
"""A constant up to this size is kept as an array, to be compared within rounding."""

MOST_FAILURES = 24

SIDES = ("The original", "The result")

Ref = tuple[int, int]
"""(0 for the original or 1 for the result, tensor)."""

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Held:
    """One tensor in one run: `array` unless it is large, and a digest of type, shape and elements.

    The digest is empty where there is an array to compare, and nobody asks for more.
    """

    digest: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int
    preview: str
    array: NDArray[Any] | None


@dataclass(frozen=True, slots=True)
class Fact:
    """A tensor of the original that was recomputed. `is_same` says whether each run gave the same bits."""

    held: Held
    is_same: bool


class Values:
    """Runs pieces of both models. `problem` is a sentence where that is not possible."""

    def __init__(self, ground: Ground, deadline: float) -> None:
        self._ground = ground
        self._deadline = deadline
        self._failures = 0
        self._cutters: list[Cutter | None] = [None, None]
        self._compared: Comparison | None = None
        self._constants: dict[int, Held | None] = {}
        self.problem = ""
        self.is_out_of_time = False

    def facts(self, tensors: Sequence[int]) -> dict[int, Fact]:
        """Tensors of the original that follow from constants and sizes, computed anew on each seed."""
        found: dict[int, Fact] = {}
        for chunk in chunks(tensors, lambda tensor: self._nbytes(0, tensor), CHUNK_TENSORS):
            for tensor, runs in self._held(0, chunk, keep=KEPT_BYTES).items():
                found[tensor] = Fact(runs[0], len({held.digest for held in runs}) == 1)
        return found

    def agree(
        self, pairs: Sequence[tuple[Ref, Ref]], *, exactly: bool = False
    ) -> dict[tuple[Ref, Ref], bool]:
        """Whether the tensors of each pair hold the same on every seed; what cannot be run is left out.

        Integers have to be equal, reals within what rounding allows on the way to the first of the pair; with
        `exactly` bit for bit.
        """
        found: dict[tuple[Ref, Ref], bool] = {}
        for chunk in chunks(pairs, lambda pair: sum(self._nbytes(*ref) for ref in pair), CHUNK_TENSORS):
            refs = [list(dict.fromkeys(t for pair in chunk for s, t in pair if s == side)) for side in (0, 1)]
            held = [self._held(side, refs[side]) for side in (0, 1)]
            for first, second in chunk:
                x, y = held[first[0]].get(first[1]), held[second[0]].get(second[1])
                if x and y:
                    runs = max(len(x), len(y))
                    both = [(x[at % len(x)], y[at % len(y)]) for at in range(runs)]
                    found[first, second] = all(self._is_same(*one, first, exactly=exactly) for one in both)
        return found

    def constant(self, tensor: int) -> Held | None:
        """A constant of the result, as it is stored; None where it is none or cannot be read."""
        if tensor not in self._constants:
            self._constants[tensor] = self._read(1, tensor, keep=KEPT_BYTES)
        return self._constants[tensor]

    def is_stored(self, tensor: int, fact: Fact, image: int) -> bool:
        """Whether a constant of the result is what was recomputed, bit for bit or within rounding."""
        stored = self.constant(image)
        return stored is not None and self._is_same(fact.held, stored, (0, tensor), exactly=False)

    def _is_same(self, x: Held, y: Held, first: Ref, *, exactly: bool) -> bool:
        if x.digest and y.digest and x.digest == y.digest:
            return True
        if x.array is None or y.array is None:
            return False
        if x.array.shape != y.array.shape or x.array.dtype != y.array.dtype:
            return False
        if _bits_equal(x.array, y.array):
            return True
        if exactly:
            return False
        name = self._ground.a.names[first[1]]
        return differences.gap(x.array, y.array).ratio <= self._comparison().tolerance(name).rtol

    def _held(self, side: int, tensors: Sequence[int], *, keep: int = HELD_BYTES) -> dict[int, list[Held]]:
        """Tensor -> what it held, once for each seed, or only once where no input goes into it."""
        found: dict[int, list[Held]] = {}
        to_run: list[int] = []
        for tensor in tensors:
            stored = self._read(side, tensor, keep=keep)
            if stored is not None:
                found[tensor] = [stored]
            else:
                to_run.append(tensor)
        if to_run and not self.problem:
            self._run(side, to_run, found, keep)
        return found

    def _run(self, side: int, tensors: list[int], found: dict[int, list[Held]], keep: int) -> None:
        """Run one piece for all; where that fails, halve, so that one bad tensor does not cost the others."""
        if time.perf_counter() > self._deadline:
            self.is_out_of_time = True
            return
        try:
            results = self._results(side, tensors)
        except OnnxvizError as error:
            self._failures += 1
            if self._failures > MOST_FAILURES:
                self.problem = f"{error.subject}: {error.cause}"
            elif len(tensors) > 1:
                middle = len(tensors) // 2
                self._run(side, tensors[:middle], found, keep)
                self._run(side, tensors[middle:], found, keep)
            return
        for tensor, values in results.items():
            if all(isinstance(value, np.ndarray) for value in values):
                found[tensor] = [_held(value, keep) for value in values]

    def _results(self, side: int, tensors: list[int]) -> dict[int, list[Any]]:
        cutter = self._cutter(side)
        given = [tensor for tensor in tensors if cutter.is_given(tensor)]
        made = [tensor for tensor in tensors if not cutter.is_given(tensor)]
        found: dict[int, list[Any]] = {tensor: [] for tensor in tensors}
        session = None
        if made:
            data = serialized(cutter.piece(made), SIDES[side])
            session = unoptimized_session(data, SIDES[side], self._path(side).parent)
            del data
        wanted = {one.name for one in session.get_inputs()} if session is not None else set()
        for attempt in range(SEEDS if wanted or given else 1):
            feed = self._comparison().feed(attempt)[side] if wanted or given else {}
            for tensor in given:
                found[tensor].append(feed[cutter.name(tensor)])
            if session is not None:
                values = run(session, {name: feed[name] for name in wanted}, SIDES[side])
                for tensor, value in zip(made, values, strict=True):
                    found[tensor].append(value)
        return found

    def _read(self, side: int, tensor: int, *, keep: int) -> Held | None:
        """A stored constant."""
        from onnx import numpy_helper

        table = self._ground.b if side else self._ground.a
        if table.fixed[tensor] == NONE:
            return None
        cutter = self._cutter(side)
        proto = cutter.constant(tensor)
        if proto is None and table.makers[tensor] != NONE:
            proto = tensor_of(cutter.node(table.makers[tensor]))
        if proto is None:
            return None
        try:
            return _held(numpy_helper.to_array(proto, str(self._path(side).parent)), keep)
        except (ValueError, TypeError, KeyError, OSError, NotImplementedError):
            # What cannot be read agrees with nothing.
            return None

    def _cutter(self, side: int) -> Cutter:
        import onnx

        found = self._cutters[side]
        if found is None:
            table = self._ground.b if side else self._ground.a
            proto = onnx.load(self._path(side), load_external_data=False)
            found = self._cutters[side] = Cutter(proto, table)
        return found

    def _path(self, side: int) -> Path:
        return Path((self._ground.after if side else self._ground.before).path)

    def _comparison(self) -> Comparison:
        if self._compared is None:
            sides = [Side(SIDES[s], self._path(s), self._cutter(s).proto, _Outputs(self._cutter(s).proto))
                     for s in (0, 1)]  # fmt: skip
            self._compared = side_by_side(sides[0], sides[1], 0)
        return self._compared

    def _nbytes(self, side: int, tensor: int) -> int:
        value = (self._ground.b if side else self._ground.a).value(tensor)
        if value.nbytes is not None:
            return value.nbytes
        count = 4
        for dim in value.shape or ():
            count *= dim if isinstance(dim, int) else 1
        return count


@dataclass(frozen=True, slots=True)
class _Named:
    name: str


class _Outputs:
    """What `Side` asks of a session before anything runs, without loading the weights."""

    def __init__(self, proto: onnx.ModelProto) -> None:
        self._names = [_Named(output.name) for output in proto.graph.output]

    def get_outputs(self) -> list[_Named]:
        """Its outputs."""
        return self._names


def tensor_of(node: onnx.NodeProto) -> onnx.TensorProto | None:
    """What a `Constant` holds, whichever of its attributes holds it; None for a sparse one."""
    from onnx import helper

    for attribute in node.attribute:
        if attribute.HasField("t"):
            held: onnx.TensorProto = attribute.t
            return held
        found = PLAIN_CONSTANTS.get(text_of(attribute.name))
        if found is not None:
            items = getattr(attribute, found[0])
            listed = found[0].endswith("s") and found[0] != "s"
            items = list(items) if listed else [items]
            return helper.make_tensor("", found[1], [len(items)] if listed else [], items)
    return None


def _bits_equal(x: NDArray[Any], y: NDArray[Any]) -> bool:
    if x.dtype.kind in "OUST":
        return bool(x.tolist() == y.tolist())
    if not x.size:
        return True
    a, b = (np.ascontiguousarray(each).reshape(-1).view(np.uint8) for each in (x, y))
    return bool(np.array_equal(a, b))


def _held(array: NDArray[Any], keep: int) -> Held:
    is_needed = keep < HELD_BYTES or array.nbytes > keep
    return Held(
        _digest(array) if is_needed else "",
        str(array.dtype),
        array.shape,
        array.nbytes,
        _preview(array),
        array if array.nbytes <= keep else None,
    )


def _digest(array: NDArray[Any]) -> str:
    digest = hashlib.blake2b(f"{array.dtype} {array.shape} ".encode(), digest_size=16)
    if array.dtype.kind in "OUST":
        digest.update(repr(array.tolist()).encode("utf-8", "surrogatepass"))
    else:
        digest.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
    return digest.hexdigest()


def _preview(array: NDArray[Any]) -> str:
    items = [f"{item:.6g}" if isinstance(item, float) else str(item) for item in array.ravel()[:6].tolist()]
    text = ", ".join(items) + (", …" if array.size > len(items) else "")
    return shorten(text if array.ndim == 0 else f"[{text}]")
