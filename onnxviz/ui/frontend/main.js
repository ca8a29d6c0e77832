// The Streamlit component: called again whenever its data or the theme changes.
import { ask, fadeOut, freshMarks, glideFrom, makeApp, measure, moveTo, readColours, request, speakBy } from "./app.js";
import { makeChanges } from "./changes.js";
import { onKey, perform } from "./commands.js";
import { decodeScene } from "./decode.js";
import { element } from "./dom.js";
import { foldWords } from "./folding.js";
import { rowsOfLegend } from "./foldlegend.js";
import { listenTo } from "./gestures.js";
import { makeHelp } from "./help.js";
import { fillLegend } from "./legend.js";
import { bringIntoView, firstLook, goTo, movesOf, reveal, select, showMore, toggle } from "./moves.js";
import { makeOpFilter } from "./opfilter.js";
import { makeOutline } from "./outline.js";
import { evenBars, joinPair, leaderOf, leavePair, partnerWith, showPane, takeLead } from "./pairs.js";
import { pickWords, pickedOf, takePicks, togglePick } from "./picking.js";
import { makePlayer, stopPlayer, takePlay } from "./player.js";
import { makeSaveMenu, takeFile } from "./save.js";
import { goIfEager, makeSearch, takeFound } from "./search.js";
import { makeSelection, takeEnd } from "./selection.js";
import { shadingOf } from "./shades.js";
import { makeStrips } from "./strips.js";
import { makeToolbar } from "./toolbar.js";
import { held, inView, pan, toScene } from "./transform.js";

const ANSWER_MS = 8000;
const MOST_ASKED = 3;
// Pixels that a picture may grow by, and those of a window that are left for what stands around it.
const MOST_GROWN = 240;
const AROUND = 250;

const apps = new WeakMap();

/**
 * `data` is {scene, digest, height, look, label, select: {id, serial}, view, found, overlay, file, play,
 * picks}; see `viewer` in onnxviz/ui/viewer.py. Without `view` there is no page that could open groups, search or
 * save: null is a fixed picture, and undefined one whose groups open and close.
 */
export default function viewer({ parentElement, data, setStateValue }) {
  let app = apps.get(parentElement);
  if (!app) {
    app = makeApp(parentElement, parentElement.ownerDocument);
    apps.set(parentElement, app);
    start(app);
  }
  speakBy(app, setStateValue);
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
  app.filling = () => app.root.matches(":fullscreen") || app.root.classList.contains("filling");
  app.toolbar = makeToolbar(app, command);
  app.buttons = app.toolbar.buttons;
  const search = makeSearch(app, (id) => goTo(app, id));
  app.search.field = search.field;
  app.opFilter = makeOpFilter(app);
  app.search.onMark = app.opFilter.mark;
  app.changes = makeChanges(app, command);
  app.saveMenu = makeSaveMenu(app, app.buttons.save);
  app.strips = makeStrips(app, command);
  app.selection = makeSelection(app, command);
  app.help = makeHelp(document, signal);
  app.outline = makeOutline(document, {
    select: (box) => {
      if (takeEnd(app, app.scene.boxes.ids[box]) || togglePick(app, box)) return;
      select(app, box);
      reveal(app, box, false);
    },
    toggle: (box) => toggle(app, box),
    words: (box) => [pickWords(app, box), app.marks.folding ? foldWords(app.marks.folding, box) : ""].filter(Boolean).join(", "),
    checked: (box) => pickedOf(app, box),
  }, signal);
  // In the order of the tab key: the toolbar with each panel after its button, the picture, the list of boxes.
  app.paneName = element(document, "span", { class: "pane" });
  app.toolbar.groups.zoom.before(app.changes.group);
  app.toolbar.bar.prepend(app.paneName, search.field, search.panel, app.opFilter.button, app.opFilter.panel);
  app.toolbar.bar.append(app.saveMenu.panel);
  app.root.prepend(app.toolbar.bar, app.strips.strips);
  app.corner.prepend(app.selection.panel);
  app.middle.append(app.outline.panel);
  makePlayer(app, () => app.outline.redraw());
  app.middle.after(app.player.bar.panel);
  app.root.append(app.help);
  listenTo(app.canvas, movesOf(app), signal);
  listenToMap(app, signal);
  app.root.addEventListener("keydown", (event) => onKey(app, event), { signal });
  app.root.addEventListener("fullscreenchange", () => app.selection.show(), { signal });
  app.observer = new app.window.ResizeObserver(() => {
    evenBars(app);
    resized(app);
  });
  app.observer.observe(app.stage);
  document.fonts?.ready.then(() => app.theme && (app.cache.fonts.clear(), request(app)));
}

function stop(app) {
  leavePair(app);
  stopPlayer(app);
  app.controller.abort();
  app.observer.disconnect();
  app.window.cancelAnimationFrame(app.frame);
  for (const timer of [app.search.timer, app.hinting, app.missingTimer]) app.window.clearTimeout(timer);
  app.scene = null;
  app.root.remove();
}

