"""Why nodes of the result that look foldable stayed: the engine knows, since it decided.

A node looks foldable when all that it reads is constant, or would be but for another node that was kept; and
`Shape` and `Size` always do. What depends on an input of the graph is not listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from onnxviz.model import Dim, Graph
from onnxviz.rewrites.fold.graphs import STANDARD, Body, Call, Tensor
from onnxviz.rewrites.fold.rules import has_rules, is_random
from onnxviz.rewrites.fold.seeing import type_text
from onnxviz.rewrites.fold.trace import Trace
from onnxviz.rewrites.reasons import Kept, Remedy, Stayed

_ALL_KNOWN = "all that it reads is constant"
_ALL_BUT = "all that it reads is constant, but for what was kept"
_SHAPE = "it reads a shape alone"


@dataclass(frozen=True, slots=True)
class _Blocked:
    """What stands between a tensor and a constant. `blocker` is a node id or the name of an input."""

    reason: Stayed
    sentence: str
    blocker: str
    remedy: Remedy | None = None


_VARIES = _Blocked(Stayed.GRAPH_INPUT, "", "")
"""It depends on what is put in: nobody would expect it to fold."""


def kept(body: Body, trace: Trace, staying: dict[Call, int]) -> Iterator[Kept]:
    """A reason for each call of the result that looks foldable. `staying` has those that are too large."""
    yield from _Keeper(body, trace, staying).walk(body)


class _Keeper:
    def __init__(self, body: Body, trace: Trace, staying: dict[Call, int]) -> None:
        self._trace = trace
        self._staying = staying
        self._blocked: dict[Tensor, _Blocked] = {}
        self._symbols = _symbols(body)

    def walk(self, body: Body) -> Iterator[Kept]:
        for call in body.calls:
            if call in self._trace.gone:
                continue
            found = self._of(call)
            if found is not None and found is not _VARIES:
                yield self._told(call, found)
            if found is not None:
                for tensor in call.made:
                    self._blocked[tensor] = found
            for inner in call.bodies:
                yield from self.walk(inner)

    def _told(self, call: Call, why: _Blocked) -> Kept:
        return Kept(
            call.id,
            call.op_type if call.is_standard else f"{call.proto.domain}.{call.op_type}",
            why.reason,
            why.sentence,
            self._looks(call),
            why.blocker,
            (("bytes", str(self._staying[call])),) if call in self._staying else (),
            why.remedy,
        )

    def _looks(self, call: Call) -> str:
        if call.op_type in ("Shape", "Size") and call.is_standard and not _known(call):
            return _SHAPE
        return _ALL_KNOWN if _known(call) else _ALL_BUT

    def _of(self, call: Call) -> _Blocked | None:
        """Why the call is not folded; `_VARIES` where it does not look so, None where its value is known."""
        if call in self._staying:
            # Its value is known all the same: what reads it folds.
            return self._too_large(call)
        if call.is_folded:
            return None
        if call.failure:
            reason = Stayed.SIZE_LIMIT if call.failed_for_size else Stayed.NO_RULE
            return _Blocked(reason, f"Its inputs are constant, and {call.failure}.", call.id)
        if call.op_type in ("Shape", "Size") and call.is_standard:
            return self._shape(call)
        if call.op_type == "Constant" and call.is_standard:
            return _Blocked(Stayed.NO_RULE, "It holds a sparse tensor, which this folding leaves.", call.id)
        reads = call.reads[:1] if call.op_type == "If" and call.is_standard else call.all_reads
        waits = [why for tensor in reads if tensor is not None and (why := self._why(tensor)) is not None]
        if any(why is _VARIES for why in waits):
            return _VARIES
        return self._own(call) or self._followed(call) or (waits[0] if waits else _VARIES)

    def _why(self, tensor: Tensor) -> _Blocked | None:
        """What blocks a tensor, None for a constant."""
        if tensor.is_known:
            return None
        if tensor in self._blocked:
            return self._blocked[tensor]
        if tensor.is_listed:
            remedy = Remedy("Freeze the weights: nobody can replace them then.", {"freeze_weights": True})
            sentence = f"{tensor.name!r} is a weight and an input of the graph too: a caller may replace it."
            return _Blocked(Stayed.GRAPH_INPUT, sentence, tensor.name, remedy)
        if tensor.kind == "sparse_tensor_type" and tensor.maker is None:
            return _Blocked(Stayed.NO_RULE, f"{tensor.name!r} is a sparse tensor.", tensor.name)
        return _VARIES

    @staticmethod
    def _own(call: Call) -> _Blocked | None:
        """N1 and N2: what the call itself is."""
        if call.is_local:
            remedy = Remedy("Inline the functions, and what they compute can fold.")
            sentence = "It calls a function of the model, and functions are folded once they are inlined."
            return _Blocked(Stayed.FUNCTION, sentence, call.id, remedy)
        if not has_rules(call):
            sentence = f"The ONNX standard does not say what {call.op_type} of {call.proto.domain!r} does."
            return _Blocked(Stayed.CUSTOM_OP, sentence, call.id)
        if is_random(call):
            return _Blocked(Stayed.RANDOM, "Its result differs from run to run.", call.id)
        return None

    def _too_large(self, call: Call) -> _Blocked:
        nbytes = self._staying[call]
        sentence = (
            f"Its value is known, and would add {nbytes:,} bytes to the model: computed, it takes none. "
            "A higher limit stores it."
        )
        return _Blocked(Stayed.SIZE_LIMIT, sentence, call.id)

    def _followed(self, call: Call) -> _Blocked | None:
        """The sizes that it asks for, where the elements of its list are known one by one."""
        elements = call.made[0].elements if call.made else None
        return self._left_open(list(elements.reshape(-1))) if elements is not None else None

    def _left_open(self, sizes: Sequence[object]) -> _Blocked | None:
        """The symbols among `sizes` that an input leaves open; None where there are none."""
        found = [dim for dim in dict.fromkeys(sizes) if isinstance(dim, str) and dim in self._symbols]
        if not found:
            return None
        place, axis = self._symbols[found[0]]
        more = f", and for {len(found) - 1} more" if len(found) > 1 else ""
        sentence = (
            f"It asks for the size {found[0]!r}, axis {axis} of the input {place!r}, which is open{more}."
        )
        remedy = Remedy(f"Give {', '.join(map(repr, found))} a size.", {"set_dims": dict.fromkeys(found, 1)})
        return _Blocked(Stayed.SYMBOLIC_DIM, sentence, place, remedy)

    def _shape(self, call: Call) -> _Blocked:
        source = call.read(0)
        if source is None:
            return _VARIES
        why = self._blocked.get(source)
        unknown = [dim for dim in source.shape or (None,) if not isinstance(dim, int)]
        left_open = self._followed(call) or self._left_open(unknown)
        if left_open is not None:
            return left_open
        if why is not None and why is not _VARIES:
            return why
        if any(owner.op_type in ("Loop", "Scan") for owner in call.body.owners()):
            sentence = f"It reads the shape of {source.name!r}, which may change from turn to turn."
            return _Blocked(Stayed.BODY, sentence, source.name)
        said = type_text(source) if source.shape is not None else "a tensor of unknown rank"
        sentence = f"It reads the shape of {source.name!r} ({said}), of which shape inference knows no more."
        return _Blocked(Stayed.SYMBOLIC_DIM, sentence, source.name)


def _known(call: Call) -> bool:
    return all(tensor is None or tensor.is_known for tensor in (*call.reads, *call.captures))


def _symbols(body: Body) -> dict[str, tuple[str, int]]:
    """Symbol -> (input, axis) where it stands first."""
    found: dict[str, tuple[str, int]] = {}
    for info in body.proto.input:
        dims: list[Dim] = [dim.dim_param for dim in info.type.tensor_type.shape.dim]
        for axis, dim in enumerate(dims):
            if isinstance(dim, str) and dim:
                found.setdefault(dim, (info.name, axis))
    return found


def kept_in_functions(functions: tuple[tuple[str, Graph], ...]) -> Iterator[Kept]:
    """Nodes of model-local functions that read constants alone: they are not looked into."""
    remedy = Remedy("Inline the functions, and what they compute can fold.")
    for key, graph in functions:
        constant: set[str] = set()
        for node in graph.nodes:
            if node.domain not in STANDARD:
                continue
            is_constant = node.op_type == "Constant"
            reads = [name for name in node.inputs if name]
            if not is_constant and not (reads and constant.issuperset(reads) and not node.subgraphs):
                continue
            constant.update(node.outputs)
            if not is_constant:
                sentence = f"It is in the function {key!r}, and functions are folded once they are inlined."
                yield Kept(
                    node.id, node.qualified_op, Stayed.FUNCTION, sentence, _ALL_KNOWN, key, remedy=remedy
                )
