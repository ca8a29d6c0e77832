// Painting one box in full: a card with its lines, a pill for what enters or leaves the graph, a stub.
import { RADIUS, STACKED, STRIP, badgeOf, roundPath } from "./levels.js";
import { familyColour, fillOf, inkOf } from "./looks.js";
import { isTally, statusOf } from "./tallies.js";
import { LINE_FONT, TITLE_FONT, cut, useFont, widthOf } from "./text.js";

const LEFT = STRIP + 6;
const BAR = 3.5;
const SIGNS = { removed: "−", added: "+", changed: "~" };

export function paintCardBox(pen, scene, i) {
  const { boxes } = scene;
  const kind = boxes.kind[i];
  pen.context.globalAlpha = pen.alpha * (boxes.status[i] === "removed" ? 0.78 : 1);
  if (kind === "stub") paintStub(pen, boxes, i);
  else if (kind === "input" || kind === "output") paintPill(pen, boxes, i);
  else paintCard(pen, scene, i, kind === "group");
  pen.context.globalAlpha = pen.alpha;
  paintStatus(pen, boxes, i);
}

function paintCard(pen, scene, i, stacked) {
  const { context, theme, shading } = pen;
  const { boxes } = scene;
  const [x, y] = [boxes.x[i], boxes.y[i]];
  const [w, h] = stacked ? [boxes.w[i] - STACKED, boxes.h[i] - STACKED] : [boxes.w[i], boxes.h[i]];
  context.strokeStyle = theme.border;
  context.lineWidth = 1;
  for (const shift of stacked ? [STACKED, STACKED / 2] : []) {
    context.fillStyle = theme.stack;
    roundPath(context, x + shift, y + shift, w, h, RADIUS);
    context.fill();
    context.stroke();
  }
  roundPath(context, x, y, w, h, RADIUS);
  context.fillStyle = fillOf(pen, scene, i, "card");
  context.fill();
  if (shading) paintShare(pen, i, x, y, w, h);
  else {
    context.fillStyle = familyColour(pen, scene, i);
    context.beginPath();
    context.roundRect(x, y, STRIP, h, [RADIUS, 0, 0, RADIUS]);
    context.fill();
  }
  roundPath(context, x, y, w, h, RADIUS);
  context.stroke();
  paintText(pen, scene, i, w, h);
  if (stacked && !pen.fixed) paintBadge(pen, boxes, i);
  if (shading && shading.text[i]) paintTag(pen, shading.text[i], x + w, y + h);
}

/** The share as the length of a bar along the bottom, so that it is not told by colour alone. */
function paintShare({ context, shading }, i, x, y, w, h) {
  const share = shading.share[i];
  if (share < 0) return;
  const before = context.globalAlpha;
  context.fillStyle = shading.ink[i];
  context.globalAlpha = before * 0.16;
  context.fillRect(x + 3, y + h - BAR - 1.5, w - 6, BAR);
  context.globalAlpha = before * 0.8;
  context.fillRect(x + 3, y + h - BAR - 1.5, (w - 6) * share, BAR);
  context.globalAlpha = before;
}

function paintTag({ context, theme, cache }, text, right, bottom) {
  useFont(context, cache, TITLE_FONT(theme, 10));
  const wide = Math.min(120, widthOf(context, cache, text)) + 10;
  roundPath(context, right - wide + 5, bottom - 6, wide, 14, 7);
  context.fillStyle = theme.background;
  context.fill();
  context.strokeStyle = theme.frame;
  context.lineWidth = 1;
  context.stroke();
  context.fillStyle = theme.text;
  context.textAlign = "center";
  context.fillText(cut(context, cache, text, 120), right - wide / 2 + 5, bottom + 1.5);
  context.textAlign = "left";
}

function paintText(pen, scene, i, w, h) {
  const { context, theme, cache } = pen;
  const { boxes } = scene;
  const lines = boxes.lines[i];
  const step = Math.min(14, lines.length ? (h - 22) / lines.length : 14);
  let y = boxes.y[i] + (h - lines.length * step) / 2;
  context.textBaseline = "middle";
  const [before, after] = paintSides(pen, scene, i, w, y);
  useFont(context, cache, TITLE_FONT(theme));
  context.fillStyle = inkOf(pen, scene, i, theme.text);
  context.fillText(cut(context, cache, boxes.title[i], w - before - after), boxes.x[i] + before, y);
  if (!lines.length) return;
  useFont(context, cache, LINE_FONT(theme));
  context.fillStyle = inkOf(pen, scene, i, theme.muted);
  y += 1 + (13 + step) / 2;
  for (const line of lines) {
    if (scene.compares && isTally(line)) paintTally(pen, line, boxes.x[i] + LEFT, y);
    else if (boxes.flagged[i] && line.startsWith("⚠")) paintFlag(pen, cut(context, cache, line, w - LEFT - 6), boxes.x[i] + LEFT, y);
    else context.fillText(cut(context, cache, line, w - LEFT - 6), boxes.x[i] + LEFT, y);
    y += step;
  }
}

