"""Which boxes belong together: Graph -> Hierarchy, and which groups a first picture opens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from onnxviz.model import Graph
from onnxviz.scene.grouping.drafts import Draft, Drafts, cut_long, fold_small
from onnxviz.scene.grouping.repeats import group_repeats
from onnxviz.scene.grouping.weights import parameters_below
from onnxviz.scene.labels import op_mix
from onnxviz.scene.text import shorten
from onnxviz.scene.types import Group, Hierarchy
from onnxviz.scene.wires import Wiring, unique, wire

MAX_DEPTH = 40
"""Levels of scopes that are kept; deeper names go into the last one. The deepest of the models tried
(a decoder exported with dynamo) has 7."""

MAX_ENDS = 24
"""More graph inputs (or outputs) than this share a group: a decoder's cache can be 64 inputs."""

ROOT = "root"


def arrange(
    graph: Graph, functions: Sequence[tuple[str, Graph]] = (), *, wiring: Wiring | None = None
) -> Hierarchy:
    """The groups of `graph`, deterministic and linear in its nodes.

    Groups come from `Node.scope`; a node without one sits with its readers, else with its producers.
    A control-flow body is a group beside its node. Groups that hold a single node are dissolved, chains
    of single groups become one (`"layer.0 › attention"`), and one with more than
    `cuts.MAX_MEMBERS` members is cut where the fewest tensors cross. More than `MAX_ENDS` inputs or
    outputs form a group (kind `"inputs"`, `"outputs"`) whose `nodes` are their box ids.
    `functions` are model-local functions: see `onnxviz.scene.functions.expand`, which is applied first.
    `wiring` is the `wire(graph)` that is at hand already, functions in place; it is only read.
    """
    if functions and wiring is None:
        from onnxviz.scene.functions import expand

        graph = expand(graph, functions)
    wiring = wiring if wiring is not None else wire(graph)
    taken = {*wiring.nodes, *wiring.ends, *wiring.bodies}
    root = unique(ROOT, taken)
    drafts = Drafts(root, wiring, taken)
    drafts.groups[root] = Draft(root, shorten(graph.name, 60) or "model", "model", None)
    _fill(drafts, wiring)
    fold_small(drafts)
    group_repeats(drafts)
    _gather_ends(drafts, wiring)
    cut_long(drafts)
    return freeze(drafts)


def open_all(hierarchy: Hierarchy) -> frozenset[str]:
    """Every group open."""
    return frozenset(hierarchy.groups)


def open_to_depth(hierarchy: Hierarchy, depth: int) -> frozenset[str]:
    """The groups that are at most `depth` levels below the root; 0 is the root alone."""
    opened = [hierarchy.root]
    level = opened
    for _ in range(depth):
        level = [child for group in level for child in hierarchy.groups[group].children]
        if not level:
            break
        opened = opened + level
    return frozenset(opened)


def depth_of(hierarchy: Hierarchy) -> int:
    """The smallest depth at which `open_to_depth` opens everything."""
    depth = -1
    level = [hierarchy.root]
    while level:
        depth += 1
        level = [child for group in level for child in hierarchy.groups[group].children]
    return depth


_TOO_FEW = 8
_FEW = 12
_COMFORT = 45
"""Boxes up to which families of blocks open even where enough are in view, so that the blocks are seen."""


def first_open(hierarchy: Hierarchy, low: int = 20, high: int = 60) -> frozenset[str]:
    """Groups to open so that about `low` to `high` boxes are in view.

    Level by level; groups of the same class in the same parent open together or not at all, since a
    picture with one of twelve layers open misleads. The root is always open. Half as many boxes again are
    allowed for families of blocks that hold most of the graph, and for anything where less than `_FEW` are
    in view; below `_TOO_FEW`, the smallest group opens alone. Families open up to `_COMFORT` boxes anyway.
    """
    opened = {hierarchy.root}
    count = _members(hierarchy, hierarchy.root)
    total = hierarchy.groups[hierarchy.root].total
    level = [hierarchy.root]
    while level:
        batches = _batches(hierarchy, level)
        level = []
        for more in (False, True)[: 1 + (count < _FEW)]:
            for batch in batches:
                grown = count + sum(_members(hierarchy, g) - 1 for g in batch)
                first = hierarchy.groups[batch[0]]
                family = first.kind == "repeat" and bool(first.children)
                most = family and 2 * sum(hierarchy.groups[g].total for g in batch) > total
                limit = high + high // 2 if more or most else high
                if count >= low:
                    limit = _COMFORT if family else 0
                if grown <= limit and batch[0] not in opened:
                    opened.update(batch)
                    level += batch
                    count = grown
        if not level and count < _TOO_FEW and (rest := [g for batch in batches for g in batch]):
            smallest = min(rest, key=lambda g: (_members(hierarchy, g), rest.index(g)))
            opened.add(smallest)
            count += _members(hierarchy, smallest) - 1
            level = [smallest]
    return frozenset(opened)


