"""The Python of lessons on the workflow and on time, run as a student would, gives what the page shows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest

from onnxviz.lessons.catalog import find
from onnxviz.lessons.experiments import in_the_file, is_it_faster
from onnxviz.lessons.running import run
from onnxviz.lessons.types import Code, Experiment, Outcome
from onnxviz.samples.catalog import START


def code_of(lesson_id: str, experiment: str, choices: dict[str, Any]) -> str:
    """The code directly above an experiment."""
    for above, part in itertools.pairwise(find(lesson_id).parts):
        if isinstance(part, Experiment) and part.id == experiment:
            assert isinstance(above, Code)
            return above.python if isinstance(above.python, str) else above.python(choices)
    raise KeyError(experiment)


def each_choice(lesson_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, experiment in find(lesson_id).experiments().items():
        named = [[(choice.id, value) for value, _ in choice.options] for choice in experiment.choices]
        for values in itertools.product(*named):
            yield name, dict(values)


def outcome_of(lesson_id: str, experiment: str, choices: dict[str, Any], folder: Path) -> Outcome:
    folder.mkdir()
    lesson = find(lesson_id)
    return run(lesson, lesson.experiments()[experiment], folder, choices)


def copied(code: str, names: dict[str, Any]) -> None:
    exec(compile(code, "lesson", "exec"), names)


def shape_of(path: Path) -> tuple[Any, ...]:
    """All of a graph but notes and weights."""
    graph = onnx.load(path).graph
    nodes = [(node.op_type, list(node.input), list(node.output)) for node in graph.node]
    return nodes, list(graph.input), list(graph.output)


def test_the_code_of_the_workflow_trains_exports_and_runs_as_its_buttons_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = outcome_of("what_is_onnx", "train", {}, tmp_path / "train").lines
    outcome_of("what_is_onnx", "export", {}, tmp_path / "export")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    copied(code_of("what_is_onnx", "train", {}), names)
    assert tuple(capsys.readouterr().out.splitlines()) == lines
    copied(code_of("what_is_onnx", "export", {}), names)
    ours, theirs = (onnx.load(tmp_path / name).graph for name in ("export/moons.onnx", "moons.onnx"))
    assert list(ours.initializer) == list(theirs.initializer)
    capsys.readouterr()
    copied(code_of("what_is_onnx", "run", {}), names)
    printed = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert list(printed) == ["with_onnxruntime", "with_reference"]
    assert max(map(float, printed.values())) < 1e-4


@pytest.mark.parametrize(("experiment", "choices"), [*each_choice("export")])
def test_the_code_of_an_export_writes_the_files_of_the_experiment(
    experiment: str, choices: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs = outcome_of("export", experiment, choices, tmp_path / "run").graphs
    monkeypatch.chdir(tmp_path)
    copied(code_of("export", experiment, choices), {"__name__": "lesson"})
    for graph in graphs:
        assert shape_of(tmp_path / graph.file) == shape_of(tmp_path / "run" / graph.file)


def test_the_code_that_takes_a_file_apart_prints_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = outcome_of("in_the_file", "parts", {}, tmp_path / "run").lines
    (tmp_path / in_the_file.FILE).write_bytes(START.read_bytes())
    monkeypatch.chdir(tmp_path)
    copied(code_of("in_the_file", "parts", {}), {})
    assert tuple(capsys.readouterr().out.splitlines()) == lines


@pytest.mark.parametrize("broken", in_the_file.BREAKS)
def test_the_code_that_breaks_a_model_prints_what_the_checker_says(
    broken: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = outcome_of("in_the_file", "checker", {"broken": broken}, tmp_path / "run").facts
    copied(code_of("in_the_file", "checker", {"broken": broken}), {})
    assert capsys.readouterr().out == f"{facts['plain']}\n{facts['full']}\n"


@pytest.mark.parametrize("batch", ["batch", "1"])
def test_the_code_that_infers_shapes_prints_those_of_the_table(
    batch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = outcome_of("in_the_file", "shapes", {"batch": batch}, tmp_path / "run").facts
    monkeypatch.chdir(tmp_path)
    copied(code_of("in_the_file", "shapes", {"batch": batch}), {})
    assert capsys.readouterr().out.strip() == str(facts["after"])


@pytest.mark.parametrize(("experiment", "choices"), [*each_choice("is_it_faster")])
def test_the_code_that_times_makes_the_models_and_prints_a_verdict(
    experiment: str,
    choices: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(is_it_faster, "SECONDS", 0.1)
    lines = outcome_of("is_it_faster", experiment, choices, tmp_path / "run").lines
    monkeypatch.chdir(tmp_path)
    copied(code_of("is_it_faster", experiment, choices), {})
    printed = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in printed] == [line.partition(":")[0] for line in lines]
    assert printed[-1].startswith("after against before: ")
    for name in ("before.onnx", "after.onnx"):
        assert onnx.load(tmp_path / name) == onnx.load(tmp_path / "run" / name)
