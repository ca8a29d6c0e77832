// The Streamlit component: called again whenever its data or the theme changes.
import { fadeOut, makeApp, measure, moveTo, readColours, request } from "./app.js";
import { decodeScene } from "./decode.js";
import { listenTo } from "./gestures.js";
import { commandOf } from "./keys.js";
import { firstLook, movesOf, reveal, run, select, showMore, toggle } from "./moves.js";
import { makeOutline } from "./outline.js";
import { fillLegend, makeHelp, makeToolbar } from "./toolbar.js";
import { held, inView, pan, toScene } from "./transform.js";

const apps = new WeakMap();

/** `data` is {scene, digest, height, label, select: {id, serial}}; see `viewer` in onnxviz/ui/viewer.py. */
export default function viewer({ parentElement, data, setTriggerValue }) {
  let app = apps.get(parentElement);
  if (!app) {
    app = makeApp(parentElement, parentElement.ownerDocument);
    apps.set(parentElement, app);
    start(app);
  }
  app.send = setTriggerValue;
  update(app, data);
  return () => {
    apps.delete(parentElement);
    stop(app);
  };
}

function start(app) {
  const { document, controller } = app;
  const { signal } = controller;
  const command = (name) => perform(app, name);
  const toolbar = makeToolbar(document, command, signal);
  app.buttons = toolbar.buttons;
  app.level = toolbar.level;
  app.help = makeHelp(document, signal);
  app.outline = makeOutline(document, {
    select: (box) => {
      select(app, box);
      reveal(app, box, false);
    },
    toggle: (box) => toggle(app, box),
  }, signal);
  // The toolbar comes first for the tab key, then the picture, then the list of boxes.
  app.stage.prepend(toolbar.bar);
  app.middle.append(app.outline.panel);
  app.root.append(app.help);
  app.filling = () => app.root.matches(":fullscreen") || app.root.classList.contains("filling");
  listenTo(app.canvas, movesOf(app), signal);
  listenToMap(app, signal);
  app.root.addEventListener("keydown", (event) => onKey(app, event), { signal });
  app.observer = new app.window.ResizeObserver(() => resized(app));
  app.observer.observe(app.stage);
  document.fonts?.ready.then(() => app.theme && (app.cache.widths.clear(), app.cache.cuts.clear(), request(app)));
}

function stop(app) {
  app.controller.abort();
  app.observer.disconnect();
  app.window.cancelAnimationFrame(app.frame);
  app.scene = null;
  app.root.remove();
}

function update(app, data) {
  app.root.style.height = `${data.height}px`;
  app.canvas.setAttribute("aria-label", data.label);
  const recoloured = readColours(app);
  const changed = data.digest !== app.digest;
  if (changed) show(app, data);
  if (changed || recoloured) fillLegend(app.document, app.legend, app.scene, app.theme);
  measure(app);
  const anew = data.look !== app.look;
  app.look = data.look;
  if (changed) app.place(anew);
  else if (anew) firstLook(app);
  if (data.select.serial !== app.serial) {
    app.serial = data.select.serial;
    const box = app.scene.indexOf.get(data.select.id) ?? -1;
    select(app, box, { tell: false });
    if (box >= 0) reveal(app, box, false);
  }
  request(app);
}

function show(app, data) {
  const before = app.scene;
  if (before) fadeOut(app);
  app.digest = data.digest;
  app.scene = decodeScene(JSON.parse(data.scene));
  app.marks = { selected: app.scene.indexOf.get(app.selectedId) ?? -1, hovered: -1 };
  app.empty.hidden = app.scene.boxes.n > 0;
  app.outline.show(app.scene);
  if (app.marks.selected >= 0) app.outline.mark(app.marks.selected);
  const toggled = app.toggled;
  app.toggled = null;
  app.place = (anew) => place(app, anew ? null : before, toggled);
}

/** A new graph is looked at whole; another state of the same one keeps in view what was in view. */
function place(app, before, toggled) {
  const anchor = before && before.title === app.scene.title ? anchorOf(app, before, toggled) : null;
  if (!anchor) {
    firstLook(app);
    return;
  }
  const [was, is] = [before.indexOf.get(anchor), app.scene.indexOf.get(anchor)];
  const corner = ({ boxes }, i) => [boxes.x[i], boxes.y[i]];
  moveTo(app, held(app.t, corner(before, was), corner(app.scene, is)));
  if (anchor === toggled) showMore(app, is);
}

function anchorOf(app, before, toggled) {
  const { vw, vh } = app.size;
  const in_both = (id) => before.indexOf.has(id) && app.scene.indexOf.has(id);
  if (toggled && in_both(toggled)) return toggled;
  const [x, y] = toScene(app.t, vw / 2, vh / 2);
  const view = inView(app.t, vw, vh);
  const { boxes } = before;
  let [best, least] = [null, Math.hypot(view.w, view.h)];
  for (let i = 0; i < boxes.n; i += 1) {
    const far = Math.hypot(boxes.x[i] + boxes.w[i] / 2 - x, boxes.y[i] + boxes.h[i] / 2 - y);
    if (far < least && !boxes.open[i] && in_both(boxes.ids[i])) [best, least] = [boxes.ids[i], far];
  }
  return best;
}

function resized(app) {
  const fitted = app.fitted;
  const before = app.size;
  if (!measure(app) || !app.scene) return;
  if (fitted || before.vw === 0) firstLook(app);
  else moveTo(app, pan(app.t, (app.size.vw - before.vw) / 2, (app.size.vh - before.vh) / 2));
}

function perform(app, command) {
  if (command === "help") app.help.showModal();
  else if (command === "fullscreen") fill(app);
  else if (command === "outline") {
    const shown = app.outline.panel.classList.toggle("shown");
    app.buttons.outline.setAttribute("aria-pressed", String(shown));
    if (shown) app.outline.focusRow();
  } else run(app, command);
}

/** Full screen, or the whole window where the browser refuses (an embedded frame, a phone). */
function fill(app) {
  if (app.document.fullscreenElement) {
    app.document.exitFullscreen();
    return;
  }
  const instead = () => app.root.classList.toggle("filling");
  if (app.root.requestFullscreen) app.root.requestFullscreen().catch(instead);
  else instead();
}

function onKey(app, event) {
  if (app.help.open) return;
  if (event.key === "Escape" && app.root.classList.contains("filling")) {
    app.root.classList.remove("filling");
    return;
  }
  const command = commandOf(event);
  const onButton = event.target instanceof app.window.HTMLButtonElement;
  if (!command || (onButton && event.key === "Enter")) return;
  // Streamlit has shortcuts of its own on the page ("r", "c"): what is handled here is not theirs.
  event.stopPropagation();
  event.preventDefault();
  const far = event.shiftKey && event.key.startsWith("Arrow");
  for (let times = far ? 5 : 1; times > 0; times -= 1) perform(app, command);
}

function listenToMap(app, signal) {
  const go = (event) => {
    const box = app.mapCanvas.getBoundingClientRect();
    const { kx, ky } = app.mapShape;
    const [x, y] = [(event.clientX - box.left) / kx, (event.clientY - box.top) / ky];
    moveTo(app, { k: app.t.k, x: app.size.vw / 2 - x * app.t.k, y: app.size.vh / 2 - y * app.t.k });
  };
  const on = (type, handle) => app.map.addEventListener(type, handle, { signal });
  on("pointerdown", (event) => {
    app.map.setPointerCapture(event.pointerId);
    go(event);
  });
  on("pointermove", (event) => app.map.hasPointerCapture(event.pointerId) && go(event));
}
