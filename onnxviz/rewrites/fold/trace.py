"""The steps of a folding, once it is known what is stored: what each shows, and what it changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from onnxviz.model import Node, Value
from onnxviz.reading.graphs import Builder
from onnxviz.rewrites.fold.engine import Engine
from onnxviz.rewrites.fold.graphs import Body, Call, Tensor
from onnxviz.rewrites.fold.readiness import Readiness
from onnxviz.rewrites.fold.rules import BRANCH, CONSTANT, OUTPUT, SHAPE, SIZE, UNREAD, has_rules
from onnxviz.rewrites.fold.seeing import described, seen_inputs, seen_outputs, stored_proto
from onnxviz.rewrites.fold.types import Delta, Did, Step

if TYPE_CHECKING:
    import onnx


class Trace:
    """Goes through `engine.order` and takes each call out of the graph, with what then nobody reads.

    `gone` are the calls that are no more, `instead` the `Constant`s in their place, `added` the constants
    that each body got, `dropped` those that were lost, `unread` the calls that went since nothing reads them.
    """

    def __init__(self, engine: Engine) -> None:
        self.steps: list[Step] = []
        self.gone: set[Call] = set()
        self.instead: dict[Call, list[onnx.NodeProto]] = {}
        self.added: dict[Body, list[Tensor]] = {}
        self.dropped: set[Tensor] = set()
        self.unread: list[Call] = []
        self._engine = engine
        self._unborn = {call for found in engine.inlined.values() for call in found.calls}
        """Calls that stand in their branch still."""
        self._stored = _stored(engine.body)
        self._total = sum(tensor.nbytes for tensor in self._stored)
        self._left = Counter({t: len(t.readers) for t in _tensors(engine.body)})
        self._wave = self._last = 0

    def run(self, earlier: Sequence[Step] = ()) -> None:
        """All steps; their numbers and waves go on from those of `earlier`."""
        self._wave = earlier[-1].wave if earlier else 0
        self._first = len(earlier)
        self._ready = Readiness(self._engine.body, earlier)
        # Constants come first in their wave: they are values already, and show nothing of how folding works.
        for call in sorted(self._engine.order, key=lambda call: (call.wave, call.rule != CONSTANT)):
            if not self.is_there(call):
                continue
            # R8: a Constant that is given out is what it would become.
            stays = call.rule == CONSTANT and call.made[0].given_out
            if stays or call in self._engine.staying:
                self._ready.known(call, self._ready.of(call))
                continue
            if call.wave != self._last:
                self._last = call.wave
                self._wave += 1
            if call.rule == BRANCH:
                self._inlined(call)
            else:
                self._folded(call)

    def origins(self) -> dict[str, str]:
        """Id of a node of the result -> its id before any If became a branch, where that is another."""
        found = {
            f"{call.body.path}{proto.output[0]}": call.at
            for call, protos in self.instead.items()
            for proto in protos
        }
        found |= {call.id: call.at for call in self._engine.body.walk() if self.is_there(call)}
        return {node: at for node, at in found.items() if node != at}

    def is_there(self, call: Call) -> bool:
        """Whether it is in the graph by now, and so is what holds it."""
        return not any(each in self.gone or each in self._unborn for each in (call, *call.body.owners()))

    def _is_needed(self, tensor: Tensor) -> bool:
        return tensor.given_out or tensor.is_listed or self._left[tensor] > 0

    def _folded(self, call: Call) -> None:
        before = self._total
        self._leave(call)
        added: list[tuple[str, Value]] = []
        given: list[Tensor] = []
        for tensor in call.made:
            if tensor in self._stored:
                # A Constant: its value was there.
                self._total -= tensor.nbytes
                self._stored.discard(tensor)
            if not self._is_needed(tensor):
                continue
            self._stored.add(tensor)
            self._total += tensor.nbytes
            if tensor.given_out:
                given.append(tensor)
            else:
                added.append((call.body.path, described(tensor)))
                self.added.setdefault(call.body, []).append(tensor)
        nodes, values = self._constants(call, given)
        dropped = self._swept(call)
        delta = Delta(call.body.path, nodes, tuple(added), dropped, values)
        self._record(call, Did.FOLDED, OUTPUT if given else call.rule, before, delta)
        self._drop_unread(call)

    def _constants(self, call: Call, given: list[Tensor]) -> tuple[tuple[Node, ...], tuple[Value, ...]]:
        """R8: a `Constant` for each output of the graph."""
        if not given:
            return (), ()
        protos = self.instead[call] = [_constant(call, tensor) for tensor in given]
        values: dict[str, Value] = {}
        nodes = Builder("").nodes(protos, values, call.body.path, 0)
        return nodes, tuple(values.values())

    def _inlined(self, call: Call) -> None:
        before = self._total
        found = self._engine.inlined[call]
        self._unborn.difference_update(found.calls)
        self._leave(call)
        self._ready.born(found.calls, self._next)
        own = [tensor for tensor in found.stored if tensor.source is not None]
        self.added.setdefault(call.body, []).extend(own)
        delta = Delta(
            call.body.path,
            found.nodes,
            tuple((call.body.path, described(tensor)) for tensor in own),
            self._swept(call),
            found.values,
        )
        self._record(call, Did.INLINED, BRANCH, before, delta)
        self._drop_unread(call, found.calls)

    def _drop_unread(self, call: Call, more: Iterable[Call] = ()) -> None:
        """R9: nodes that nothing reads any more, from the last to the first; `more` may be among them."""
        waiting = [*more, *(tensor.maker for tensor in call.all_reads if tensor.maker is not None)]
        while waiting:
            maker = waiting.pop()
            if not self.is_there(maker) or not _may_go(maker) or any(map(self._is_needed, maker.made)):
                continue
            if not any(tensor.readers for tensor in maker.made):
                # It was read by nothing before either, which is not for folding to mend.
                continue
            before = self._total
            self._leave(maker)
            self._unstore(maker.made)
            self.unread.append(maker)
            delta = Delta(maker.body.path, dropped=self._swept(maker))
            self._record(maker, Did.DROPPED, UNREAD, before, delta)
            waiting += [tensor.maker for tensor in maker.all_reads if tensor.maker is not None]

    def _swept(self, call: Call) -> tuple[tuple[str, str], ...]:
        """R9: (path, name) of the constants that it was the last to read."""
        found = []
        for tensor in dict.fromkeys(call.all_reads):
            if tensor not in self._stored or self._is_needed(tensor):
                continue
            if tensor.maker is not None and self.is_there(tensor.maker):
                continue
            self._stored.discard(tensor)
            self._total -= tensor.nbytes
            self.dropped.add(tensor)
            found.append((tensor.body.path, tensor.name))
        return tuple(found)

    def _leave(self, call: Call) -> None:
        """Take a call out, with what its bodies hold: the branch that an If became is not among that."""
        waiting = [call]
        self.gone.add(call)
        while waiting:
            leaving = waiting.pop()
            self._take_reader(tensor for tensor in leaving.reads if tensor is not None)
            for body in leaving.bodies:
                self._unstore(tensor for tensor in body.tensors.values() if tensor.body is body)
                self._take_reader(t for t in body.gives if t is not None and leaving in t.readers)
                there = (each for each in body.calls if each.body is body and each not in self.gone)
                waiting += [each for each in there if each not in self._unborn]
            found = self._engine.inlined.get(leaving)
            if found is not None and not self._unborn.isdisjoint(found.calls):
                # It goes before it was inlined, and its branch with it.
                self.gone.update(found.calls)
                self._unborn.difference_update(found.calls)
                self._unstore((*found.stored, *(tensor for each in found.calls for tensor in each.made)))
                waiting += found.calls

    def _take_reader(self, tensors: Iterable[Tensor]) -> None:
        read = list(tensors)
        self._left.subtract(read)
        self._ready.left(read, self._next)

    @property
    def _next(self) -> int:
        """Number of the step that is recorded next."""
        return self._first + len(self.steps) + 1

    def _unstore(self, tensors: Iterable[Tensor]) -> None:
        """Constants of a body that goes."""
        for tensor in tensors:
            if tensor in self._stored:
                self._stored.discard(tensor)
                self._total -= tensor.nbytes

    def _record(self, call: Call, did: Did, rule: int, before: int, delta: Delta) -> None:
        number = self._next
        ready = self._ready.unread(call) if did is Did.DROPPED else self._ready.of(call)
        if did is not Did.DROPPED:
            self._ready.recorded(call, number)
        self.steps.append(
            Step(
                number,
                self._wave,
                did,
                call.id,
                call.at,
                call.op_type if call.is_standard else f"{call.proto.domain}.{call.op_type}",
                rule,
                seen_inputs(call, types_only=rule in (SHAPE, SIZE)),
                seen_outputs(call) if did is Did.FOLDED else (),
                before,
                self._total,
                ready,
                delta,
            )
        )


def _tensors(body: Body) -> set[Tensor]:
    found = set(body.tensors.values())
    for call in body.calls:
        for inner in call.bodies:
            found |= _tensors(inner)
    return found


def _stored(body: Body) -> set[Tensor]:
    return {tensor for tensor in _tensors(body) if tensor.source is not None}


def _may_go(call: Call) -> bool:
    return has_rules(call) and all(has_rules(inner) for body in call.bodies for inner in body.walk())


def _constant(call: Call, tensor: Tensor) -> onnx.NodeProto:
    """A `Constant` in the place of the call, with its name and metadata: it is where the value comes from."""
    node = type(call.proto)()
    node.CopyFrom(call.proto)
    node.op_type, node.domain = "Constant", ""
    for name in ("input", "output", "attribute", "overload"):
        node.ClearField(name)
    node.output.append(tensor.name)
    attribute = node.attribute.add(name="value", type=_TENSOR)
    attribute.t.CopyFrom(stored_proto(tensor))
    attribute.t.ClearField("name")
    return node


_TENSOR = 4
"""`AttributeProto.TENSOR`."""
