"""What each box of a plan says and how large it is; where it stands comes later."""

from __future__ import annotations

from onnxviz.model import Value
from onnxviz.scene.changes import Changes, Tally
from onnxviz.scene.families import family_of
from onnxviz.scene.flags import group_line, line_of, tallied
from onnxviz.scene.labels import (
    LINE_SIZE,
    MAX_TEXT,
    NAMELESS,
    PAD_X,
    TITLE_SIZE,
    box_size,
    group_lines,
    node_lines,
    title_of,
)
from onnxviz.scene.plan import Plan, Stub
from onnxviz.scene.text import clean, fit, shorten, text_width
from onnxviz.scene.types import Box, BoxKind, Hierarchy
from onnxviz.scene.wires import Wiring

HEADER = 26.0
"""Height of an open group's title, in points."""

STUB_HEIGHT = 18.0
_STUB_TEXT = 120.0
_CHEVRON = 18.0


class Boxes:
    """Makes boxes without a place (`x = y = 0`) by item id."""

    def __init__(self, wiring: Wiring, hierarchy: Hierarchy, view: Plan) -> None:
        self._wiring = wiring
        self._hierarchy = hierarchy
        self._view = view
        self._changes = wiring.changes or Changes()
        self._flagged = tallied(hierarchy, wiring.flags.keys())

    def make(self, item: str) -> Box:
        """The box of a node, closed group, graph input or output, or stub."""
        parent = self._view.parent.get(item)
        if item in self._view.stubs:
            return self._stub(self._view.stubs[item], parent)
        if item in self._hierarchy.groups:
            return self._group(item, parent)
        if item in self._wiring.ends:
            return self._end(item, parent)
        node = self._wiring.nodes[item]
        title = title_of(node.qualified_op)
        lines = (*self._flag(item), *node_lines(node, self._wiring.constants.get(item, ())))
        lines += self._was(item) + self._hidden(item)
        w, h = box_size(title, lines)
        family, status = family_of(node.op_type), self._changes.leaves.get(item, "")
        is_flagged = item in self._wiring.flags
        return Box(item, "node", 0, 0, w, h, title, lines, family, parent, status=status, flagged=is_flagged)

    def _flag(self, item: str) -> tuple[str, ...]:
        signs = self._wiring.flags.get(item)
        return (fit(line_of(signs), LINE_SIZE, MAX_TEXT),) if signs else ()

    def _was(self, item: str) -> tuple[str, ...]:
        """What a changed node said before, where one box stands for both."""
        return tuple(fit(f"was {line}", LINE_SIZE, MAX_TEXT) for line in self._changes.was.get(item, ()))

    def _hidden(self, item: str) -> tuple[str, ...]:
        """A line for what a focus cuts off here, so that nobody takes its border for the graph's."""
        into, out = self._wiring.hidden.get(item, (0, 0))
        parts = [f"{into} in" if into else "", f"{out} out" if out else ""]
        return (f"not shown: {', '.join(filter(None, parts))}",) if into or out else ()

    def title(self, item: str) -> str:
        """The title alone, as a stub at the other end shows it."""
        if item in self._hierarchy.groups:
            return title_of(self._hierarchy.groups[item].title)
        if item in self._wiring.ends:
            return title_of(self._wiring.ends[item].name)
        node = self._wiring.nodes.get(item)
        return title_of(node.op_type) if node is not None else title_of(item)

    def frame(self, group: str) -> Box:
        """An open group; its size is that of its content and set by the caller."""
        found = self._hierarchy.groups[group]
        title = title_of(found.title)
        width = text_width(title, TITLE_SIZE, bold=True) + text_width(str(found.total), LINE_SIZE)
        lines = () if found.kind in NAMELESS else (shorten(found.kind, 24),)
        width += text_width("".join(lines), LINE_SIZE) + 3 * PAD_X + _CHEVRON
        parent = self._view.parent.get(group)
        # Round what is open only what holds for all of it: else every frame around a change would shout.
        status = self._tally(group).status.replace("changed", "")
        return Box(group, "group", 0, 0, width, HEADER, title, lines, "", parent, True, found.total, status)

    def _group(self, group: str, parent: str | None) -> Box:
        found = self._hierarchy.groups[group]
        title = title_of(found.title)
        tally = self._tally(group)
        count = self._flagged.get(group, 0)
        flag = (group_line(count),) if count else ()
        lines = (*flag, *((tally.text,) if tally.text else ()), *group_lines(found))
        w, h = box_size(title, lines, count=found.total)
        status = tally.status
        return Box(
            group, "group", 0, 0, w, h, title, lines, "", parent, False, found.total, status, bool(count)
        )

    def _tally(self, group: str) -> Tally:
        return self._changes.groups.get(group) or Tally()

    def _end(self, item: str, parent: str | None) -> Box:
        end = self._wiring.ends[item]
        title = title_of(end.name)
        line = _type_line(end.value)
        lines = (*self._flag(item), *((fit(line, LINE_SIZE, MAX_TEXT),) if line else ()))
        if end.constant is not None and end.constant.preview:
            lines += (fit(f"= {clean(end.constant.preview)}", LINE_SIZE, MAX_TEXT),)
        kind: BoxKind = "input" if end.is_input else "output"
        w, h = box_size(title, lines, signed=False)
        status, is_flagged = self._changes.leaves.get(item, ""), item in self._wiring.flags
        return Box(item, kind, 0, 0, w + 12, h, title, lines, "", parent, status=status, flagged=is_flagged)

    def _stub(self, stub: Stub, parent: str | None) -> Box:
        many = len(stub.ends) > 1
        other = f"{len(stub.ends)} others" if many else self._named(stub)
        title = fit(f"→ {other}" if stub.outgoing else f"{other} →", LINE_SIZE, _STUB_TEXT)
        width = text_width(title, LINE_SIZE) + 14.0
        ends = tuple(stub.ends)
        return Box(stub.id, "stub", 0, 0, width, STUB_HEIGHT, title, parent=parent, jump=ends[0], ends=ends)

    def _named(self, stub: Stub) -> str:
        """Title of the other end, with its group where that is another one."""
        other = stub.ends[0]
        title = self.title(other)
        home = self._view.parent.get(other)
        if home is None or home in (self._view.parent.get(stub.box), self._hierarchy.root):
            return title
        return f"{self._hierarchy.groups[home].title} / {title}"


def _type_line(value: Value | None) -> str:
    if value is None or (value.dtype is None and value.shape is None):
        return ""
    return clean(value.type_text)
