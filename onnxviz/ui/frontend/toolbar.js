// The strip above the picture: search, what is open, what it is coloured by, and how it is looked at.
import { ask } from "./app.js";
import { element, icon, iconButton, setName, setText } from "./dom.js";
import { ICONS } from "./icons.js";
import { levelsAround } from "./levels.js";

const VIEW_BUTTONS = [
  ["zoomOut", "Zoom out (−)"],
  ["actual", "Actual size (0)"],
  ["zoomIn", "Zoom in (+)"],
  ["fit", "Fit everything (f)"],
];
const TOOL_BUTTONS = [
  ["outline", "List of boxes"],
  ["save", "Save"],
  ["fullscreen", "Full screen"],
  ["help", "Keys and mouse (?)"],
];
const GRAPH_BUTTONS = [
  ["overview", "Overview", "Open as many groups as fit a view (o)"],
  ["all", "Open all", "Open every group"],
  ["none", "Close all", "Close every group"],
];

/** Builds the strip; `run(command)` is called on a click. Returns {bar, groups, buttons, show()}. */
export function makeToolbar(app, run) {
  const { document, controller: { signal } } = app;
  const make = (tag, attributes, ...children) => element(document, tag, attributes, ...children);
  const buttons = {};
  const button = (kind, name, title, text) => {
    buttons[kind] = iconButton(document, { kind, name, title, text, path: ICONS[kind] }, () => run(kind), signal);
    return buttons[kind];
  };
  const group = (label, ...children) => make("div", { class: "group", role: "group", "aria-label": label }, ...children);
  const depth = make("span", { class: "depth" });
  const groups = {
    open: group("Groups", ...GRAPH_BUTTONS.map(([kind, name, title]) => button(kind, name, title, name))),
    depth: group("Depth", button("less", "One level less", "One level less ([)"), depth, button("more", "One level more", "One level more (])")),
    turn: group("Picture", button("turn", "Left to right"), button("undo", "Undo", "Undo (u)"), button("redo", "Redo", "Redo (Ctrl + Shift + Z)")),
    zoom: group("Zoom", ...VIEW_BUTTONS.map(([kind, name]) => button(kind, name))),
    tools: group("View", ...TOOL_BUTTONS.map(([kind, name]) => button(kind, name))),
  };
  const colours = make("select", { "aria-label": "Colour by" });
  colours.addEventListener("change", () => ask(app, "overlay", { overlay: colours.value }), { signal });
  // Streamlit's shortcuts on the page are letters, and letters choose in a list.
  colours.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
  const colourBy = make("div", { class: "by" }, icon(document, ICONS.colours), colours);
  const bar = make("div", { class: "bar" }, groups.open, groups.depth, groups.turn, colourBy, groups.zoom, groups.tools);
  buttons.outline.setAttribute("aria-pressed", "false");
  app.level = buttons.actual;
  const parts = { buttons, groups, depth, colours, colourBy, listed: "" };
  return { bar, groups, buttons, colourBy, show: () => showState(app, parts) };
}

/** What can be done now, as the page says in `app.view`. */
function showState(app, parts) {
  const { view, scene } = app;
  const { buttons, groups, depth, colourBy } = parts;
  for (const each of [groups.open, groups.depth, groups.turn]) each.hidden = !view;
  colourBy.hidden = !view?.overlays?.length;
  if (!view) return;
  const [less, more] = levelsAround(view, scene);
  setText(depth, view.depth < 0 ? "–" : String(view.depth));
  setName(groups.depth, `Depth: ${view.depth < 0 ? "mixed" : view.depth} of ${view.deepest}`, "Levels of groups that are open");
  buttons.less.disabled = less === null;
  buttons.more.disabled = more === null;
  groups.depth.hidden = view.deepest < 1;
  const [turned, path] = view.direction === "LR" ? ["Top to bottom", ICONS.turnBack] : ["Left to right", ICONS.turn];
  setName(buttons.turn, turned, `${turned} (t)`);
  turnIcon(app, buttons.turn, path);
  buttons.undo.disabled = !view.undo;
  buttons.redo.disabled = !view.redo;
  showOverlays(app, parts);
}

function turnIcon(app, button, path) {
  const drawn = button.querySelector("path");
  if (drawn.getAttribute("d") !== path) drawn.setAttribute("d", path);
}

function showOverlays({ document, view, overlay }, parts) {
  const { colours } = parts;
  const listed = JSON.stringify([view.overlays, view.overlays.some(([id]) => id === view.overlay)]);
  if (listed !== parts.listed) {
    parts.listed = listed;
    const known = view.overlays.some(([id]) => id === view.overlay);
    const all = known ? view.overlays : [[view.overlay ?? "", "Op family", ""], ...view.overlays];
    colours.replaceChildren(...all.map(([id, label, help]) => element(document, "option", { value: id, title: help || null }, label)));
  }
  colours.value = view.overlay ?? "";
  const help = view.overlays.find(([id]) => id === view.overlay)?.[2];
  colours.title = ["What the colours of the boxes say", help].filter(Boolean).join(". ");
  parts.colourBy.classList.toggle("on", Boolean(overlay));
}
