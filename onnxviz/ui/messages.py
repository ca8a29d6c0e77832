"""What a page tells the viewer besides the scene. Plain data; no Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onnxviz.scene.types import Direction


@dataclass(frozen=True, slots=True)
class Controls:
    """What the tool bar offers, and how it stands.

    `depth` is the level to which groups are open (-1: mixed) of `deepest`. `focus` is a sentence when only
    a part is shown. `overlays` are (id, label, help), `overlay` the chosen id. `help` are (example, meaning)
    of the search's language, `ops` (op type, nodes) to filter by, `notes` sentences on the picture.
    """

    depth: int = 0
    deepest: int = 0
    direction: Direction = "TB"
    undo: bool = False
    redo: bool = False
    focus: str = ""
    overlays: tuple[tuple[str, str, str], ...] = ()
    overlay: str = ""
    help: tuple[tuple[str, str], ...] = ()
    ops: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    changes: int | None = None
    """Of a comparison: how many steps around the changes are shown alone, -1 for everything."""


@dataclass(frozen=True, slots=True)
class Pane:
    """Which viewer of a pair this is. `key` is that of the pair; the one that `leads` has the tool bar."""

    key: str
    title: str
    leads: bool = True


@dataclass(frozen=True, slots=True)
class Marks:
    """What a search found: (id, title, note) of the first hits, and how many are in each box in view."""

    text: str
    ops: tuple[str, ...]
    total: int
    hits: tuple[tuple[str, str, str], ...] = ()
    boxes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shades:
    """An overlay: box id -> (share of the scale in 0..1, text); `least` and `most` name the scale's ends."""

    label: str
    note: str
    least: str
    most: str
    shades: Mapping[str, tuple[float, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Download:
    """A file that the browser saves, once for each `serial`."""

    name: str
    mime: str
    text: str
    serial: int
