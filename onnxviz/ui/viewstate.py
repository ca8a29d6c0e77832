"""What one viewer shows of one model, and what each command makes of that. No Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from onnxviz.scene.finding.focus import Focus
from onnxviz.scene.pairing import Side
from onnxviz.scene.picture import Picture, Pictures, View
from onnxviz.ui.messages import Download

FAMILY = "family"
"""The overlay that colours by op family: what is drawn without any."""

MOST_STEPS = 9
_MOST_PAST = 100
_KINDS = ("neighbours", "ancestors", "descendants", "path")


@dataclass(slots=True)
class ViewState:
    """Kept for each model while a person goes to other pages. `past` and `future` are for undo and redo."""

    digest: str
    view: View = field(default_factory=View)
    overlay: str = FAMILY
    text: str = ""
    ops: tuple[str, ...] = ()
    reveal: str = ""
    """Id or tag of a box to bring into the picture, once."""
    wish: str | None = None
    """Id of a box to select, once."""
    look: int = 0
    """Counts the times that everything changed, when the view starts afresh."""
    shown: Picture | None = None
    panes: tuple[tuple[Side, Picture], ...] = ()
    """Of a pair of models: what is drawn of `shown`, which then has no scene of its own."""
    shown_view: View | None = None
    """`view` of the picture that is shown."""
    shown_look: int = 0
    """`look` of the picture that is shown: the one before may still stand while the next is drawn."""
    asked: View | None = None
    past: list[View] = field(default_factory=list)
    future: list[View] = field(default_factory=list)
    download: Download | None = None
    saves: int = 0
    before_focus: View | None = None

    @property
    def wanted(self) -> View:
        """What the picture must be of."""
        return replace(self.view, reveal=self.reveal)

    def go(self, view: View, *, afresh: bool = False) -> None:
        """Show another view; the one before can be had back with `undo`."""
        if view == self.view:
            return
        self._remember()
        self.view = view
        self.look += afresh

    def take(self, drawn: Picture) -> None:
        """The picture of what was wanted is here."""
        self.shown, self.shown_look = drawn, self.look
        if self.reveal:
            self.wish = drawn.revealed or None
            self.view = replace(self.view, opened=drawn.opened)
            self.reveal = ""
            self.asked = self.wanted
        self.shown_view = self.view

    def granted(self, wish: str | None) -> None:
        """The viewer was told to select what was wished, or was not."""
        if wish is not None and self.wish == wish:
            self.wish = None

    def take_pair(self, drawn: Pictures) -> None:
        """The pictures of what was wanted of a pair are here."""
        self.take(drawn.whole)
        self.panes = drawn.panes

    def toggle(self, group: str) -> None:
        """Open or close one group."""
        if self.shown is not None:
            self.go(replace(self.view, opened=self._opened() ^ {group}, coarse=False))

    def show_box(self, box: str) -> None:
        """Open what is around a box, and select it."""
        if self.shown is not None:
            self._remember()
            self.view = replace(self.view, opened=self._opened(), coarse=False)
            self.reveal = box

    def _opened(self) -> frozenset[str]:
        """The groups that are open, counting what is asked for already and not drawn yet."""
        assert self.shown is not None
        is_pending = self.view != self.shown_view and not isinstance(self.view.opened, str)
        return frozenset(self.view.opened) if is_pending else self.shown.opened

    def _remember(self) -> None:
        self.past = [*self.past, self.view][-_MOST_PAST:]
        self.future = []

    def undo(self) -> None:
        """The view before the last change."""
        if self.past:
            self.future.append(self.view)
            self.view = self.past.pop()

    def redo(self) -> None:
        """The view that undo left."""
        if self.future:
            self.past.append(self.view)
            self.view = self.future.pop()


def obey(state: ViewState, asked: Mapping[str, Any]) -> bool:
    """Do what the viewer asks for; True when that changed what must be drawn or marked.

    A command that is not known, or lacks what it needs, changes nothing: it came from an older page.
    """
    command = asked.get("command")
    if command in ("overview", "all", "none"):
        opened = {"overview": "first", "all": "all", "none": "none"}[command]
        state.go(replace(state.view, opened=opened, coarse=False), afresh=True)
    elif command == "depth":
        state.go(replace(state.view, opened=str(_whole(asked.get("depth"), 99)), coarse=False), afresh=True)
    elif command == "turn":
        state.go(replace(state.view, direction="LR" if state.view.direction == "TB" else "TB"))
    elif command == "undo":
        state.undo()
    elif command == "redo":
        state.redo()
    elif command == "focus":
        return _focus(state, asked)
    elif command == "unfocus":
        return _unfocus(state)
    elif command == "overlay":
        state.overlay = str(asked.get("overlay") or FAMILY)
    elif command == "find":
        state.text = str(asked.get("text") or "")[:300]
        ops = asked.get("ops")
        state.ops = tuple(str(op) for op in ops[:200]) if isinstance(ops, list) else ()
    else:
        return False
    return True


def _focus(state: ViewState, asked: Mapping[str, Any]) -> bool:
    kind, node, other = asked.get("kind"), asked.get("node"), asked.get("other") or ""
    if kind == "changes":
        return _focus_on(state, Focus.on_changes(_whole(asked.get("steps"), MOST_STEPS)))
    if kind not in _KINDS or not isinstance(node, str) or not isinstance(other, str):
        return False
    if not node or (kind == "path" and not other):
        return False
    steps = max(1, _whole(asked.get("steps"), MOST_STEPS))
    focus = Focus(kind, node, steps if kind == "neighbours" else 1, other if kind == "path" else "")
    return _focus_on(state, focus)


def _focus_on(state: ViewState, focus: Focus) -> bool:
    if state.view.focus is None:
        state.before_focus = state.view
    state.go(replace(state.view, focus=focus, opened="first", coarse=False), afresh=True)
    state.reveal = focus.node
    return True


def _unfocus(state: ViewState) -> bool:
    focus = state.view.focus
    if focus is None:
        return False
    before = state.before_focus or View()
    state.go(replace(state.view, focus=None, opened=before.opened), afresh=True)
    state.reveal = focus.node
    return True


def _whole(value: Any, most: int) -> int:
    return min(most, max(0, int(value))) if isinstance(value, int | float) else 0
