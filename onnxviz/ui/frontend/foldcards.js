// Painting boxes in full while a folding is played: the chip that a folded node became, ghosts of what went.
import { paintCardBox } from "./cards.js";
import { FOLD, isDone, valueOf } from "./folding.js";
import { RADIUS, roundPath } from "./levels.js";
import { LINE_FONT, TITLE_FONT, cut, useFont, widthOf } from "./text.js";

const NOTES = { [FOLD.dropped]: "dropped", [FOLD.inlined]: "branch inlined" };
// Far enough back that the eye finds what happens, near enough that it can still be read.
const PLAIN_WHILE_PLAYING = 0.62;
// From this height on the op type stands below the value, else beside it.
const BELOW = 36;

/** Box `i` as it is at this place of the folding, or on its way there from the card that it was. */
export function paintFoldBox(pen, scene, i) {
  const { folding, flip } = pen;
  const state = folding.look[i];
  if (state === FOLD.plain) {
    const back = pen.playing && scene.boxes.kind[i] === "node" ? PLAIN_WHILE_PLAYING : 1;
    paintCardBox({ ...pen, alpha: pen.alpha * back }, scene, i);
  } else if (!isDone(state)) {
    if (state === FOLD.ready) paintReady(pen, scene.boxes, i);
    paintCardBox(pen, scene, i);
  } else if (flip?.boxes.has(i) && flip.f < 1) {
    const gone = Math.max(0, 1 - 1.6 * flip.f);
    if (gone) paintCardBox({ ...pen, alpha: pen.alpha * gone }, scene, i);
    thinned(pen, flip.f, () => paintDone(pen, scene.boxes, i, state, 0.86 + 0.14 * flip.f));
  } else thinned(pen, 1, () => paintDone(pen, scene.boxes, i, state, 1));
}

function thinned({ context, alpha }, share, draw) {
  context.globalAlpha = alpha * share;
  draw();
  context.globalAlpha = alpha;
}

/** A soft dotted edge: all that it asks is known. */
function paintReady({ context, theme }, boxes, i) {
  const [x, y, w, h] = [boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]];
  roundPath(context, x - 2.5, y - 2.5, w + 5, h + 5, RADIUS + 2.5);
  context.strokeStyle = theme.faintGlow;
  context.lineWidth = 6;
  context.stroke();
  context.strokeStyle = theme.next;
  context.lineWidth = 1.4;
  context.setLineDash([1.5, 3.5]);
  context.stroke();
  context.setLineDash([]);
}

function paintDone(pen, boxes, i, state, grown) {
  const [w, h] = [boxes.w[i] * grown, boxes.h[i] * grown];
  const rect = { x: boxes.x[i] + (boxes.w[i] - w) / 2, y: boxes.y[i] + (boxes.h[i] - h) / 2, w, h };
  if (state === FOLD.value) paintChip(pen, rect, valueOf(pen.folding, i) || "constant", boxes.title[i]);
  else paintGhost(pen, rect, boxes.title[i], state);
}

function paintChip({ context, theme, cache }, { x, y, w, h }, value, title) {
  roundPath(context, x, y, w, h, Math.min(h / 2, 18));
  context.fillStyle = theme.constantTint;
  context.fill();
  context.strokeStyle = theme.constant;
  context.lineWidth = 2;
  context.stroke();
  context.textBaseline = "middle";
  const [middle, room] = [y + h / 2, w - 18];
  const size = valueSize(context, cache, theme, value, room, h);
  useFont(context, cache, TITLE_FONT(theme, size));
  const shown = cut(context, cache, value, room);
  const wide = widthOf(context, cache, shown);
  useFont(context, cache, LINE_FONT(theme, 10.5));
  const below = h >= BELOW;
  const beside = !below && wide + 7 + widthOf(context, cache, title) <= room;
  const left = x + w / 2 - (beside ? wide + 7 + widthOf(context, cache, title) : wide) / 2;
  context.textAlign = "left";
  context.fillStyle = theme.quietInk;
  if (beside) context.fillText(title, left + wide + 7, middle + 0.5);
  useFont(context, cache, TITLE_FONT(theme, size));
  context.fillStyle = theme.constantInk;
  context.fillText(shown, left, below ? middle - 0.32 * size - 1.5 : middle + 0.5);
  if (!below) return;
  useFont(context, cache, LINE_FONT(theme, 10.5));
  context.textAlign = "center";
  context.fillStyle = theme.quietInk;
  context.fillText(cut(context, cache, title, w - 24), x + w / 2, middle + 0.45 * size + 3.5);
  context.textAlign = "left";
}

/** As large as the chip has room for: it is to be read from the last row of a class. */
function valueSize(context, cache, theme, value, room, h) {
  const most = h >= BELOW ? Math.min(20, 0.42 * h) : 14;
  useFont(context, cache, TITLE_FONT(theme, 14));
  return Math.max(12, Math.min(most, Math.floor((14 * room) / Math.max(1, widthOf(context, cache, value)))));
}

/** What was taken out: a dashed edge and its name crossed out; an If whose branch took its place keeps a frame. */
function paintGhost({ context, theme, cache }, { x, y, w, h }, title, state) {
  const inlined = state === FOLD.inlined;
  roundPath(context, x, y, w, h, RADIUS);
  context.strokeStyle = theme.muted;
  context.lineWidth = 1.2;
  context.setLineDash(inlined ? [] : [4, 3.5]);
  context.stroke();
  context.setLineDash([]);
  if (inlined) {
    roundPath(context, x + 3, y + 3, w - 6, h - 6, RADIUS - 2);
    context.stroke();
  }
  const both = h >= BELOW;
  const middle = y + h / 2;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = theme.muted;
  useFont(context, cache, TITLE_FONT(theme, 12.5));
  const text = cut(context, cache, title, w - 20);
  const line = both ? middle - 6.5 : middle + 0.5;
  context.fillText(text, x + w / 2, line);
  if (!inlined) strikeOut(context, x + w / 2, line, context.measureText(text).width);
  if (both) {
    useFont(context, cache, LINE_FONT(theme, 10.5));
    context.fillText(cut(context, cache, NOTES[state], w - 20), x + w / 2, middle + 9);
  }
  context.textAlign = "left";
}

function strikeOut(context, x, y, wide) {
  context.lineWidth = 1.2;
  context.beginPath();
  context.moveTo(x - wide / 2 - 2, y);
  context.lineTo(x + wide / 2 + 2, y);
  context.stroke();
}
