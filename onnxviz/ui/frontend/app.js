// One viewer on the page: its elements, what it shows, and the loop that paints it.
import { element } from "./dom.js";
import { mapFor, paintMap, windowOn } from "./minimap.js";
import { MORPH_MS, glideOf, moveGlide } from "./morph.js";
import { paint } from "./paint.js";
import { textCache } from "./text.js";
import { readTheme } from "./theme.js";
import { followed, isLeading, partnersOf, takeLead } from "./pairs.js";
import { between, identity, kept } from "./transform.js";

// Gentle, and under the 200 ms at which a response stops feeling immediate.
const MOVE_MS = 170;
// A card becomes a chip, and its value runs to the readers: slow enough to be followed with the eyes.
const FLIP_MS = 280;
const MOST_EVENTS = 24;

/** Build the elements inside `parent` and the state around them. Nothing is listened to yet. */
export function makeApp(parent, document) {
  const make = (tag, attributes, ...children) => element(document, tag, attributes, ...children);
  const canvas = make("canvas", { class: "picture", tabindex: 0, role: "application", "aria-roledescription": "graph picture" });
  const mapCanvas = make("canvas");
  const mapWindow = make("div", { class: "window" });
  const map = make("div", { class: "map", "aria-hidden": "true" }, mapCanvas, mapWindow);
  const corner = make("div", { class: "corner" }, map);
  const hint = make("div", { class: "hint", "aria-hidden": "true" }, "Click the picture, or hold Ctrl, to zoom by scrolling");
  const empty = make("div", { class: "empty" }, "Nothing to draw: this graph has no nodes.");
  const stage = make("div", { class: "stage" }, canvas, corner, empty, hint);
  const middle = make("div", { class: "middle" }, stage);
  const legend = make("ul", { class: "legend", "aria-label": "Colours" });
  const said = make("div", { class: "said", "aria-live": "polite" });
  const root = make("div", { class: "viewer" }, middle, legend, said);
  parent.append(root);
  const app = {
    parent, document, root, stage, middle, canvas, corner, map, mapCanvas, mapWindow, hint, empty, legend, said,
    window: document.defaultView,
    context: canvas.getContext("2d", { alpha: false }),
    controller: new document.defaultView.AbortController(),
    scene: null, digest: null, serial: null, theme: null, cache: textCache(),
    t: identity, size: { vw: 0, vh: 0, ratio: 1 }, marks: freshMarks(),
    // What the page says beside the scene: see `viewer` in main.js.
    view: undefined, fixed: false, found: null, overlay: null, label: "",
    // Outlives its box: a selected node in a group that is closed is selected again when it opens.
    selectedId: undefined,
    flight: null, fade: null, morph: null, frame: 0, mapShape: null, toggled: null, fitted: true,
    asked: 0, path: null, send: () => {}, events: { from: `${Date.now()} ${Math.random()}`, list: [] },
    // Of a pair: which of its viewers this is, whether it is the page that moves it, whether what is
    // selected was so in another one, the last change that was gone to, and the one that is on its way.
    pane: null, updating: false, alongside: false, changeId: undefined, goingId: undefined,
  };
  map.hidden = true;
  empty.hidden = true;
  return app;
}

export function freshMarks() {
  return { selected: -1, hovered: -1, hits: null, shading: null, folding: null, flip: null, playing: false, picks: null };
}

export function readColours(app) {
  const before = app.theme;
  const now = readTheme(app.root, app.context);
  if (before && JSON.stringify(before) === JSON.stringify(now)) return false;
  app.theme = now;
  app.root.classList.toggle("dark", now.dark);
  app.cache = textCache();
  app.mapShape = null;
  return true;
}

/** Have a screen reader say it. */
export function say(app, text) {
  app.said.textContent = text;
}

/** Ask the page for something; `n` tells two equal wishes apart, also after the viewer was built anew. */
export function ask(app, command, more = {}) {
  app.asked = Math.max(app.asked + 1, Date.now());
  tell(app, "asked", { command, ...more, n: app.asked });
}

/**
 * Say things to the page through `setStateValue`. A run of the page may be cut short by the next message, and two may
 * come to it as one: so each brings the last few, with numbers, and the page does what it has not done yet.
 */
export function speakBy(app, setStateValue) {
  app.send = (name, value) => {
    const { from, list } = app.events;
    const n = (list.at(-1)?.[0] ?? 0) + 1;
    app.events = { from, list: [...list, [n, name, value]].slice(-MOST_EVENTS) };
    setStateValue("events", app.events);
  };
}

/** Tell the page what it has to answer; until then a line under the toolbar says that something is under way. */
export function tell(app, name, value) {
  app.root.classList.add("busy");
  app.send(name, value);
}

