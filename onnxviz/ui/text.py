"""Names from a model are hostile text: how they are shown as what they are."""

from __future__ import annotations

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:&^=@/])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_JOINER = "\u2060"
"""Word joiner: invisible, and it keeps apart what Markdown would read as one."""

_LINKS = re.compile(
    r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)|(?<=-)(?=>)|(?<=<)(?=-)|(?<=:)(?=streamlit:)", re.IGNORECASE
)
"""Where Streamlit makes links, arrows and pictures of plain text even when its marks are escaped."""

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def plain(text: str, most: int = 200) -> str:
    """One line without control characters, cut to `most` characters with both ends kept."""
    line = _CONTROL.sub(" ", text)
    if len(line) <= most:
        return line
    half = (most - 1) // 2
    return f"{line[:half]}…{line[-half:]}"


def md(text: str, most: int = 400) -> str:
    """`text` for a Streamlit label or message, with everything that Markdown would read escaped."""
    return _JOINER.join(_MARKDOWN.sub(r"\\\1", part) for part in _LINKS.split(plain(text, most)))


def size(nbytes: int) -> str:
    """`46.1 MB`: powers of 1000, three digits."""
    value = float(nbytes)
    for unit in _UNITS:
        if value < 1000 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{nbytes} bytes" if unit == "bytes" else f"{value:.3g} {unit}"


def count(number: int) -> str:
    """`25.6 M`: as people write parameters."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= limit:
            scale = 1e3 if unit == "k" else limit
            return f"{number / scale:.3g} {unit}"
    return f"{number:,}"


def nodes(number: int) -> str:
    """`1 node`, `1,746 nodes`."""
    return f"{number:,} node{'s' if number != 1 else ''}"


def seconds(value: float) -> str:
    """`11.7 ms`, `2.31 s`."""
    if value < 1e-3:
        return f"{value * 1e6:.3g} µs"
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.3g} s"


def file_stem(name: str) -> str:
    """A model's name as the name of a file to download."""
    return re.sub(r"[^\w.-]+", "_", plain(name, 80)).strip("._") or "model"
