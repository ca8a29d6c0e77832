"""Scene -> SVG (https://www.w3.org/TR/SVG11/): one file with no script, no link and no font in it."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from onnxviz.scene.changes import SIGNS, is_tally, status_of
from onnxviz.scene.flags import SIGN
from onnxviz.scene.labels import LINE_HEIGHT, LINE_SIZE, PAD_X, PAD_Y, SIGN_WIDTH, TITLE_HEIGHT, TITLE_SIZE
from onnxviz.scene.text import clean, text_width
from onnxviz.scene.themes import DARK, LIGHT, Theme
from onnxviz.scene.types import Box, Curve, Scene

_FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
_LABEL_SIZE = 9.5
_MARGIN = 8.0


_DASHES = {"removed": ' stroke-dasharray="5 3"'}


def to_svg(scene: Scene, dark: bool = False) -> str:
    """A self-contained drawing of `scene`. Text is escaped; widths in points become user units."""
    theme = DARK if dark else LIGHT
    width, height = scene.width + 2 * _MARGIN, scene.height + 2 * _MARGIN
    title = escape(clean(scene.title or "ONNX graph"))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{-_MARGIN:g} {-_MARGIN:g} {width:.1f} {height:.1f}" role="img" '
        f'font-family="{_FONT}" font-size="{LINE_SIZE:g}" fill="{theme.ink}">',
        f"<title>{title}</title>",
        f"<defs>{''.join(_tip(name, colour) for name, colour in _tips(scene, theme))}</defs>",
        f'<rect x="{-_MARGIN:g}" y="{-_MARGIN:g}" width="100%" height="100%" fill="{theme.paper}"/>',
    ]
    depth = _depths(scene)
    frames = [b for b in scene.boxes if b.open]
    parts += [_frame(b, theme, depth[b.id]) for b in sorted(frames, key=lambda b: depth[b.id])]
    stubs = {b.id for b in scene.boxes if b.kind == "stub"}
    parts.append(f'<g fill="none" stroke="{theme.edge}" stroke-width="1.2">')
    parts += [_curve(c, stubs, theme) for c in sorted(scene.curves, key=lambda c: c.status != "")]
    parts.append("</g>")
    parts += [_frame_title(b, theme) for b in frames]
    parts += [_box(b, scene, theme, dark) for b in scene.boxes if not b.open]
    parts += _labels(scene, theme)
    parts.append("</svg>\n")
    return "\n".join(parts)


def _depths(scene: Scene) -> dict[str, int]:
    parent = {b.id: b.parent for b in scene.boxes if b.open}
    depth: dict[str, int] = {}
    for box_id in parent:
        chain = []
        at: str | None = box_id
        while at is not None and at in parent and at not in depth:
            chain.append(at)
            at = parent[at]
        level = depth.get(at, -1) if at is not None else -1
        for inner in reversed(chain):
            level += 1
            depth[inner] = level
    return depth


def _rect(box: Box, radius: float, rest: str) -> str:
    return (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.w:g}" height="{box.h:g}" '
        f'rx="{min(radius, box.h / 2):g}" {rest}/>'
    )


def _text(x: float, y: float, text: str, rest: str = "") -> str:
    # XML has no way to write most control characters (https://www.w3.org/TR/xml/#charsets).
    return f'<text x="{x:.1f}" y="{y:.1f}" {rest}>{escape(clean(text))}</text>'


def _edge(box: Box, theme: Theme) -> str:
    """The colour of a box's outline."""
    return _colour(box.status, theme) or (theme.problem if box.flagged else theme.line)


def _wide(box: Box) -> str:
    return ' stroke-width="2.5"' if box.flagged else ""


def _colour(status: str, theme: Theme) -> str:
    return {"removed": theme.removed, "added": theme.added, "changed": theme.changed}.get(status, "")


def _tips(scene: Scene, theme: Theme) -> Iterator[tuple[str, str]]:
    """Names and colours of the arrowheads that occur."""
    yield "tip", theme.edge
    for status in sorted({curve.status for curve in scene.curves} - {""}):
        yield f"tip-{status}", _colour(status, theme)


def _tip(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0.8 7.5 4 0 7.2z" fill="{colour}"/></marker>'
    )


def _frame(box: Box, theme: Theme, depth: int) -> str:
    stroke = _colour(box.status, theme) or theme.line
    return _rect(box, 10, f'fill="{theme.frames[depth % 2]}" stroke="{stroke}" stroke-width="1"')


