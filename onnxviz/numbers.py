"""Numbers as people type them."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"[0-9]{1,18}")
"""`str.isdigit` also takes superscripts, which `int` refuses; 18 digits fit an int64."""


def whole_number(text: str) -> int | None:
    """The non-negative integer that `text` spells in ASCII digits, or None."""
    stripped = text.strip()
    return int(stripped) if _WHOLE.fullmatch(stripped) else None
