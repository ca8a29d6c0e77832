"""How long it takes to arrange and place graphs: `python -m tests.benchmarks.layout [FILES...]`.

Measures the nine light models of the `onnx` wheel, the graphs of `tests.benchmarks.graphs`, the files that
are named and, with `--samples`, fresh exports of the sample models. The engine is warm; what it remembers
is forgotten between rounds. The bars: arranged and placed while collapsed in 0.5 s up to 13,000 nodes and
in 3 s up to 100,000; with all groups open 1 ms a node, at 13,000 nodes not over 1.5 times that of 1,000;
and the worst cases give a picture by the way that the app takes, a worker with a deadline.
"""

from __future__ import annotations

import argparse
import gc
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnxviz.errors import OnnxvizError
from onnxviz.jobs import Limits, Workers
from onnxviz.model import Graph
from onnxviz.reading import read_model
from onnxviz.scene import place as engine
from onnxviz.scene.functions import expand
from onnxviz.scene.grouping.hierarchy import arrange, first_open, open_all
from onnxviz.scene.picture import View, picture
from onnxviz.scene.place import place
from onnxviz.scene.stage import Source
from onnxviz.scene.types import Hierarchy, Scene
from onnxviz.scene.wires import Wiring, wire
from onnxviz.store import digest_of
from tests.benchmarks.graphs import WORST, decoder, graph_of, saved
from tests.benchmarks.tables import load, medians, seconds, table, verdict
from tests.conftest import wheel_data

COLLAPSED_SECONDS = ((13_000, 0.5), (100_000, 3.0))
"""(nodes up to which it holds, seconds)."""

ALL_OPEN_MS = 1.0
MOST_RATIO = 1.5

SIZES = (1_000, 5_300, 13_000, 100_000)
MANY = 20_000
"""With more nodes, one round with all groups open is enough: it takes a minute."""

LIMIT = 120.0
"""Seconds for one round of one graph: what takes longer has failed, and the rest is still measured."""

DEADLINE = 60.0
"""Of a picture in the app (`onnxviz.ui.showing.PICTURE_SECONDS`)."""

SAMPLES: tuple[tuple[str, int | None], ...] = (
    *((name, depth) for name in ("decoder", "encoder", "vit") for depth in (12, 32)),
    *((name, None) for name in ("resnet50", "mobilenet_v2", "unet", "lstm")),
)
EXPORTERS = ("torchscript", "dynamo")

Clock = Callable[[], float]


@dataclass(frozen=True)
class Found:
    """Medians of one graph. `seconds` has `arranged`, and wires, groups and places together of the rest."""

    name: str
    nodes: int
    seconds: dict[str, float]
    boxes: dict[str, int]

    @property
    def ms_a_node(self) -> float:
        """With all groups open."""
        return 1000 * self.seconds.get("all", float("inf")) / self.nodes

    @property
    def verdict(self) -> str:
        """The bars in words."""
        if not self.seconds:
            return f"FAILS: not done in {LIMIT:.0f} s"
        limit = next((limit for most, limit in COLLAPSED_SECONDS if self.nodes <= most), float("inf"))
        checks = [(what, self.seconds[what], limit) for what in ("collapsed", "first")]
        checks.append(("all open", self.seconds["all"], ALL_OPEN_MS * self.nodes / 1000))
        return verdict(checks)


def arranged(graph: Graph) -> tuple[Wiring, Hierarchy]:
    """Wires and groups, as `onnxviz.scene.stage` makes them: once, with the garbage collector off."""
    gc.disable()
    try:
        wiring = wire(graph)
        return wiring, arrange(graph, wiring=wiring)
    finally:
        gc.enable()


def placed(wiring: Wiring, hierarchy: Hierarchy, which: str) -> Scene:
    """The picture, with nothing remembered of those before."""
    engine._ask.cache_clear()
    if which == "collapsed":
        return place(wiring, hierarchy, (hierarchy.root,))
    return place(wiring, hierarchy, first_open(hierarchy) if which == "first" else open_all(hierarchy))


def measured(name: str, graph: Graph, rounds: int, clock: Clock = time.perf_counter) -> Found:
    """Medians over the rounds; nothing where one took longer than `LIMIT`."""
    nodes = graph.node_count()
    times: list[dict[str, float]] = []
    boxes: dict[str, int] = {}
    try:
        for number in range(rounds):
            kinds = ("collapsed", "first") if nodes > MANY and number else ("collapsed", "first", "all")
            with _limited(LIMIT):
                times.append(_once(graph, kinds, boxes, clock))
    except _TooLong:
        return Found(name, nodes, {}, {})
    return Found(name, nodes, medians(times), boxes)


def _once(graph: Graph, kinds: Sequence[str], boxes: dict[str, int], clock: Clock) -> dict[str, float]:
    gc.collect()
    began = clock()
    wiring, hierarchy = arranged(graph)
    took = {"arranged": clock() - began}
    for which in kinds:
        began = clock()
        boxes[which] = len(placed(wiring, hierarchy, which).boxes)
        took[which] = took["arranged"] + clock() - began
    return took


