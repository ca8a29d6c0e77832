"""The stack trace that PyTorch's dynamo exporter writes into each node: `onnxviz.model.Node.source`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FRAME = re.compile(r'^\s*File "(?P<file>[^"\n]*)", line (?P<line>\d{1,9}), in (?P<function>[^\n]*)$')
_LIBRARY = re.compile(r"[\\/](site-packages|dist-packages|lib[\\/]python3?[\w.]*)[\\/]|^<frozen ")


@dataclass(frozen=True, slots=True)
class Frame:
    """One call of a trace; `code` is the source line, or empty."""

    file: str
    line: int
    function: str
    code: str = ""

    @property
    def is_library(self) -> bool:
        """True for a file of an installed package or of Python itself, rather than of the model's author."""
        return _LIBRARY.search(self.file) is not None

    @property
    def short_file(self) -> str:
        """The last two parts of the path: `zoo/resnet.py`."""
        return "/".join(re.split(r"[\\/]", self.file)[-2:])


def frames(source: str) -> tuple[Frame, ...]:
    """The calls of a trace in Python's notation, the outermost first; what is none of it is passed over."""
    found: list[Frame] = []
    for line in source.splitlines():
        match = _FRAME.match(line)
        if match:
            found.append(Frame(match["file"], int(match["line"]), match["function"].strip()))
        elif found and not found[-1].code and line.strip():
            last = found.pop()
            found.append(Frame(last.file, last.line, last.function, line.strip()))
    return tuple(found)


def written_at(source: str) -> Frame | None:
    """The innermost call in the author's own code, or the innermost of all where there is none."""
    all_frames = frames(source)
    own = [frame for frame in all_frames if not frame.is_library]
    return own[-1] if own else all_frames[-1] if all_frames else None
