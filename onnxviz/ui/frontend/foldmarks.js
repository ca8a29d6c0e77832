// What is drawn around boxes while a folding is played: the ring of what folds next, the warning on what stays,
// and how much of a closed group has folded.
import { FOLD, progressOf } from "./folding.js";
import { FULL_SCALE, RADIUS, SPECK_SCALE, STACKED, roundPath } from "./levels.js";
import { LINE_FONT, TITLE_FONT, cut, useFont, widthOf } from "./text.js";

const STRIP_HIGH = 5;
const LEAST_ON_SCREEN = 13;
// More rings than this among specks would hide what they are around.
const MOST_AMONG_SPECKS = 12;

/** Over the boxes `seen`; the ring of what is next covers what stays, and how much is done is over both. */
export function paintFoldMarks(pen, scene, seen) {
  const { folding } = pen;
  const { boxes } = scene;
  const closed = seen.filter((i) => !boxes.open[i]);
  for (const i of closed) {
    if (folding.look[i] === FOLD.stays || (boxes.kind[i] === "group" && progressOf(folding, i).stays)) paintStays(pen, boxes, i);
  }
  const next = closed.filter((i) => progressOf(folding, i).next);
  const crowded = pen.k < SPECK_SCALE && next.length > MOST_AMONG_SPECKS;
  for (const i of next) (crowded ? paintNextSpeck : paintNext)(pen, boxes, i);
  for (const i of closed) if (boxes.kind[i] === "group") paintProgress(pen, boxes, i);
}

/** A heavy ring with a glow, and an arrow head beside it; large enough to be found when all is in view. */
function paintNext({ context, theme, k }, boxes, i) {
  const least = LEAST_ON_SCREEN / k;
  const [w, h] = [Math.max(boxes.w[i], least), Math.max(boxes.h[i], least)];
  const [x, y] = [boxes.x[i] + (boxes.w[i] - w) / 2, boxes.y[i] + (boxes.h[i] - h) / 2];
  for (const [colour, wide] of [[theme.glow, 11], [theme.next, 3.2]]) {
    const line = Math.max(wide, (wide * 0.75) / k);
    const grow = Math.max(3.2, 2.4 / k) / 2 + 1;
    context.strokeStyle = colour;
    context.lineWidth = line;
    roundPath(context, x - grow, y - grow, w + 2 * grow, h + 2 * grow, RADIUS + grow);
    context.stroke();
  }
  const size = Math.max(7, 5.5 / k);
  const [tip, middle] = [x - 5 / Math.min(1, k) - size * 0.4, y + h / 2];
  context.fillStyle = theme.next;
  context.beginPath();
  context.moveTo(tip, middle);
  context.lineTo(tip - size * 1.25, middle - size);
  context.lineTo(tip - size * 1.25, middle + size);
  context.closePath();
  context.fill();
}

function paintNextSpeck({ context, theme, k }, boxes, i) {
  const [w, h] = [Math.max(boxes.w[i], 4 / k), Math.max(boxes.h[i], 3 / k)];
  context.fillStyle = theme.next;
  context.fillRect(boxes.x[i] + (boxes.w[i] - w) / 2, boxes.y[i] + (boxes.h[i] - h) / 2, w, h);
}

/** A dashed edge and a triangle with an exclamation mark: it looks as if it could fold, and stays. */
function paintStays({ context, theme, cache, k }, boxes, i) {
  context.strokeStyle = theme.changed;
  context.lineWidth = Math.max(2.2, 1.6 / k);
  context.setLineDash(k < SPECK_SCALE ? [] : [7, 3]);
  roundPath(context, boxes.x[i] - 1.5, boxes.y[i] - 1.5, boxes.w[i] + 3, boxes.h[i] + 3, RADIUS + 1);
  context.stroke();
  context.setLineDash([]);
  if (k < FULL_SCALE) return;
  const [x, y] = [boxes.x[i] + 1, boxes.y[i] + 1];
  context.beginPath();
  context.moveTo(x, y - 10);
  context.lineTo(x + 10, y + 7);
  context.lineTo(x - 10, y + 7);
  context.closePath();
  context.fillStyle = theme.changed;
  context.fill();
  context.fillStyle = theme.background;
  useFont(context, cache, TITLE_FONT(theme, 11));
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText("!", x, y + 2);
  context.textAlign = "left";
}

/** A strip along the bottom of a closed group, as long as the share that is done, and the same in words. */
function paintProgress(pen, boxes, i) {
  const { context, theme, cache, k, folding } = pen;
  const { done, total } = progressOf(folding, i);
  if (!total || k < SPECK_SCALE) return;
  // A block has no stack behind it, and little room: there the strip is its lower edge.
  const [inset, stack] = k < FULL_SCALE ? [0, 0] : [4, STACKED];
  const [x, w] = [boxes.x[i] + inset, boxes.w[i] - stack - 2 * inset];
  const high = k < FULL_SCALE ? Math.min(boxes.h[i] / 4, 3 / k) : STRIP_HIGH;
  const y = boxes.y[i] + boxes.h[i] - stack - high - inset / 2;
  context.fillStyle = theme.faint;
  roundPath(context, x, y, w, high, high / 2);
  context.fill();
  context.fillStyle = theme.constant;
  roundPath(context, x, y, Math.max(done ? high : 0, (w * done) / total), high, high / 2);
  context.fill();
  if (k < FULL_SCALE) return;
  useFont(context, cache, LINE_FONT(theme, 10));
  const text = cut(context, cache, `${done} of ${total} folded`, w);
  const wide = widthOf(context, cache, text) + 10;
  roundPath(context, x + w - wide, y - 17, wide, 15, 7.5);
  context.fillStyle = done ? theme.constantTint : theme.background;
  context.fill();
  context.strokeStyle = done ? theme.constant : theme.frame;
  context.lineWidth = 1;
  context.stroke();
  context.fillStyle = done ? theme.constantInk : theme.text;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x + w - wide / 2, y - 9);
  context.textAlign = "left";
}
