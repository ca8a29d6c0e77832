// Painting open groups: a frame behind its boxes, and its name on a plaque once its header is too small.
import { FULL_SCALE, groupCaption, paintBadge } from "./boxes.js";
import { LINE_FONT, TITLE_FONT, cut, widthOf } from "./text.js";

const PLAQUE_LEAST = [64, 34];

/** Frames of open groups, the outer ones first. */
export function paintFrames(pen, scene, view) {
  const { context, theme, k } = pen;
  const { boxes } = scene;
  for (const i of boxes.frames) {
    if (!touches(boxes, i, view)) continue;
    context.beginPath();
    context.roundRect(boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i], 10);
    context.fillStyle = theme.shade;
    context.fill();
    context.strokeStyle = theme[boxes.status[i]] ?? theme.frame;
    context.lineWidth = Math.max(1, 0.6 / k);
    context.stroke();
    if (k >= FULL_SCALE) paintHeader(pen, boxes, i);
  }
}

function touches(boxes, i, { x, y, w, h }) {
  return boxes.x[i] <= x + w && boxes.x[i] + boxes.w[i] >= x && boxes.y[i] <= y + h && boxes.y[i] + boxes.h[i] >= y;
}

function paintHeader(pen, boxes, i) {
  const { context, theme, cache } = pen;
  const room = boxes.w[i] - 40;
  const y = boxes.y[i] + 13;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.font = TITLE_FONT(theme, 12);
  context.fillStyle = theme.text;
  const title = cut(context, cache, boxes.title[i], room);
  context.fillText(title, boxes.x[i] + 10, y);
  const used = widthOf(context, cache, title) + 8;
  context.font = LINE_FONT(theme);
  context.fillStyle = theme.muted;
  if (room - used > 24) context.fillText(cut(context, cache, groupCaption(boxes, i), room - used), boxes.x[i] + 10 + used, y);
  paintBadge(pen, boxes, i);
}

/** Names of the innermost frames that are large enough on the screen, as on a map. */
export function paintPlaques(pen, scene, view) {
  if (pen.k >= FULL_SCALE) return;
  const { boxes } = scene;
  const large = (i) => boxes.w[i] * pen.k >= PLAQUE_LEAST[0] && boxes.h[i] * pen.k >= PLAQUE_LEAST[1];
  const named = new Set();
  for (const i of [...boxes.frames].reverse()) {
    if (!large(i) || named.has(i)) continue;
    if (touches(boxes, i, view)) paintPlaque(pen, boxes, i, view);
    for (let up = boxes.parent[i]; up >= 0; up = boxes.parent[up]) named.add(up);
  }
}

function paintPlaque({ context, theme, cache, k }, boxes, i, view) {
  const unit = 1 / k;
  context.font = TITLE_FONT(theme, 11);
  const text = cut(context, cache, boxes.title[i], boxes.w[i] * k - 16);
  if (!text) return;
  const w = widthOf(context, cache, text) + 12;
  const left = Math.max(boxes.x[i], Math.min(view.x, boxes.x[i] + boxes.w[i] - w * unit));
  const top = Math.max(boxes.y[i] - 14 * unit, Math.min(view.y, boxes.y[i] + boxes.h[i] - 24 * unit));
  context.save();
  context.translate(left + 4 * unit, top + 4 * unit);
  context.scale(unit, unit);
  context.beginPath();
  context.roundRect(0, 0, w, 18, 5);
  context.globalAlpha = 0.9;
  context.fillStyle = theme.background;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = theme.frame;
  context.lineWidth = 1;
  context.stroke();
  context.fillStyle = theme.text;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, 6, 9.5);
  context.restore();
}
