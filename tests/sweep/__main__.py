"""`python -m tests.sweep`: every model of the `onnx` wheel through every verb, as a table.

`--nodes` adds the 1,900 models of ONNX's operator tests, `--only WORD` takes the models with that word in
their name, `--verbs "A;B"` some verbs, `--json` prints a line for each as it is done. It
takes a quarter of an hour.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from onnxviz import jobs
from tests.sweep import models
from tests.sweep.sweep import Row, share, sweep
from tests.sweep.verbs import ALL


def main() -> int:
    """Print what came of it; 1 where something ended in neither a result nor a sentence."""
    parser = argparse.ArgumentParser(prog="python -m tests.sweep", description=__doc__)
    parser.add_argument("--nodes", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--verbs", default=";".join(ALL))
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    verbs = {name: ALL[name] for name in args.verbs.split(";")} if args.verbs != ";".join(ALL) else ALL
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="onnxviz-sweep-") as folder:
        for row in sweep(_models(Path(folder), args.nodes, args.only), verbs):
            rows.append(row)
            if args.json:
                print(json.dumps(asdict(row)), flush=True)
            elif row.outcome != "done":
                print(f"{row.outcome}: {row.model}: {row.verb}: {row.sentence}", file=sys.stderr)
    jobs.shutdown()
    if not args.json:
        print("\n".join(_table(rows)))
    return int(any(row.outcome == "violation" for row in rows))


def _models(folder: Path, nodes: bool, only: str) -> Mapping[str, Path]:
    found = {**models.files(), **(dict(models.made(folder)) if nodes else {})}
    return {name: path for name, path in found.items() if only in name}


def _table(rows: list[Row]) -> list[str]:
    lines = [f"{'verb':24}{'models':>8}{'done':>8}{'refused':>9}{'neither':>9}{'share':>9}{'seconds':>10}"]
    verbs = dict.fromkeys(row.verb for row in rows)
    lines += [_line(verb, [row for row in rows if row.verb == verb]) for verb in verbs]
    return [*lines, _line("all", rows)]


def _line(name: str, rows: list[Row]) -> str:
    count = Counter(row.outcome for row in rows)
    seconds = sum(row.seconds for row in rows)
    return (
        f"{name:24}{len(rows):8,}{count['done']:8,}{count['refused']:9,}{count['violation']:9,}"
        f"{share(rows):9.2%}{seconds:10.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