/** Whether the person asked for less motion. */
export function isStill(app) {
  return app.window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Where the view is going, or where it is. */
export function goal(app) {
  return app.flight ? app.flight.to : app.t;
}

/** Move to transform `to`, at once or gently. */
export function moveTo(app, to, gently = false) {
  const { vw, vh } = app.size;
  const target = app.scene ? kept(to, app.scene.w, app.scene.h, vw, vh) : to;
  app.fitted = false;
  if (!app.updating) takeLead(app);
  if (gently && !isStill(app)) app.flight = { from: app.t, to: target, start: app.window.performance.now() };
  else {
    app.flight = null;
    app.t = target;
  }
  request(app);
}

/** Let the picture as it is now fade out over what comes next. */
export function fadeOut(app) {
  if (isStill(app) || app.size.vw === 0) return;
  const image = app.document.createElement("canvas");
  image.width = app.canvas.width;
  image.height = app.canvas.height;
  image.getContext("2d").drawImage(app.canvas, 0, 0);
  app.fade = { image, start: null };
}

/** Let the boxes glide from `before`, which was seen through `from`, instead of the fade, where that is smooth. */
export function glideFrom(app, before, from) {
  app.morph = null;
  if (isStill(app) || app.size.vw === 0) return;
  const glide = glideOf(before, app.scene, from, app.t, app.size);
  if (!glide) return;
  app.fade = null;
  app.morph = { glide, start: null };
}

/** Paint once before the next frame, however often it is asked for. */
export function request(app) {
  if (app.frame) return;
  app.frame = app.window.requestAnimationFrame((now) => {
    app.frame = 0;
    draw(app, now);
  });
}

export function lookOf(app) {
  return { theme: app.theme, cache: app.cache, marks: app.marks, fixed: app.fixed };
}

function draw(app, now) {
  const { size, scene } = app;
  if (!scene || !app.theme || size.vw === 0 || size.vh === 0) return;
  if (app.flight) {
    const f = Math.min(1, Math.max(0, (now - app.flight.start) / MOVE_MS));
    const eased = 1 - Math.pow(1 - f, 3);
    app.t = between(app.flight.from, app.flight.to, eased);
    if (f >= 1) app.flight = null;
  }
  if (isLeading(app)) haveFollowed(app);
  turnOver(app.marks, now);
  paint(app.context, scene, app.t, size, lookOf(app), morphAt(app, now));
  paintFade(app, now);
  drawMap(app);
  const level = `${Math.max(1, Math.round(app.t.k * 100))} %`;
  if (app.level.textContent !== level) app.level.textContent = level;
  if (app.flight || app.fade || app.morph || app.marks.flip) request(app);
}

function turnOver(marks, now) {
  if (!marks.flip) return;
  marks.flip.start ??= now;
  marks.flip.f = Math.max(0, (now - marks.flip.start) / FLIP_MS);
  if (marks.flip.f >= 1) marks.flip = null;
}

/** Have the other viewers of the pair look at the same. */
function haveFollowed(app) {
  for (const other of partnersOf(app)) {
    const t = other.size.vw > 0 ? followed(app, other) : null;
    if (!t || (t.k === other.t.k && Math.abs(t.x - other.t.x) < 0.05 && Math.abs(t.y - other.t.y) < 0.05)) continue;
    Object.assign(other, { t, flight: null, fitted: false });
    request(other);
  }
}

function morphAt(app, now) {
  if (!app.morph) return null;
  app.morph.start ??= now;
  const f = (now - app.morph.start) / MORPH_MS;
  if (f >= 1) {
    app.morph = null;
    return null;
  }
  moveGlide(app.morph.glide, Math.max(0, f));
  return app.morph.glide;
}

function paintFade(app, now) {
  if (!app.fade) return;
  app.fade.start ??= now;
  const f = (now - app.fade.start) / MOVE_MS;
  if (f >= 1 || app.fade.image.width !== app.canvas.width || app.fade.image.height !== app.canvas.height) {
    app.fade = null;
    return;
  }
  app.context.setTransform(1, 0, 0, 1, 0, 0);
  app.context.globalAlpha = 1 - f;
  app.context.drawImage(app.fade.image, 0, 0);
  app.context.globalAlpha = 1;
}

function drawMap(app) {
  const { vw, vh, ratio } = app.size;
  const shape = mapFor(app.scene, app.t, vw, vh);
  if (app.map.hidden !== !shape) app.map.hidden = !shape;
  if (!shape) return;
  const known = app.mapShape;
  if (!known || known.w !== shape.w || known.h !== shape.h || known.scene !== app.scene) {
    app.mapShape = { ...shape, scene: app.scene };
    app.map.style.width = `${shape.w + 2}px`;
    app.map.style.height = `${shape.h + 2}px`;
    paintMap(app.mapCanvas, app.scene, shape, ratio, app.theme, app.marks);
  }
  const part = windowOn(shape, app.t, vw, vh);
  const style = app.mapWindow.style;
  style.width = `${part.w}px`;
  style.height = `${part.h}px`;
  style.transform = `translate(${part.x}px, ${part.y}px)`;
}

/** Take over the size of the stage; returns whether it changed. */
export function measure(app) {
  const box = app.stage.getBoundingClientRect();
  const [vw, vh] = [Math.round(box.width), Math.round(box.height)];
  const ratio = Math.min(3, app.window.devicePixelRatio || 1);
  const { size } = app;
  if (size.vw === vw && size.vh === vh && size.ratio === ratio) return false;
  app.size = { vw, vh, ratio };
  app.canvas.width = Math.max(1, Math.round(vw * ratio));
  app.canvas.height = Math.max(1, Math.round(vh * ratio));
  request(app);
  return true;
}
