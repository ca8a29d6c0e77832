"""The Python that these lessons show runs as it stands, and makes what the experiment makes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import onnx
import onnxsim
import pytest

from onnxviz.lessons.catalog import find
from onnxviz.lessons.running import run, with_defaults
from onnxviz.lessons.types import Choices, Code, Experiment, Lesson, Text
from onnxviz.rewrites.fold import FoldOptions
from onnxviz.rewrites.fold.limits import LIGHT

LESSONS = ("if_and_dead_code", "when_folding_hurts", "onnxsim")


def shown(lesson: Lesson) -> Iterator[tuple[Experiment, Choices, list[str]]]:
    """Each experiment at its defaults and with each other option, and the code that stands for it."""
    alone: list[str] = []
    waiting: Code | None = None
    for part in lesson.parts:
        if isinstance(part, Code):
            if waiting is not None:
                assert isinstance(waiting.python, str), "code of choices belongs to the experiment below it"
                alone.append(waiting.python)
            waiting = part
        elif isinstance(part, Experiment):
            assert waiting is not None
            others = ({choice.id: value} for choice in part.choices for value, _ in choice.options)
            for chosen in ({}, *others):
                choices = with_defaults(part, chosen)
                own = waiting.python if isinstance(waiting.python, str) else waiting.python(choices)
                yield part, choices, [*alone, own]
            waiting = None


@pytest.mark.parametrize("lesson_id", LESSONS)
def test_what_a_student_copies_makes_the_same_models(
    lesson_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = find(lesson_id)
    for number, (experiment, choices, codes) in enumerate(shown(lesson)):
        copied, ran = tmp_path / f"copied-{number}", tmp_path / f"ran-{number}"
        copied.mkdir()
        ran.mkdir()
        run(lesson, experiment, ran, choices)
        capsys.readouterr()
        monkeypatch.chdir(copied)
        scope: dict[str, object] = {}
        for python in codes:
            exec(compile(python, f"{lesson_id}-{experiment.id}", "exec"), scope)
        assert capsys.readouterr().out.strip()
        both = {path.name for path in copied.glob("*.onnx")} & {path.name for path in ran.glob("*.onnx")}
        assert both
        for file in both:
            assert onnx.load(copied / file).graph == onnx.load(ran / file).graph


def test_the_call_with_the_switches_gives_the_nodes_of_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = find("onnxsim")
    monkeypatch.chdir(tmp_path)
    for experiment, choices, codes in shown(lesson):
        if experiment.id == "switch":
            facts = run(lesson, experiment, tmp_path, choices).facts
            scope: dict[str, object] = {}
            for python in codes:
                exec(compile(python, "switch", "exec"), scope)
            simplified = scope["simplified"]
            assert isinstance(simplified, onnx.ModelProto)
            assert [node.op_type for node in simplified.graph.node] == facts["ops"][choices["parts"]]


def test_the_lesson_tells_the_limits_that_the_tools_have() -> None:
    parts = find("when_folding_hurts").parts
    text = " ".join(part.markdown for part in parts if isinstance(part, Text))
    assert inspect.signature(onnxsim.simplify).parameters["tensor_size_threshold"].default == "1.5GB"
    assert "default is 1.5 GB" in text
    assert f"({FoldOptions().tensor_bytes:,} bytes)" in text
    assert f"adds together: {FoldOptions().total_bytes >> 20} MiB" in text
    assert f"up to {LIGHT:,} bytes" in text
