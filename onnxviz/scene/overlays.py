"""One number a node as a colour: what it costs, how long it took, whether it changed.

All kinds go through the same three steps: a value for each node, sums for the groups, and a shade and a
text for the boxes in view.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from onnxviz.costs.dims import Sizes
from onnxviz.costs.flops import flops_of
from onnxviz.costs.groups import Sums, add_up
from onnxviz.costs.quantities import counted, percent, quantity
from onnxviz.costs.sizes import IR, PROTO, output_bytes, parameters_of
from onnxviz.costs.tally import Tally, tally_bytes, tally_flops, tally_given, tally_parameters
from onnxviz.costs.types import CONVENTION
from onnxviz.costs.words import assumption, derivation, listing
from onnxviz.errors import BadUsage
from onnxviz.model import Graph, Node, Value
from onnxviz.scene.families import FAMILIES, family_of
from onnxviz.scene.text import shorten
from onnxviz.scene.types import Hierarchy


@dataclass(frozen=True, slots=True)
class OverlayKind:
    """A choice of what colours mean. `source` is where the definition stands, empty for one of our own.

    `computed` is False for a kind whose values come from outside.
    """

    id: str
    label: str
    unit: str
    help: str
    source: str = ""
    computed: bool = True


_KINDS = (
    OverlayKind("family", "Op family", "", "What kind of operator a box is."),
    OverlayKind(
        "output",
        "Output size",
        "B",
        "Bytes that a node puts out, from type and shape. A group is the sum over its nodes, not the memory "
        "that it needs at once: a runtime reuses buffers.",
        PROTO,
    ),
    OverlayKind(
        "parameters",
        "Parameters",
        "",
        "Elements of the constants that a node reads. A group counts a constant once, however many of its "
        "nodes read it.",
        IR,
    ),
    OverlayKind(
        "flops",
        "Operations",
        "FLOP",
        "Arithmetic of one inference, from each operator's formula; a multiply-add is 2 operations. Of the "
        "branches of an If only the largest counts in the groups around it.",
        CONVENTION,
    ),
    OverlayKind(
        "time", "Time", "s", "Seconds as measured. A group is the sum over its nodes.", computed=False
    ),
    OverlayKind(
        "status", "Changes", "nodes", "Nodes that a rewrite changed. A group is their number.", computed=False
    ),
)

OVERLAYS: dict[str, OverlayKind] = {kind.id: kind for kind in _KINDS}
"""In the order of a menu; `"family"` is the default and has no values."""

_WHAT = {
    "output": "size",
    "parameters": "number of parameters",
    "flops": "number of operations",
    "time": "time",
    "status": "status",
}


@dataclass(frozen=True, slots=True)
class Overlay:
    """The values of one kind, in `unit`.

    `of` has them by node id and by group id; one that is not there has no value (a group: nothing below
    has one). A group is the sum over its nodes and the groups in it, but for two things: groups in
    `apart` are left out of what is around them (the smaller branches of an `If`; bodies whose node was
    timed as a whole), and of parameters a shared constant counts once. `unknown` is the number of nodes
    without a value, and `partial` are the groups that hold some beside known ones: their sum is too small.
    `runs` is how often a node in a loop of known length runs, where not once; values are for all runs.
    """

    id: str
    label: str
    unit: str
    of: dict[str, float]
    unknown: int = 0
    note: str = ""
    total: float = 0.0
    partial: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    runs: dict[str, int] = field(default_factory=dict)


def overlay(
    kind: str,
    graph: Graph,
    hierarchy: Hierarchy,
    values: Mapping[str, float] | None = None,
    *,
    dims: Mapping[str, int] | None = None,
    assume: int | None = None,
) -> Overlay:
    """The overlay `kind` (a key of `OVERLAYS`) of a graph and its hierarchy; linear in its nodes.

    `values` are needed for `"time"` (seconds by node id) and `"status"` (1 for each node that changed; one
    that is not there did not). `graph` is the one that was arranged, functions expanded; `hierarchy` may
    hold a part of its nodes. `dims` and `assume` as for `costs.flops.flops_of`. Raises `BadUsage` for
    another kind.
    """
    chosen = _chosen(kind)
    if kind == "family":
        return Overlay(kind, chosen.label, chosen.unit, {})
    sizes = Sizes(dims, assume)
    made = _tally(kind, graph, sizes, values or {})
    sums = add_up(made, hierarchy)
    return Overlay(
        kind,
        chosen.label,
        chosen.unit,
        sums.of,
        sums.unknown,
        "; ".join(_notes(made, sums, sizes, dims, assume, _WHAT[kind])),
        sums.of.get(hierarchy.root, 0.0),
        sums.partial,
        sums.apart,
        made.runs,
    )


def shades(shown: Overlay, box_ids: Iterable[str]) -> dict[str, tuple[float, str]]:
    """Box id -> (share from 0 to 1 for the colour, text such as `1.2 GFLOP, 12 %`).

    For the boxes that are drawn closed; one without a value is not in the answer. The share is the square
    root of value over largest value in view. Costs spread over many powers of ten: in proportion, all boxes
    but one or two would be blank; a logarithm would paint a thousandth of the largest half as dark as it.
    With the root a quarter is half as dark and a hundredth still shows, and the order is kept (as
    `scaleSqrt` of https://d3js.org/d3-scale/pow). The percentage is of the whole model; `≥` stands before a
    sum that lacks nodes.
    """
    found = {box: shown.of[box] for box in box_ids if box in shown.of}
    largest = max(found.values(), default=0.0)
    return {box: (_share(value, largest), _text(shown, box, value)) for box, value in found.items()}


def scale(shown: Overlay, box_ids: Iterable[str]) -> tuple[str, str]:
    """What the ends of the colours of `shades` stand for: `("0 FLOP", "1.2 GFLOP")`."""
    largest = max((shown.of[box] for box in box_ids if box in shown.of), default=0.0)
    return quantity(0.0, shown.unit), quantity(max(0.0, largest), shown.unit)


def explain(
    kind: str,
    node: Node,
    values: Mapping[str, Value],
    *,
    given: Mapping[str, float] | None = None,
    dims: Mapping[str, int] | None = None,
    assume: int | None = None,
    runs: int = 1,
) -> str:
    """Value, formula and source for one node, as lines of plain text.

    `values` are those that the node sees (`costs.walk.visible`), `given` what `overlay` was given as
    `values`, and `runs` is that of the node in `Overlay.runs`. Text from the model is cleaned and bounded,
    not escaped. Raises `BadUsage` for a kind that is not in `OVERLAYS`.
    """
    chosen = _chosen(kind)
    if kind == "family":
        return f"{FAMILIES[family_of(node.op_type)].label}: the family of {shorten(node.qualified_op, 60)}"
    if not chosen.computed:
        value = (given or {}).get(node.id, math.nan if kind == "time" else 0.0)
        return quantity(value, chosen.unit) if math.isfinite(value) else "No value was given"
    if kind == "parameters":
        return "\n".join(derivation(parameters_of(node, values), chosen.unit))
    if kind == "output":
        cost = output_bytes(node, values, dims=dims, assume=assume)
        return "\n".join(derivation(cost, chosen.unit, assume))
    cost = flops_of(node, values, dims=dims, assume=assume)
    return "\n".join(derivation(cost, chosen.unit, assume, runs))


def _chosen(kind: str) -> OverlayKind:
    chosen = OVERLAYS.get(kind)
    if chosen is None:
        raise BadUsage(
            f"The overlay {shorten(kind, 40)}", "there is no such overlay", f"There are {', '.join(OVERLAYS)}"
        )
    return chosen


def _tally(kind: str, graph: Graph, sizes: Sizes, given: Mapping[str, float]) -> Tally:
    if kind == "time":
        return tally_given(graph, given, None, inclusive=True)
    if kind == "status":
        return tally_given(graph, given, 0.0, inclusive=False)
    by_kind = {"flops": tally_flops, "output": tally_bytes, "parameters": tally_parameters}
    return by_kind[kind](graph, sizes)


def _share(value: float, largest: float) -> float:
    return math.sqrt(max(0.0, value) / largest) if largest > 0 else 0.0


def _text(shown: Overlay, box: str, value: float) -> str:
    text = quantity(value, shown.unit)
    if box in shown.partial:
        text = f"≥ {text}"
    if value <= 0 or shown.total <= 0:
        return text
    return f"{text}, {percent(value / shown.total)}"


def _notes(
    made: Tally, sums: Sums, sizes: Sizes, dims: Mapping[str, int] | None, assume: int | None, what: str
) -> Iterable[str]:
    """What a person should know before trusting the numbers."""
    if dims:
        yield f"sizes as given: {listing([f'{name} = {size}' for name, size in dims.items()])}"
    if sizes.assumed:
        yield assumption(tuple(sizes.assumed), assume)
    if sums.unknown:
        yield f"{sums.unknown:,} of {counted(sums.nodes, 'node')} without a known {what}"
    if made.endless:
        yield f"{counted(made.endless, 'loop')} counted for one iteration: a run decides how many there are"
    if made.branched:
        yield "of the branches of an If only the largest counts in the groups around it"
    if made.strangers:
        yield f"{counted(made.strangers, 'value')} left out, of nodes that have no box"
