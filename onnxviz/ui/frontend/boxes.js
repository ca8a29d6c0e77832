// Painting the boxes, with less detail as one zooms out: full, then a tinted block with a name, then a speck.
import { LINE_FONT, TITLE_FONT, cut, nodes, widthOf } from "./text.js";

// Lines are 11 points high: under about 6 pixels nobody reads them, and the room is better spent on the name.
export const FULL_SCALE = 0.56;
const LEAST_TEXT = 6.5;
const SPECK_SCALE = 0.1;
const STRIP = 5;
const LEFT = STRIP + 6;
const RADIUS = 6;
const SIGNS = { removed: "−", added: "+", changed: "~" };

/** Where the sign that opens or closes group `i` is, as {x, y, w, h}. */
export function badgeOf(boxes, i) {
  const inset = boxes.open[i] ? 5 : 9;
  return { x: boxes.x[i] + boxes.w[i] - inset - 16, y: boxes.y[i] + 5, w: 16, h: 16 };
}

/** The family colour of box `i` in the theme. */
export function familyColour(scene, i, theme) {
  const family = scene.families[scene.boxes.family[i]];
  return family ? family[theme.dark ? "dark" : "light"] : theme.muted;
}

/** Every box of `seen`, but not open frames. `pen` is {context, cache, theme, k}. */
export function paintBoxes(pen, scene, seen) {
  const { boxes } = scene;
  for (const i of seen) {
    if (boxes.open[i]) continue;
    if (pen.k < SPECK_SCALE) paintSpeck(pen, scene, i);
    else if (pen.k < FULL_SCALE) paintBlock(pen, scene, i);
    else paintFull(pen, scene, i);
  }
}

function paintSpeck({ context, theme, k }, scene, i) {
  const { boxes } = scene;
  context.globalAlpha = boxes.status[i] ? 1 : 0.72;
  context.fillStyle = theme[boxes.status[i]] ?? (boxes.kind[i] === "stub" ? theme.faint : familyColour(scene, i, theme));
  const least = 1.2 / k;
  context.fillRect(boxes.x[i], boxes.y[i], Math.max(least, boxes.w[i]), Math.max(least, boxes.h[i]));
  context.globalAlpha = 1;
}

function paintBlock(pen, scene, i) {
  const { context, theme, k } = pen;
  const { boxes } = scene;
  const [x, y, w, h] = [boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]];
  const kind = boxes.kind[i];
  const pill = kind === "input" || kind === "output";
  context.fillStyle = pill ? theme.text : kind === "stub" ? theme.canvas : theme.surface;
  context.fillRect(x, y, w, h);
  if (!pill && kind !== "stub") {
    context.fillStyle = familyColour(scene, i, theme);
    context.globalAlpha = theme.dark ? 0.3 : 0.2;
    context.fillRect(x, y, w, h);
    context.globalAlpha = 1;
    context.fillRect(x, y, Math.max(STRIP, 2 / k), h);
  }
  context.strokeStyle = theme[boxes.status[i]] ?? theme.border;
  context.lineWidth = (boxes.status[i] ? 2 : 0.8) / k;
  context.strokeRect(x, y, w, h);
  paintBlockName(pen, boxes, i, pill ? theme.background : theme.text);
}

/** The name alone, as large as the box allows, where that can be read. */
function paintBlockName({ context, theme, k, cache }, boxes, i, colour) {
  const tallest = Math.min(10.5 / k, boxes.h[i] * 0.8);
  const room = boxes.w[i] - 6 / k - STRIP;
  if (tallest * k < LEAST_TEXT || room * k < 4 * LEAST_TEXT) return;
  context.font = TITLE_FONT(theme);
  const wide = widthOf(context, cache, boxes.title[i]) / 13;
  const size = Math.min(tallest, Math.max((LEAST_TEXT + 1.5) / k, room / Math.max(wide, 0.01)));
  const text = cut(context, cache, boxes.title[i], (room * 13) / size);
  context.save();
  context.translate(boxes.x[i] + (boxes.w[i] + STRIP) / 2, boxes.y[i] + boxes.h[i] / 2);
  context.scale(size / 13, size / 13);
  context.fillStyle = colour;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, 0, 1);
  context.restore();
}

function paintFull(pen, scene, i) {
  const kind = scene.boxes.kind[i];
  if (scene.boxes.status[i] === "removed") pen.context.globalAlpha = 0.78;
  if (kind === "stub") paintStub(pen, scene.boxes, i);
  else if (kind === "input" || kind === "output") paintPill(pen, scene, i);
  else paintCard(pen, scene, i, kind === "group");
  pen.context.globalAlpha = 1;
  paintStatus(pen, scene.boxes, i);
}

function outline(context, x, y, w, h, radius) {
  context.beginPath();
  context.roundRect(x, y, w, h, Math.min(radius, w / 2, h / 2));
}

function paintCard(pen, scene, i, stacked) {
  const { context, theme } = pen;
  const { boxes } = scene;
  const [x, y] = [boxes.x[i], boxes.y[i]];
  const [w, h] = stacked ? [boxes.w[i] - 5, boxes.h[i] - 5] : [boxes.w[i], boxes.h[i]];
  context.strokeStyle = theme.border;
  context.lineWidth = 1;
  for (const shift of stacked ? [5, 2.5] : []) {
    context.fillStyle = theme.stack;
    outline(context, x + shift, y + shift, w, h, RADIUS);
    context.fill();
    context.stroke();
  }
  outline(context, x, y, w, h, RADIUS);
  context.fillStyle = theme.surface;
  context.fill();
  context.save();
  context.clip();
  context.fillStyle = familyColour(scene, i, theme);
  context.globalAlpha *= theme.dark ? 0.12 : 0.07;
  context.fillRect(x, y, w, h);
  context.globalAlpha = 1;
  context.fillRect(x, y, STRIP, h);
  context.restore();
  context.strokeStyle = theme.border;
  outline(context, x, y, w, h, RADIUS);
  context.stroke();
  paintText(pen, scene, i, w, h);
  if (stacked) paintBadge(pen, boxes, i);
}

