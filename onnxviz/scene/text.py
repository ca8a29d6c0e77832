"""Names from a model as text that is safe to show, bounded, and of known width."""

from __future__ import annotations

_LONGEST = 4000
"""Characters of a name that are looked at; a name may be megabytes long."""

_REPLACED = "·"

# Advance widths in thousandths of an em, in the classes that matter for a layout. They follow the
# metrics of Helvetica (Adobe Core 14 AFM), which Arial and Liberation Sans share, rounded up.
_NARROW = frozenset("ijl|'.,:;!I ft()[]{}/\\r-`\"")
_WIDE = frozenset("mwMWGOQ%@—…×›→←↔")
_NARROW_EM, _LOWER_EM, _UPPER_EM, _WIDE_EM, _FULL_EM = 340, 560, 700, 900, 1050
_FIRST_FULL_WIDTH = 0x1100
"""Hangul Jamo: from here on come the scripts whose letters fill a square (UAX #11)."""

_WIDER = 1.06
"""Margin. Estimate over real width on all op types of ONNX and typical lines, measured in Chromium:
Liberation Sans (as wide as Arial) 1.03 to 1.31, DejaVu Sans Condensed 0.98 to 1.4, DejaVu Sans 0.88 to 1.26;
the padding of a box takes up the rest."""


def clean(text: str) -> str:
    """`text` with what cannot be shown replaced by a middle dot, cut to a length that is bearable.

    Control characters, line breaks, direction overrides (CVE-2021-42574) and lone surrogates all
    fail `str.isprintable`.
    """
    if len(text) > _LONGEST:
        text = text[: _LONGEST // 2] + "…" + text[-_LONGEST // 2 :]
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _REPLACED for c in text)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cleaned; what is left out of the middle becomes an ellipsis.

    Both ends stay, since exporters put the module in front and the counter at the back.
    """
    text = clean(text)
    if len(text) <= limit:
        return text
    if limit < 3:
        return text[: max(limit - 1, 0)] + "…"
    tail = (limit - 1) // 2
    return text[: limit - 1 - tail] + "…" + text[-tail:]


def fit(text: str, size: float, width: float) -> str:
    """`text` shortened until `text_width` at `size` points is at most `width` points."""
    text = shorten(text, 200)
    while len(text) > 3 and (have := text_width(text, size)) > width:
        text = shorten(text, max(3, min(len(text) - 1, int(len(text) * width / have))))
    return text


def count_text(number: int) -> str:
    """`25.6 M`, `9,999`: as people write parameters. Beyond 1e300, which no float holds, that."""
    number = min(number, 10**300)
    for limit, unit in ((10**9, "G"), (10**6, "M"), (10**4, "k")):
        if number >= limit:
            return f"{number / (1000 if unit == 'k' else limit):.3g} {unit}"
    return f"{number:,}"


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width in points of one line at a font size in points: an estimate on the safe side."""
    total = 0
    for char in text:
        if char in _NARROW:
            total += _NARROW_EM
        elif char in _WIDE:
            total += _WIDE_EM
        elif char >= chr(_FIRST_FULL_WIDTH):
            total += _FULL_EM
        else:
            total += _UPPER_EM if char.isupper() else _LOWER_EM
    return total * size / 1000 * _WIDER * (1.06 if bold else 1.0)
