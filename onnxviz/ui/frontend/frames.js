// Painting open groups: a frame behind its boxes, and its name on a plaque once its header is too small.
import { paintBadge } from "./cards.js";
import { FULL_SCALE, groupCaption, roundPath, touches } from "./levels.js";
import { LINE_FONT, TITLE_FONT, cut, useFont, widthOf } from "./text.js";

const PLAQUE_LEAST = [64, 34];

/** Frames of open groups, the outer ones first. */
export function paintFrames(pen, scene, view, frames = scene.boxes.frames) {
  const { context, theme, k } = pen;
  const { boxes } = scene;
  for (const i of frames) {
    if (!touches(boxes, i, view)) continue;
    roundPath(context, boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i], 10);
    context.fillStyle = theme.shade;
    context.fill();
    context.strokeStyle = theme[boxes.status[i]] ?? theme.frame;
    context.lineWidth = Math.max(1, 0.6 / k);
    context.stroke();
    paintHeader(pen, boxes, i);
  }
}

/** The name of open group `i` in its upper edge, where that can be read. */
export function paintHeader(pen, boxes, i) {
  if (pen.k < FULL_SCALE) return;
  const { context, theme, cache, shading, fixed } = pen;
  const room = boxes.w[i] - (fixed ? 20 : 40);
  const y = boxes.y[i] + 13;
  context.textAlign = "left";
  context.textBaseline = "middle";
  useFont(context, cache, TITLE_FONT(theme, 12));
  context.fillStyle = theme.text;
  const title = cut(context, cache, boxes.title[i], room);
  context.fillText(title, boxes.x[i] + 10, y);
  const used = widthOf(context, cache, title) + 8;
  useFont(context, cache, LINE_FONT(theme));
  context.fillStyle = theme.muted;
  const caption = [shading?.text[i], groupCaption(boxes, i)].filter(Boolean).join(" · ");
  if (room - used > 24) context.fillText(cut(context, cache, caption, room - used), boxes.x[i] + 10 + used, y);
  if (!fixed) paintBadge(pen, boxes, i);
}

/** Names of the innermost frames that are large enough on the screen, as on a map. */
export function paintPlaques(pen, scene, view, frames = scene.boxes.frames) {
  if (pen.k >= FULL_SCALE) return;
  const { boxes } = scene;
  const large = (i) => boxes.w[i] * pen.k >= PLAQUE_LEAST[0] && boxes.h[i] * pen.k >= PLAQUE_LEAST[1];
  const named = new Set();
  for (let at = frames.length - 1; at >= 0; at -= 1) {
    const i = frames[at];
    if (!large(i) || named.has(i)) continue;
    if (touches(boxes, i, view)) paintPlaque(pen, boxes, i, view);
    for (let up = boxes.parent[i]; up >= 0; up = boxes.parent[up]) named.add(up);
  }
}

function paintPlaque({ context, theme, cache, k, alpha }, boxes, i, view) {
  const unit = 1 / k;
  useFont(context, cache, TITLE_FONT(theme, 11));
  const text = cut(context, cache, boxes.title[i], boxes.w[i] * k - 16);
  if (!text) return;
  const w = widthOf(context, cache, text) + 12;
  const left = Math.max(boxes.x[i], Math.min(view.x, boxes.x[i] + boxes.w[i] - w * unit));
  const top = Math.max(boxes.y[i] - 14 * unit, Math.min(view.y, boxes.y[i] + boxes.h[i] - 24 * unit));
  const base = context.getTransform();
  context.translate(left + 4 * unit, top + 4 * unit);
  context.scale(unit, unit);
  roundPath(context, 0, 0, w, 18, 5);
  context.globalAlpha = alpha * 0.92;
  context.fillStyle = theme.background;
  context.fill();
  context.globalAlpha = alpha;
  context.strokeStyle = theme.frame;
  context.lineWidth = 1;
  context.stroke();
  context.fillStyle = theme.text;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, 6, 9.5);
  context.setTransform(base);
}
