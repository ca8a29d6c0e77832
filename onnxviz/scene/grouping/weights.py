"""How many parameters each group holds."""

from __future__ import annotations

from collections.abc import Sequence

from onnxviz.model import Value
from onnxviz.scene.grouping.drafts import Drafts

_NO_PARAMETERS = ("int64", "bool", "string")
_COUNTED = 10**24
"""Elements are not counted beyond this: a shape may have a thousand dimensions."""


def parameters_below(drafts: Drafts) -> dict[str, int]:
    """Group -> elements of the constants that are read below, a constant that several nodes read once.

    A shared one goes to each group around one of its readers, walking up until a group that has it.
    """
    found = dict.fromkeys(drafts.groups, 0)
    readers: dict[int, tuple[int, list[str]]] = {}
    for group, d in drafts.groups.items():
        for member in d.members:
            for _, value in drafts.wiring.constants.get(member, ()):
                if value.dtype in _NO_PARAMETERS:
                    continue
                known = readers.get(id(value))
                if known is None:
                    readers[id(value)] = (_elements(value), [group])
                else:
                    known[1].append(group)
    for elements, groups in readers.values():
        found[groups[0]] += elements
        if len(groups) > 1:
            _share(drafts, found, elements, groups)
    for group in drafts.inside_out():
        above = drafts.groups[group].parent
        if above is not None:
            found[above] += found[group]
    return found


def _share(drafts: Drafts, found: dict[str, int], elements: int, groups: Sequence[str]) -> None:
    """Add to the groups of the other readers, and take away again where the sums would count twice."""
    seen: set[str] = set()
    for number, group in enumerate(groups):
        at: str | None = group
        while at is not None and at not in seen:
            seen.add(at)
            at = drafts.groups[at].parent
        if number and group != at:
            found[group] += elements
        if number and at is not None and group != at:
            found[at] -= elements


def _elements(value: Value) -> int:
    elements = 1
    for dim in value.shape or ():
        elements = min(elements * (dim if isinstance(dim, int) else 1), _COUNTED)
    return elements
