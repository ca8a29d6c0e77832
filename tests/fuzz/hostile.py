"""What programs trip over: numbers at the edges of their types, names that mean something elsewhere."""

from __future__ import annotations

from random import Random

INTEGERS = (
    0, 1, 2, 3, 7, -1, -2, 127, 128, 255, 256, 4096, 65535, 65536, 10**6, 2**31 - 1, 2**31, 2**32,
    -(2**31), -(2**31) - 1, 2**40, 2**62, 2**63 - 1, -(2**63),
)  # fmt: skip

FLOATS = (0.0, -0.0, 1e-45, 3.4e38, -3.4e38, float("inf"), float("-inf"), float("nan"))

INVALID = {
    "@@BAD1@@": b"\xed\xa0\x80\xed\xbf\xbf!!",
    "@@BAD2@@": b"\xff\xfe\x80\xc0\xaf\xf8\x88!",
}
"""Text that stands for bytes of its length that are no UTF-8 (surrogates; bytes that never occur), put in its
place once the model is written: protobuf's Python does not take them as a string."""

NAMES = (
    "",
    " ",
    "x",
    "y",
    "a b\tc\nd",
    "nul\0in the middle",
    "<script>alert(1)</script>",
    "<b>&amp;</b>&#0;",
    "]]><!--",
    '"];n1->n2;{rank=same',
    '}"\\N\\G\\E\\l\\',
    "<<TABLE><TR><TD PORT='p'>x</TD></TR></TABLE>>",
    "cluster_0:p:nw",
    "**bold** [l](javascript:1) $x^2$ :red[x] `code`",
    "../../etc/passwd",
    "/etc/passwd",
    "C:\\Windows\\win.ini",
    "a/b/c:0#2~",
    "/layer.0/layer.0/layer.0/layer.0",
    "__proto__",
    "constructor",
    "%s%n%d{0}{x}",
    "\u202egnp.exe\u202c",
    "\u200b",
    "e\u0301\u0327\u0489" * 20,
    "\U0001f9e0\U0010ffff\ufffe",
    "@@BAD1@@",
    "@@BAD2@@",
    "N" * 300,
    "L" * 30_000,
)
"""Names of nodes, tensors, operators, domains, attributes, symbolic sizes and files."""


def integer(draw: Random) -> int:
    """One of the edges, or something near or between."""
    if draw.random() < 0.8:
        return draw.choice(INTEGERS)
    return draw.randrange(-(2**63), 2**63) >> draw.randrange(64)


def name(draw: Random) -> str:
    """A hostile name; the very long ones are seldom."""
    found = draw.choice(NAMES)
    return draw.choice(NAMES[:-2]) if len(found) > 1000 and draw.random() < 0.7 else found


def with_invalid(data: bytes) -> bytes:
    """The bytes of a model, its stand-ins replaced."""
    for text, raw in INVALID.items():
        data = data.replace(text.encode(), raw)
    return data
