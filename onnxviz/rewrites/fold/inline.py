"""R7: an If becomes the branch that it always takes, under names that are free in the graph around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from onnxviz.reading.graphs import bodies_of
from onnxviz.rewrites.fold.graphs import Body, Call, Tensor


class Names:
    """The names of a model, and new ones that are not among them."""

    def __init__(self, body: Body) -> None:
        self._taken = Counter(_names(body))

    def free(self, wanted: str) -> str:
        """`wanted`, where no other graph has it too; else with a number behind it."""
        if self._taken[wanted] <= 1:
            return wanted
        number = 1
        while (found := f"{wanted}_{number}") in self._taken:
            number += 1
        self._taken[found] = 1
        return found


def inline(call: Call, branch: Body, names: Names) -> list[Call]:
    """Put `branch` in the place of the If. Returns the calls that stand there now, in order.

    Protos stay as they are: tensors know their new names. The If stays in `body.calls`, marked as gone.
    """
    around = call.body
    own = list(branch.tensors.values())
    for tensor in own:
        tensor.name, tensor.body, tensor.given_out = names.free(tensor.name), around, False
    for inner in branch.calls:
        inner.body = around
    calls = [*branch.calls, *_outputs(call, branch, set(own))]
    for tensor in own:
        around.tensors[tensor.name] = tensor
    place = around.calls.index(call)
    around.calls[place + 1 : place + 1] = calls
    around.moved.append(branch)
    call.is_gone = True
    for inner in calls:
        _identify(inner)
    return calls


def _outputs(call: Call, branch: Body, own: set[Tensor]) -> list[Call]:
    """Give the If's outputs to the nodes that make them; the rest comes through an Identity."""
    extra = []
    for made, inner in zip(call.makes, branch.gives, strict=False):
        if made is None or inner is None:
            continue
        if inner in own and inner.maker is not None:
            # A second output of the same tensor has to be another one.
            own.discard(inner)
            _become(made, inner)
        else:
            extra.append(_identity(call, inner, made))
    return extra


def _become(made: Tensor, inner: Tensor) -> None:
    """The tensor within takes the place of the If's output, with the name and the readers of that."""
    inner.name, inner.given_out = made.name, made.given_out
    inner.readers += made.readers
    inner.watchers += made.watchers
    for reader in made.readers:
        reader.reads = [inner if tensor is made else tensor for tensor in reader.reads]
        for body in reader.bodies:
            body.gives = [inner if tensor is made else tensor for tensor in body.gives]
    for watcher in made.watchers:
        watcher.captures = [inner if tensor is made else tensor for tensor in watcher.captures]
    made.body.gives = [inner if tensor is made else tensor for tensor in made.body.gives]


def _identity(call: Call, source: Tensor, made: Tensor) -> Call:
    from onnx import helper

    proto = helper.make_node("Identity", [source.name], [made.name])
    proto.metadata_props.extend(call.proto.metadata_props)
    found = Call(proto, call.body, "", call.at, [source], [made])
    source.readers.append(found)
    made.maker = found
    return found


def _identify(call: Call) -> None:
    """Ids as the reader gives them: the path and the first output."""
    first = next((tensor.name for tensor in call.made), call.op_type)
    call.id = f"{call.body.path}{first}"
    for inner, (_, key, _) in zip(call.bodies, bodies_of(call.proto), strict=True):
        inner.path = f"{call.id}/{key}/"
        for each in inner.calls:
            _identify(each)


def _names(body: Body) -> Iterator[str]:
    yield from body.tensors
    for call in body.calls:
        for inner in call.bodies:
            yield from _names(inner)
