"""Folding, wave by wave: what can fold now, then what can fold because of that.

A wave is every node that `rules.decide` says folds, given what is known after the waves before it. Once there
is none, shape inference runs again with the new values; then the branches of each If whose condition is not
known by then are opened, from the outside in: before that, the If itself may become one of its branches.
Whether a value is stored is decided at the end (`limits`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onnxviz.model import Graph, Node, Value
from onnxviz.progress import report
from onnxviz.reading.graphs import Builder
from onnxviz.rewrites.fold import partial
from onnxviz.rewrites.fold.copying import name_anew
from onnxviz.rewrites.fold.drafts import Failure
from onnxviz.rewrites.fold.evaluate import Evaluator
from onnxviz.rewrites.fold.graphs import Body, Call, Tensor, build, is_there
from onnxviz.rewrites.fold.inline import Names, inline
from onnxviz.rewrites.fold.limits import Limits, too_large
from onnxviz.rewrites.fold.rules import BRANCH, COMPUTED, CONSTANT, Decision, branch_taken, decide
from onnxviz.rewrites.fold.shapes import learn_shapes

if TYPE_CHECKING:
    import onnx


@dataclass(frozen=True, slots=True)
class Inlined:
    """What stands in an If's place: its nodes as they were put there, with their values."""

    nodes: tuple[Node, ...]
    values: tuple[Value, ...]
    stored: tuple[Tensor, ...]
    """Its own tensors that no node makes."""
    calls: tuple[Call, ...]


class Engine:
    """One model on its way. `order` has the calls that folded or were inlined, in the order of the waves.

    `origins` are those of `Trace.origins`, of the run before.
    """

    def __init__(
        self, proto: onnx.ModelProto, graph: Graph, limits: Limits, origins: Mapping[str, str] | None = None
    ) -> None:
        self.proto = proto
        self.body: Body = build(proto.graph, graph)
        self.order: list[Call] = []
        self.inlined: dict[Call, Inlined] = {}
        self.staying: dict[Call, int] = {}
        """Calls whose value is too large to be stored, and its bytes."""
        self.note = ""
        self._limits = limits
        self._evaluator = Evaluator(proto)
        self._names: Names | None = None
        self._wave = 0
        self._opened: set[Call] = set()
        functions = {(function.domain, function.name) for function in proto.functions}
        for call in self.body.walk():
            call.is_local = (call.proto.domain, call.op_type) in functions
            call.at = (origins or {}).get(call.id, call.id)

    def run(self) -> None:
        """All waves, then the limits."""
        learned, self.note = learn_shapes(self.proto, self.body)
        pending: list[Call] = [call for call in self.body.walk() if not self._is_held(call)]
        since = 0
        while True:
            ready = self._ready(pending)
            if ready:
                pending = self._carry_out(ready)
                continue
            if len(self.order) > since:
                since = len(self.order)
                learned, self.note = learn_shapes(self.proto, self.body, self._wave)
                pending = _readers(learned)
            else:
                pending = self._open()
                if not pending:
                    break
        report("Weighing what is stored", 0.6)
        self.staying = too_large(
            [call for call in self.order if call.is_folded and call.rule != CONSTANT], self._limits
        )

    def _is_held(self, call: Call) -> bool:
        return any(o.op_type == "If" and o.is_standard and o not in self._opened for o in call.body.owners())

    def _open(self) -> list[Call]:
        """Let the branches of the outermost Ifs that are closed still take part."""
        closed = [
            call
            for call in self.body.walk()
            if call.op_type == "If" and call.is_standard and call not in self._opened
            if is_there(call) and not call.is_folded and not self._is_held(call)
        ]
        self._opened.update(closed)
        inner = (each for call in closed for body in call.bodies for each in body.walk())
        return [call for call in inner if not self._is_held(call)]

    def _ready(self, pending: Iterable[Call]) -> list[tuple[Call, Decision]]:
        """Those of `pending` that fold now. What becomes known in part is handed on within the wave."""
        queue = list(dict.fromkeys(pending))
        found: dict[Call, Decision] = {}
        for call in queue:
            if call in found or call.is_folded or not is_there(call) or self._is_held(call):
                continue
            decision = decide(call)
            if decision is not None and decision.rule == BRANCH and call in self._opened:
                # Its branches have folded in part: it becomes one of them in another run.
                continue
            if decision is not None:
                found[call] = decision
            elif self._knows_more(call):
                queue += call.made[0].readers
        return list(found.items())

    @staticmethod
    def _knows_more(call: Call) -> bool:
        """Follow the elements of a list of sizes; true where more of them are known than before."""
        followed = partial.follow(call)
        if followed is None:
            return False
        made, (array, dtype) = call.made[0], followed
        if (
            made.elements is not None
            and made.elements.shape == array.shape
            and (made.elements == array).all()
        ):
            return False
        made.elements, made.dtype = array, dtype
        return True

    def _carry_out(self, ready: list[tuple[Call, Decision]]) -> list[Call]:
        """One wave; returns the calls that may fold in the next."""
        self._wave += 1
        report(f"Wave {self._wave}: {len(ready):,} nodes", 0.1 + 0.5 * (1 - 0.8**self._wave))
        values = self._evaluator.values([call for call, how in ready if how.rule == COMPUTED])
        touched: list[Call] = []
        for call, decision in ready:
            call.wave, call.rule = self._wave, decision.rule
            if decision.rule == BRANCH:
                touched += self._inline(call)
                continue
            answer = values.get(call)
            if isinstance(answer, Failure):
                call.failure, call.failed_for_size, call.rule = answer.sentence, answer.is_size, 0
                continue
            if decision.rule == CONSTANT:
                call.made[0].is_known = True
            else:
                arrays = [decision.array] if answer is None else answer
                for tensor, array in zip(call.makes, arrays, strict=False):
                    if tensor is not None:
                        tensor.learn(array)
            call.is_folded = True
            self.order.append(call)
            touched += _readers(call.made)
        return touched

    def _inline(self, call: Call) -> list[Call]:
        place = branch_taken(call)
        assert place is not None
        if self._names is None:
            self._names = Names(self.body)
        branch = call.bodies[place]
        own = [tensor for tensor in branch.tensors.values() if tensor.maker is None]
        calls = inline(call, branch, self._names)
        protos = []
        for inner in calls:
            node = type(inner.proto)()
            node.CopyFrom(inner.proto)
            name_anew(inner, node)
            protos.append(node)
        values: dict[str, Value] = {}
        nodes = Builder("").nodes(protos, values, call.body.path, 0)
        self.inlined[call] = Inlined(nodes, tuple(values.values()), tuple(own), tuple(calls))
        self.order.append(call)
        inner_calls = [each for inner in calls for each in (inner, *_within(inner))]
        # A loop around it may read less now, and nothing but constants.
        around = list(call.body.owners())
        return [*inner_calls, *_readers(tensor for inner in calls for tensor in inner.made), *around]


def _within(call: Call) -> list[Call]:
    return [inner for body in call.bodies for inner in body.walk()]


def _readers(tensors: Iterable[Tensor]) -> list[Call]:
    return [call for tensor in tensors for call in (*tensor.readers, *tensor.watchers)]
