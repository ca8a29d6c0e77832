"""The table of files that are made to do harm: refused in one sentence, or shown for what they are."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from onnxviz.errors import OnnxvizError, RefusedFile
from onnxviz.reading import read_model
from onnxviz.rewrites.fold import FoldOptions, fold_file
from onnxviz.scene.picture import View, picture
from onnxviz.scene.stage import Source
from tests.hostile.files import REFUSED, SHOWN, File

MOST_GROWTH = 500_000
"""Kilobytes that looking at one of them may add to the most that this process ever held."""


def written(file: File, folder: Path) -> Path:
    """Write it, and what lies beside it."""
    path = folder / "given.onnx"
    path.write_bytes(file.make(folder))
    return path


@pytest.mark.parametrize("kind", REFUSED)
def test_it_is_refused_in_one_sentence_that_shows_nothing_of_the_machine(kind: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match=REFUSED[kind].words) as caught:
        read_model(written(REFUSED[kind], tmp_path))
    sentence = str(caught.value)
    assert sentence.startswith("given.onnx: ")
    assert len(sentence) < 400
    assert "\n" not in sentence
    assert str(tmp_path) not in sentence
    assert "root:" not in f"{sentence}{caught.value.detail}"


@pytest.mark.parametrize("kind", SHOWN)
def test_it_is_looked_at_and_drawn_in_little_memory(kind: str, tmp_path: Path) -> None:
    path = written(SHOWN[kind], tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model = read_model(path)
    assert any(SHOWN[kind].note in note for note in model.notes) or not SHOWN[kind].note
    assert picture(Source.of_file(path), View(opened="all")).scene.boxes
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH


@pytest.mark.parametrize("kind", SHOWN)
def test_folding_it_ends_in_a_result_or_a_sentence_in_little_memory(kind: str, tmp_path: Path) -> None:
    path = written(SHOWN[kind], tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        fold_file(path, tmp_path / "folded.onnx", FoldOptions(checks=0))
    except OnnxvizError as error:
        assert len(str(error)) < 400  # noqa: PT017 - either outcome is fine
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("/dev/zero", "is a pipe or a device"),
        ("/proc/self/environ", "is text|is no|is not an ONNX model|is empty|cannot be read|damaged"),
        ("/proc/self/mem", "cannot be read"),
        ("/", "is a folder"),
        ("nowhere", "is not there"),
    ],
)
def test_a_link_to_what_is_no_model_is_refused_and_nothing_of_it_is_told(
    target: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "given.onnx"
    link.symlink_to(target)
    with pytest.raises(RefusedFile, match=words) as caught:
        read_model(link)
    told = f"{caught.value} {caught.value.detail}"
    assert not any(value in told for value in os.environ.values() if len(value) > 8)


def test_a_pipe_in_the_place_of_a_model_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "given.onnx")
    with pytest.raises(RefusedFile, match="is a pipe or a device"):
        read_model(tmp_path / "given.onnx")