function paintText(pen, scene, i, w, h) {
  const { context, theme, cache } = pen;
  const { boxes } = scene;
  const lines = boxes.lines[i];
  const step = Math.min(14, lines.length ? (h - 22) / lines.length : 14);
  let y = boxes.y[i] + (h - lines.length * step) / 2;
  context.textBaseline = "middle";
  const [before, after] = paintSides(pen, scene, i, w, y);
  context.font = TITLE_FONT(theme);
  context.fillStyle = theme.text;
  context.fillText(cut(context, cache, boxes.title[i], w - before - after), boxes.x[i] + before, y);
  context.font = LINE_FONT(theme);
  context.fillStyle = theme.muted;
  y += 1 + (13 + step) / 2;
  for (const line of lines) {
    context.fillText(cut(context, cache, line, w - LEFT - 6), boxes.x[i] + LEFT, y);
    y += step;
  }
}

/** The family's sign before the title, or a group's size after it; returns the room that each side takes. */
function paintSides({ context, theme, cache }, scene, i, w, y) {
  const { boxes } = scene;
  context.textAlign = "left";
  if (boxes.kind[i] === "group") {
    if (!boxes.count[i]) return [LEFT, 26];
    const count = boxes.count[i].toLocaleString("en");
    context.font = LINE_FONT(theme);
    context.fillStyle = theme.muted;
    const wide = widthOf(context, cache, count);
    context.fillText(count, boxes.x[i] + w - 26 - wide, y);
    return [LEFT, 32 + wide];
  }
  const sign = scene.families[boxes.family[i]]?.sign;
  if (!sign) return [LEFT, 6];
  context.font = TITLE_FONT(theme);
  context.fillStyle = familyColour(scene, i, theme);
  context.fillText(sign, boxes.x[i] + LEFT, y);
  return [LEFT + Math.max(12, widthOf(context, cache, sign)) + 4, 6];
}

function paintPill({ context, theme, cache }, scene, i) {
  const { boxes } = scene;
  const [x, y, w, h] = [boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]];
  outline(context, x, y, w, h, h / 2);
  context.fillStyle = theme.text;
  context.fill();
  context.fillStyle = theme.background;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const lines = boxes.lines[i];
  context.font = TITLE_FONT(theme, 12);
  const top = y + h / 2 - lines.length * 6.5 + 0.5;
  context.fillText(cut(context, cache, boxes.title[i], w - 16), x + w / 2, top);
  context.font = LINE_FONT(theme, 10.5);
  context.globalAlpha *= 0.8;
  lines.forEach((line, n) => context.fillText(cut(context, cache, line, w - 16), x + w / 2, top + 13 * (n + 1)));
  context.textAlign = "left";
}

function paintStub({ context, theme, cache }, boxes, i) {
  const [x, y, w, h] = [boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]];
  outline(context, x, y, w, h, h / 2);
  context.fillStyle = theme.canvas;
  context.fill();
  context.strokeStyle = theme.border;
  context.lineWidth = 1;
  context.setLineDash([3, 2.5]);
  context.stroke();
  context.setLineDash([]);
  context.font = LINE_FONT(theme, Math.min(10.5, h * 0.7));
  context.fillStyle = theme.muted;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(cut(context, cache, boxes.title[i], w - 8), x + w / 2, y + h / 2 + 0.5);
  context.textAlign = "left";
}

/** A small button drawn on a group: + opens it, − closes it. */
export function paintBadge({ context, theme }, boxes, i) {
  const { x, y, w, h } = badgeOf(boxes, i);
  outline(context, x, y, w, h, 4);
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

function paintStatus({ context, theme }, boxes, i) {
  const status = boxes.status[i];
  if (!status) return;
  const [x, y, w, h] = [boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]];
  context.strokeStyle = theme[status];
  context.lineWidth = 2;
  context.setLineDash(status === "removed" ? [5, 3] : []);
  outline(context, x - 1, y - 1, w + 2, h + 2, RADIUS + 1);
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  context.arc(x + 1, y + 1, 7.5, 0, 2 * Math.PI);
  context.fillStyle = theme[status];
  context.fill();
  context.fillStyle = theme.background;
  context.font = TITLE_FONT(theme, 12);
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(SIGNS[status], x + 1, y + 1.5);
  context.textAlign = "left";
}

/** The ring around the selected box (with a halo) or the one under the pointer. */
export function paintRing({ context, k }, boxes, i, colour, width, halo = null) {
  for (const [paint, wide] of halo ? [[halo, width * 3.2], [colour, width]] : [[colour, width]]) {
    const grow = Math.max(wide, wide / k) / 2 + 1;
    context.strokeStyle = paint;
    context.lineWidth = Math.max(wide, wide / k);
    outline(context, boxes.x[i] - grow, boxes.y[i] - grow, boxes.w[i] + 2 * grow, boxes.h[i] + 2 * grow, RADIUS + grow);
    context.stroke();
  }
}

/** What a group is called, with its size: "layer.0 · BertLayer · 67 nodes". */
export function groupCaption(boxes, i) {
  const count = boxes.count[i] ? nodes(boxes.count[i]) : "";
  return [boxes.lines[i][0] ?? "", count].filter(Boolean).join(" · ");
}