def _frame_title(box: Box, theme: Theme) -> str:
    """On a plate, since lines pass below it."""
    note = "  ".join((*box.lines, str(box.count)))
    name = text_width(box.title, TITLE_SIZE, bold=True)
    plate = name + text_width(note, LINE_SIZE) + 26
    y = box.y + 18
    return "".join(
        (
            f'<g><rect x="{box.x + 5:g}" y="{box.y + 4:g}" width="{min(plate, box.w - 10):.1f}" height="20" '
            f'rx="6" fill="{theme.group}"/>',
            _text(box.x + 12, y, box.title, f'font-size="{TITLE_SIZE:g}" font-weight="bold"'),
            _text(box.x + 18 + name, y, note, f'fill="{theme.quiet}"'),
            "</g>",
        )
    )


def _box(box: Box, scene: Scene, theme: Theme, dark: bool) -> str:
    family = scene.families.get(box.family, {})
    accent = family.get("dark" if dark else "light", theme.line)
    if scene.compares:
        accent = _colour(box.status, theme) or theme.kept
    dash = _DASHES.get(box.status, "") + _wide(box)
    body = {"group": _group, "stub": _stub, "input": _pill, "output": _pill}.get(box.kind)
    shape = (
        body(box, theme)
        if body
        else _rect(box, 6, f'fill="{theme.box}" stroke="{_edge(box, theme)}"{dash}')
        + f'<path d="{_strip(box)}" fill="{accent}"/>'
    )
    if box.kind == "stub":
        return f"<g>{shape}</g>"
    left = box.x + PAD_X + (6 if box.kind in ("input", "output") else 0)
    y = box.y + PAD_Y + 14
    texts = []
    mark = SIGNS.get(box.status, "")
    if box.kind == "node":
        # In a comparison no family's `+` must be taken for an added node.
        sign = escape(mark or ("" if scene.compares else family.get("sign", "")))
        texts.append(
            f'<text x="{left + 2:.1f}" y="{y:.1f}" font-size="{TITLE_SIZE:g}" font-weight="bold" '
            f'fill="{accent}">{sign}</text>'
        )
        left_title = left + SIGN_WIDTH - 2
    else:
        left_title = left
    title = f"{mark} {box.title}" if mark and box.kind != "node" else box.title
    texts.append(_text(left_title, y, title, f'font-size="{TITLE_SIZE:g}" font-weight="bold"'))
    if box.kind == "group" and box.count:
        texts.append(
            _text(box.x + box.w - PAD_X, y, str(box.count), f'fill="{theme.quiet}" text-anchor="end"')
        )
    y = box.y + PAD_Y + TITLE_HEIGHT + LINE_SIZE - 1
    for number, line in enumerate(box.lines):
        if line.startswith(SIGN) and box.flagged:
            texts.append(_text(left + 2, y + number * LINE_HEIGHT, line, f'fill="{theme.problem}"'))
        elif scene.compares and is_tally(line):
            texts.append(_tally(left + 2, y + number * LINE_HEIGHT, line, theme))
        else:
            texts.append(_text(left + 2, y + number * LINE_HEIGHT, line, f'fill="{theme.quiet}"'))
    return f"<g>{shape}{''.join(texts)}</g>"


def _tally(x: float, y: float, line: str, theme: Theme) -> str:
    """`−12 +3 ~2`, each in its colour."""
    parts = (
        f'<tspan fill="{_colour(status_of(part), theme)}">{escape(part)}</tspan>' for part in line.split(" ")
    )
    return f'<text x="{x:.1f}" y="{y:.1f}" font-weight="bold">{" ".join(parts)}</text>'


def _strip(box: Box) -> str:
    """The family's colour along the left side, its outer corners round like the box's."""
    x, y, bottom = box.x, box.y, box.y + box.h
    return (
        f"M{x + 5:g} {y:g}H{x + 6:g}A6 6 0 0 0 {x:g} {y + 6:g}V{bottom - 6:g}A6 6 0 0 0 {x + 6:g} {bottom:g}"
        f"H{x + 5:g}z"
    )


