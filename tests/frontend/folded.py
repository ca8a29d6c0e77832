"""A small folding for the frontend's tests: its trace, its scene, and random ones."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from typing import Any

from onnxviz.scene.types import Box, Curve, Scene

SAYS = [
    "Shape(x) = [1, 3]",
    "Gather([1, 3], 1) = 3",
    "If(true) always takes the same branch",
    "Mul(3, 2) = 6",
]

TRACE: dict[str, Any] = {
    "waves": [1, 2, 2, 3],
    "did": ["folded", "folded", "inlined", "folded"],
    "box": [0, 1, 2, 3],
    "says": SAYS,
    "value": ["[1, 3]", "3", "", "6"],
    "ready": [0, 1, 0, 2],
    "counts": [[6, 2, 100, 1000], [5, 3, 116, 1000], [4, 3, 108, 990], [3, 3, 108, 990], [2, 3, 104, 980]],
    "stays": {"4": "Reshape(y, 6): y is an input of the graph"},
}
"""Four steps in three waves; a fifth node looks foldable and stays."""

NODES = ("shape", "gather", "if", "mul", "reshape")


def scene(title: str = "f", *, closed: bool = False) -> Scene:
    """Its nodes below one another; `closed` puts the two middle ones into a closed group."""
    titles = ("Shape", "Gather", "If", "Mul", "Reshape")
    rows = [
        Box(name, "node", 100, 10 + 64 * at, 160, 40, title, ("a line",))
        for at, (name, title) in enumerate(zip(NODES, titles, strict=True))
    ]
    if closed:
        rows[1:3] = [Box("group", "group", 100, 90, 160, 60, "Part", count=2)]
    ids = [box.id for box in rows]
    curves = tuple(
        Curve(f"{a}-{b}", a, b, _straight(rows[n], rows[n + 1]), "int64[2]")
        for n, (a, b) in enumerate(pairwise(ids))
    )
    return Scene(tuple(rows), curves, 360, 340, title=title)


def play(of: Scene, trace: dict[str, Any] | None = TRACE, **more: Any) -> dict[str, Any]:
    """What Python tells the browser; a trace of None is one that was sent before."""
    ids = [box.id for box in of.boxes]
    boxes = [ids.index(name) if name in ids else ids.index("group") for name in NODES]
    text = None if trace is None else json.dumps(trace)
    told = {"digest": "t", "trace": text, "boxes": boxes, "place": 0, "unit": "step", "serial": 0}
    return told | {"shown": None} | more


def random_trace(
    seed: int, steps: int, nodes: int, boxes: int
) -> tuple[dict[str, Any], list[int], list[str]]:
    """A trace of any shape, where its nodes are among `boxes` boxes, and the kinds of those."""
    dice = random.Random(seed)
    waves = sorted(dice.randint(1, max(1, steps // 3)) for _ in range(steps))
    trace = {
        "waves": waves,
        "did": [dice.choice(["folded", "folded", "inlined", "dropped"]) for _ in range(steps)],
        "box": [dice.randrange(nodes) for _ in range(steps)],
        "says": [f"Op({n}) = {n}" for n in range(steps)],
        "value": [str(n) for n in range(steps)],
        "ready": [dice.randint(0, n) for n in range(steps)],
        "counts": [[steps - n, n, 8 * n, None] for n in range(steps + 1)],
        "stays": {str(nodes + n): "why" for n in range(3)},
    }
    kinds = [dice.choice(["node", "node", "group"]) for _ in range(boxes)]
    alone = [at for at, kind in enumerate(kinds) if kind == "node"]
    groups = [at for at, kind in enumerate(kinds) if kind == "group"]
    dice.shuffle(alone)
    # A box of a node shows one; the other nodes are in closed groups, or nowhere.
    places = [
        alone.pop() if alone and dice.random() < 0.5 else dice.choice([-1, *groups]) for _ in range(nodes + 3)
    ]
    return trace, places, kinds


def _straight(a: Box, b: Box) -> tuple[tuple[float, float], ...]:
    x, top, bottom = a.x + a.w / 2, a.y + a.h, b.y
    return tuple((x, top + (bottom - top) * part / 3) for part in range(4))
