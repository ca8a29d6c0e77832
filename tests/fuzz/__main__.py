"""`python -m tests.fuzz 10000`: that many cases, a table of how they ended, and 1 if any ended badly."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.harness import MOST_GROWTH_BYTES, Run, fuzz, trial
from tests.fuzz.mutations import case
from tests.fuzz.outcomes import RESULT, Told

TELL_EVERY = 50
WRITE_EVERY = 500


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("count", type=int, help="number of cases")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other cases")
    parser.add_argument("--from", type=int, default=0, dest="first", help="number of the first case")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time")
    parser.add_argument("--report", type=Path, help="write every outcome to this JSON file")
    args = parser.parse_args()
    began = time.monotonic()

    def tell(told: Told, run: Run) -> None:
        for bad in told.violations:
            print(f"{told.case} {'+'.join(told.steps)}: {bad.verb}: {bad.words}\n{bad.detail}", flush=True)
        if len(run.told) % TELL_EVERY == 0:
            rate = (time.monotonic() - began) / len(run.told)
            print(
                f"{len(run.told):,} of {args.count:,}: {len(run.violations)} bad, {rate:.2f} s each, "
                f"app process {run.most_bytes / 1e6:.0f} MB, {run.growth_bytes / 1e6:.0f} more than at first",
                flush=True,
            )
        if args.report and len(run.told) % WRITE_EVERY == 0:
            args.report.write_text(json.dumps(report(run), indent=1))

    cases = (case(number, args.seed) for number in range(args.first, args.first + args.count))
    with trial(args.jobs) as tried:
        run = fuzz(cases, tried, args.jobs, tell)
    print(table(run))
    if args.report:
        args.report.write_text(json.dumps(report(run), indent=1))
    return 0 if run.is_good else 1


def report(run: Run) -> dict[str, object]:
    """All of it, for a program."""
    return {
        "cases": len(run.told),
        "violations": len(run.violations),
        "growth_bytes": run.growth_bytes,
        "told": [told.to_json() for told in run.told],
    }


def table(run: Run) -> str:
    """How verbs ended, then the same by the first mutation of a case."""
    ends = Counter((one.verb, one.end) for told in run.told for one in told.outcomes)
    lines = [f"{verb:9} {end:16} {count:7,}" for (verb, end), count in sorted(ends.items())]
    by_step = Counter((told.steps[0], one.verb, one.end) for told in run.told for one in told.outcomes)
    steps = sorted({step for step, _, _ in by_step})
    verbs = list(dict.fromkeys(one.verb for told in run.told for one in told.outcomes))
    lines += ["", f"{'results of all':18}" + "".join(f"{verb:>14}" for verb in verbs)]
    for step in steps:
        cells = []
        for verb in verbs:
            all_of_it = sum(count for (s, v, _), count in by_step.items() if (s, v) == (step, verb))
            cells.append(f"{by_step[step, verb, RESULT]} of {all_of_it}")
        lines.append(f"{step:18}" + "".join(f"{cell:>14}" for cell in cells))
    growth = f"{run.growth_bytes / 1e6:.0f} MB, of at most {MOST_GROWTH_BYTES / 1e6:.0f}"
    lines += ["", f"{len(run.told):,} cases, {len(run.violations)} bad; the app process grew by {growth}"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