def _batches(hierarchy: Hierarchy, level: Sequence[str]) -> list[list[str]]:
    """Groups below `level`, by parent and class; largest first."""
    found: dict[tuple[str, str], list[str]] = {}
    for parent in level:
        for child in hierarchy.groups[parent].children:
            group = hierarchy.groups[child]
            if group.kind in ("repeat", "block"):
                found.setdefault((parent, group.title.rsplit(" ", 1)[0]), []).append(child)
            elif group.kind not in ("inputs", "outputs"):
                found.setdefault((parent, group.kind), []).append(child)
    totals = {key: sum(hierarchy.groups[g].total for g in batch) for key, batch in found.items()}
    return [found[key] for key in sorted(found, key=lambda key: -totals[key])]


def _members(hierarchy: Hierarchy, group: str) -> int:
    found = hierarchy.groups[group]
    return len(found.children) + len(found.nodes)


def _fill(drafts: Drafts, wiring: Wiring) -> None:
    scopes = _scopes(wiring)
    bodies = wiring.bodies_of()
    home = {"": drafts.root}
    outer: dict[str, tuple[str, ...]] = {"": ()}
    groups: dict[tuple[str, tuple[str, ...]], str] = {}
    for node_id in sorted(wiring.nodes, key=wiring.order.__getitem__):
        node = wiring.nodes[node_id]
        body = wiring.body_of[node_id]
        scope = scopes[node_id]
        parent = groups.get((body, scope))
        if parent is None:
            below = scope[_common(scope, outer[body]) :]
            types = node.scope_types[len(scope) - len(below) :] if scope == node.scope else ()
            parent = groups[body, scope] = drafts.module(home[body], below[:MAX_DEPTH], types)
        drafts.groups[parent].members.append(node_id)
        for inner in bodies.get(node_id, ()):
            home[inner.id] = inner.id
            outer[inner.id] = scope
            title = f"{shorten(inner.name, 30)} of {shorten(node.op_type, 30)}"
            drafts.groups[inner.id] = Draft(inner.id, title, "body", parent)
            drafts.add(parent, inner.id)


def _gather_ends(drafts: Drafts, wiring: Wiring) -> None:
    ends: dict[tuple[str, bool], list[str]] = {}
    for end in wiring.ends.values():
        ends.setdefault((end.body or drafts.root, end.is_input), []).append(end.id)
    for (parent, is_input), held in ends.items():
        if len(held) <= MAX_ENDS:
            continue
        kind = "inputs" if is_input else "outputs"
        group = unique(f"{parent}/{kind}", drafts.taken)
        drafts.groups[group] = Draft(group, f"{len(held)} {kind}", kind, parent, held)
        members = drafts.groups[parent].members
        members.insert(0 if is_input else len(members), group)


def _scopes(wiring: Wiring) -> dict[str, tuple[str, ...]]:
    """The scope of each node; one that has none takes what its readers share, else its producer's."""
    scopes: dict[str, tuple[str, ...]] = {i: n.scope for i, n in wiring.nodes.items() if n.scope}
    if not scopes:
        return dict.fromkeys(wiring.nodes, ())
    if len(scopes) == len(wiring.nodes):
        return scopes
    readers: dict[str, list[str]] = {}
    producers: dict[str, list[str]] = {}
    for w in wiring.wires:
        if w.target in wiring.nodes and wiring.body_of.get(w.source) == wiring.body_of[w.target]:
            readers.setdefault(w.source, []).append(w.target)
            producers.setdefault(w.target, []).append(w.source)
    forward = sorted(wiring.nodes, key=wiring.order.__getitem__)
    for node_id in reversed(forward):
        if node_id not in scopes:
            known = [scopes[r] for r in readers.get(node_id, ()) if r in scopes]
            if known:
                scopes[node_id] = _shared(known)
    for node_id in forward:
        if node_id not in scopes:
            before = [scopes[p] for p in producers.get(node_id, ()) if p in scopes]
            scopes[node_id] = before[-1] if before else ()
    return scopes


def _shared(scopes: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    shared = scopes[0]
    for scope in scopes[1:]:
        shared = shared[: _common(shared, scope)]
    return shared


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the common beginning."""
    length = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        length += 1
    return length


def freeze(drafts: Drafts) -> Hierarchy:
    """The finished groups, outermost first, with their totals, op mixes and parameters; linear."""
    ops: dict[str, Counter[str]] = {}
    totals: dict[str, int] = {}
    parameters = parameters_below(drafts)
    for group in drafts.inside_out():
        d = drafts.groups[group]
        own = Counter(drafts.wiring.nodes[m].qualified_op for m in d.members if m in drafts.wiring.nodes)
        total = sum(m not in drafts.groups for m in d.members)
        for member in d.members:
            if member in drafts.groups:
                own.update(ops[member])
                total += totals[member] if drafts.groups[member].kind not in ("inputs", "outputs") else 0
        ops[group], totals[group] = own, total
    groups: dict[str, Group] = {}
    for group in reversed(drafts.inside_out()):
        d = drafts.groups[group]
        inner = tuple(m for m in d.members if m in drafts.groups)
        direct = tuple(m for m in d.members if m not in drafts.groups)
        mix = op_mix(ops[group])
        numbers = totals[group], mix, parameters[group]
        groups[group] = Group(group, d.title, d.kind, d.parent, inner, direct, *numbers)
    return Hierarchy(drafts.root, groups)
