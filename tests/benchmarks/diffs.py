"""How well and how fast models are compared: `python -m tests.benchmarks.diffs [FILES...]`.

Measures the nine light models of the `onnx` wheel, the files that are named, graphs of
`tests.benchmarks.graphs` and worst cases. The bars: a model in other words (every name new, nodes in another
order) does not differ; of the seeded edits at least 98 % are told exactly and none is missed; a diff costs
at most what onnxsim itself does, or 1 s, up to 5,300 nodes, and is linear. Beside it, what onnxsim's
`diff_graphs` counts for the model in other words. onnxsim runs in a process of its own. Seconds of diffs are
of the processor, as a diff has one thread and waits for nothing; those of onnxsim are of the clock.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import onnx
from onnx import ModelProto

from onnxviz.diff import Diff, Digests, apply, diff, diff_descriptions
from onnxviz.diff.digests import constant_digests
from onnxviz.model import Graph, Model
from onnxviz.reading import read_model
from tests.benchmarks.graphs import decoder, graph_of
from tests.benchmarks.tables import seconds, table, verdict
from tests.conftest import wheel_data
from tests.diff.body_edits import in_body
from tests.diff.edits import EDITS, Edit, kinds, told
from tests.diff.renaming import rewritten
from tests.diff.shapes import bipartite, chain, fan

SECONDS, UP_TO = 1.0, 5_300
EXACT = 0.98
MOST_RATIO = 1.5
"""Time per node, 13,000 nodes against 1,000."""

LIGHT_ENOUGH = 5_000_000
"""Bytes of a file whose model is edited: each edit writes and reads it anew."""

TRIES = 50

_ONNXSIM = """
import json, sys
from pathlib import Path
import onnx
from onnxsim.model_info import diff_graphs
from onnxviz.errors import OnnxvizError
from onnxviz.rewrites.simplify import SimplifyOptions, simplify_file
for line in sys.stdin:
    before, other, out = map(Path, json.loads(line))
    protos = [onnx.load(path, load_external_data=False) for path in (before, other)]
    found = diff_graphs(*protos)
    row = {"reported": len(found.removed_nodes) + len(found.added_nodes) + len(found.changed_nodes)}
    try:
        row["seconds"] = simplify_file(before, out, SimplifyOptions(checks=0)).seconds
    except OnnxvizError as error:
        row["error"] = str(error)
    print(json.dumps(row), flush=True)
"""

Read = tuple[Model, Digests]


def read(path: Path) -> Read:
    """As the app does it: the model, and digests of its constants."""
    return read_model(path, digest="-"), constant_digests(path)


def compared(before: Read, after: Read, rounds: int = 1) -> tuple[Diff, float]:
    """The diff, and its seconds."""
    return timed(lambda: diff_descriptions(before[0], after[0], (before[1], after[1])), rounds)


def timed(verb: Callable[[], Diff], rounds: int) -> tuple[Diff, float]:
    """The result, and the median of the seconds that the processor took."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        found = verb()
        times.append(time.process_time() - began)
    return found, statistics.median(times)


