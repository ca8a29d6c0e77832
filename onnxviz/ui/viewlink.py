"""A view as query parameters of a link: `?open=none&way=LR&sel=conv1`. No Streamlit here.

Only what differs from a first look is written. What a link gets wrong is left at its default: the
picture is what was asked for, as far as it can be.
"""

from __future__ import annotations

from collections.abc import Mapping

from onnxviz.scene.finding.focus import Focus
from onnxviz.scene.grouping.opening import is_opening, spell, tag
from onnxviz.scene.overlays import OVERLAYS
from onnxviz.scene.picture import View
from onnxviz.ui.viewstate import FAMILY, ViewState

KEYS = ("open", "way", "focus", "by", "find", "ops", "sel")

_LONGEST_NAME = 60
"""Characters of an id that a link spells out; of a longer one, and of one with a tilde, it has the tag."""


def read(digest: str, parameters: Mapping[str, str]) -> ViewState:
    """The state that a link names."""
    opened = parameters.get("open", "first")
    view = View(
        opened if is_opening(opened) else "first",
        "LR" if parameters.get("way") == "LR" else "TB",
        Focus.from_text(parameters.get("focus", "")),
    )
    by = parameters.get("by", FAMILY)
    ops = tuple(op for op in parameters.get("ops", "").split(",") if op)
    return ViewState(
        digest,
        view,
        by if by in OVERLAYS else FAMILY,
        parameters.get("find", "")[:300],
        ops,
        parameters.get("sel", "")[:_LONGEST_NAME],
    )


def write(state: ViewState, selected: str | None) -> dict[str, str]:
    """The parameters that `read` takes back; the groups as they are in the picture that is shown."""
    found: dict[str, str] = {}
    view = state.view
    opened = view.opened
    if not isinstance(opened, str):
        opened = spell(state.shown.hierarchy, opened) if state.shown is not None else "first"
    if opened != "first":
        found["open"] = opened
    if view.direction != "TB":
        found["way"] = view.direction
    if view.focus is not None:
        found["focus"] = view.focus.to_text()
    if state.overlay != FAMILY:
        found["by"] = state.overlay
    if state.text:
        found["find"] = state.text
    if state.ops:
        found["ops"] = ",".join(state.ops)
    if selected:
        plain = len(selected) <= _LONGEST_NAME and not selected.startswith("~") and selected.isprintable()
        found["sel"] = selected if plain else f"~{tag(selected)}"
    return found
