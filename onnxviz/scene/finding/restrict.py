"""A picture of some leaves alone: the wiring and the hierarchy cut down to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from onnxviz.scene.finding.flow import with_owners
from onnxviz.scene.grouping.drafts import Draft, Drafts
from onnxviz.scene.grouping.hierarchy import freeze
from onnxviz.scene.types import Group, Hierarchy
from onnxviz.scene.wires import Wiring

Hidden = dict[str, tuple[int, int]]
"""Leaf -> (tensors that it reads from leaves that are not shown, readers of its own that are not shown)."""


def restrict(wiring: Wiring, hierarchy: Hierarchy, leaves: Collection[str]) -> tuple[Wiring, Hierarchy]:
    """Only `leaves` and the wires among them, with the groups that still hold something; linear.

    A node whose body holds one of the leaves is kept with it, and a body that nothing is kept of goes.
    Ids are those of the whole, so that a selection stays good; totals and op mixes of groups are those of
    what is left. Ids that are no leaf are ignored.
    """
    kept = with_owners(wiring, (leaf for leaf in leaves if leaf in wiring.body_of))
    groups = _groups(wiring, hierarchy, kept)
    bodies = {b.id: b for b in wiring.bodies.values() if b.owner in kept and b.id in groups}
    part = replace(
        wiring,
        nodes={n: node for n, node in wiring.nodes.items() if n in kept},
        body_of={leaf: body for leaf, body in wiring.body_of.items() if leaf in kept},
        bodies=bodies,
        ends={e: end for e, end in wiring.ends.items() if e in kept},
        wires=[w for w in wiring.wires if w.source in kept and (w.target in kept or w.target in bodies)],
        constants={n: constants for n, constants in wiring.constants.items() if n in kept},
        order={leaf: place for leaf, place in wiring.order.items() if leaf in kept},
    )
    return part, Hierarchy(hierarchy.root, groups)


def regrouped(wiring: Wiring, earlier: Wiring, hierarchy: Hierarchy) -> Hierarchy | None:
    """`hierarchy`, that of an `earlier` state of the same graph, with what is left of it in `wiring`.

    None where a node is there now that was not, or that stood elsewhere.
    """
    if any(earlier.body_of.get(leaf) != body for leaf, body in wiring.body_of.items()):
        return None
    return Hierarchy(hierarchy.root, _groups(wiring, hierarchy, wiring.body_of.keys()))


def hidden(whole: Wiring, part: Wiring) -> Hidden:
    """What is cut off where `part`, made of `whole` by `restrict`, ends; its leaves at the border alone."""
    reads: dict[str, set[tuple[str, str]]] = {}
    read_by: dict[str, set[str]] = {}
    for w in whole.wires:
        source_shown = w.source in part.body_of
        target_shown = w.target in part.body_of or w.target in part.bodies
        if target_shown and not source_shown:
            reads.setdefault(w.target, set()).add((w.source, w.value))
        elif source_shown and not target_shown:
            read_by.setdefault(w.source, set()).add(w.target)
    cut = dict.fromkeys((*reads, *read_by))
    return {leaf: (len(reads.get(leaf, ())), len(read_by.get(leaf, ()))) for leaf in cut}


def _groups(wiring: Wiring, hierarchy: Hierarchy, kept: Collection[str]) -> dict[str, Group]:
    """What is left of each group, in the order of `hierarchy`, with its own numbers."""
    stays = _filled(wiring, hierarchy, kept)
    drafts = Drafts(hierarchy.root, wiring, set())
    for group_id, whole in hierarchy.groups.items():
        if group_id in stays:
            members = [n for n in whole.nodes if n in kept] + [c for c in whole.children if c in stays]
            drafts.groups[group_id] = Draft(group_id, whole.title, whole.kind, whole.parent, members)
    counted = freeze(drafts).groups
    return {
        group_id: replace(
            whole,
            title=_title(whole, len(counted[group_id].nodes)),
            children=counted[group_id].children,
            nodes=counted[group_id].nodes,
            total=counted[group_id].total,
            ops=counted[group_id].ops,
            parameters=counted[group_id].parameters,
        )
        for group_id, whole in hierarchy.groups.items()
        if group_id in stays
    }


def _filled(wiring: Wiring, hierarchy: Hierarchy, kept: Collection[str]) -> set[str]:
    """The groups that something is left of, and the outermost one.

    A body that has held nothing from the start stays with its node, since nothing of it is hidden.
    """
    bare = wiring.bodies.keys() - set(wiring.body_of.values())
    begun = {wiring.ends[leaf].body for leaf in kept if leaf in wiring.ends}
    begun |= {body for body in bare if wiring.bodies[body].owner in kept}
    found = {hierarchy.root}
    for group in hierarchy.groups.values():
        at: str | None = group.id
        if group.id in begun or any(node in kept for node in group.nodes):
            while at is not None and at not in found:
                found.add(at)
                at = hierarchy.groups[at].parent
    return found


_COUNTING = ("inputs", "outputs")
"""Kinds of groups whose title is the number of what they hold."""


def _title(group: Group, shown: int) -> str:
    """`3 of 64 inputs`."""
    if group.kind not in _COUNTING or shown == len(group.nodes):
        return group.title
    return f"{shown} of {group.title}"
