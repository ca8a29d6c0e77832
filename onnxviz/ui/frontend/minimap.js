// The whole scene in a corner, with the part in view as a rectangle that can be dragged.
import { speckColour } from "./looks.js";
import { inView } from "./transform.js";

// Pixels, and shares of a small view that it may cover.
const ROOM = [176, 132];
const MOST_SHARE = [0.24, 0.36];
const MOST_LONG = 9;

/** Size and scale of the map for a scene, or null where the view shows all of it. */
export function mapFor(scene, t, vw, vh) {
  const larger = scene.w * t.k > vw * 1.15 || scene.h * t.k > vh * 1.15;
  if (!larger || vw < 420 || vh < 260 || !scene.boxes.n) return null;
  const room = [Math.min(ROOM[0], MOST_SHARE[0] * vw), Math.min(ROOM[1], MOST_SHARE[1] * vh)];
  const k = Math.min(room[0] / scene.w, room[1] / scene.h);
  // A long thin graph would be a hair's breadth: let it be wider than true.
  const least = Math.max(scene.w, scene.h) / MOST_LONG;
  const [kx, ky] = [k * Math.max(1, least / scene.w), k * Math.max(1, least / scene.h)];
  return { kx, ky, w: Math.round(scene.w * kx), h: Math.round(scene.h * ky) };
}

/** Paint every box of the scene once, onto a canvas of the map's size; what a search found stands out. */
export function paintMap(canvas, scene, map, ratio, theme, { shading, hits, folding }) {
  canvas.width = Math.max(1, Math.round(map.w * ratio));
  canvas.height = Math.max(1, Math.round(map.h * ratio));
  const context = canvas.getContext("2d");
  context.scale(ratio * map.kx, ratio * map.ky);
  const { boxes } = scene;
  for (const i of boxes.frames) {
    context.fillStyle = theme.shade;
    context.fillRect(boxes.x[i], boxes.y[i], boxes.w[i], boxes.h[i]);
  }
  const pen = { context, theme, shading, folding };
  const dot = (i, least) => {
    context.fillRect(boxes.x[i], boxes.y[i], Math.max(boxes.w[i], least / map.kx), Math.max(boxes.h[i], least / map.ky));
  };
  context.globalAlpha = hits ? 0.25 : 1;
  for (let i = 0; i < boxes.n; i += 1) {
    if (boxes.open[i]) continue;
    context.fillStyle = speckColour(pen, scene, i);
    dot(i, 1);
  }
  context.globalAlpha = 1;
  context.fillStyle = theme.hit;
  for (const i of hits?.keys() ?? []) if (!boxes.open[i]) dot(i, 2);
}

/** Where the rectangle of the part in view lies on the map, held inside it: {x, y, w, h} in pixels. */
export function windowOn(map, t, vw, vh) {
  const view = inView(t, vw, vh);
  const hold = (value, most) => Math.max(0, Math.min(most, value));
  const left = hold(view.x * map.kx, map.w - 4);
  const top = hold(view.y * map.ky, map.h - 4);
  const right = hold((view.x + view.w) * map.kx, map.w);
  const bottom = hold((view.y + view.h) * map.ky, map.h);
  return { x: left, y: top, w: Math.max(4, right - left), h: Math.max(4, bottom - top) };
}
