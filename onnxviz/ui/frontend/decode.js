// The compact wire form (see `wire` in onnxviz/ui/viewer.py) back into columns that paint fast.
import { buildIndex } from "./index.js";

export const KINDS = ["node", "group", "input", "output", "stub"];
export const STATUSES = ["", "removed", "added", "changed"];
const TENTH = 0.1;

/** A scene of columns; box `i` is the i-th entry of each, `depth` counts the open groups around it. */
export function decodeScene(wire) {
  const n = wire.ids.length;
  const boxes = { n, ids: wire.ids, x: new Float32Array(n), y: new Float32Array(n) };
  boxes.w = new Float32Array(n);
  boxes.h = new Float32Array(n);
  for (let i = 0; i < n; i += 1) {
    boxes.x[i] = wire.xywh[4 * i] * TENTH;
    boxes.y[i] = wire.xywh[4 * i + 1] * TENTH;
    boxes.w[i] = wire.xywh[4 * i + 2] * TENTH;
    boxes.h[i] = wire.xywh[4 * i + 3] * TENTH;
  }
  boxes.kind = wire.kinds.map((k) => KINDS[k]);
  boxes.title = wire.titles.map((t) => wire.text[t]);
  boxes.lines = wire.lines.map((row) => row.map((t) => wire.text[t]));
  boxes.family = wire.family;
  boxes.parent = wire.parents;
  boxes.count = wire.counts;
  boxes.status = wire.status.map((s) => STATUSES[s]);
  boxes.open = new Array(n).fill(false);
  wire.open.forEach((i) => (boxes.open[i] = true));
  boxes.flagged = new Array(n).fill(false);
  (wire.flagged ?? []).forEach((i) => (boxes.flagged[i] = true));
  boxes.jump = wire.jumps;
  const scene = { title: wire.title, w: wire.size[0] * TENTH, h: wire.size[1] * TENTH, boxes };
  Object.assign(scene, { compares: Boolean(wire.compares), changes: wire.changes ?? [] });
  scene.families = wire.families.map(([name, label, sign, light, dark]) => ({ name, label, sign, light, dark }));
  scene.indexOf = new Map(wire.ids.map((id, i) => [id, i]));
  addTree(boxes);
  scene.curves = decodeCurves(wire.curves, wire.text);
  scene.boxIndex = buildIndex(boxes);
  scene.curveIndex = buildIndex(scene.curves);
  return scene;
}

function addTree(boxes) {
  boxes.children = new Map();
  boxes.roots = [];
  boxes.depth = new Uint16Array(boxes.n);
  for (let i = 0; i < boxes.n; i += 1) {
    const parent = boxes.parent[i];
    if (parent < 0) boxes.roots.push(i);
    else if (boxes.children.has(parent)) boxes.children.get(parent).push(i);
    else boxes.children.set(parent, [i]);
  }
  const byPlace = (a, b) => boxes.y[a] - boxes.y[b] || boxes.x[a] - boxes.x[b];
  boxes.roots.sort(byPlace);
  const rest = boxes.roots.slice();
  while (rest.length) {
    const i = rest.pop();
    for (const child of (boxes.children.get(i) ?? []).sort(byPlace)) {
      boxes.depth[child] = boxes.depth[i] + 1;
      rest.push(child);
    }
  }
  // Frames lie behind what is in them: paint the outer ones first.
  const all = Array.from({ length: boxes.n }, (_, i) => i);
  boxes.frames = all.filter((i) => boxes.open[i]).sort((a, b) => boxes.depth[a] - boxes.depth[b]);
}

function decodeCurves(wire, text) {
  const n = wire.source.length;
  const curves = { n, source: wire.source, target: wire.target, label: wire.labels.map((t) => text[t]) };
  curves.status = wire.source.map((_, c) => STATUSES[wire.status?.[c] ?? 0]);
  for (const side of ["x", "y", "w", "h"]) curves[side] = new Float32Array(n);
  curves.start = new Uint32Array(n + 1);
  curves.xy = new Float32Array(wire.xy.length);
  let from = 0;
  for (let c = 0; c < n; c += 1) {
    curves.start[c] = from;
    from = unpack(wire.xy, from, wire.points[c], curves, c);
  }
  curves.start[n] = from;
  return curves;
}

function unpack(deltas, from, points, curves, c) {
  const { xy } = curves;
  let [x, y] = [0, 0];
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const end = from + 2 * points;
  for (let p = from; p < end; p += 2) {
    x += deltas[p];
    y += deltas[p + 1];
    xy[p] = x * TENTH;
    xy[p + 1] = y * TENTH;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  if (points) {
    curves.x[c] = left * TENTH;
    curves.y[c] = top * TENTH;
    curves.w[c] = (right - left) * TENTH;
    curves.h[c] = (bottom - top) * TENTH;
  }
  return end;
}

/** The curves into and out of box `i`. One at a time is asked for: a look at all is cheaper than an index. */
export function linesOf(scene, i) {
  if (scene.lines?.of === i) return scene.lines;
  const { n, source, target } = scene.curves;
  const lines = { of: i, incoming: [], outgoing: [] };
  for (let c = 0; i >= 0 && c < n; c += 1) {
    if (target[c] === i) lines.incoming.push(c);
    if (source[c] === i) lines.outgoing.push(c);
  }
  scene.lines = lines;
  return lines;
}