/** What is wrong here, in the colour of problems. */
function paintFlag({ context, theme, shading }, line, x, y) {
  const before = context.fillStyle;
  if (!shading) context.fillStyle = theme.problem;
  context.fillText(line, x, y);
  context.fillStyle = before;
}

/** "−12 +3 ~2", each in its colour. */
function paintTally({ context, theme, cache }, line, x, y) {
  const before = context.fillStyle;
  useFont(context, cache, TITLE_FONT(theme, 11));
  for (const part of line.split(" ")) {
    context.fillStyle = theme[statusOf(part)];
    context.fillText(part, x, y);
    x += widthOf(context, cache, part) + 6;
  }
  useFont(context, cache, LINE_FONT(theme));
  context.fillStyle = before;
}

/** The family's sign before the title, or a group's size after it; returns the room that each side takes. */
function paintSides(pen, scene, i, w, y) {
  const { context, theme, cache, fixed } = pen;
  const { boxes } = scene;
  const badge = fixed ? 0 : 20;
  context.textAlign = "left";
  if (boxes.kind[i] === "group") {
    if (!boxes.count[i]) return [LEFT, badge + 6];
    const count = boxes.count[i].toLocaleString("en");
    useFont(context, cache, LINE_FONT(theme));
    context.fillStyle = inkOf(pen, scene, i, theme.muted);
    const wide = widthOf(context, cache, count);
    context.fillText(count, boxes.x[i] + w - badge - 6 - wide, y);
    return [LEFT, badge + 12 + wide];
  }
  // In a comparison no family's "+" must be taken for an added node.
  const sign = scene.compares ? "" : scene.families[boxes.family[i]]?.sign;
  if (!sign) return [LEFT, 6];
  useFont(context, cache, TITLE_FONT(theme));
  context.fillStyle = pen.shading ? inkOf(pen, scene, i, theme.muted) : familyColour(pen, scene, i);
  const shown = cut(context, cache, sign, 30);
  context.fillText(shown, boxes.x[i] + LEFT, y);
  return [LEFT + Math.max(12, widthOf(context, cache, shown)) + 4, 6];
}

function paintPill({ context, theme, cache }, boxes, i) {
  const [x, y, w, h] = [boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]];
  roundPath(context, x, y, w, h, h / 2);
  context.fillStyle = theme.pill;
  context.fill();
  context.fillStyle = theme.pillText;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const lines = boxes.lines[i];
  useFont(context, cache, TITLE_FONT(theme, 12));
  const top = y + h / 2 - lines.length * 6.5 + 0.5;
  context.fillText(cut(context, cache, boxes.title[i], w - 16), x + w / 2, top);
  useFont(context, cache, LINE_FONT(theme, 10.5));
  context.globalAlpha *= 0.85;
  lines.forEach((line, n) => context.fillText(cut(context, cache, line, w - 16), x + w / 2, top + 13 * (n + 1)));
  context.textAlign = "left";
}

function paintStub({ context, theme, cache }, boxes, i) {
  const [x, y, w, h] = [boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]];
  roundPath(context, x, y, w, h, h / 2);
  context.fillStyle = theme.canvas;
  context.fill();
  context.strokeStyle = theme.border;
  context.lineWidth = 1;
  context.setLineDash([3, 2.5]);
  context.stroke();
  context.setLineDash([]);
  useFont(context, cache, LINE_FONT(theme, Math.min(10.5, h * 0.7)));
  context.fillStyle = theme.muted;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(cut(context, cache, boxes.title[i], w - 8), x + w / 2, y + h / 2 + 0.5);
  context.textAlign = "left";
}

/** A small button drawn on a group: + opens it, − closes it. */
export function paintBadge({ context, theme }, boxes, i) {
  const { x, y, w, h } = badgeOf(boxes, i);
  roundPath(context, x, y, w, h, 4);
  context.fillStyle = theme.surface;
  context.fill();
  context.strokeStyle = theme.border;
  context.lineWidth = 1;
  context.stroke();
  context.strokeStyle = theme.text;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x + 4.5, y + h / 2);
  context.lineTo(x + w - 4.5, y + h / 2);
  if (!boxes.open[i]) {
    context.moveTo(x + w / 2, y + 4.5);
    context.lineTo(x + w / 2, y + h - 4.5);
  }
  context.stroke();
}

function paintStatus({ context, theme, cache }, boxes, i) {
  const status = boxes.status[i];
  if (!status) return;
  const [x, y, w, h] = [boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]];
  context.strokeStyle = theme[status];
  context.lineWidth = 2;
  context.setLineDash(status === "removed" ? [5, 3] : []);
  roundPath(context, x - 1, y - 1, w + 2, h + 2, RADIUS + 1);
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  context.arc(x + 1, y + 1, 7.5, 0, 2 * Math.PI);
  context.fillStyle = theme[status];
  context.fill();
  context.fillStyle = theme.background;
  useFont(context, cache, TITLE_FONT(theme, 12));
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(SIGNS[status], x + 1, y + 1.5);
  context.textAlign = "left";
}
