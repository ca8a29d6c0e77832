"""After how many steps all that a step asks for is known."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from onnxviz.model import Node
from onnxviz.rewrites.fold.graphs import Body, Call, Tensor
from onnxviz.rewrites.fold.rules import BRANCH
from onnxviz.rewrites.fold.types import Did, Step


class Readiness:
    """Follows the steps as they are recorded. `earlier` are those of runs before this one of the engine.

    What follows from types alone waits for the steps of the waves before the shape inference that found them.
    """

    def __init__(self, body: Body, earlier: Sequence[Step]) -> None:
        self._first = len(earlier)
        self._known: dict[Tensor, int] = {}
        self._born: dict[Call, int] = {}
        """Calls out of the branch of an If -> the step that put them there."""
        self._unread: dict[Tensor, int] = {}
        """The step with which the last reader left, so far."""
        self._waves: list[int] = []
        self._ends: list[int] = []
        """The last step of each of `_waves`."""
        if earlier:
            self._take_over(body, earlier)

    def of(self, call: Call) -> int:
        """After how many steps the call can fold."""
        asked = call.reads[:1] if call.rule == BRANCH else call.all_reads
        found = self._came(call)
        waiting, seen = list(asked), set[Tensor]()
        while waiting:
            tensor = waiting.pop()
            if tensor is None or tensor in seen:
                continue
            seen.add(tensor)
            maker = tensor.maker
            if tensor.is_known and (maker is None or maker.wave < call.wave):
                found = max(found, self._known.get(tensor, 0))
            elif maker is not None and (tensor.is_known or tensor.elements is not None):
                # Known in part, or from its type, when it was asked: by what its maker reads.
                found = max(found, self._came(maker))
                waiting += maker.reads
            elif maker is not None:
                found = max(found, self._came(maker), self._after(min(tensor.typed, call.wave - 1)))
        return found

    def unread(self, call: Call) -> int:
        """After how many steps nothing reads any more what the call makes."""
        return max([self._came(call), *(self._unread.get(tensor, 0) for tensor in call.made)])

    def known(self, call: Call, number: int) -> None:
        """What the call makes is known after step `number`."""
        self._known.update(dict.fromkeys(call.made, number))

    def recorded(self, call: Call, number: int) -> None:
        """Step `number` folded the call."""
        self.known(call, number)
        if self._waves and self._waves[-1] == call.wave:
            self._ends[-1] = number
        else:
            self._waves.append(call.wave)
            self._ends.append(number)

    def born(self, calls: Iterable[Call], number: int) -> None:
        """Step `number` put the calls where they are now."""
        self._born.update(dict.fromkeys(calls, number))

    def left(self, tensors: Iterable[Tensor], number: int) -> None:
        """Step `number` took a reader of the tensors."""
        self._unread.update(dict.fromkeys(tensors, number))

    def _came(self, call: Call) -> int:
        return max(self._born.get(each, 0) for each in (call, *call.body.owners()))

    def _after(self, wave: int) -> int:
        place = bisect_right(self._waves, wave)
        return self._ends[place - 1] if place else self._first

    def _take_over(self, body: Body, earlier: Sequence[Step]) -> None:
        known: dict[tuple[str, str], int] = {}
        born: dict[str, int] = {}
        for step in earlier:
            known.update(((path, value.name), step.number) for path, value in step.delta.added)
            if step.did is Did.INLINED:
                born.update((node.id, step.number) for node in _walk(step.delta.instead))
        for call in body.walk():
            if call.id in born:
                self._born[call] = born[call.id]
        for each in _bodies(body):
            for tensor in each.tensors.values():
                self._known[tensor] = known.get((each.path, tensor.name), 0)


def _walk(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        for _, body in node.subgraphs:
            yield from body.walk()


def _bodies(body: Body) -> Iterator[Body]:
    yield body
    for call in body.walk():
        yield from call.bodies
