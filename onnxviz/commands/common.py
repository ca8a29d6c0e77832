"""What the commands share: their answer, and how paths and lists are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnxviz.errors import BadUsage
from onnxviz.numbers import whole_number


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found. `complaint` is set when a check failed (exit code 1)."""

    data: Any
    text: str
    complaint: str = ""


def input_path(text: str) -> Path:
    path = Path(text)
    if path.is_dir():
        raise BadUsage(text, "is a folder", "Give the .onnx file in it")
    if not path.is_file():
        raise BadUsage(text, "is not there", "Check the path")
    # Absolute, since a worker need not be in the same folder.
    return path.absolute()


def output_path(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise BadUsage(text, "is a folder, or lies in a folder that is not there", "Give a file")
    return path.absolute()


def names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def sizes(items: list[str]) -> dict[str, int]:
    """`["batch=8"]` -> `{"batch": 8}`."""
    found = {}
    for item in items:
        name, _, text = item.rpartition("=")
        size = whole_number(text)
        if not name or not size:
            raise BadUsage(f"The size {item!r}", "cannot be read", "Write it like batch=8")
        found[name] = size
    return found
