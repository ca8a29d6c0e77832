"""Code that a lesson shows: taken from the very file that the experiment runs, so the two cannot differ."""

from __future__ import annotations

import ast
import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def excerpt(path: Path, *names: str) -> str:
    """The functions and classes called `names` in the Python file `path`, in that order, as source.

    The file is read, not imported: it may need PyTorch. A name that the file does not define at its top
    level is a KeyError.
    """
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    # Whole lines: `ast.get_source_segment` leaves out decorators, and a comment behind the last statement.
    definitions = {
        each.name: "\n".join(lines[_first_line(each) - 1 : each.end_lineno])
        for each in ast.parse(source).body
        if isinstance(each, ast.FunctionDef | ast.ClassDef)
    }
    return "\n\n\n".join(definitions[name] for name in names)


def _first_line(definition: ast.FunctionDef | ast.ClassDef) -> int:
    return min([definition.lineno, *(decorator.lineno for decorator in definition.decorator_list)])


def printed(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> tuple[R, tuple[str, ...]]:
    """What `function` gives, and the lines that it printed meanwhile."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        found = function(*args, **kwargs)
    return found, tuple(out.getvalue().splitlines())
