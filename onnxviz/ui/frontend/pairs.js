// Viewers of one pair: the two sides of a comparison look at the same place at the same scale, and what is selected
// or pointed at in one is so in the other. The one that was moved last leads; the others follow when it is painted.
import { setText } from "./dom.js";
import { query } from "./index.js";
import { centre, inView, kept, toScene } from "./transform.js";

// Points at which a box weighs half as much as one in the very middle of the view.
const NEAR = 60;

const circles = new Map();

/** Make `app` one of the viewers of `pane.key`; null takes it out of any. */
export function joinPair(app, pane) {
  if (app.pane?.key !== pane?.key) leavePair(app);
  app.pane = pane;
  if (!pane) return;
  if (!circles.has(pane.key)) circles.set(pane.key, { apps: new Set(), leader: null });
  circles.get(pane.key).apps.add(app);
}

export function leavePair(app) {
  const circle = app.pane && circles.get(app.pane.key);
  if (!circle) return;
  circle.apps.delete(app);
  if (circle.leader === app) circle.leader = null;
  if (!circle.apps.size) circles.delete(app.pane.key);
  app.pane = null;
}

/** The other viewers of the pair that have something to show. */
export function partnersOf(app) {
  const circle = app.pane && circles.get(app.pane.key);
  return circle ? [...circle.apps].filter((other) => other !== app && other.scene) : [];
}

/** The first of them whose picture has box `id`, or undefined. */
export const partnerWith = (app, id) => partnersOf(app).find((other) => other.scene.indexOf.has(id));

/** From now on the others follow this one. */
export function takeLead(app) {
  const circle = app.pane && circles.get(app.pane.key);
  if (circle) circle.leader = app;
}

/** Whether the others are to be moved along with `app`; the first of a pair leads until another one is moved. */
export function isLeading(app) {
  const circle = app.pane && circles.get(app.pane.key);
  if (!circle) return false;
  circle.leader ??= [...circle.apps].find((other) => other.pane.leads) ?? app;
  return circle.leader === app;
}

/** Which model this is, where there are two; the tools that are for both stand over the first. */
export function showPane(app) {
  const { pane, toolbar, search, opFilter } = app;
  app.root.classList.toggle("paired", Boolean(pane?.title));
  setText(app.paneName, pane?.title ?? "");
  app.paneName.hidden = !pane?.title;
  if (!pane?.title) return;
  const { open, depth, turn, zoom } = toolbar.groups;
  for (const part of pane.leads ? [zoom] : [open, depth, turn, toolbar.colourBy, search.field, opFilter.button]) part.hidden = true;
  evenBars(app);
}

/** Give the tool bars of a pair one height, so that what is side by side stands at one height too. */
export function evenBars(app) {
  const bars = [app, ...partnersOf(app)].map((each) => each.toolbar.bar);
  if (bars.length < 2) return;
  for (const bar of bars) bar.style.minHeight = "";
  const tallest = Math.max(...bars.map((bar) => bar.offsetHeight));
  for (const bar of bars) bar.style.minHeight = `${tallest}px`;
}

/** The viewer that leads the pair, where it is another one. */
export function leaderOf(app) {
  const leader = app.pane && circles.get(app.pane.key)?.leader;
  return leader && leader !== app && leader.scene ? leader : null;
}

/**
 * Where `other` must look so that what is in the middle of `app` stands at the same place of the screen: an average
 * over the boxes that both have, in which those near the middle count most, so that it changes without a jump.
 */
export function followed(app, other) {
  const { vw, vh } = app.size;
  const [x, y] = toScene(app.t, vw / 2, vh / 2);
  const here = app.scene.boxes;
  const there = other.scene.boxes;
  const shared = (i) => !here.open[i] && here.kind[i] !== "stub" && other.scene.indexOf.has(here.ids[i]);
  let some = query(app.scene.boxIndex, inView(app.t, vw, vh)).filter(shared);
  if (!some.length) some = Array.from({ length: here.n }, (_, i) => i).filter(shared);
  let [all, dx, dy] = [0, 0, 0];
  for (const i of some) {
    const j = other.scene.indexOf.get(here.ids[i]);
    const [cx, cy] = [here.x[i] + here.w[i] / 2, here.y[i] + here.h[i] / 2];
    const weight = 1 / (((cx - x) ** 2 + (cy - y) ** 2) / NEAR ** 2 + 1) ** 3;
    all += weight;
    dx += weight * (there.x[j] + there.w[j] / 2 - cx);
    dy += weight * (there.y[j] + there.h[j] / 2 - cy);
  }
  if (!all) return null;
  const { size, scene } = other;
  const t = centre(x + dx / all, y + dy / all, app.t.k, size.vw, size.vh);
  return kept(t, scene.w, scene.h, size.vw, size.vh);
}
