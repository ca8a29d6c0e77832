"""Send models through verbs and say for each pair what came of it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from onnxviz.errors import JobCrashed, JobFailed, JobOutOfMemory, JobTimedOut, OnnxvizError
from tests.sweep.verbs import ALL, Case, Verb

Outcome = Literal["done", "refused", "violation"]

AT_ONCE = 2
"""Models on their way at the same time: as many as there are workers that rewrite."""

VERDICT: dict[Outcome, str] = {
    "done": "did what was asked",
    "refused": "said in a sentence why not",
    "violation": "neither",
}


@dataclass(frozen=True)
class Row:
    """What came of one verb on one model; `sentence` is what a person reads instead of a result."""

    model: str
    verb: str
    outcome: Outcome
    sentence: str
    seconds: float


def sweep(models: Mapping[str, Path], verbs: Mapping[str, Verb] = ALL) -> Iterator[Row]:
    """A row for each model and verb, as models are done; what verbs write goes when its model is done."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for rows in threads.map(lambda item: _model(*item, verbs), models.items()):
            yield from rows


def share(rows: Iterable[Row]) -> float:
    """The part of the rows that did what was asked."""
    outcomes = [row.outcome for row in rows]
    return outcomes.count("done") / len(outcomes)


def _model(name: str, path: Path, verbs: Mapping[str, Verb]) -> list[Row]:
    folder = Path(tempfile.mkdtemp(prefix="onnxviz-sweep-"))
    try:
        case = Case(path, folder)
        return [_row(name, verb, run, case) for verb, run in verbs.items()]
    finally:
        shutil.rmtree(folder)


def _row(name: str, verb: str, run: Verb, case: Case) -> Row:
    start = time.monotonic()
    outcome, sentence = _outcome(run, case)
    # A worker's folder and the path of this run are no part of what is said.
    sentence = sentence.replace(f"{case.folder}/", "")
    return Row(name, verb, outcome, sentence, time.monotonic() - start)


def _outcome(run: Verb, case: Case) -> tuple[Outcome, str]:
    try:
        sentence = run(case)
    except (JobCrashed, JobOutOfMemory, JobTimedOut) as error:
        return "violation", f"{type(error).__name__}: {error}"
    except JobFailed as error:
        return "violation", f"{error} {error.detail}"
    except OnnxvizError as error:
        return "refused", str(error)
    except Exception as error:  # noqa: BLE001 - a verb that raises anything else is what the sweep looks for
        return "violation", repr(error)
    return ("refused", sentence) if sentence else ("done", "")
