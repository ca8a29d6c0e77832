"""Every lesson of the catalog: it is whole, it runs, and what it says holds."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from onnxviz.errors import BadUsage
from onnxviz.lessons import catalog
from onnxviz.lessons.catalog import IDS, find
from onnxviz.lessons.running import Steps, check_by, run_steps, steps, with_defaults
from onnxviz.lessons.types import Code, Experiment, Facts, Lesson, Outcome, Text
from onnxviz.samples.catalog import SAMPLES

FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(params=IDS)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return find(request.param)


def texts(lesson: Lesson) -> Iterator[str]:
    """All Markdown of a lesson that is there before anything runs."""
    yield lesson.title
    yield lesson.aim
    yield from (part.markdown for part in lesson.parts if isinstance(part, Text))
    yield from (each.title for each in lesson.experiments().values())
    yield lesson.question.text
    for option in lesson.question.options:
        yield option.text
        yield option.reply


def spans_are_closed(markdown: str) -> bool:
    """Whether no code span goes over a line's end: what follows could begin with `*` or `#` and be a list."""
    return all(line.count("`") % 2 == 0 for line in FENCED.sub("", markdown).splitlines())


def test_there_are_ten_in_teaching_order() -> None:
    assert [lesson.id for lesson in catalog.lessons()] == list(IDS)
    assert len(set(IDS)) == 10


def test_another_id_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadUsage, match="what_folds"):
        find("what_unfolds")


def test_a_lesson_is_whole(lesson: Lesson) -> None:
    assert lesson.title.strip()
    assert lesson.aim.endswith(".")
    assert 2 <= lesson.minutes <= 20
    assert all(text.strip() for text in texts(lesson))
    assert [text for text in texts(lesson) if not spans_are_closed(text)] == []
    assert set(lesson.samples) <= set(SAMPLES)
    assert len(lesson.claims) >= 3
    assert len({claim.sentence for claim in lesson.claims}) == len(lesson.claims)


def test_a_question_has_its_right_options(lesson: Lesson) -> None:
    options = lesson.question.options
    right = sum(option.is_right for option in options)
    assert len(options) >= 2
    assert len({option.text for option in options}) == len(options)
    assert right >= 1 if lesson.question.several else right == 1
    assert right < len(options)


def test_experiments_have_ids_of_their_own_and_offer_their_defaults(lesson: Lesson) -> None:
    found = [part for part in lesson.parts if isinstance(part, Experiment)]
    assert found
    assert len(lesson.experiments()) == len(found)
    for place, each in enumerate(found):
        assert not each.needs or each.needs in {other.id for other in found[:place]}
        for choice in each.choices:
            assert bool(choice.options) != (choice.range is not None)
            assert len(choice.options) != 1
        assert with_defaults(each, with_defaults(each, {})) == with_defaults(each, {})


def test_claims_are_about_experiments_and_choices_that_exist(lesson: Lesson) -> None:
    for claim in lesson.claims:
        assert steps(lesson, lesson.experiments()[claim.experiment], claim.choices)


def test_code_compiles_for_every_choice(lesson: Lesson) -> None:
    for place, part in enumerate(lesson.parts):
        if not isinstance(part, Code):
            continue
        for text in every_python(part, lesson.parts[place + 1 :]):
            compile(text, lesson.id, "exec")


def every_python(code: Code, after: tuple[object, ...]) -> Iterator[str]:
    """The code, for each option alone where choices change it: those of the experiment that follows."""
    if isinstance(code.python, str):
        yield code.python
        return
    experiment = next((part for part in after if not isinstance(part, Code)), None)
    assert isinstance(experiment, Experiment), "code that choices change stands right above its experiment"
    for choice in experiment.choices:
        values = [value for value, _ in choice.options] or list(choice.range or ())
        yield from (code.python(with_defaults(experiment, {choice.id: value})) for value in values)


def test_every_experiment_runs_and_every_claim_holds(lesson: Lesson, tmp_path: Path) -> None:
    seen: dict[str, Outcome] = {}

    def ask(these: Steps) -> Facts:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        found = run_steps(these, folder)
        is_sound(found, folder)
        seen[these[-1].experiment.id] = found
        return found.facts

    wrong = [(each.claim.sentence, each.reason) for each in check_by(lesson, ask) if not each.holds]
    for name, experiment in lesson.experiments().items():
        if name not in seen:
            ask(steps(lesson, experiment))
    assert wrong == []


def is_sound(found: Outcome, folder: Path) -> None:
    """What the page and the command line need of an outcome."""
    assert pickle.loads(pickle.dumps(found)) == found
    assert json.loads(json.dumps(dict(found.facts)))
    labels = [graph.label for graph in found.graphs]
    assert len(set(labels)) == len(labels)
    assert all((folder / graph.file).is_file() for graph in found.graphs)
    assert {label for pair in found.pairs for label in (pair.before, pair.after)} <= set(labels)
    assert not found.fold or found.fold in labels
    for table in found.tables:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.columns)}
    assert all(spans_are_closed(text) for text in found.says)