function update(app, data) {
  joinPair(app, data.pane ?? null);
  // What the page moves makes no viewer of a pair its leader.
  app.updating = true;
  try {
    take(app, data);
  } finally {
    app.updating = false;
  }
  const leader = leaderOf(app);
  if (leader) request(leader);
}

function take(app, data) {
  const first = app.serial === null;
  app.root.classList.remove("busy");
  app.root.style.height = heightOf(data);
  app.canvas.setAttribute("aria-label", data.label);
  Object.assign(app, { view: data.view ?? undefined, fixed: data.view === null, label: data.label, overlay: data.overlay ?? null });
  const recoloured = readColours(app);
  const changed = data.digest !== app.digest && Boolean(data.scene);
  if (changed) show(app, data);
  else if (data.digest !== app.digest) askForScene(app, data.digest);
  takeFile(app, data.file, first);
  for (const part of [app.toolbar, app.opFilter, app.strips, app.changes]) part.show();
  showPane(app);
  takePlay(app, data.play ?? null, data.digest === app.digest);
  const picked = takePicks(app, data.picks ?? null);
  if (!app.scene) return;
  app.marks.shading = shadingOf(app.scene, app.overlay, app.theme.dark);
  takeFound(app, data.found ?? null);
  const legend = JSON.stringify([data.overlay, rowsOfLegend(app)]);
  if (changed || recoloured || legend !== app.legended) fillLegend(app);
  app.legended = legend;
  lookAnew(app, data, changed);
  if (data.select.serial !== app.serial && (changed || data.digest === app.digest)) {
    app.serial = data.select.serial;
    const box = app.scene.indexOf.get(data.select.id) ?? -1;
    // What only the other one of a pair has, that one selects.
    if (box >= 0 || !partnerWith(app, data.select.id)) select(app, box, { aloud: false });
    if (box >= 0) {
      takeLead(app);
      reveal(app, box, false);
    }
  }
  if (picked >= 0) bringIntoView(app, picked);
  app.changes.show();
  app.selection.show();
  goIfEager(app);
  request(app);
}

/** A player or a question is what its page is about: the picture has what a high window can spare. */
function heightOf({ height, play, picks }) {
  return play || picks ? `max(${height}px, min(${height + MOST_GROWN}px, 100vh - ${AROUND}px))` : `${height}px`;
}

/**
 * The page believes that this browser has the scene already: say once that it has not, and again only where the
 * answer was lost, since an answer that a later one overtakes never arrives.
 */
function askForScene(app, digest, times = 1) {
  if (times === 1 && app.missing === digest) return;
  app.missing = digest;
  ask(app, "scene");
  app.window.clearTimeout(app.missingTimer);
  const again = () => app.missing === digest && askForScene(app, digest, times + 1);
  if (times < MOST_ASKED) app.missingTimer = app.window.setTimeout(again, ANSWER_MS);
}

/** Where the view goes after an update: a graph that changed, a wish for a fresh look, or a stage that did. */
function lookAnew(app, data, changed) {
  const anew = data.look !== app.look;
  app.look = data.look;
  if (changed) {
    measure(app);
    app.place(anew);
  } else if (resized(app) || !anew) return;
  else firstLook(app);
}

function show(app, data) {
  const before = app.scene;
  if (before) fadeOut(app);
  app.digest = data.digest;
  app.missing = null;
  app.scene = decodeScene(JSON.parse(data.scene));
  app.marks = { ...freshMarks(), selected: app.scene.indexOf.get(app.selectedId) ?? -1 };
  app.mapShape = null;
  app.empty.hidden = app.scene.boxes.n > 0;
  app.outline.show(app.scene);
  if (app.marks.selected >= 0) app.outline.mark(app.marks.selected);
  const toggled = app.toggled;
  app.toggled = null;
  app.place = (anew) => place(app, before, toggled, anew);
}

/** A new graph is looked at whole; another state of the same one keeps in view what was in view. */
function place(app, before, toggled, anew) {
  const from = app.t;
  const same = before && before.title === app.scene.title;
  const anchor = same && !anew ? anchorOf(app, before, toggled) : null;
  if (!anchor) {
    firstLook(app);
    if (same) glideFrom(app, before, from);
    return;
  }
  const [was, is] = [before.indexOf.get(anchor), app.scene.indexOf.get(anchor)];
  const corner = ({ boxes }, i) => [boxes.x[i], boxes.y[i]];
  moveTo(app, held(app.t, corner(before, was), corner(app.scene, is)));
  glideFrom(app, before, from);
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

/** Follow the stage's size; returns whether the scene was looked at afresh. */
function resized(app) {
  const fitted = app.fitted;
  const before = app.size;
  if (!measure(app) || !app.scene) return false;
  const own = app.updating;
  app.updating = true;
  if (fitted || before.vw === 0) firstLook(app);
  else moveTo(app, pan(app.t, (app.size.vw - before.vw) / 2, (app.size.vh - before.vh) / 2));
  app.updating = own;
  return fitted || before.vw === 0;
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
