"""How well verification tells right from wrong: `python -m tests.benchmarks.verification [--tries N]`.

Exports the sample models by both exporters (small ones, as a test would) and asks two things. Does it catch
each of 50 seeded wrong rewrites of them: a changed weight, swapped inputs, a dropped activation, another
axis? And is it silent about what every optimizer makes of the samples and of the nine light models of the
`onnx` wheel?

A fault counts where it is one: it runs, and some output is not bit for bit the same on 20 inputs. The light
models have no part in the first question, since all their weights are ones: whatever is changed, each of
their classes has the same probability.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import onnx

from onnxviz.reading import read_model
from onnxviz.rewrites.optimizers import OptimizeOptions, names, optimize_all
from onnxviz.rewrites.types import Agreement
from onnxviz.rewrites.verify import compare_outputs
from tests.benchmarks.mutants import MAKERS, Mutant, mutant
from tests.benchmarks.tables import table
from tests.conftest import wheel_data

WANTED = 50
PROOF_TRIES = 20
MOST_DRAWN = 2000
"""Faults that are drawn until one is a fault."""

SAMPLES: dict[str, dict[str, int]] = {
    "first": {},
    "conv_bn_relu": {},
    "mlp": {},
    "shape_math": {},
    "lenet": {},
    "resnet18": {"image_size": 64, "width": 32},
    "mobilenet_v2": {"image_size": 64},
    "unet": {"depth": 2},
    "lstm": {},
    "encoder": {},
    "decoder": {},
    "vit": {},
}
EXPORTERS = ("torchscript", "dynamo")


@contextmanager
def exported(folder: Path | None) -> Iterator[list[Path]]:
    """The samples as files; in `folder`, where they stay for the next time, or a temporary one."""
    with tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, settings in SAMPLES.items():
            for exporter in EXPORTERS:
                out = place / f"{name}_{exporter}.onnx"
                if not out.exists():
                    command = [sys.executable, "-m", "onnxviz", "export", name, "-o", str(out)]
                    command += ["--exporter", exporter]
                    for key, value in settings.items():
                        command += ["--set", f"{key}={value}"]
                    subprocess.run(command, check=True, capture_output=True)
                paths.append(out)
        yield paths


def wrong_ones(
    paths: Sequence[Path], folder: Path, count: int = WANTED
) -> Iterator[tuple[Path, Path, Mutant]]:
    """(original, file with a fault, the fault): `count` of them, kinds and models in turn."""
    models = {path: onnx.load(path) for path in paths}
    kinds, seed = list(MAKERS), 0
    for number in range(count):
        for _ in range(MOST_DRAWN):
            path, kind = paths[seed % len(paths)], kinds[number % len(kinds)]
            seed += 1
            made = mutant(models[path], kind, seed)
            if made is None:
                continue
            out = folder / f"{number:02d}.onnx"
            onnx.save(made.model, out)
            if is_wrong(path, out):
                yield path, out, made
                break
        else:
            raise ValueError(f"these models have no place for {kinds[number % len(kinds)]}")


def is_wrong(original: Path, changed: Path) -> bool:
    """Whether both run and some output differs in some bit on some of `PROOF_TRIES` inputs."""
    found = compare_outputs(original, changed, PROOF_TRIES, seed=1000, locate=False)
    runs = not found.error and not any("ONNX Runtime cannot" in change for change in found.changes)
    return runs and bool(found.worst_output or found.changes)


def catch(paths: Sequence[Path], tries: int) -> list[str]:
    """Print the faults, caught or not; returns those that were not."""
    rows, missed, tally = [], [], Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for path, out, made in wrong_ones(paths, Path(folder)):
            start = time.perf_counter()
            found = compare_outputs(path, out, tries, inside=True)
            seconds = time.perf_counter() - start
            caught = not found.agrees and not found.error
            tally[made.kind] += caught
            if not caught:
                missed.append(f"{path.stem}: {made.kind}, {made.what}: {found.sentence}")
            where = found.first.tensor if found.first else "; ".join(found.changes)
            rows.append((path.stem, made.kind, made.what[:60], f"{found.relative:.2g}",
                         f"{found.tolerance.rtol:.2g}", f"{seconds:.1f}",
                         "caught" if caught else "MISSED", where[:60]))  # fmt: skip
    print(table(("model", "fault", "what", "relative", "tolerance", "s", "verdict", "where they part"), rows))
    print(f"\ncaught {len(rows) - len(missed)} of {len(rows)}: {dict(tally)}")
    return missed


def alarms(paths: Sequence[Path], tries: int) -> list[str]:
    """Print how each optimizer's result compares; returns the alarms."""
    rows, raised = [], []
    for path in paths:
        with tempfile.TemporaryDirectory() as folder:
            model = read_model(path)
            for outcome in optimize_all(model, Path(folder), names(), OptimizeOptions(checks=tries)):
                if outcome.rewrite is None:
                    rows.append((path.stem, outcome.name, "–", "–", "–", outcome.failure[:80]))
                    continue
                found = outcome.rewrite.agreement
                assert found is not None
                nodes = outcome.rewrite.after.graph.node_count()
                figures = f"{found.ulps:.3g}", f"{found.tolerance.rtol:.2g}", _verdict(found)
                rows.append((path.stem, outcome.name, str(nodes), *figures))
                if not found.agrees:
                    raised.append(f"{path.stem}, {outcome.name}: {found.sentence}")
    print(table(("model", "optimizer", "nodes", "ULPs", "tolerance", "verdict"), rows))
    print(f"\nfalse alarms: {len(raised)} of {len(rows)}")
    return raised


def _verdict(found: Agreement) -> str:
    if found.agrees:
        return "agrees" if found.worst_output else "bit for bit"
    return found.sentence[:80]


def main() -> int:
    """Print both tables; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tries", type=int, default=3, help="inputs that both run on (default: 3)")
    parser.add_argument("--samples", type=Path, help="folder to keep the exports in, and to take them from")
    parser.add_argument("--only", choices=("faults", "alarms"), help="ask one of the two questions")
    given = parser.parse_args()
    bad: list[str] = []
    with exported(given.samples) as samples:
        if given.only != "alarms":
            bad += catch(samples, given.tries)
        if given.only != "faults":
            light = sorted((wheel_data() / "light").glob("*.onnx"))
            bad += alarms([*light, *samples], given.tries)
    print("\n".join(["passes"] if not bad else ["FAILS:", *bad]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
