// Painting the lines between boxes: thinner and straighter as one zooms out.
import { touches } from "./levels.js";
import { LINE_FONT, useFont, widthOf } from "./text.js";

// Below these scales a detail is under about 2 pixels: arrowheads 7 points long, bends, labels of 10 points.
const ARROW_SCALE = 0.3;
const BEND_SCALE = 0.16;
const LABEL_SCALE = 0.72;
// Software rasterisers slow down on one very long path: strokes are flushed in runs (measured on 13,000 curves).
const RUN = 256;
const SHORT_PIXELS = 2.5;
const MOST_LABELS = 120;
const HEADER = 24;
const DASHES = { removed: [5, 4], added: [] };

/** The curves `seen`, the highlighted ones (a Map of curve -> colour) left for `paintHighlights`. */
export function paintCurves(pen, scene, seen, skip) {
  const { status } = scene.curves;
  const shown = seen.filter((c) => !skip.has(c));
  paintSome(pen, scene, shown.filter((c) => !status[c]), scene.compares ? pen.theme.keptCurve : pen.theme.curve, 1.1);
  if (!scene.compares) return;
  // Over what was kept: a line that went or came is what one looks for.
  for (const kind of ["removed", "added"]) paintSome(pen, scene, shown.filter((c) => status[c] === kind), pen.theme[kind], 1.8, DASHES[kind]);
}

/** The lines `some`, in one colour, width and dash. */
export function paintSome({ context, k, alpha }, scene, some, colour, width, dash = []) {
  if (!some.length) return;
  const { curves } = scene;
  context.strokeStyle = colour;
  context.lineWidth = Math.max(width, 0.7 / k);
  context.setLineDash(dash.map((length) => Math.max(length, (0.6 * length) / k)));
  context.globalAlpha = alpha * (k < BEND_SCALE ? Math.max(0.35, k / BEND_SCALE) : 1);
  const shortest = SHORT_PIXELS / k;
  let pending = 0;
  context.beginPath();
  for (const c of some) {
    if (curves.w[c] < shortest && curves.h[c] < shortest) continue;
    trace(context, curves, c, k >= BEND_SCALE);
    pending += 1;
    if (pending % RUN === 0) {
      context.stroke();
      context.beginPath();
    }
  }
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = alpha;
  if (k < ARROW_SCALE) return;
  context.fillStyle = colour;
  context.beginPath();
  for (const c of some) arrow(context, curves, c, 6.5);
  context.fill();
}

/** The lines in and out of the selected box, over everything else. */
export function paintHighlights(context, scene, k, highlighted) {
  for (const [c, colour] of highlighted) {
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = Math.max(2.2, 1.6 / k);
    context.beginPath();
    trace(context, scene.curves, c, true);
    context.stroke();
    context.beginPath();
    arrow(context, scene.curves, c, Math.max(8, Math.min(24, 6 / k)));
    context.fill();
  }
}

function trace(context, curves, c, bent) {
  const from = curves.start[c];
  const end = curves.start[c + 1];
  if (end - from < 4) return;
  const { xy } = curves;
  context.moveTo(xy[from], xy[from + 1]);
  if (!bent) {
    context.lineTo(xy[end - 2], xy[end - 1]);
    return;
  }
  for (let p = from + 2; p + 5 < end; p += 6) {
    context.bezierCurveTo(xy[p], xy[p + 1], xy[p + 2], xy[p + 3], xy[p + 4], xy[p + 5]);
  }
}

function arrow(context, curves, c, size) {
  const end = curves.start[c + 1];
  const start = curves.start[c];
  if (end - start < 4) return;
  const { xy } = curves;
  const [x, y] = [xy[end - 2], xy[end - 1]];
  let back = end - 4;
  while (back > start && Math.hypot(x - xy[back], y - xy[back + 1]) < 0.5) back -= 2;
  const length = Math.hypot(x - xy[back], y - xy[back + 1]);
  if (length === 0) return;
  const [dx, dy] = [(x - xy[back]) / length, (y - xy[back + 1]) / length];
  const [bx, by] = [x - dx * size, y - dy * size];
  context.moveTo(x, y);
  context.lineTo(bx - dy * size * 0.42, by + dx * size * 0.42);
  context.lineTo(bx + dy * size * 0.42, by - dx * size * 0.42);
  context.closePath();
}

