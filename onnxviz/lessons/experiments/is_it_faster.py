"""Experiments on time: the same model before and after, timed by turns, with what the runtime really ran."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from onnxviz.lessons import making
from onnxviz.lessons.sources import printed
from onnxviz.lessons.types import Choices, Graph, Outcome, Pair, Table
from onnxviz.model import Model
from onnxviz.samples.catalog import START

if TYPE_CHECKING:
    from onnxviz.bench.types import BenchResult, Level

Models = Mapping[str, Model]
"""`before` and `after`, each in the file of that name."""

SECONDS = 2.0
"""Budget of a comparison."""

WIDTH, RANK = 512, 128
"""Of the layer, and of what was learned on top of it."""

STEPS, ANGLES = 512, 8
"""Rows and columns of the table that a loop makes."""

ADAPTED = f"""\
adapted (float[1, {WIDTH}] x) => (float[1, {WIDTH}] y)
<float scale = {{2}}>
{{
    product = MatMul (b, a)
    scaled = Mul (product, scale)
    merged = Add (w, scaled)
    y = MatMul (x, merged)
}}"""
"""A layer with weights `w` that was adapted by a product of two smaller ones:
https://arxiv.org/abs/2106.09685, section 4.1."""

POSITIONS = f"""\
positions (float[{STEPS}, {ANGLES}] x) => (float[{STEPS}, {ANGLES}] y)
<int64 length = {{{STEPS}}}, bool always = {{1}}>
{{
    table = Loop (length, always) <
        body = row (int64 i, bool before) => (bool after, float[{ANGLES}] line) {{
            after = Identity (before)
            position = Cast <to = 1> (i)
            angles = Mul (position, frequencies)
            line = Cos (angles)
        }}
    >
    y = Add (x, table)
}}"""
"""A table of positions, row by row, added to x."""


_SAME_NODES = (
    "The nodes that ran are the same, so a per cent more or less says nothing of the model: two sessions of "
    "one and the same file differ by as much, by where in memory their weights happen to lie.",
)
"""See `bench.statistics.MARGIN`."""


def time_both(before: str, after: str, level: Level) -> BenchResult:
    """Time two model files against each other, each on one thread."""
    from onnxviz.bench.runner import run
    from onnxviz.bench.types import Plan

    plan = Plan((("before", before), ("after", after)), levels=(level,), threads=(1,), seconds=SECONDS)
    result = run(plan)
    for each in result.measurements:
        print(
            f"{each.model}: {len(each.times_s):,} runs, median {1e6 * (each.median_s or 0):.1f} microseconds"
        )
    print(f"after against before: {result.comparisons[0].verdict}")
    return result


def make_adapted(folder: Path) -> Models:
    """The adapted layer, and what folding makes of it."""
    import numpy as np

    draw = np.random.default_rng(0)
    sizes = {"w": (WIDTH, WIDTH), "b": (WIDTH, RANK), "a": (RANK, WIDTH)}
    weights = {
        name: (draw.standard_normal(size) / np.sqrt(WIDTH)).astype(np.float32) for name, size in sizes.items()
    }
    before = making.write(folder, "before.onnx", ADAPTED, weights)
    return {"before": before, "after": making.fold(before, folder / "after.onnx").after}


def make_positions(folder: Path) -> Models:
    """The table from a loop, and what folding makes of it."""
    import numpy as np

    frequencies = (10_000.0 ** -(np.arange(ANGLES) / ANGLES)).astype(np.float32)
    before = making.write(folder, "before.onnx", POSITIONS, {"frequencies": frequencies})
    return {"before": before, "after": making.fold(before, folder / "after.onnx").after}


def make_network(folder: Path) -> Models:
    """The sample *Start here*, and what onnxsim makes of it."""
    from onnxviz.rewrites.optimizers import OptimizeOptions, optimize_file

    (folder / "before.onnx").write_bytes(START.read_bytes())
    options = OptimizeOptions(checks=0)
    done = optimize_file("onnxsim", folder / "before.onnx", folder / "after.onnx", options)
    return {"before": done.before, "after": done.after}


def adapted(folder: Path, choices: Choices) -> Outcome:
    """See `make_adapted`."""
    return _timed(make_adapted(folder), choices["level"])


def positions(folder: Path, _: Choices) -> Outcome:
    """See `make_positions`; the runtime's optimizations are on."""
    return _timed(make_positions(folder), "all")


def network(folder: Path, choices: Choices) -> Outcome:
    """See `make_network`."""
    return _timed(make_network(folder), choices["level"])


def _timed(models: Models, level: Level) -> Outcome:
    """Time the two, and list what is in the files and what was run."""
    before, after = models.values()
    agreement = making.compare(before, after)
    result, lines = printed(time_both, before.path, after.path, level)
    ran = {
        each.model: {op: n for part in each.assignment or () for op, n in part.ops}
        for each in result.measurements
    }
    counts = {name: model.graph.op_counts() for name, model in models.items()}
    comparison = result.comparisons[0]
    return Outcome(
        facts={
            "files": {name: dict(each) for name, each in counts.items()},
            "ran": ran,
            "ratio": comparison.ratio,
            "interval": list(comparison.interval) if comparison.interval else None,
            "same": agreement.agrees,
        },
        says=(
            f"The original file has {_nodes(counts['before'])}, the simplified one "
            f"{_nodes(counts['after'])}. What ONNX Runtime ran has {_nodes(ran['before'])} and "
            f"{_nodes(ran['after'])}" + (": **the same**." if ran["before"] == ran["after"] else "."),
            f"Time, simplified against original: **{comparison.verdict}**.",
            *(_SAME_NODES if ran["before"] == ran["after"] else ()),
        ),
        lines=lines,
        tables=(_table(counts, ran),),
        graphs=tuple(Graph(name, f"{name}.onnx") for name in models),
        pairs=(Pair("before", "after"),),
    )


def _nodes(ops: Mapping[str, int]) -> str:
    return making.counted(sum(ops.values()), "node")


def _table(files: Mapping[str, Mapping[str, int]], ran: Mapping[str, Mapping[str, int]]) -> Table:
    columns = {
        "before: file": files["before"],
        "after: file": files["after"],
        "before: run": ran["before"],
        "after: run": ran["after"],
    }
    ops = dict.fromkeys(op for each in columns.values() for op in each)
    rows = [(op, *(each.get(op, 0) for each in columns.values())) for op in ops]
    rows.append(("All nodes", *(sum(each.values()) for each in columns.values())))
    return Table(
        ("Operator", *columns),
        tuple(rows),
        "What is in the files, and what ONNX Runtime ran once its own optimizations were done. It counts the "
        "nodes inside a loop too, and no constants.",
    )
