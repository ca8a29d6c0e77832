"""What a page tells the viewer besides the scene. Plain data; no Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from onnxviz.scene.types import Direction

Unit = Literal["step", "wave"]
Verdict = Literal["right", "missed", "wrong"]


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


@dataclass(frozen=True, slots=True)
class Play:
    """Steps of a folding for the player under the picture, which goes through them without asking the page.

    `trace` is the JSON of `{given, waves, did, box, says, value, ready, counts, stays}`, sent once under
    `digest` as a scene is. `given` is how many steps at its beginning only take over `Constant`s.
    Lists with an entry for each step: `waves` its wave from 1 on, never falling, `did` ("folded",
    "inlined", "dropped"), `box` the place in `nodes` of its node, `says` its arithmetic in a line,
    `value` what stands in the place of the node then (short; empty where nothing does), `ready` after how
    many steps all that it asks is known. `nodes` are ids in the start graph: of each step's node, then of
    those that stay although they look foldable, whose reasons are `stays` (place in `nodes` -> sentence). A
    node may have several steps: an If that is inlined leaves its name to what makes its output then.
    `counts` has one entry more than there are steps: [nodes, initializers, bytes, operations of one
    inference or null] after each.

    `boxes` says for each of `nodes` the place of the box in this scene that shows it, or the closed group
    around it: -1 where neither is in the picture. `place` is the number of steps done to begin with; the
    player goes there, and takes up `unit`, when `serial` or `digest` is another one than before, and else
    stays where the person is. `in_place` is whether the scene is the start graph, on which the player marks
    what folded, or the graph after `place` steps, which the page sends anew for each place. `unit` is "wave"
    or "step": what the player moves by.
    """

    digest: str
    trace: str
    boxes: tuple[int, ...]
    place: int = 0
    serial: int = 0
    in_place: bool = True
    unit: Unit = "step"


@dataclass(frozen=True, slots=True)
class Picks:
    """Boxes that a person picks by click or with the space key, as an answer to a question on the picture.

    `candidates` are ids of boxes that can be picked, empty for every box of a node. `chosen` are those that
    are picked to begin with; they are taken over when `serial` is another number than before, and else the
    person's own picks stand. Once `verdicts` are there (id -> "right", "missed" or "wrong") the answer is
    shown and nothing can be picked any more.
    """

    chosen: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    serial: int = 0
