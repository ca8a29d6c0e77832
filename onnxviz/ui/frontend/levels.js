// The levels of detail, and the shapes that several painters share.
import { nodes } from "./text.js";

// Lines are 11 points high: under about 6 pixels nobody reads them, and the room is better spent on the name.
export const FULL_SCALE = 0.56;
export const SPECK_SCALE = 0.1;
export const LEAST_TEXT = 6.5;
export const STRIP = 5;
export const RADIUS = 6;
export const STACKED = 5;

/** Where the sign that opens or closes group `i` is, as {x, y, w, h}. */
export function badgeOf(boxes, i) {
  const inset = boxes.open[i] ? 5 : 9;
  return { x: boxes.x[i] + boxes.w[i] - inset - 16, y: boxes.y[i] + 5, w: 16, h: 16 };
}

/** A path around a rectangle with round corners; `radius` never exceeds half a side. */
export function roundPath(context, x, y, w, h, radius) {
  context.beginPath();
  context.roundRect(x, y, w, h, Math.max(0, Math.min(radius, w / 2, h / 2)));
}

export function touches(boxes, i, { x, y, w, h }) {
  return boxes.x[i] <= x + w && boxes.x[i] + boxes.w[i] >= x && boxes.y[i] <= y + h && boxes.y[i] + boxes.h[i] >= y;
}

/** What a group is called, with its size: "layer.0 · BertLayer · 67 nodes". */
export function groupCaption(boxes, i) {
  const count = boxes.count[i] ? nodes(boxes.count[i]) : "";
  return [boxes.lines[i][0] ?? "", count].filter(Boolean).join(" · ");
}

/**
 * The depths that one level less and one level more lead to, or null for what cannot be. Where groups are open to
 * different depths (`view.depth` below 0), less is the depth that is open everywhere, and more the deepest that is
 * open anywhere: the one only closes groups, the other only opens some.
 */
export function levelsAround(view, scene) {
  const { depth, deepest } = view;
  if (depth >= 0) return [depth > 0 ? depth - 1 : null, depth < deepest ? depth + 1 : null];
  let [shallow, deep] = [deepest, 0];
  for (let i = 0; scene && i < scene.boxes.n; i += 1) {
    if (scene.boxes.kind[i] !== "group") continue;
    if (scene.boxes.open[i]) deep = Math.max(deep, scene.boxes.depth[i] + 1);
    else shallow = Math.min(shallow, scene.boxes.depth[i]);
  }
  return [Math.min(shallow, deepest), Math.max(1, Math.min(deep, deepest))];
}
