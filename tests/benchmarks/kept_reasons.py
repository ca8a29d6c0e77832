"""Why nodes stayed, and whether the remedies free them: `python -m tests.benchmarks.kept_reasons [FILES...]`.

Measures the nine light models of the `onnx` wheel and the files that are named, after an optimizer. The bars:
at least 95 % of the nodes that look foldable and stay have a reason, and where a remedy is named, applying
it frees the node. Beside them the seconds of the processor, per node too: the analysis is linear.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from onnxviz.diff import Diff, diff_descriptions
from onnxviz.errors import OnnxvizError
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.rewrites.explain.stayed.kept import kept
from onnxviz.rewrites.explain.trying import try_remedy
from onnxviz.rewrites.optimizers import OptimizeOptions, names, optimize
from onnxviz.rewrites.reasons import How, Kept, Stayed
from tests.benchmarks.graphs import decoder
from tests.benchmarks.tables import seconds, table, verdict
from tests.conftest import wheel_data

EXPLAINED = FREED = 0.95
SECONDS, AT_NODES = 1.0, 5_300
MOST_RATIO = 1.5
"""Time per node, 13,000 nodes against 1,000."""

TRIALS_S = 10.0
"""After these, no other optimizer is begun to be tried on one model."""


def measured(path: Path, optimizer: str, folder: Path) -> dict[str, Any]:
    """One model: what stayed and why, and every remedy tried once, on all the nodes that name it."""
    how = How(optimizer, OptimizeOptions(checks=0))
    before = read_model(path, digest="-")
    row: dict[str, Any] = {"name": path.stem, "optimizer": optimizer, "before": before.graph.node_count()}
    try:
        after = optimize(optimizer, before, folder / "after.onnx", how.options).after
    except OnnxvizError as error:
        return row | {"error": str(error)}
    found = diff_descriptions(before, after)
    _, row["analysis_s"] = explained(before, after, found, how, 0.0)
    rows, row["all_s"] = explained(before, after, found, how, TRIALS_S)
    freed, failures = tried(before, after, how, rows, folder)
    return row | {
        "after": after.graph.node_count(),
        "looks": len(rows),
        "reasons": dict(Counter(str(one.reason) for one in rows).most_common()),
        "unexplained": sum(one.reason is Stayed.UNEXPLAINED for one in rows),
        "remedies": sum(one.remedy is not None for one in rows),
        "freed": freed,
        "failures": failures,
    }


def explained(before: Model, after: Model, found: Diff, how: How, allowed: float) -> tuple[list[Kept], float]:
    """All of `kept`, and the seconds of the processor; `allowed` seconds are left for other optimizers."""
    began = time.process_time()
    rows = list(kept(before, after, found, how, time.perf_counter() + allowed))
    return rows, time.process_time() - began


def tried(before: Model, after: Model, how: How, rows: Sequence[Kept], folder: Path) -> tuple[int, list[str]]:
    """(nodes that their remedy frees, sentences on those that it does not)."""
    groups: dict[str, list[Kept]] = {}
    for one in rows:
        if one.remedy is not None:
            groups.setdefault(json.dumps(one.remedy.to_json(), sort_keys=True), []).append(one)
    freed, failures = 0, []
    for group in groups.values():
        remedy = group[0].remedy
        assert remedy is not None
        try:
            trial = try_remedy(before, after, how, remedy, [one.node for one in group], folder / "tried.onnx")
        except OnnxvizError as error:
            failures.append(f"{remedy.sentence} ({len(group)} nodes) {error}")
            continue
        freed += len(trial.freed)
        failures += [f"{remedy.sentence} {node!r} stays" for node in trial.still]
    return freed, failures


def sizes(folder: Path) -> list[dict[str, Any]]:
    """Decoders of the generator as they are: the analysis alone."""
    import onnx

    found = []
    for nodes in (1_000, AT_NODES, 13_000):
        path = folder / "decoder.onnx"
        onnx.save(decoder(nodes), path)
        model = read_model(path, digest="-")
        same = diff_descriptions(model, model)
        times = [explained(model, model, same, How("onnxsim"), 0.0)[1] for _ in range(5)]
        found.append({"nodes": model.graph.node_count(), "seconds": min(times)})
    return found


def show(rows: Sequence[dict[str, Any]]) -> None:
    """A table, and the shares over all models."""
    head = ("model", "nodes", "after", "look foldable", "unexplained", "remedies", "free", "s", "with trials",
            "reasons")  # fmt: skip
    good = [row for row in rows if "error" not in row]
    keys = ("before", "after", "looks", "unexplained", "remedies", "freed")
    lines = [
        (row["name"], *(f"{row[key]:,}" for key in keys), seconds(row["analysis_s"]), seconds(row["all_s"]),
         ", ".join(f"{count} {reason}" for reason, count in row["reasons"].items()) or "–")
        for row in good
    ]  # fmt: skip
    print(table(head, lines))
    for row in rows:
        if "error" in row:
            print(f"  {row['name']}: {row['error']}")
        for failure in row.get("failures", ())[:5]:
            print(f"  {row['name']}: {failure}")
    looks, remedies = (sum(row[key] for row in good) for key in ("looks", "remedies"))
    unexplained, freed = (sum(row[key] for row in good) for key in ("unexplained", "freed"))
    checks = [
        ("without a reason", unexplained / max(1, looks), 1 - EXPLAINED),
        ("remedies that do not free", 1 - freed / max(1, remedies), 1 - FREED),
    ]
    print(
        f"{looks:,} nodes look foldable and stayed, {unexplained:,} without a reason; of {remedies:,} with a "
        f"remedy it frees {freed:,}; {verdict(checks, 'of all')}"
    )


def show_sizes(rows: Sequence[dict[str, Any]]) -> None:
    """Seconds of the analysis, and what 13,000 nodes cost beside 1,000."""
    print(table(("nodes", "s"), [(f"{row['nodes']:,}", seconds(row["seconds"])) for row in rows]))
    per_node = [row["seconds"] / row["nodes"] for row in rows]
    checks = [("analysis s", rows[1]["seconds"], SECONDS), ("ratio", per_node[-1] / per_node[0], MOST_RATIO)]
    print(
        f"Time per node, the largest to the smallest: {per_node[-1] / per_node[0]:.2f}; {verdict(checks, '')}"
    )


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description="Explain what optimizers leave, and try the remedies.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="further .onnx files")
    parser.add_argument("--optimizer", choices=names(), default="onnxsim", help="what is explained")
    parser.add_argument("--no-light", action="store_true", help="leave out the nine light models")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    given = parser.parse_args()
    light = [] if given.no_light else sorted((wheel_data() / "light").glob("*.onnx"))
    with tempfile.TemporaryDirectory() as name:
        rows = [measured(path, given.optimizer, Path(name)) for path in [*light, *given.files]]
        scale = sizes(Path(name))
    if given.json:
        print(json.dumps({"models": rows, "sizes": scale}, indent=2))
        return
    show(rows)
    show_sizes(scale)


if __name__ == "__main__":
    main()
