// What a person can do to a viewer: look around, select, open and close, jump.
import { goal, moveTo, request, say, tell } from "./app.js";
import { linesOf } from "./decode.js";
import { at } from "./index.js";
import { FULL_SCALE, badgeOf } from "./levels.js";
import { nameOf } from "./outline.js";
import { partnerWith, partnersOf, takeLead } from "./pairs.js";
import { askedRect, canPick, togglePick } from "./picking.js";
import { endPath, takeEnd } from "./selection.js";
import { counted } from "./text.js";
import { centre, fit, inView, pan, toScene, zoomAt } from "./transform.js";

const STEP = 60;
const ZOOM = 1.35;
const EDGE = 24;
const HINT_MS = 1600;
const READABLE = 0.85;
const STILL_READABLE = 0.6;
// A graph of a few boxes says most by its shape: the names in it are drawn larger the further it is away.
const FEW = 16;
const NAMES_READABLE = 0.34;

/** The smallest scale: everything in view and a little more, or 100 %, whichever is smaller. */
function leastScale(app) {
  return Math.min(0.5, 0.6 * whole(app).k);
}

function whole(app) {
  const { scene, size } = app;
  return fit({ x: 0, y: 0, w: scene.w, h: scene.h }, size.vw, size.vh);
}

export function fitAll(app, gently = false) {
  moveTo(app, whole(app), gently);
  app.fitted = true;
}

/**
 * The first look at a scene: all of it where its text, or the names of a few boxes, are then still about readable; a tall graph by its
 * width from the top, since a hair's breadth of everything tells nothing. Where boxes are asked about it is the
 * part with those, and as much of that as can be read.
 */
export function firstLook(app) {
  const { scene, size } = app;
  if (whole(app).k >= (scene.boxes.n <= FEW ? NAMES_READABLE : STILL_READABLE)) return fitAll(app);
  const asked = askedRect(app);
  const part = asked ?? { x: 0, y: 0, w: scene.w, h: scene.h };
  const all = fit(part, size.vw, size.vh, asked ? READABLE : 1);
  const tall = part.h / size.vh > part.w / size.vw;
  const across = fit(tall ? { ...part, h: 1 } : { ...part, w: 1 }, size.vw, size.vh, asked ? STILL_READABLE : READABLE);
  const k = Math.max(all.k, across.k);
  const middle = centre(part.x + part.w / 2, part.y + part.h / 2, k, size.vw, size.vh);
  const start = tall ? { ...middle, y: EDGE - k * part.y } : { ...middle, x: EDGE - k * part.x };
  moveTo(app, k > all.k ? start : middle);
  app.fitted = true;
  return undefined;
}

export function zoomBy(app, factor, x = app.size.vw / 2, y = app.size.vh / 2, gently = false) {
  const from = gently ? goal(app) : app.t;
  moveTo(app, zoomAt(from, from.k * factor, x, y, leastScale(app)), gently);
}

/** Bring box `i` to the middle, at a scale at which it can be read. */
export function reveal(app, i, always = true) {
  const { boxes } = app.scene;
  const { vw, vh } = app.size;
  const view = inView(goal(app), vw, vh);
  const [x, y] = [boxes.x[i] + boxes.w[i] / 2, boxes.y[i] + boxes.h[i] / 2];
  const inside = x > view.x && x < view.x + view.w && y > view.y && y < view.y + view.h;
  if (!always && inside && goal(app).k >= FULL_SCALE) return;
  const large = fit({ x: boxes.x[i], y: boxes.y[i], w: boxes.w[i], h: boxes.h[i] }, vw, vh);
  const k = boxes.open[i] ? large.k : Math.max(goal(app).k, READABLE);
  moveTo(app, centre(x, y, Math.min(k, Math.max(large.k, leastScale(app))), vw, vh), true);
}

/** Bring box `i` to the middle where it is out of view, at the scale that is. */
export function bringIntoView(app, i) {
  const { boxes } = app.scene;
  const { vw, vh } = app.size;
  const view = inView(goal(app), vw, vh);
  const [x, y] = [boxes.x[i] + boxes.w[i] / 2, boxes.y[i] + boxes.h[i] / 2];
  const inside = x > view.x && x < view.x + view.w && y > view.y && y < view.y + view.h;
  if (!inside) moveTo(app, centre(x, y, goal(app).k, vw, vh), true);
}

/** Slide so that more of group `i`, just opened, is in view; its upper left corner never leaves it. */
export function showMore(app, i) {
  const { boxes } = app.scene;
  const { vw, vh } = app.size;
  const t = app.t;
  const slide = (from, length, room) => Math.min(0, Math.max(room - EDGE - from - length, Math.min(0, EDGE - from)));
  const dx = slide(t.k * boxes.x[i] + t.x, t.k * boxes.w[i], vw);
  const dy = slide(t.k * boxes.y[i] + t.y, t.k * boxes.h[i], vh);
  if (dx < -1 || dy < -1) moveTo(app, pan(t, dx, dy), true);
}

/** Select box `i` (or nothing, -1) and tell the page, unless it is the page that asks. */
export function select(app, i, { aloud = true } = {}) {
  app.alongside = false;
  const id = i < 0 ? undefined : app.scene.boxes.ids[i];
  for (const one of [app, ...partnersOf(app)]) if (aloud || one.goingId === id) one.goingId = undefined;
  if (app.marks.selected === i) return;
  app.marks.selected = i;
  app.selectedId = id;
  app.outline.mark(i);
  app.selection.show();
  app.changes.show();
  app.player.tellOf();
  say(app, i < 0 ? "Nothing selected" : `Selected ${nameOf(app.scene.boxes, i)}. ${flowsOf(app.scene, i)}`);
  if (aloud) app.send("selected", { id: i < 0 ? null : app.scene.boxes.ids[i] });
  request(app);
  for (const other of partnersOf(app)) selectAlong(other, app.selectedId);
}