/** Strips at the top of open groups, where their names are: what flows is written below them. */
function headersIn({ boxes }, view) {
  return boxes.frames.filter((i) => touches(boxes, i, view)).map((i) => [boxes.x[i], boxes.y[i], boxes.w[i], HEADER]);
}

/** What flows, written on the middle of each of the `wanted` lines where there is room. */
export function paintLabels(pen, scene, view, wanted, highlighted) {
  const { context, theme, k, cache } = pen;
  if (k < (highlighted.size ? LABEL_SCALE * 0.6 : LABEL_SCALE)) return;
  const { curves } = scene;
  useFont(context, cache, LINE_FONT(theme, 10));
  context.textAlign = "center";
  context.textBaseline = "middle";
  const taken = [];
  const headers = headersIn(scene, view);
  for (const c of wanted) {
    if (!curves.label[c] || taken.length >= MOST_LABELS) continue;
    const rows = curves.label[c].split("\n").slice(0, 3);
    const half = rows.length * 6 + 1;
    const [x, at] = middle(curves, c);
    const under = headers.find(([left, top, w, h]) => x >= left && x <= left + w && at + half >= top && at - half <= top + h);
    paintLabel(pen, rows, x, under ? under[1] + under[3] + half : at, highlighted.get(c) ?? theme.muted, taken);
  }
  context.textAlign = "left";
}

function paintLabel({ context, theme, cache, alpha }, rows, x, y, colour, taken) {
  const w = Math.max(...rows.map((row) => widthOf(context, cache, row))) + 6;
  const h = rows.length * 12 + 2;
  const overlaps = (r) => Math.abs(r[0] - x) < (r[2] + w) / 2 && Math.abs(r[1] - y) < (r[3] + h) / 2;
  if (taken.some(overlaps)) return;
  taken.push([x, y, w, h]);
  context.fillStyle = theme.canvas;
  context.globalAlpha = alpha * 0.88;
  context.fillRect(x - w / 2, y - h / 2, w, h);
  context.globalAlpha = alpha;
  context.fillStyle = colour;
  rows.forEach((row, i) => context.fillText(row, x, y - h / 2 + 7 + i * 12));
}

/** The point of a curve at `f` in 0..1 of its segments, each a cubic Bézier. */
export function along(curves, c, f) {
  const from = curves.start[c];
  const segments = Math.floor((curves.start[c + 1] - from - 2) / 6);
  const { xy } = curves;
  if (segments < 1) return [xy[from] ?? 0, xy[from + 1] ?? 0];
  const at = Math.max(0, Math.min(0.9999, f)) * segments;
  const p = from + 6 * Math.floor(at);
  const [t, s] = [at % 1, 1 - (at % 1)];
  const part = (o) => s * s * s * xy[p + o] + 3 * s * s * t * xy[p + 2 + o] + 3 * s * t * t * xy[p + 4 + o] + t * t * t * xy[p + 6 + o];
  return [part(0), part(1)];
}

/** The point of a curve at half of its segments (cubic Bézier at t = 1/2 on an odd count). */
export function middle(curves, c) {
  const from = curves.start[c];
  const segments = Math.floor((curves.start[c + 1] - from - 2) / 6);
  const { xy } = curves;
  if (segments < 1) return [xy[from] ?? 0, xy[from + 1] ?? 0];
  const p = from + 6 * Math.floor(segments / 2);
  if (segments % 2 === 0) return [xy[p], xy[p + 1]];
  const half = (o) => (xy[p + o] + 3 * xy[p + 2 + o] + 3 * xy[p + 4 + o] + xy[p + 6 + o]) / 8;
  return [half(0), half(1)];
}