class _TooLong(BaseException):
    """No Exception, which the layout would take for a failure of its engine."""


@contextmanager
def _limited(most: float) -> Iterator[None]:
    """Raises `_TooLong` inside when the time is up."""

    def stop(*_: object) -> None:
        raise _TooLong

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, most)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def graphs(files: list[Path]) -> Iterator[tuple[str, Graph]]:
    """What is measured, each made when its turn comes."""
    for path in files:
        model = read_model(path)
        yield path.stem, expand(model.graph, model.functions)
    for nodes in SIZES:
        for scoped in (True, False):
            yield (
                f"decoder {nodes:,}{'' if scoped else ', no scopes'}",
                graph_of(decoder(nodes, scoped=scoped)),
            )


@contextmanager
def exported(wanted: bool) -> Iterator[list[Path]]:
    """The sample models as both exporters write them, unoptimized, in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for name, depth in SAMPLES if wanted else ():
            for exporter in EXPORTERS:
                out = Path(folder) / f"{name}{depth or ''}_{exporter}.onnx"
                command = [sys.executable, "-m", "onnxviz", "export", name, "-o", str(out)]
                command += ["--exporter", exporter, *(["--set", f"depth={depth}"] if depth else [])]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                found.append(out)
        yield found


def worst() -> list[dict[str, Any]]:
    """Each of the worst cases from file to picture in a worker, collapsed and all open; what came of it."""
    workers, limits = Workers(), Limits(seconds=DEADLINE)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        workers.submit("look", "Warming", int).result()
        for name, make in WORST.items():
            path = saved(make(), Path(folder))
            source = Source(str(path), digest_of(path))
            for which in ("first", "all"):
                began = time.perf_counter()
                row: dict[str, Any] = {"name": name, "opened": which}
                try:
                    drawn = workers.submit("look", name, picture, source, View(which), limits=limits).result()
                    row |= {"boxes": len(drawn.scene.boxes), "curves": len(drawn.scene.curves)}
                    row["said"] = " ".join(drawn.scene.notes)
                except OnnxvizError as error:
                    row |= {"boxes": 0, "curves": 0, "said": f"FAILS: {error}"}
                rows.append(row | {"seconds": time.perf_counter() - began})
    workers.close()
    return rows


def linear(found: list[Found]) -> list[dict[str, Any]]:
    """Time per node with all open, 13,000 nodes against 1,000."""
    by_name = {one.name: one for one in found}
    pairs = [(f"decoder 13,000{kind}", f"decoder 1,000{kind}") for kind in ("", ", no scopes")]
    return [
        {"of": large, "to": small, "ratio": by_name[large].ms_a_node / by_name[small].ms_a_node}
        for large, small in pairs
        if by_name[small].seconds
    ]


def show(found: list[Found], ratios: list[dict[str, Any]], cases: list[dict[str, Any]]) -> None:
    """Tables."""
    head = ("graph", "nodes", "wires, groups s", "collapsed s", "first s", "boxes", "all open s", "boxes")
    rows = [
        (
            one.name,
            f"{one.nodes:,}",
            *(seconds(one.seconds.get(which)) for which in ("arranged", "collapsed", "first")),
            one.boxes.get("first", "–"),
            seconds(one.seconds.get("all")),
            one.boxes.get("all", "–"),
            f"{one.ms_a_node:.3f}",
            one.verdict,
        )
        for one in found
    ]
    print(table((*head, "ms a node", "bars"), rows))
    print("\nAll times but the first are of wires, groups and places together.\n")
    for one in ratios:
        said = verdict([("it is", one["ratio"], MOST_RATIO)], "times")
        print(f"All open, time per node, {one['of']} to {one['to']}: {one['ratio']:.2f} times; {said}")
    print()
    lines = [
        (c["name"], c["opened"], seconds(c["seconds"]), c["boxes"], c["curves"], c["said"] or "a picture")
        for c in cases
    ]
    print(table(("worst case, from file", "opened", "s", "boxes", "curves", "what came of it"), lines))
    print(f"\n{load()}")


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description="Time layouts.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="further .onnx files")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each, of which medians are taken")
    parser.add_argument(
        "--samples", action="store_true", help="export the sample models and measure them too"
    )
    parser.add_argument(
        "--cpu", action="store_true", help="count processor time: for a machine where others work too"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    given = parser.parse_args()
    clock = time.process_time if given.cpu else time.perf_counter
    engine.warm()
    light = sorted((wheel_data() / "light").glob("*.onnx"))
    with exported(given.samples) as samples:
        chosen = graphs([*light, *given.files, *samples])
        found = [measured(name, graph, given.rounds, clock) for name, graph in chosen]
    ratios, cases = linear(found), worst()
    if given.json:
        rows = [
            vars(one) | {"ms_a_node": one.ms_a_node if one.seconds else None, "verdict": one.verdict}
            for one in found
        ]
        print(json.dumps({"graphs": rows, "linear": ratios, "worst": cases}, indent=2))
    else:
        show(found, ratios, cases)


if __name__ == "__main__":
    main()
