// From one state of a graph to another: boxes of both glide, new ones come out of the group that was opened and
// gone ones go into the one that was closed. Places of before are taken over in the coordinates of after.
import { query } from "./index.js";
import { inView, transform } from "./transform.js";

export const MORPH_MS = 210;
// Painting more than this in each frame would stutter on a small machine: the pictures cross-fade instead.
const MOST_BOXES = 1500;
// A card is painted at the size of its text: where the scale jumps, gliding would look like tearing.
const SCALES = [0.8, 1.25];

/**
 * The glide from `before` seen through `from` to `after` seen through `to` in a view of vw by vh, or null where
 * it would not be smooth. `moveGlide(glide, f)` moves it to `f` in 0..1.
 */
export function glideOf(before, after, from, to, { vw, vh }) {
  const scale = from.k / to.k;
  if (before.title !== after.title || scale < SCALES[0] || scale > SCALES[1]) return null;
  const [x, y] = [(from.x - to.x) / to.k, (from.y - to.y) / to.k];
  const view = inView(to, vw, vh);
  const then = inView(from, vw, vh);
  const old = query(before.boxIndex, then);
  const now = new Set(query(after.boxIndex, view));
  for (const i of old) {
    const same = after.indexOf.get(before.boxes.ids[i]);
    if (same !== undefined) now.add(same);
  }
  const left = old.filter((i) => !after.indexOf.has(before.boxes.ids[i]));
  if (now.size + left.length > MOST_BOXES) return null;
  const moved = (rect) => ({ x: rect.x * scale + x, y: rect.y * scale + y, w: rect.w * scale, h: rect.h * scale });
  const glide = { before, scale, x, y, curves: query(before.curveIndex, then) };
  planStay(glide, before, after, [...now], moved);
  planGone(glide, before, after, left, moved);
  return glide;
}

const rectOf = ({ boxes }, i) => ({ x: boxes.x[i], y: boxes.y[i], w: boxes.w[i], h: boxes.h[i] });

/** The nearest group around box `i` that the other scene has too, as [number here, number there], or null. */
function sharedAround(scene, other, i) {
  for (let up = scene.boxes.parent[i]; up >= 0; up = scene.boxes.parent[up]) {
    const there = other.indexOf.get(scene.boxes.ids[up]);
    if (there !== undefined) return [up, there];
  }
  return null;
}

/** Where `rect`, which lies in `outer`, lies in `other` when that is stretched to it. Cards keep their size. */
function stretched(rect, outer, other, resize) {
  const [sx, sy] = [other.w / Math.max(1, outer.w), other.h / Math.max(1, outer.h)];
  const [cx, cy] = [other.x + (rect.x + rect.w / 2 - outer.x) * sx, other.y + (rect.y + rect.h / 2 - outer.y) * sy];
  const [w, h] = resize ? [rect.w * sx, rect.h * sy] : [rect.w, rect.h];
  return { x: cx - w / 2, y: cy - h / 2, w, h };
}

function copyOf(scene) {
  const { boxes } = scene;
  const columns = { x: boxes.x.slice(), y: boxes.y.slice(), w: boxes.w.slice(), h: boxes.h.slice() };
  return { ...scene, boxes: { ...boxes, ...columns } };
}

function planStay(glide, before, after, list, moved) {
  const { boxes } = after;
  Object.assign(glide, { blend: copyOf(after), after, boxes: [], fresh: new Set(), frames: [], moves: [] });
  for (const i of list.sort((a, b) => a - b)) {
    const old = before.indexOf.get(boxes.ids[i]);
    const end = rectOf(after, i);
    let start = end;
    if (old !== undefined) start = moved(rectOf(before, old));
    else {
      const around = sharedAround(after, before, i);
      if (around) start = stretched(end, rectOf(after, around[0]), moved(rectOf(before, around[1])), boxes.open[i]);
    }
    if (old === undefined) glide.fresh.add(i);
    if (!boxes.open[i]) glide.boxes.push(i);
    glide.moves.push([i, start, end]);
  }
  const wanted = new Set(list);
  glide.frames = boxes.frames.filter((i) => wanted.has(i));
}

function planGone(glide, before, after, list, moved) {
  const { boxes } = before;
  Object.assign(glide, { gone: copyOf(before), goneBoxes: list.filter((i) => !boxes.open[i]), leaves: [] });
  const wanted = new Set(list);
  glide.goneFrames = boxes.frames.filter((i) => wanted.has(i));
  for (const i of list) {
    const start = moved(rectOf(before, i));
    const around = sharedAround(before, after, i);
    const end = around ? stretched(start, moved(rectOf(before, around[0])), rectOf(after, around[1]), boxes.open[i]) : start;
    glide.leaves.push([i, start, end]);
  }
}

/** Move the boxes of a glide to `f` in 0..1, evenly in time; they start and stop gently. */
export function moveGlide(glide, f) {
  const eased = f < 0.5 ? 4 * f * f * f : 1 - Math.pow(2 - 2 * f, 3) / 2;
  glide.f = eased;
  glide.early = Math.max(0, 1 - f / 0.45);
  glide.late = Math.max(0, (f - 0.5) / 0.5);
  for (const [scene, moves] of [[glide.blend, glide.moves], [glide.gone, glide.leaves]]) {
    const { boxes } = scene;
    for (const [i, start, end] of moves) {
      boxes.x[i] = start.x + (end.x - start.x) * eased;
      boxes.y[i] = start.y + (end.y - start.y) * eased;
      boxes.w[i] = start.w + (end.w - start.w) * eased;
      boxes.h[i] = start.h + (end.h - start.h) * eased;
    }
  }
}

/** The transform through which `before` is where it was, while `after` is seen through `t`. */
export function backOf(glide, t) {
  return transform(t.k * glide.scale, t.k * glide.x + t.x, t.k * glide.y + t.y);
}
