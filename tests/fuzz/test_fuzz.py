"""Files that no exporter writes: each ends in a result or in one sentence, and the app goes on.

Ten thousand of them: `python -m tests.fuzz 10000`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from onnx import ModelProto

from tests.fuzz.bytewise import varint
from tests.fuzz.harness import MOST_GROWTH_BYTES, Trial, fuzz, trial
from tests.fuzz.mutations import FIELDS, MEANINGS, Case, case, mutated
from tests.fuzz.outcomes import RESULT, VIOLATION
from tests.fuzz.reflection import messages
from tests.fuzz.seeds import seeds
from tests.fuzz.verbs import LANES_EVERY

IN_CI = 300
CRASHES = sorted(Path(__file__).with_name("crashes").glob("*.onnx"))
"""Files at which a library crashes or grows without bound; `crashes/README.md` says which."""

FIRST = 500
"""The number of the first case in CI."""


@pytest.fixture(scope="module")
def tried() -> Iterator[Trial]:
    with trial() as made:
        yield made


def test_there_are_thirty_seed_models_which_are_small_and_differ() -> None:
    found = seeds()
    assert len(found) == len({seed.data for seed in found}) == len({seed.name for seed in found}) == 30
    assert max(len(seed.data) for seed in found) < 100_000


def test_a_case_is_the_same_file_each_time_and_another_for_each_number() -> None:
    files = [case(number).data() for number in range(300)]
    assert files == [case(number).data() for number in range(300)]
    assert case(7, run_seed=1).data() != case(7).data()
    assert len(set(files)) > 280
    unchanged = {seed.data for seed in seeds()}
    assert sum(data in unchanged for data in files) < 15


@pytest.mark.parametrize("name", [*FIELDS, *MEANINGS])
def test_each_mutation_changes_most_models_and_leaves_a_file_that_protobuf_reads(name: str) -> None:
    changed = 0
    for seed in seeds()[:12]:
        data = mutated(seed, 1, [(0, name)])
        changed += data != seed.data
        if name != "nest_graph":
            assert sum(1 for _ in messages(ModelProto.FromString(data))) > 0
    assert changed > 6


def test_numbers_are_written_as_protobuf_writes_them() -> None:
    for number in (0, 1, 127, 128, 300, 2**31, 2**63 - 1, -1, -(2**63)):
        assert ModelProto.FromString(b"\x08" + varint(number)).ir_version == number


def test_three_hundred_mutated_models_end_in_results_or_sentences_and_the_app_goes_on(tried: Trial) -> None:
    run = fuzz(map(case, range(FIRST, FIRST + IN_CI)), tried)
    assert len(run.told) == IN_CI
    bad = [
        (told.case, told.steps, each.verb, each.words) for told in run.violations for each in told.violations
    ]
    assert bad == []
    assert run.growth_bytes <= MOST_GROWTH_BYTES
    ends = [(outcome.verb, outcome.end) for told in run.told for outcome in told.outcomes]
    # The cases are of use: many get as far as each verb, and many of those through it.
    for verb in ("read", "arrange", "diff", "simplify", "fold", "bench"):
        assert ends.count((verb, RESULT)) >= IN_CI // 6


@pytest.mark.parametrize("file", CRASHES, ids=lambda file: file.stem)
def test_a_file_at_which_a_library_crashes_costs_one_typed_error_at_most(file: Path, tried: Trial) -> None:
    data = file.read_bytes()
    assert len(data) < 10_000
    # A number at which the benchmark has a process of its own and the model is run beside another.
    outcomes = tried(Case(seeds()[0], LANES_EVERY, (), data))
    # `tried` gives each worker another job after a crash, and counts one that does not take it.
    assert [outcome for outcome in outcomes if outcome.end == VIOLATION] == []
    assert outcomes[0].end == RESULT
