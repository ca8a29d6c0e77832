"""Words of a command line -> what it prints, with its exit code held to what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx
import pytest
from onnx import parser

from onnxviz import jobs
from onnxviz.cli import main


@pytest.fixture(scope="module", autouse=True)
def workers() -> Iterator[None]:
    """Lean ones, that a file of tests has for itself."""
    jobs.shutdown()
    yield
    jobs.shutdown()


def saved(folder: Path, name: str, text: str) -> Path:
    """The path of a model that is written as ONNX text."""
    path = folder / name
    onnx.save(parser.parse_model(text), path)
    return path


def told(capsys: pytest.CaptureFixture[str], *argv: object, code: int = 0) -> str:
    """What a verb prints."""
    assert main([str(word) for word in argv]) == code
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *argv: object) -> str:
    """The one sentence of a verb that does nothing."""
    assert main([str(word) for word in argv]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def failed(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[str, str]:
    """What a verb prints although a check failed, and its one sentence on it."""
    assert main([str(word) for word in argv]) == 1
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    return captured.out, captured.err