def models(files: list[Path], rounds: int, folder: Path) -> list[dict[str, Any]]:
    """Each file against itself in other words, and against what onnxsim makes of it."""
    rows = []
    with subprocess.Popen(
        [sys.executable, "-c", _ONNXSIM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as onnxsim:
        assert onnxsim.stdin is not None
        assert onnxsim.stdout is not None
        for number, path in enumerate(files):
            other, out = folder / f"{number}.other.onnx", folder / f"{number}.out.onnx"
            onnx.save(rewritten(onnx.load(path), seed=number)[0], other)
            print(json.dumps([str(path), str(other), str(out)]), file=onnxsim.stdin, flush=True)
            answer = json.loads(onnxsim.stdout.readline())
            rows.append(_row(path, other, out, answer, rounds))
            for leftover in (other, out):
                leftover.unlink(missing_ok=True)
        onnxsim.stdin.close()
    return rows


def _row(path: Path, other: Path, out: Path, answer: dict[str, Any], rounds: int) -> dict[str, Any]:
    began = time.process_time()
    constant_digests(path)
    hashing = time.process_time() - began
    before, after = read(path), read(other)
    found, took = compared(before, after, rounds)
    rows = found.to_json()
    row: dict[str, Any] = {
        "name": path.stem,
        "nodes": before[0].graph.node_count(),
        "reported": len(rows["added"]) + len(rows["removed"]) + len(rows["changed"]),
        "onnxsim_reported": answer["reported"],
        "empty": found.empty and apply(before[0].graph, found) == after[0].graph,
        "digests_s": hashing,
        "other_s": took,
        "onnxsim_s": answer.get("seconds"),
        "error": answer.get("error", ""),
    }
    if out.exists():
        simplified = read(out)
        change, row["simplified_s"] = compared(before, simplified, rounds)
        assert apply(before[0].graph, change) == simplified[0].graph
        row |= {"after": simplified[0].graph.node_count(), "matched": len(change.pairs())}
    return row


def edits(files: list[Path], count: int, folder: Path) -> list[dict[str, Any]]:
    """Seeded edits of the files in turn, each of them told under the old names and under new ones."""
    protos = {path: onnx.load(path) for path in files}
    bases = {path: read(path) for path in files}
    rows: list[dict[str, Any]] = []
    for seed in itertools.count():
        if len(rows) >= 2 * count:
            break
        kind = (*EDITS, in_body)[seed % (len(EDITS) + 1)]
        path = files[seed // (len(EDITS) + 1) % len(files)]
        drafts = (kind(protos[path], random.Random(f"{seed} {turn}")) for turn in range(TRIES))
        edit = next((draft for draft in drafts if draft is not None), None)
        if edit is None:
            continue
        before = bases[path] if edit.before is None else _saved(edit.before, folder)
        for is_renamed in (False, True):
            after, names = rewritten(edit.model, seed) if is_renamed else (edit.model, {})
            found, _ = compared(before, _saved(after, folder))
            outcome = _outcome(edit, found, names, is_renamed=is_renamed)
            rows.append({"model": path.stem, "seed": seed, "kind": edit.kind, "names": is_renamed} | outcome)
    return rows


def _saved(model: ModelProto, folder: Path) -> Read:
    path = folder / "edited.onnx"
    onnx.save(model, path)
    return read(path)


def _outcome(edit: Edit, found: Diff, names: dict[str, str], *, is_renamed: bool) -> dict[str, Any]:
    """`exact`: the facts and nothing else. In a renamed body, whose new names are not known, by kind."""
    wanted = {(what, names.get(name, name) if what == "added" else name, f) for what, name, f in edit.facts}
    said = told(found)
    is_exact = said == wanted or (is_renamed and edit.kind == "in a body" and kinds(said) == kinds(wanted))
    return {"exact": is_exact, "missed": found.empty, "said": sorted(said) if not is_exact else []}


def sizes(rounds: int) -> Iterator[dict[str, Any]]:
    """Decoders in other words and without one node, and worst cases."""
    for nodes in (1_000, UP_TO, 13_000, 52_000):
        model = decoder(nodes)
        before, after = graph_of(model), graph_of(rewritten(model, seed=nodes)[0])
        yield _timed(f"decoder {nodes:,}, other words", before, after, rounds)
        shorter = Graph(
            after.name, after.nodes[1:], after.values, after.inputs, after.outputs, after.initializers
        )
        yield _timed(f"decoder {nodes:,}, one node less", before, shorter, rounds)
    yield _timed("50,000 Relus, one less", chain(50_000, "a"), chain(49_999, "b"), rounds)
    yield _timed(
        "50,000 Relus, other ends", chain(50_000, "a", "Sin", "Exp"), chain(50_000, "b", "Cos", "Log"), rounds
    )
    yield _timed("5,000 readers of one tensor", fan(5_000, "a"), fan(4_000, "b"), rounds)
    yield _timed("complete bipartite, 200 + 200", bipartite(200, "a"), bipartite(200, "b"), rounds)
    yield _timed("the same, of another op", bipartite(200, "a"), bipartite(200, "b", "Max"), rounds)


def _timed(name: str, before: Graph, after: Graph, rounds: int) -> dict[str, Any]:
    found, took = timed(lambda: diff(before, after), rounds)
    row = {"name": name, "nodes": before.node_count(), "seconds": took}
    return row | {"added": len(found.added), "removed": len(found.removed), "changed": len(found.changed)}


def show_models(rows: list[dict[str, Any]]) -> None:
    """A table."""
    head = ("model", "nodes", "in other words: told", "by onnxsim", "s", "digests s", "simplified: nodes",
            "matched", "s", "onnxsim s", "bars")  # fmt: skip
    lines = []
    for row in rows:
        most = max(SECONDS, row["onnxsim_s"] or 0)
        checks = [("told", float(row["reported"] + (not row["empty"])), 0.0)]
        if row["nodes"] <= UP_TO:
            checks += [(what, row.get(what) or 0.0, most) for what in ("other_s", "simplified_s")]
        lines.append(
            (
                row["name"],
                f"{row['nodes']:,}",
                row["reported"],
                row["onnxsim_reported"],
                seconds(row["other_s"]),
                seconds(row["digests_s"]),
                row.get("after", "–"),
                row.get("matched", "–"),
                seconds(row.get("simplified_s")),
                seconds(row["onnxsim_s"]),
                verdict(checks, "") + (f" (onnxsim: {row['error']})" if row["error"] else ""),
            )
        )
    print(table(head, lines), end="\n\n")


def show_edits(rows: list[dict[str, Any]]) -> None:
    """How many of each kind are told exactly, then those that are not."""
    made = Counter((row["kind"], row["names"]) for row in rows)
    exact = Counter((row["kind"], row["names"]) for row in rows if row["exact"])
    missed = Counter((row["kind"], row["names"]) for row in rows if row["missed"])
    head = ("edit", "made", "exact", "missed", "exact, renamed too", "missed")
    lines = [
        (
            kind,
            made[kind, False],
            exact[kind, False],
            missed[kind, False],
            exact[kind, True],
            missed[kind, True],
        )
        for kind in dict.fromkeys(row["kind"] for row in rows)
    ]
    print(table(head, lines))
    for is_renamed, words in ((False, "under the old names"), (True, "renamed and reordered too")):
        some = [row for row in rows if row["names"] is is_renamed]
        inexact = 1 - sum(row["exact"] for row in some) / len(some)
        checks = [("not exact", inexact, 1 - EXACT), ("missed", float(sum(r["missed"] for r in some)), 0.0)]
        print(f"{len(some)} edits, {words}: {1 - inexact:.1%} exact; {verdict(checks, '')}")
    for row in (row for row in rows if not row["exact"]):
        print(f"  {row['model']}, seed {row['seed']}, {row['kind']}: {row['said'][:5]}")
    print()


def show_sizes(rows: list[dict[str, Any]]) -> None:
    """A table, and what 13,000 nodes cost beside 1,000."""
    head = ("graph", "nodes", "s", "ms a node", "added", "removed", "changed")
    keys = ("added", "removed", "changed")
    lines = [
        (r["name"], f"{r['nodes']:,}", seconds(r["seconds"]), f"{1000 * r['seconds'] / r['nodes']:.3f}",
         *(r[key] for key in keys))
        for r in rows
    ]  # fmt: skip
    print(table(head, lines))
    per_node = {row["name"]: row["seconds"] / row["nodes"] for row in rows}
    for kind in ("other words", "one node less"):
        ratio = per_node[f"decoder 13,000, {kind}"] / per_node[f"decoder 1,000, {kind}"]
        said = verdict([("it is", ratio, MOST_RATIO)], "times")
        print(f"Time per node, 13,000 nodes to 1,000, {kind}: {ratio:.2f} times; {said}")


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description="Compare models with their like.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="further .onnx files")
    parser.add_argument("--edits", type=int, default=200, help="seeded edits, each under two sets of names")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each, of which medians are taken")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    given = parser.parse_args()
    files = [*sorted((wheel_data() / "light").glob("*.onnx")), *given.files]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        light = [path for path in files if path.stat().st_size <= LIGHT_ENOUGH]
        found = (
            models(files, given.rounds, folder),
            edits(light, given.edits, folder),
            list(sizes(given.rounds)),
        )
    if given.json:
        print(json.dumps(dict(zip(("models", "edits", "sizes"), found, strict=True)), indent=2))
        return
    for show, rows in zip((show_models, show_edits, show_sizes), found, strict=True):
        show(rows)


if __name__ == "__main__":
    main()
