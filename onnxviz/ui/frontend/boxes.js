// Painting many boxes at a time, with less detail as one zooms out: cards, then tinted blocks with a name, then
// specks. Blocks and specks go by colour and pass, since changing colours costs more than filling rectangles.
import { paintCardBox } from "./cards.js";
import { paintFoldBox } from "./foldcards.js";
import { FOLD, valueOf } from "./folding.js";
import { FULL_SCALE, LEAST_TEXT, SPECK_SCALE, STRIP } from "./levels.js";
import { familyColour, fillOf, inkOf, speckColour } from "./looks.js";
import { TITLE_FONT, cut, useFont, widthOf } from "./text.js";

const BAR_LEAST = 7;

/** Every box of `seen`, but not open frames. `pen` is {context, cache, theme, k, alpha, shading, folding, flip, playing, fixed}. */
export function paintBoxes(pen, scene, seen) {
  const { boxes } = scene;
  const closed = seen.filter((i) => !boxes.open[i]);
  if (pen.k < SPECK_SCALE) paintSpecks(pen, scene, closed);
  else if (pen.k < FULL_SCALE) paintBlocks(pen, scene, closed);
  else for (const i of closed) (pen.folding ? paintFoldBox : paintCardBox)(pen, scene, i);
  pen.context.globalAlpha = pen.alpha;
}

/** Calls `fill(i)` for every one of `list`, those of one colour together. */
function byColour(context, list, colourOf, fill) {
  const groups = new Map();
  for (const i of list) {
    const colour = colourOf(i);
    const group = groups.get(colour);
    if (group) group.push(i);
    else groups.set(colour, [i]);
  }
  for (const [colour, group] of groups) {
    context.fillStyle = colour;
    for (const i of group) fill(i);
  }
}

function paintSpecks(pen, scene, list) {
  const { context, k, alpha, shading } = pen;
  const { boxes } = scene;
  const least = 1.2 / k;
  context.globalAlpha = alpha * (shading ? 1 : 0.8);
  byColour(context, list, (i) => speckColour(pen, scene, i), (i) => {
    context.fillRect(boxes.x[i], boxes.y[i], Math.max(least, boxes.w[i]), Math.max(least, boxes.h[i]));
  });
}

const isPill = (kind) => kind === "input" || kind === "output";

function paintBlocks(pen, scene, list) {
  const { context, theme, k, shading } = pen;
  const { boxes } = scene;
  context.globalAlpha = pen.alpha;
  const whole = (i) => context.fillRect(boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]);
  byColour(context, list, (i) => {
    const kind = boxes.kind[i];
    return isPill(kind) ? theme.pill : kind === "stub" ? theme.canvas : fillOf(pen, scene, i, "block");
  }, whole);
  if (shading) paintBars(pen, scene, list);
  else {
    const marked = list.filter((i) => !isPill(boxes.kind[i]) && boxes.kind[i] !== "stub");
    const wide = Math.max(STRIP, 2 / k);
    byColour(context, marked, (i) => familyColour(pen, scene, i), (i) => context.fillRect(boxes.x[i], boxes.y[i], wide, boxes.h[i]));
  }
  paintEdges(pen, boxes, list);
  paintNames(pen, scene, list);
}

/** The name of a box or, once it folded, what stands in its place. */
const nameOn = ({ folding }, { boxes }, i) => (folding && valueOf(folding, i)) || boxes.title[i];

function paintEdges({ context, theme, k, folding }, boxes, list) {
  context.strokeStyle = theme.border;
  context.lineWidth = 0.8 / k;
  if (folding) {
    paintFoldEdges(context, theme, k, folding, boxes, list);
    return;
  }
  for (const i of list) if (!boxes.status[i]) context.strokeRect(boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]);
  context.lineWidth = 2 / k;
  for (const i of list) {
    if (!boxes.status[i]) continue;
    context.strokeStyle = theme[boxes.status[i]];
    context.strokeRect(boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]);
  }
}

const EDGES = {
  [FOLD.ready]: ["next", 1.4, [2, 2.5]], [FOLD.value]: ["constant", 1.6, []], [FOLD.inlined]: ["muted", 1, []],
  [FOLD.dropped]: ["muted", 1, [4, 3]],
};

/** The edge of a block tells its state too: solid, dotted or dashed. */
function paintFoldEdges(context, theme, k, folding, boxes, list) {
  for (const i of list) {
    const [colour, wide, dash] = EDGES[folding.look[i]] ?? ["border", 0.8, []];
    context.strokeStyle = theme[colour];
    context.lineWidth = wide / k;
    context.setLineDash(dash.map((length) => length / k));
    context.strokeRect(boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]);
  }
  context.setLineDash([]);
}

/** The share again, as a length: colour is not told by colour alone. */
function paintBars(pen, scene, list) {
  const { context, k, shading } = pen;
  const { boxes } = scene;
  const shaded = list.filter((i) => shading.share[i] > 0 && boxes.h[i] * k >= BAR_LEAST);
  const high = Math.max(4, 2 / k);
  byColour(context, shaded, (i) => shading.ink[i], (i) => {
    context.fillRect(boxes.x[i], boxes.y[i] + boxes.h[i] - high, boxes.w[i] * shading.share[i], high);
  });
}

/** The names alone, as large as the boxes allow, where that can be read. */
function paintNames(pen, scene, list) {
  const { context, theme, k, cache } = pen;
  const { boxes } = scene;
  const base = context.getTransform();
  useFont(context, cache, TITLE_FONT(theme));
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const i of list) {
    const tallest = Math.min(10.5 / k, boxes.h[i] * 0.8);
    const room = boxes.w[i] - 6 / k - STRIP;
    if (tallest * k < LEAST_TEXT || room * k < 4 * LEAST_TEXT) continue;
    const name = nameOn(pen, scene, i);
    const wide = widthOf(context, cache, name) / 13;
    const size = Math.min(tallest, Math.max((LEAST_TEXT + 1.5) / k, room / Math.max(wide, 0.01)));
    const text = cut(context, cache, name, (room * 13) / size);
    const scale = (base.a * size) / 13;
    const x = base.a * (boxes.x[i] + (boxes.w[i] + STRIP) / 2) + base.e;
    context.setTransform(scale, 0, 0, scale, x, base.d * (boxes.y[i] + boxes.h[i] / 2) + base.f);
    context.fillStyle = isPill(boxes.kind[i]) ? theme.pillText : inkOf(pen, scene, i, theme.text);
    context.fillText(text, 0, 1);
  }
  context.setTransform(base);
  context.textAlign = "left";
}
