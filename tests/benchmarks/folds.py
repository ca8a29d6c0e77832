"""What our own folding folds, beside what two others fold, and what it costs.

    python -m tests.benchmarks.folds [FILE ...]

The nine light models (their weights frozen, since nothing of theirs is constant otherwise) and further files.
A node counts as folded by another where it is not in its result any more and its value is known before any
run (by `rewrites.explain.origins`, which shares no code with the engine), or its output is a constant there.
Each of those has to be folded by ours too, or be in `kept` with its reason. Seconds are processor time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx

from onnxviz.errors import OnnxvizError
from onnxviz.model import Graph, Model
from onnxviz.reading import read_model
from onnxviz.rewrites import prepare
from onnxviz.rewrites.explain.origins import origins
from onnxviz.rewrites.fold import Folded, FoldOptions, fold, replay
from onnxviz.rewrites.simplify import SimplifyOptions, simplify
from onnxviz.rewrites.verify import compare_outputs
from tests.benchmarks.tables import load, seconds, table, verdict
from tests.conftest import wheel_data

SECONDS = {1746: 3.0, 4000: 6.0}
"""Nodes up to which a folding with its steps takes at most so long, as the issue asks."""

REPLAY_MS = 50.0
RTOL = 1e-5


def frozen(path: Path, folder: Path) -> Path:
    """The same model, its weights no inputs any more."""
    proto = onnx.load(path)
    if prepare.freeze_weights(proto) is None:
        return path
    out = folder / path.name
    onnx.save(proto, out)
    return out


def by_onnxscript(before: Model, out: Path) -> None:
    """Its constant folder alone, without its rewrite rules."""
    import onnx_ir
    from onnxscript.optimizer import fold_constants

    model = onnx_ir.load(before.path)
    fold_constants(model)
    onnx_ir.save(model, out)


def by_onnxsim(before: Model, out: Path) -> None:
    """With its optimizers off: shape inference and folding remain."""
    simplify(before, out, SimplifyOptions(skip_optimization=True, checks=0))


OTHERS: dict[str, Callable[[Model, Path], None]] = {"onnxscript": by_onnxscript, "onnxsim": by_onnxsim}


def folded_by(before: Model, after: Model, known: set[str]) -> set[str]:
    """Ids of the nodes of the main graph that another one folded, `Constant`s apart."""
    there = {name for node in after.graph.walk() for name in node.outputs if node.op_type != "Constant"}
    constant = {name for name, value in after.graph.values.items() if value.is_constant}
    return {
        node.id
        for node in before.graph.nodes
        if node.op_type != "Constant"
        and not there.intersection(node.outputs)
        and (node.id in known or constant.intersection(node.outputs))
    }


def row(path: Path, folder: Path) -> dict[str, Any]:
    """One model."""
    before = read_model(frozen(path, folder))
    out = folder / "folded.onnx"
    began = time.process_time()
    found = fold(before, out, FoldOptions(checks=0))
    took = time.process_time() - began
    onnx.checker.check_model(found.after.path)
    agreement = compare_outputs(Path(before.path), out, 1)
    where = origins(before.graph, before.functions)
    known = {node.id for node in before.graph.nodes if where.known(node.id)}
    ops = {node.id: node.op_type for node in before.graph.walk()}
    ours = {step.node for step in found.steps if ops.get(step.node) != "Constant"}
    excused = {each.node for each in found.kept}
    result: dict[str, Any] = {
        "name": path.stem,
        "nodes": before.graph.node_count(),
        "after": found.after.graph.node_count(),
        "ours": len(ours),
        "kept": Counter(str(each.reason) for each in found.kept),
        "waves": found.waves,
        "seconds": took,
        "replay_ms": replayed(found),
        "growth": found.after.nbytes - before.nbytes,
        "agreement": agreement,
    }
    for name, verb in OTHERS.items():
        result[name], result[f"{name} only"] = other(name, verb, before, folder, known, ours | excused)
    return result


def other(
    name: str,
    verb: Callable[[Model, Path], None],
    before: Model,
    folder: Path,
    known: set[str],
    done: set[str],
) -> tuple[int | None, set[str]]:
    """(how many nodes another one folds, those that ours neither folds nor excuses); None where it failed."""
    out = folder / f"{name}.onnx"
    try:
        verb(before, out)
    except (OnnxvizError, RuntimeError, ValueError, TypeError) as error:
        print(f"{name} on {before.name}: {str(error)[:100]}")
        return None, set()
    theirs = folded_by(before, read_model(out), known)
    return len(theirs), theirs - done


def replayed(found: Folded) -> float:
    """The longest of 21 replays, in milliseconds."""
    longest = 0.0
    for part in range(21):
        count = len(found.steps) * part // 20
        began = time.process_time()
        graph: Graph = replay(found, count)
        longest = max(longest, 1000 * (time.process_time() - began))
        assert graph.outputs == found.after.graph.outputs
    return longest


def show(rows: list[dict[str, Any]]) -> None:
    """A table, then what others fold and ours says nothing of."""
    head = ("model", "nodes", "after", "ours", "onnxscript", "onnxsim", "unexcused", "waves", "s",
            "replay ms", "bytes more", "kept", "bars")  # fmt: skip
    lines = []
    for each in rows:
        unexcused = each["onnxscript only"] | each["onnxsim only"]
        agreement = each["agreement"]
        most = next((most for nodes, most in SECONDS.items() if each["nodes"] <= nodes), 2 * 6.0)
        checks = [("unexcused", float(len(unexcused)), 0.0), ("took", each["seconds"], most)]
        checks += [("replay", each["replay_ms"], REPLAY_MS)]
        checks += [("differs", float(not agreement.agrees and not agreement.error), 0.0)]
        checks += [("relative error", agreement.relative, RTOL)] if not agreement.error else []
        lines.append(
            (
                each["name"],
                f"{each['nodes']:,}",
                f"{each['after']:,}",
                each["ours"],
                each["onnxscript"] if each["onnxscript"] is not None else "–",
                each["onnxsim"] if each["onnxsim"] is not None else "–",
                len(unexcused),
                each["waves"],
                seconds(each["seconds"]),
                f"{each['replay_ms']:.1f}",
                f"{each['growth']:,}",
                ", ".join(f"{count} {reason}" for reason, count in each["kept"].items()) or "–",
                verdict(checks, "") + (f" (not compared: {agreement.error})" if agreement.error else ""),
            )
        )
    print(table(head, lines))
    for each in rows:
        for name in OTHERS:
            if each[f"{name} only"]:
                print(f"{each['name']}: {name} alone folds {sorted(each[f'{name} only'])[:8]}")
    print(load())


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description="Fold models, and compare with what others fold.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="further .onnx files")
    given = parser.parse_args()
    files = [*sorted((wheel_data() / "light").glob("*.onnx")), *given.files]
    import onnxruntime  # noqa: F401 — loaded here, so that its time is not counted

    with tempfile.TemporaryDirectory() as name:
        show([row(path, Path(name)) for path in files])


if __name__ == "__main__":
    main()
