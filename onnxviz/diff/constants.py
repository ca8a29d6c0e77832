"""Which constant of one graph is which of the other, once the nodes are matched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from onnxviz.diff.matching import Matching
from onnxviz.diff.table import NONE, Table
from onnxviz.diff.types import Change, Part, Twin
from onnxviz.model import Value

KEPT_AS_NODE, KEPT_AS_INITIALIZER = "Constant", "initializer"


def pair_constants(m: Matching) -> None:
    """Give constants their images, by value, name and readers; a `Constant` node may be an initializer now.

    A constant that the same slots read under the same name is the same, whatever its value is now; so is one
    of the same value. Linear, but for sorting.
    """
    mine, its = _all(m.a), _all(m.b)
    votes = _votes(m, set(mine), set(its))
    together = sorted(votes, key=lambda pair: (-votes[pair], pair))
    by_name = {(m.b.tensor_homes[u], m.b.names[u]): u for u in its}
    places = ((t, (m.home_image[m.a.tensor_homes[t]], m.a.names[t])) for t in mine)
    namesakes = [(t, by_name[place]) for t, place in places if place in by_name]

    def equal(t: int, u: int) -> bool:
        return m.a.fixed[t] == m.b.fixed[u]

    def fits(t: int, u: int) -> bool:
        is_unread = not (m.a.readers[t] or m.b.readers[u])
        return is_unread or _type(m.a, t) == _type(m.b, u)

    _tie(m, namesakes, equal)
    _tie(m, together, equal)
    _tie(m, namesakes, lambda t, u: (t, u) in votes)
    _tie(m, _by_value(m, mine, its))
    _tie(m, together)
    _tie(m, namesakes, fits)


def constants_part(m: Matching, home: int) -> Part:
    """What became of a graph's initializers, and of `Constant` nodes that are initializers on one side."""
    mine, its = _of_home(m.a, home), _of_home(m.b, m.home_image[home])
    places = {tensor: at for at, tensor in enumerate(its)}
    matched, removed = [], []
    for at, tensor in enumerate(mine):
        there = places.get(m.image[tensor])
        if there is not None and not (m.a.makers[tensor] != NONE and m.b.makers[its[there]] != NONE):
            changes = tuple(constant_changes(m, tensor, its[there]))
            matched.append(Twin(m.a.names[tensor], m.b.names[its[there]], (at, there), changes))
        elif there is None and m.a.makers[tensor] == NONE:
            removed.append(m.a.value(tensor))
    known = {twin.places[1] for twin in matched}
    added = (u for at, u in enumerate(its) if at not in known and m.b.makers[u] == NONE)
    return Part(tuple(matched), tuple(map(m.b.value, added)), tuple(removed))


def constant_changes(m: Matching, tensor: int, image: int) -> Iterator[Change]:
    """Value, dtype, shape and where it is kept; a digest where there is one, else the preview."""
    before, after = m.a.value(tensor), m.b.value(image)
    contents = (m.a.digest(tensor), m.b.digest(image))
    if None in contents:
        contents = (before.preview, after.preview)
    if contents[0] != contents[1]:
        yield Change("value", *contents)
    if before.dtype != after.dtype:
        yield Change("dtype", before.dtype, after.dtype)
    if before.shape != after.shape:
        yield Change("shape", _shape(before), _shape(after))
    kept = (_kept(m.a, tensor), _kept(m.b, image))
    if kept[0] != kept[1]:
        yield Change("kept", *kept)


def _of_home(table: Table, home: int) -> list[int]:
    """Initializers, then the outputs of `Constant` nodes, each in file order."""
    made = (table.made[node] for node in table.homes[home].nodes if table.nodes[node].is_constant)
    return [
        *dict.fromkeys(table.homes[home].initializers),
        *(outputs[0] for outputs in made if outputs and outputs[0] != NONE),
    ]


def _all(table: Table) -> list[int]:
    return [tensor for home in range(len(table.homes)) for tensor in _of_home(table, home)]


def _votes(m: Matching, mine: set[int], its: set[int]) -> Counter[tuple[int, int]]:
    """How often two constants are read at the same slot of the same node."""
    votes: Counter[tuple[int, int]] = Counter()
    for i, j in enumerate(m.to_b):
        if j != NONE:
            pairs = zip(m.a.sources[i], m.b.sources[j], strict=False)
            votes.update((t, u) for t, u in pairs if t in mine and u in its)
    return votes


def _by_value(m: Matching, mine: list[int], its: list[int]) -> Iterator[tuple[int, int]]:
    """What is left of one value in both of two graphs, in order."""
    left: dict[tuple[int, int], list[int]] = {}
    for tensor in reversed(its):
        if m.origin[tensor] == NONE:
            left.setdefault((m.b.fixed[tensor], m.b.tensor_homes[tensor]), []).append(tensor)
    for tensor in mine:
        others = left.get((m.a.fixed[tensor], m.home_image[m.a.tensor_homes[tensor]]))
        if m.image[tensor] == NONE and others:
            yield tensor, others.pop()


def _tie(
    m: Matching, pairs: Iterable[tuple[int, int]], accept: Callable[[int, int], bool] | None = None
) -> None:
    for tensor, image in pairs:
        if m.image[tensor] != NONE or m.origin[image] != NONE:
            continue
        if m.home_image[m.a.tensor_homes[tensor]] != m.b.tensor_homes[image]:
            continue
        if m.a.makers[tensor] != NONE and m.b.makers[image] != NONE:
            # Two Constant nodes are matched as nodes or not at all.
            continue
        if accept is None or accept(tensor, image):
            m.tie(tensor, image)


def _kept(table: Table, tensor: int) -> str:
    return KEPT_AS_INITIALIZER if table.makers[tensor] == NONE else KEPT_AS_NODE


def _type(table: Table, tensor: int) -> object:
    value = table.value(tensor)
    return value.dtype, value.shape


def _shape(value: Value) -> str:
    return "?" if value.shape is None else str(list(value.shape))
