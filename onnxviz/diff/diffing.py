"""The verbs: `diff`, and for whole models `diff_models`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from onnxviz.collecting import without_collecting
from onnxviz.diff.compare import compare
from onnxviz.diff.types import Change, Diff, Digests, FunctionDiff, Place
from onnxviz.model import Graph, Model

NO_DIGESTS = Digests()


def diff(before: Graph, after: Graph, digests: tuple[Digests, Digests] = (NO_DIGESTS, NO_DIGESTS)) -> Diff:
    """What differs between two graphs, bodies included; linear but for sorting (see `onnxviz.diff.match`).

    `digests` (of `digests.constant_digests`, for graphs as they were read) tell constants apart to the
    bit. Without them constants are compared by dtype, shape and preview, so that a change of
    weights too large for a preview goes unseen. `diff(a, a)` is empty, `apply(a, diff(a, b)) == b`, and
    `invert(diff(a, b)) == diff(b, a)`.
    """
    with without_collecting():
        return _oriented((before, after), digests, ((), ()))


def diff_descriptions(
    before: Model, after: Model, digests: tuple[Digests, Digests] = (NO_DIGESTS, NO_DIGESTS)
) -> Diff:
    """`diff` of two models that were read: their functions and opset versions too."""
    with without_collecting():
        found = _oriented((before.graph, after.graph), digests, (before.functions, after.functions))
    return replace(found, opsets=tuple(_opsets(dict(before.opsets), dict(after.opsets))))


def _opsets(before: dict[str, int], after: dict[str, int]) -> Iterator[Change]:
    for domain in sorted({**before, **after}):
        versions = before.get(domain), after.get(domain)
        if versions[0] != versions[1]:
            texts = (None if version is None else str(version) for version in versions)
            yield Change(f"opset:{domain or 'ai.onnx'}", *texts)


Functions = Sequence[tuple[str, Graph]]


def _oriented(
    graphs: tuple[Graph, Graph], digests: tuple[Digests, Digests], functions: tuple[Functions, Functions]
) -> Diff:
    """Matching breaks ties in the order of one side, so the same side of a pair always leads."""
    first_differing = next(_differences(graphs, digests, functions), None)
    if first_differing is None:
        return _whole(graphs, digests, functions, is_identical=True)
    mine, its = first_differing
    if mine > its:
        return _whole(graphs, digests, functions, is_identical=False)
    return _whole(graphs[::-1], digests[::-1], functions[::-1], is_identical=False).inverted()


def _differences(
    graphs: tuple[Graph, Graph], digests: tuple[Digests, Digests], functions: tuple[Functions, Functions]
) -> Iterator[tuple[str, str]]:
    """Texts of what is not the same on both sides, in a fixed order, found only when asked for."""
    a, b = graphs
    if len(a.nodes) != len(b.nodes):
        # The digits of the larger number sort last.
        yield f"{len(a.nodes):020}", f"{len(b.nodes):020}"
    for mine, its in zip_longest(a.nodes, b.nodes):
        if mine != its:
            yield repr(mine), repr(its)
    for name in sorted({*a.values, *b.values}) if a.values != b.values else ():
        if a.values.get(name) != b.values.get(name):
            yield repr(a.values.get(name)), repr(b.values.get(name))
    ends = [repr((one.name, one.inputs, one.outputs, one.initializers)) for one in graphs]
    if ends[0] != ends[1]:
        yield ends[0], ends[1]
    for mine, its in zip(*(_sorted(one) for one in digests), strict=False):
        if mine != its:
            yield repr(mine), repr(its)
    counts = [f"{len(one.values):020} {len(one.attributes):020}" for one in digests]
    if counts[0] != counts[1]:
        yield counts[0], counts[1]
    keys = [repr([key for key, _ in side]) for side in functions]
    if keys[0] != keys[1]:
        yield keys[0], keys[1]
    for (_, mine), (_, its) in zip(*functions, strict=False):
        if mine != its:
            yield from _differences((mine, its), (NO_DIGESTS, NO_DIGESTS), ((), ()))


def _sorted(digests: Digests) -> Iterator[object]:
    yield from sorted(digests.values.items())
    yield from sorted(digests.attributes.items())


def _whole(
    graphs: tuple[Graph, Graph],
    digests: tuple[Digests, Digests],
    functions: tuple[Functions, Functions],
    *,
    is_identical: bool,
) -> Diff:
    found = compare(graphs, ((), ()), digests, is_main=True, is_identical=is_identical)
    return replace(found, functions=tuple(_functions(functions, digests, is_identical=is_identical)))


def _functions(
    functions: tuple[Functions, Functions], digests: tuple[Digests, Digests], *, is_identical: bool
) -> Iterator[FunctionDiff]:
    """By key, sorted: a function's name is what its calls are made by."""
    mine, its = _keyed(functions[0]), _keyed(functions[1])
    for key in sorted({**mine, **its}):
        before, after = mine.get(key), its.get(key)
        name = key[0] if not key[1] else f"{key[0]}#{key[1] + 1}"
        if before is None or after is None:
            yield FunctionDiff(name, None, before and before[1], after and after[1])
            continue
        places, graphs = (before[0], after[0]), (before[1], after[1])
        yield FunctionDiff(name, compare(graphs, places, digests, is_main=False, is_identical=is_identical))


def _keyed(functions: Functions) -> dict[tuple[str, int], tuple[Place, Graph]]:
    """(key, how many had it before) -> (place, body)."""
    seen: Counter[str] = Counter()
    found: dict[tuple[str, int], tuple[Place, Graph]] = {}
    for number, (key, body) in enumerate(functions):
        found[key, seen[key]] = ((-1 - number,), body)
        seen[key] += 1
    return found
