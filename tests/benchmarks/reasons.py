"""How many reasons are shown, and how fast: `python -m tests.benchmarks.reasons [--optimizer NAME] [FILES]`.

Rewrites the nine light models of the `onnx` wheel, and the files that are named, and explains what went. The
bars (for onnxsim): at least 95 % of the nodes that went carry a checked reason, within 3 s up to 1,000 nodes
and 10 s up to 5,300. Seconds are of the processor, all threads together, since others may be at work on the
machine. Naming passes is left out (they come last, as far as the time allows), unless `--passes` is given.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from onnxviz.diff import Diff
from onnxviz.diff.models import diff_models
from onnxviz.errors import OnnxvizError
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.rewrites.explain.went.naming_passes import name_passes
from onnxviz.rewrites.explain.went.removed import Finder
from onnxviz.rewrites.optimizers import OptimizeOptions, find, names
from onnxviz.rewrites.reasons import How, Went
from tests.benchmarks.tables import load, seconds, table, verdict
from tests.conftest import wheel_data

SHARE = 0.95
BARS = ((1_000, 3.0), (5_300, 10.0))
"""(nodes, seconds)."""

LIMIT = 300.0


def measured(path: Path, optimizer: str, folder: Path, *, passes: bool) -> dict[str, Any]:
    """One model: what went, and why."""
    before = read_model(path)
    row: dict[str, Any] = {"model": path.stem, "nodes": before.graph.node_count()}
    out = folder / f"{path.stem}.onnx"
    try:
        find(optimizer).load()(before, out, OptimizeOptions(checks=0))
    except OnnxvizError as error:
        return row | {"error": str(error)}
    how, after = How(optimizer), read_model(out)
    row |= went(before, after, diff_models(path, out), how, passes=passes)
    out.unlink()
    return row


def went(before: Model, after: Model, diff: Diff, how: How, *, passes: bool) -> dict[str, Any]:
    """The half that asks why nodes went."""
    start = time.process_time()
    finder = Finder(before, after, diff, how, time.perf_counter() + LIMIT)
    batches = [len(batch) for batch in finder.batches()]
    took = time.process_time() - start
    found = finder.in_order()
    counts = Counter(str(each.reason) for each in found)
    row: dict[str, Any] = {
        "removed": len(found),
        "reasons": dict(counts),
        "seconds": took,
        "batches": batches,
    }
    row["explained"] = 1 - counts[str(Went.UNEXPLAINED)] / len(found) if found else 1.0
    if passes:
        notes: list[str] = []
        deadline = time.perf_counter() + LIMIT
        parts = list(name_passes(before, how, found, deadline, notes))
        row["named"] = len({each.node for part in parts for each in part})
        row["passes_seconds"] = time.process_time() - start - took
    return row | {"notes": finder.notes}


def show(rows: list[dict[str, Any]], optimizer: str) -> bool:
    """A table; whether the bars are met."""
    kinds = [str(kind) for kind in Went]
    lines = [_line(row, kinds) for row in rows]
    print(table(("model", "nodes", "went", *kinds, "explained", "named", "s", f"{optimizer}: bars"), lines))
    done = [row for row in rows if "error" not in row]
    total = sum(row["removed"] for row in done)
    shown = total - sum(row["reasons"].get(str(Went.UNEXPLAINED), 0) for row in done)
    print(f"\n{optimizer}: {shown:,} of {total:,} nodes that went carry a checked reason", end="")
    print(f" ({shown / total:.2%})." if total else ".")
    return all(not _missed(row) for row in done)


def _line(row: dict[str, Any], kinds: list[str]) -> tuple[object, ...]:
    if "error" in row:
        return (row["model"], row["nodes"], *["–"] * (len(kinds) + 4), row["error"][:80])
    counts = (row["reasons"].get(kind, 0) for kind in kinds)
    missed = _missed(row)
    return (
        row["model"], f"{row['nodes']:,}", row["removed"], *counts, f"{row['explained']:.1%}",
        row.get("named", "–"), seconds(row["seconds"]), missed or "passes",
    )  # fmt: skip


def _missed(row: dict[str, Any]) -> str:
    found = []
    if row["explained"] < SHARE:
        found.append(f"FAILS: explained, under {SHARE:.0%}")
    most = next((limit for nodes, limit in BARS if row["nodes"] <= nodes), None)
    if most is not None and "FAILS" in (said := verdict([("it took", row["seconds"], most)])):
        found.append(said)
    return "; ".join(found)


def _rows(files: list[Path], optimizer: str, *, passes: bool) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            yield measured(path, optimizer, Path(folder), passes=passes)


def main() -> int:
    """Measure, and print what was found; 1 where onnxsim misses a bar."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="further .onnx files")
    parser.add_argument("--optimizer", choices=names(), default="onnxsim")
    parser.add_argument("--passes", action="store_true", help="name passes too, and count them")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = parser.parse_args()
    files = [*sorted((wheel_data() / "light").glob("*.onnx")), *given.files]
    rows = list(_rows(files, given.optimizer, passes=given.passes))
    if given.json:
        print(json.dumps(rows, indent=2))
        return 0
    met = show(rows, given.optimizer)
    print(load())
    return 0 if met or given.optimizer != "onnxsim" else 1


if __name__ == "__main__":
    sys.exit(main())
