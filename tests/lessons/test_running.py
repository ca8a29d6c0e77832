"""How an experiment runs: its choices, what it needs, its files in the store, its claims."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from onnxviz import jobs
from onnxviz.delivery import receive
from onnxviz.errors import BadUsage, RewriteFailed
from onnxviz.lessons import running
from onnxviz.lessons.answers import judge
from onnxviz.lessons.running import check, check_by, facts_of, run, run_into_store, steps, worker_of
from onnxviz.lessons.types import Claim, Facts, Outcome
from onnxviz.store import Store
from tests.lessons.sample import FIRST, SECOND

MULTIPLY, COUNT = FIRST.experiments()["multiply"], FIRST.experiments()["count"]


def test_what_is_not_chosen_stands_at_its_default(tmp_path: Path) -> None:
    assert run(FIRST, MULTIPLY, tmp_path).facts["product"] == 6
    assert run(FIRST, MULTIPLY, tmp_path, {"times": 4}).facts == {
        "before": 2,
        "after": 1,
        "product": 8,
        "how": "softly",
    }


@pytest.mark.parametrize("choices", [{"times": 10}, {"times": 0}, {"how": "twice"}, {"pace": 1}])
def test_a_choice_that_is_not_offered_is_refused(choices: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(BadUsage):
        run(FIRST, MULTIPLY, tmp_path, choices)


def test_an_experiment_comes_after_the_one_that_it_needs(tmp_path: Path) -> None:
    assert [step.experiment.id for step in steps(FIRST, COUNT)] == ["multiply", "count"]
    assert run(FIRST, COUNT, tmp_path).facts == {"nodes": 2, "how": "softly"}


def test_one_step_that_exports_has_all_of_them_run_where_torch_is() -> None:
    exporting = replace(MULTIPLY, worker="torch")
    lesson = replace(FIRST, parts=(exporting, COUNT))
    assert worker_of(steps(FIRST, COUNT)) == "rewrite"
    assert worker_of(steps(lesson, COUNT)) == "torch"


def test_a_run_leaves_its_models_in_the_store_and_its_other_files_with_the_result(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ran = run_into_store(steps(FIRST, MULTIPLY), {}, store.root, store.cap_bytes)
    assert ran.others == {"notes.txt": b"softly"}
    model = receive(store, ran.models["before"])
    assert (model.name, model.graph.node_count()) == ("before", 2)
    assert set(ran.files()) == {"notes.txt", "before.onnx", "after.onnx"}


def test_an_experiment_finds_what_another_left_as_it_was_chosen_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = run_into_store(steps(FIRST, MULTIPLY, {"how": "loudly"}), {}, store.root, store.cap_bytes)
    second = run_into_store(steps(FIRST, COUNT)[-1:], first.files(), store.root, store.cap_bytes)
    assert second.outcome.facts == {"nodes": 2, "how": "loudly"}


def test_files_that_are_too_much_to_carry_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "MOST_BYTES", 5)
    with pytest.raises(BadUsage, match="beside its graphs"):
        run_into_store(steps(FIRST, MULTIPLY), {}, tmp_path, 10**9)


def test_a_worker_runs_an_experiment_of_any_module() -> None:
    assert jobs.run("rewrite", "Counting", facts_of, steps(FIRST, COUNT)) == {"nodes": 2, "how": "softly"}


def test_claims_on_the_same_choices_share_one_run() -> None:
    asked = []

    def ask(these: running.Steps) -> Facts:
        asked.append(these[-1].choices)
        return facts_of(these)

    twice = Claim("There are two nodes before.", "multiply", lambda facts: facts["before"] == 2)
    found = check_by(replace(FIRST, claims=(*FIRST.claims, twice)), ask)
    assert [each.holds for each in found] == [True] * 4
    assert asked == [{"times": 3, "how": "softly"}, {"times": 4, "how": "softly"}, {}]


def test_a_claim_that_does_not_hold_costs_no_other(tmp_path: Path) -> None:
    wrong = (
        Claim("It is seven.", "multiply", lambda facts: facts["product"] == 7),
        Claim("It is green.", "multiply", lambda facts: facts["colour"] == "green"),
        Claim("It works.", "fail", lambda facts: True),
        Claim("Twenty is offered.", "multiply", lambda facts: True, {"times": 20}),
    )
    found = check(replace(FIRST, claims=(*wrong, *FIRST.claims)), tmp_path)
    assert [each.holds for each in found] == [False] * 4 + [True] * 3
    no_reason, missing, failed, refused = (each.reason for each in found[:4])
    assert no_reason == ""
    assert "'colour'" in missing
    assert failed == str(RewriteFailed("The experiment", "gave up", "Try something else"))
    assert "cannot be 20" in refused


def test_steps_and_outcomes_travel_to_a_worker_and_back(tmp_path: Path) -> None:
    assert pickle.loads(pickle.dumps(steps(FIRST, COUNT))) == steps(FIRST, COUNT)
    found = run(FIRST, MULTIPLY, tmp_path)
    assert pickle.loads(pickle.dumps(found)) == found
    assert isinstance(found, Outcome)


def test_an_answer_is_right_when_all_right_options_are_given_and_no_other() -> None:
    question = SECOND.question
    assert judge(question, {0, 2}).is_right
    assert judge(question, {0, 2}).replies == ("It is in the file.", "It is in the file.")
    assert not judge(question, {0}).is_right
    assert not judge(question, {0, 1, 2}).is_right


def test_to_a_wrong_answer_only_what_is_wrong_is_replied_to() -> None:
    verdict = judge(SECOND.question, {0, 1})
    assert verdict.replies == ("It comes with each run.",)
    assert verdict.missing == 1
    assert judge(FIRST.question, {1}).replies == ("One of them had constant inputs alone.",)
