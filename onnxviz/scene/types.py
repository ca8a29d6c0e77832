"""The types between a Graph and the screen. All plain frozen data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Direction = Literal["TB", "LR"]
BoxKind = Literal["node", "group", "input", "output", "stub"]


@dataclass(frozen=True, slots=True)
class Group:
    """A named set of nodes: a module of the exporter, a repeated block, a run of the order, or a body.

    `children` are ids of groups inside it and `nodes` ids of the nodes that belong to it directly.
    `total` counts all nodes below. `ops` is the op mix below, most frequent first.
    """

    id: str
    title: str
    kind: str
    """The module's class (`"BertLayer"`), `"body"`, `"function"`, `"part"` for a cut, or, where repeats were
    found by structure, `"repeat"` for a family of blocks and `"block"` for one of them."""
    parent: str | None
    children: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    total: int = 0
    ops: tuple[tuple[str, int], ...] = ()
    parameters: int = 0
    """Elements of the constants (initializers, outputs of `Constant` nodes) that nodes below read, each once.
    64-bit integers, booleans and strings are shapes, indices and flags, and do not count."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The groups of one graph; `root` is the id of the outermost, which holds everything."""

    root: str
    groups: dict[str, Group]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the picture. `x, y` is its upper left corner; units are points, y down.

    `id` is a node id, a group id, `"in:NAME"` / `"out:NAME"` for graph inputs and outputs, or
    `"stub:…"`. `lines` are label lines below the title. `parent` is the open group around it.
    """

    id: str
    kind: BoxKind
    x: float
    y: float
    w: float
    h: float
    title: str
    lines: tuple[str, ...] = ()
    family: str = ""
    """Op family, see `onnxviz.scene.families`: colour, together with the family's sign."""
    parent: str | None = None
    open: bool = False
    """For a group: drawn with its content (a frame) rather than closed (a box)."""
    count: int = 0
    """For a group: nodes below."""
    status: str = ""
    """Diff status: `""`, `"removed"`, `"added"`, `"changed"`."""
    flagged: bool = False
    """Whether a problem of the model is here or, for a group, in it; `lines` say which."""
    jump: str = ""
    """For a stub: the id of the box at the other end; the first one where there are several."""
    ends: tuple[str, ...] = ()
    """For a stub: the ids of all boxes at the other end."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line from box to box: `points` is a piecewise cubic Bézier, 1 + 3n points, (x, y)."""

    id: str
    source: str
    target: str
    points: tuple[tuple[float, float], ...]
    label: str = ""
    """Type of what flows, `float[1, 64, 56, 56]`; several joined by a line break."""
    values: tuple[str, ...] = ()
    status: str = ""
    """As of a box: `"removed"` or `"added"` where only one of two graphs has what flows here."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The only thing that the JavaScript sees."""

    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    width: float
    height: float
    direction: Direction = "TB"
    title: str = ""
    families: dict[str, dict[str, str]] = field(default_factory=dict)
    """Legend of what occurs: family -> {`label`, `sign`, `light`, `dark`} (CSS colours)."""
    notes: tuple[str, ...] = ()
    """Sentences on what the picture leaves out or simplifies, and why."""
    compares: bool = False
    """Whether the colours say what changed between two graphs; op families then step back."""
    changes: tuple[str, ...] = ()
    """Ids of all leaves that changed, in topological order, also of those in closed groups and of those that
    only the other graph has."""

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready dict of the same shape (tuples become lists)."""
        return asdict(self)
