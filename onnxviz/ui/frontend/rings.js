// What is drawn around boxes: the ring of the selected one and of the one under the pointer, search hits, and
// where the model has a problem.
import { RADIUS, SPECK_SCALE, roundPath } from "./levels.js";
import { TITLE_FONT, useFont, widthOf } from "./text.js";

const COUNT_LEAST = 26;

/** The ring around the selected box (with a halo) or the one under the pointer. */
export function paintRing({ context, k }, boxes, i, colour, width, halo = null) {
  for (const [paint, wide] of halo ? [[halo, width * 3.2], [colour, width]] : [[colour, width]]) {
    const grow = Math.max(wide, wide / k) / 2 + 1;
    context.strokeStyle = paint;
    context.lineWidth = Math.max(wide, wide / k);
    roundPath(context, boxes.x[i] - grow, boxes.y[i] - grow, boxes.w[i] + 2 * grow, boxes.h[i] + 2 * grow, RADIUS + grow);
    context.stroke();
  }
}

/** Rings around the hits of a search, and on closed groups how many are inside. `hits` maps box -> count. */
export function paintHits(pen, scene, list, hits) {
  const { context, theme, k } = pen;
  const { boxes } = scene;
  context.strokeStyle = theme.hit;
  for (const i of list) {
    // Around what is in it, the ring of an open group would be as loud as all of theirs together.
    const wide = boxes.open[i] ? Math.max(1.2, 1 / k) : Math.max(2.2, (k < SPECK_SCALE ? 1.2 : 2) / k);
    const grow = wide / 2;
    const [x, y, w, h] = [boxes.x[i] - grow, boxes.y[i] - grow, boxes.w[i] + wide, boxes.h[i] + wide];
    context.lineWidth = wide;
    if (k < SPECK_SCALE) context.strokeRect(x, y, w, h);
    else {
      roundPath(context, x, y, w, h, (boxes.open[i] ? 10 : RADIUS) + grow);
      context.stroke();
    }
  }
  for (const i of list) {
    const inside = boxes.kind[i] === "group" && !boxes.open[i];
    if (!inside || boxes.w[i] * k < COUNT_LEAST) continue;
    const count = hits.get(i);
    const text = count > 999 ? "999+" : String(count);
    paintCorner(pen, [boxes.x[i] + boxes.w[i], boxes.y[i]], 4, text, [theme.hit, theme.onHit]);
  }
}

/** A heavy outline and a `!` around each box of `list` where the model breaks a rule. */
export function paintFlags(pen, scene, list) {
  const { context, theme, k } = pen;
  const { boxes } = scene;
  const flagged = list.filter((i) => boxes.flagged[i]);
  context.strokeStyle = theme.problem;
  context.lineWidth = Math.max(2, 1.6 / k);
  for (const i of flagged) {
    const isPill = boxes.kind[i] === "input" || boxes.kind[i] === "output";
    roundPath(context, boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i], isPill ? boxes.h[i] / 2 : RADIUS);
    context.stroke();
  }
  for (const i of flagged) {
    if (boxes.w[i] * k < COUNT_LEAST) continue;
    paintCorner(pen, [boxes.x[i], boxes.y[i]], 10, "!", [theme.problem, theme.onProblem]);
  }
}

/** A short text over the corner (x, y), `right` of it at most; at one size on the screen unless that is larger than life. */
function paintCorner({ context, theme, cache, k }, [x, y], right, text, [fill, ink]) {
  const unit = Math.max(1, 0.8 / k);
  useFont(context, cache, TITLE_FONT(theme, 11));
  const wide = Math.max(18, widthOf(context, cache, text) + 10);
  const base = context.getTransform();
  context.translate(x + right * unit, y - 4 * unit);
  context.scale(unit, unit);
  roundPath(context, -wide, -8, wide, 17, 8.5);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = theme.canvas;
  context.lineWidth = 1.5;
  context.stroke();
  context.fillStyle = ink;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, -wide / 2, 1);
  context.textAlign = "left";
  context.setTransform(base);
}
