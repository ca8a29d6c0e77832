"""Every model of the `onnx` wheel meets the verbs: it is done, or a sentence of the list says why not.

All verbs on all models take a quarter of an hour (`python -m tests.sweep`). Here each small model meets the
quick verbs and, in turn, one or two of the long ones; `test_corpus` has the nine large models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from onnxviz import jobs
from tests.sweep import models
from tests.sweep.reasons import REASONS
from tests.sweep.sweep import Row, share, sweep
from tests.sweep.verbs import ALL, LOOKING, Verb

QUICK = {**LOOKING, **{name: ALL[name] for name in ("simplify onnxsim", "fold", "diff", "verify")}}
LONG = {name: verb for name, verb in ALL.items() if name not in QUICK}

ENOUGH = 0.98
"""Of all pairs of a model and a verb."""


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Row]]:
    """What came of it."""
    jobs.shutdown()
    small = {name: path for name, path in models.files().items() if not name.startswith(models.LIGHT)}
    assert len(small) >= 140
    found = []
    for place, verb in enumerate(LONG):
        mine = dict(list(small.items())[place :: len(LONG)])
        found += list(sweep(mine, _in_order({**QUICK, verb: ALL[verb]})))
    yield found
    jobs.shutdown()


def _in_order(verbs: Mapping[str, Verb]) -> dict[str, Verb]:
    return {name: verb for name, verb in ALL.items() if name in verbs}


def test_each_is_done_or_refused_in_a_sentence(rows: list[Row]) -> None:
    assert [row for row in rows if row.outcome == "violation"] == []
    assert share(rows) >= ENOUGH


def test_what_is_refused_is_in_the_list_in_these_words(rows: list[Row]) -> None:
    refused = {(row.model, row.verb): row.sentence for row in rows if row.outcome == "refused"}
    unknown = {pair: sentence for pair, sentence in refused.items() if REASONS.get(pair, "?") not in sentence}
    assert unknown == {}


def test_no_sentence_shows_a_path_of_this_machine(rows: list[Row]) -> None:
    here = (str(Path.home()), "site-packages", "/tmp/")
    assert [row for row in rows if any(part in row.sentence for part in here)] == []