def _group(box: Box, theme: Theme) -> str:
    """Two sheets behind, so that a closed group looks like a stack."""
    dash = _DASHES.get(box.status, "")
    wide = "2.5" if box.flagged else "1.2"
    sheets = "".join(
        f'<rect x="{box.x + by:g}" y="{box.y + by:g}" width="{box.w:g}" height="{box.h:g}" rx="8" '
        f'fill="{theme.group}" stroke="{theme.line}"/>'
        for by in (5, 2.5)
    )
    edge = _edge(box, theme)
    return sheets + _rect(box, 8, f'fill="{theme.group}" stroke="{edge}" stroke-width="{wide}"{dash}')


def _pill(box: Box, theme: Theme) -> str:
    dash = _DASHES.get(box.status, "") + _wide(box)
    return _rect(box, 16, f'fill="{theme.end}" stroke="{_edge(box, theme)}"{dash}')


def _stub(box: Box, theme: Theme) -> str:
    shape = _rect(box, 9, f'fill="none" stroke="{theme.line}" stroke-dasharray="2 2"')
    middle = _text(
        box.x + box.w / 2, box.y + box.h / 2 + 3.5, box.title, f'fill="{theme.quiet}" text-anchor="middle"'
    )
    return shape + middle


def _curve(curve: Curve, stubs: set[str], theme: Theme) -> str:
    (x, y), *rest = curve.points
    path = f"M{x:g} {y:g}C" + " ".join(f"{px:g} {py:g}" for px, py in rest)
    name = f"tip-{curve.status}" if curve.status else "tip"
    tip = "" if curve.target in stubs else f' marker-end="url(#{name})"'
    dash = ' stroke-dasharray="3 3"' if curve.target in stubs or curve.source in stubs else ""
    colour = _colour(curve.status, theme)
    stroke = f' stroke="{colour}" stroke-width="1.7"' if colour else ""
    return f"<path d={quoteattr(path)}{tip}{dash or _DASHES.get(curve.status, '')}{stroke}/>"


_CELL = 32.0


def _labels(scene: Scene, theme: Theme) -> Iterator[str]:
    """Types beside their lines, where they cover neither a box nor each other."""
    full = [b for b in scene.boxes if not b.open]
    near: dict[tuple[int, int], list[tuple[float, float, float, float]]] = {}
    for b in full:
        _mark(near, (b.x, b.y, b.x + b.w, b.y + b.h))
    style = f'font-size="{_LABEL_SIZE:g}" fill="{theme.quiet}" stroke="{theme.paper}" stroke-width="2.5"'
    for curve in scene.curves:
        if not curve.label:
            continue
        lines = curve.label.split("\n")
        width = max(text_width(line, _LABEL_SIZE) for line in lines)
        height = len(lines) * (_LABEL_SIZE + 2)
        for x, y in _spots(curve, width, height, scene.direction == "LR"):
            area = (x, y, x + width, y + height)
            if _free(near, area):
                _mark(near, area)
                for number, line in enumerate(lines):
                    at = y + _LABEL_SIZE + number * (_LABEL_SIZE + 2) - 1
                    yield _text(x, at, line, style + ' paint-order="stroke"')
                break


def _spots(curve: Curve, width: float, height: float, sideways: bool) -> Iterator[tuple[float, float]]:
    """Beside the line: near its source, near its target, at its middle."""
    points = curve.points
    for (ax, ay), (bx, by) in (
        (points[0], points[3]),
        (points[-4], points[-1]),
        (points[len(points) // 2], points[len(points) // 2]),
    ):
        x, y = (ax + bx) / 2, (ay + by) / 2
        if sideways:
            yield x - width / 2, y - height - 2
            yield x - width / 2, y + 3
        else:
            yield x + 5, y - height / 2
            yield x - width - 5, y - height / 2


Area = tuple[float, float, float, float]


def _cells(area: Area) -> Iterator[tuple[int, int]]:
    for column in range(int(area[0] // _CELL), int(area[2] // _CELL) + 1):
        for row in range(int(area[1] // _CELL), int(area[3] // _CELL) + 1):
            yield column, row


def _mark(near: dict[tuple[int, int], list[Area]], area: Area) -> None:
    for cell in _cells(area):
        near.setdefault(cell, []).append(area)


def _free(near: dict[tuple[int, int], list[Area]], area: Area) -> bool:
    return not any(
        area[0] < x1 and x0 < area[2] and area[1] < y1 and y0 < area[3]
        for cell in _cells(area)
        for x0, y0, x1, y1 in near.get(cell, ())
    )