/** Select what is selected in another viewer of the pair; the page knows it from there. */
function selectAlong(app, id) {
  app.selectedId = id;
  app.alongside = true;
  app.marks.selected = app.scene.indexOf.get(id) ?? -1;
  app.outline.mark(app.marks.selected);
  app.selection.show();
  app.changes.show();
  request(app);
}

function flowsOf(scene, i) {
  const { incoming, outgoing } = linesOf(scene, i);
  return `${counted(incoming.length, "line")} in, ${counted(outgoing.length, "line")} out.`;
}

/** Ask the page to open or close group `i`. The toggled box will stay where it is on the screen. */
export function toggle(app, i) {
  const { boxes } = app.scene;
  if (i < 0 || boxes.kind[i] !== "group" || app.fixed) return false;
  app.toggled = boxes.ids[i];
  takeLead(app);
  tell(app, "toggled", { id: boxes.ids[i] });
  say(app, `${boxes.open[i] ? "Closing" : "Opening"} ${boxes.title[i]}`);
  return true;
}

/** Go to box `id`; where it is inside a closed group, ask the page to show it. */
export function goTo(app, id) {
  if (takeEnd(app, id)) return;
  const there = app.scene?.indexOf.get(id);
  if (there !== undefined) {
    select(app, there);
    reveal(app, there);
  } else if (partnerWith(app, id)) goTo(partnerWith(app, id), id);
  else if (app.fixed) say(app, "That is not in this picture");
  else tell(app, "wanted", { id });
}

/** The box under a point of the screen, or -1. */
export function boxAt(app, sx, sy) {
  if (!app.scene) return -1;
  const [px, py] = toScene(app.t, sx, sy);
  return at(app.scene.boxIndex, px, py, app.scene.boxes.depth);
}

function onBadge(app, i, sx, sy) {
  if (i < 0 || app.scene.boxes.kind[i] !== "group" || app.t.k < FULL_SCALE || app.fixed) return false;
  const badge = badgeOf(app.scene.boxes, i);
  const [px, py] = toScene(app.t, sx, sy);
  return px >= badge.x - 3 && px <= badge.x + badge.w + 3 && py >= badge.y - 3 && py <= badge.y + badge.h + 3;
}

/** The commands of keys and buttons. */
export function run(app, command) {
  const { marks } = app;
  const commands = {
    left: () => moveTo(app, pan(goal(app), STEP, 0), true),
    right: () => moveTo(app, pan(goal(app), -STEP, 0), true),
    up: () => moveTo(app, pan(goal(app), 0, STEP), true),
    down: () => moveTo(app, pan(goal(app), 0, -STEP), true),
    zoomIn: () => zoomBy(app, ZOOM, undefined, undefined, true),
    zoomOut: () => zoomBy(app, 1 / ZOOM, undefined, undefined, true),
    actual: () => zoomBy(app, 1 / goal(app).k, undefined, undefined, true),
    fit: () => fitAll(app, true),
    toggle: () => marks.selected >= 0 && (toggle(app, marks.selected) || togglePick(app, marks.selected) || reveal(app, marks.selected)),
    centre: () => marks.selected >= 0 && reveal(app, marks.selected),
    clear: () => endPath(app) || select(app, -1),
  };
  if (app.scene) commands[command]?.();
}

/** What the pointer does, for `listenTo`. */
export function movesOf(app) {
  return {
    pan: (dx, dy) => moveTo(app, pan(app.t, dx, dy)),
    zoom: (factor, x, y) => app.scene && zoomBy(app, factor, x, y),
    grab: (grabbed) => app.canvas.classList.toggle("grabbing", grabbed),
    leave: () => app.scene && hover(app, -1),
    hover: (x, y) => app.scene && hover(app, boxAt(app, x, y)),
    zooms: () => app.root.getRootNode().activeElement === app.canvas || app.filling(),
    hint: () => {
      app.hint.classList.add("shown");
      app.window.clearTimeout(app.hinting);
      app.hinting = app.window.setTimeout(() => app.hint.classList.remove("shown"), HINT_MS);
    },
    click: (x, y) => {
      const i = boxAt(app, x, y);
      const { ids, jump } = app.scene?.boxes ?? { ids: [], jump: {} };
      if (onBadge(app, i, x, y)) toggle(app, i);
      else if (i >= 0 && jump[i]) goTo(app, jump[i]);
      else if (!app.path) togglePick(app, i) || select(app, i);
      else if (i >= 0) takeEnd(app, ids[i]);
    },
    open: (x, y) => {
      const i = boxAt(app, x, y);
      // The two clicks of it have picked a box and taken it back.
      if (i < 0 || app.scene.boxes.jump[i] || onBadge(app, i, x, y) || canPick(app, i)) return;
      if (!toggle(app, i)) reveal(app, i);
    },
  };
}

function hover(app, i) {
  if (app.marks.hovered === i) return;
  app.marks.hovered = i;
  for (const other of partnersOf(app)) {
    other.marks.hovered = i < 0 ? -1 : other.scene.indexOf.get(app.scene.boxes.ids[i]) ?? -1;
    request(other);
  }
  app.canvas.classList.toggle("pointing", i >= 0);
  app.player?.tellOf();
  const shade = app.marks.shading?.text[i];
  app.canvas.title = i < 0 ? "" : [app.scene.boxes.title[i], ...app.scene.boxes.lines[i], ...(shade ? [shade] : [])].join("\n");
  request(app);
}
