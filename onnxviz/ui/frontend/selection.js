// The bar in the corner of the picture while a box is selected: look at what is around it alone. And the mode in
// which the next box that is chosen is the other end of a path.
import { ask, request, say } from "./app.js";
import { element, iconButton, setText } from "./dom.js";
import { ICONS } from "./icons.js";

const MOST_STEPS = 9;
const MOST_LINES = 12;
const KINDS_SAID = { neighbours: "Neighbours", ancestors: "Ancestors", descendants: "Descendants" };
const TITLES = {
  neighbours: "Show only what is within these many steps (v)",
  ancestors: "Show only what leads to it (a)",
  descendants: "Show only what follows from it (d)",
};

/** Builds the bar; `run(command)` is called on a click. Returns {panel, show()}. */
export function makeSelection(app, run) {
  const { document, controller: { signal } } = app;
  const make = (tag, attributes, ...children) => element(document, tag, attributes, ...children);
  const button = (kind, text, title) => iconButton(document, { kind, name: text, title, text }, () => run(kind), signal);
  app.steps = 1;
  const steps = make("span", { class: "depth" }, "1");
  const stepper = (by, name, path) => iconButton(document, { kind: by < 0 ? "fewer" : "further", name, path }, () => {
    app.steps = Math.max(1, Math.min(MOST_STEPS, app.steps + by));
    showSelection(app, parts);
  }, signal);
  const [fewer, further] = [stepper(-1, "One step less", ICONS.less), stepper(1, "One step more", ICONS.more)];
  const [around, others] = [make("div", { class: "group", role: "group", "aria-label": "Neighbours" },
    button("neighbours", "Neighbours", TITLES.neighbours), fewer, steps, further), make("div", { class: "group" },
    button("ancestors", "Ancestors", TITLES.ancestors), button("descendants", "Descendants", TITLES.descendants),
    button("path", "Path to…", "Show only what lies between it and another box (p)"))];
  const centre = make("div", { class: "group" }, button("centre", "Centre", "Bring it to the middle (c)"));
  const [name, lines] = [make("span", { class: "name" }), make("ul", { class: "lines" })];
  const hint = make("div", { class: "pathhint" }, make("span", {}, "Click the other end of the path"),
    iconButton(document, { kind: "cancel", name: "Cancel the path", title: "Cancel (Esc)", text: "Cancel" }, () => endPath(app), signal));
  const panel = make("div", { class: "chosen", role: "group", "aria-label": "Selected box" }, name, lines, around, others, centre, hint);
  const parts = { panel, name, lines, around, others, centre, hint, steps, fewer, further };
  return { panel, show: () => showSelection(app, parts) };
}

function showSelection(app, parts) {
  const { scene, marks, path } = app;
  const i = marks.selected;
  parts.panel.hidden = ((i < 0 || app.alongside) && !path) || !scene;
  parts.hint.hidden = !path;
  for (const part of [parts.around, parts.others]) part.hidden = !app.view || Boolean(path);
  parts.centre.hidden = Boolean(path) || i < 0;
  setText(parts.steps, String(app.steps));
  parts.fewer.disabled = app.steps <= 1;
  parts.further.disabled = app.steps >= MOST_STEPS;
  app.canvas.classList.toggle("choosing", Boolean(path));
  if (parts.panel.hidden) return;
  setText(parts.name, i < 0 ? path.title : scene.boxes.title[i] || "unnamed");
  // Elsewhere the page has the details beside the picture.
  const lines = i >= 0 && (app.filling() || app.fixed) ? scene.boxes.lines[i].slice(0, MOST_LINES) : [];
  parts.lines.replaceChildren(...lines.map((line) => element(app.document, "li", {}, line)));
  parts.lines.hidden = !lines.length;
}

/** Ask for the part of the graph around the selected box; `kind` is "neighbours", "ancestors" or "descendants". */
export function focusOn(app, kind) {
  const node = selectedIn(app);
  if (node === undefined) return;
  ask(app, "focus", { kind, node, other: null, steps: app.steps });
  say(app, `${KINDS_SAID[kind]} of ${titleOf(app, node)}`);
}

function selectedIn(app) {
  const id = app.scene.boxes.ids[app.marks.selected];
  if (id === undefined) say(app, "Select a box first");
  return id;
}

function titleOf(app, id) {
  const i = app.scene.indexOf.get(id);
  return (i === undefined ? "" : app.scene.boxes.title[i]) || id;
}

/** From now on the next box that is chosen is the other end of a path from the selected one. */
export function startPath(app) {
  const from = selectedIn(app);
  if (from === undefined) return;
  app.path = { from, title: titleOf(app, from) };
  app.selection.show();
  app.canvas.focus();
  say(app, "Click the other end of the path, or find it; Escape cancels");
  request(app);
}

export function endPath(app, { quietly = false } = {}) {
  if (!app.path) return false;
  app.path = null;
  app.selection.show();
  if (!quietly) say(app, "No path");
  return true;
}

/** Takes a box as the other end where one is waited for; returns whether it was taken. */
export function takeEnd(app, id) {
  if (!app.path) return false;
  const { from, title } = app.path;
  if (id === from) return true;
  endPath(app, { quietly: true });
  ask(app, "focus", { kind: "path", node: from, other: id, steps: app.steps });
  say(app, `Paths between ${title} and ${titleOf(app, id)}`);
  return true;
}
