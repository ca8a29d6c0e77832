"""What a library says when it gives up, as the end of a sentence: "…: the runtime has no operator X".

Libraries write where in their own sources they were, as paths, lines and C++ signatures, the classes of their
errors, and paths of this machine. That helps nobody who reads a sentence; callers keep the whole as
`OnnxvizError.detail`. Seen in ONNX Runtime 1.24 to 1.32, onnxsim 0.8.1, onnxscript 0.7.2, onnx 1.23 and
OpenVINO 2026.
"""

from __future__ import annotations

import re

MOST_CHARACTERS = 240
MOST_READ = 2_000
"""Characters that are looked at: a name of 20,000 in them takes the patterns below 5 s, this many 0.05 s."""

NOTHING_SAID = "it gives no reason"

_KNOWN = (
    (
        re.compile(r"([\w.]*):+(\w+)\(-?\d+\) is not a registered function/op"),
        "the runtime has no operator {0}.{1}",
    ),
    (
        re.compile(r"Could not find an implementation for ([\w.]+)\((\d+)\)"),
        "the runtime has no code for {0} of opset {1} with these element types",
    ),
    (
        re.compile(
            r"Node ?\(([^()]*)\) with schema\([\w.]*::(\w+):(\d+)\) has (in|out)put size (\d+) not in range"
        ),
        "its node {0!r} has {4} {3}puts, which {1} of opset {2} does not take",
    ),
    (
        re.compile(r"Failed to construct locale with name:([\w.@-]+)"),
        "this machine lacks the locale {0}, which StringNormalizer asks for (Debian has it in locales-all)",
    ),
)

_NOISE = re.compile(
    r"\[ONNXRuntimeError\] : \d+ : \w+ : "
    r"|Load model from .*? failed: ?"
    r"|Exception during (?:initialization|loading): "
    r"|Exception from src/\S+:\d+:\s*"
    r"|Exception while Loading Network for graph \S+:\s*"
    r"|filesystem error: .*"
    r"|Fatal error: "
    r"|/?\b[\w.+/-]+\.(?:cc|cpp|hpp|h|py):\d+:? ?"
    r"|\[?\b\w+(?<!ONNXRuntime)(?:Error|Exception)\b(?:\]|:) ?"
)

_NAME = r"[\w~]+(?:<[^()]*?>)?"
_SIGNATURE = re.compile(
    r"(?:(?:static|virtual|const|constexpr) )*(?:(?:void|bool|int|auto|size_t|\w+::[\w:<>,&*]+) )?"
    rf"\b(?:{_NAME}::)+{_NAME}\(((?:[^()]|\([^()]*\))*)\)(?: const)?(?: \[with [^\]]*\])?"
    r"(?:::<lambda\([^()]*\)>)? ?"
)
"""Of C++, with one level of brackets within its parameters."""

_PATH = re.compile(r"(?<![\w.:/])(?:/[^/\s'\",;:()]+)+/([^/\s'\",;:()]+)")
"""A path of this machine; its last part stays, since that may be the model's file."""


def known(text: str) -> str:
    """A cause that we have words of our own for, "" where it is another."""
    for pattern, words in _KNOWN:
        if match := pattern.search(text):
            return words.format(*match.groups()).replace("operator .", "operator ")
    return ""


def said(error: BaseException | str, most: int = MOST_CHARACTERS) -> str:
    """One line of at most `most` characters, without a full stop: the first that says something.

    A known cause is put in our words.
    """
    while isinstance(error, BaseException) and error.__cause__ is not None:
        # onnxscript says which of its passes failed, and its cause says why.
        error = error.__cause__
    if isinstance(error, KeyError) and error.args:
        # Its text is the key alone.
        return _shortened(f"it does not find {' '.join(map(repr, error.args))}", most)
    text = str(error)[:MOST_READ]
    if ours := known(text):
        return _shortened(ours, most)
    lines = (_cleaned(line) for line in text.splitlines())
    return _shortened(next((line for line in lines if line), NOTHING_SAID), most)


def _cleaned(line: str) -> str:
    bare = _NOISE.sub("", _SIGNATURE.sub(_unless_words, line))
    return " ".join(_PATH.sub(r"\1", bare).split()).strip(" .:")


def _unless_words(match: re.Match[str]) -> str:
    """Nothing for what only C++ writes; `domain::name(x)` may be a model's own."""
    parameters = match[1]
    is_code = not parameters or any(mark in parameters for mark in ("::", "&", "*", "const ", "_t"))
    return "" if is_code else match[0]


def _shortened(line: str, most: int) -> str:
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
