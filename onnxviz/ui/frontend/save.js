// Taking the picture away: PNG is painted here, the other formats are asked of the page, which sends a file back.
import { ask, lookOf, say } from "./app.js";
import { element, iconButton } from "./dom.js";
import { paint } from "./paint.js";
import { makePopup, walkable } from "./popups.js";
import { transform } from "./transform.js";

// Browsers give larger canvases back empty, or refuse them, and picture viewers give up on them.
const MOST_SIDE = 12_000;
const MOST_PIXELS = 60e6;
const BEST_SCALE = 2;
const MARGIN = 16;
const KEEP_MS = 60_000;
const CHOICES = [
  ["This view", ["png", "view", "PNG"]],
  ["Whole picture", ["svg", "shown", "SVG"], ["png", "shown", "PNG"], ["html", "shown", "HTML"], ["dot", "shown", "DOT"]],
  ["Everything open", ["svg", "all", "SVG"], ["html", "all", "HTML"], ["dot", "all", "DOT"]],
];
const SAVED_BEFORE = new Set();

/** How large a picture of w by h points may be: the scale, and whether it had to be lowered. */
export function pngScale(w, h) {
  const room = Math.min(MOST_SIDE / w, MOST_SIDE / h, Math.sqrt(MOST_PIXELS / (w * h)));
  return { scale: Math.min(BEST_SCALE, room), lowered: room < BEST_SCALE };
}

/** A name that every file system takes, from a label that a model's author chose. */
export function fileName(label, kind) {
  const clean = Array.from(label.normalize("NFC").replace(/[^\p{L}\p{N}._ -]+/gu, " ").replace(/\s+/g, " ").trim());
  const short = clean.slice(0, 80).join("").replace(/^[. ]+|[. ]+$/g, "");
  return `${short || "graph"}.${kind}`;
}

/** Builds the menu that opens under `opener`; returns its panel and popup. */
export function makeSaveMenu(app, opener) {
  const { document, controller: { signal } } = app;
  const buttonFor = (heading, [format, extent, text]) => {
    const made = iconButton(document, { kind: `save-${format}-${extent}`, name: `${heading}: ${text}`, text }, () => {
      popup.close(true);
      save(app, format, extent);
    }, signal);
    made.dataset.format = format;
    return made;
  };
  const rows = CHOICES.map(([heading, ...formats]) => element(document, "div", { class: "saverow", role: "group", "aria-label": heading },
    element(document, "span", {}, heading), ...formats.map((format) => buttonFor(heading, format))));
  const panel = element(document, "div", { class: "pop savemenu", role: "dialog", "aria-label": "Save" }, ...rows);
  opener.setAttribute("aria-haspopup", "dialog");
  const buttons = () => [...panel.querySelectorAll("button")].filter((each) => !each.closest("[hidden]"));
  const popup = makePopup(app, opener, panel, { alignRight: true, opened: () => {
    // A saved picture has no page that could make another file.
    for (const button of panel.querySelectorAll("button")) button.hidden = !app.view && button.dataset.format !== "png";
    rows[2].hidden = !app.view;
    buttons()[0].focus();
  } });
  walkable(panel, buttons, signal);
  return { panel, popup };
}

function save(app, format, extent) {
  if (!app.scene || !app.theme) return;
  if (format === "png") savePng(app, extent === "view");
  else {
    ask(app, "save", { format, extent });
    say(app, `Making the ${format.toUpperCase()} file`);
  }
}

/** The part in view, or the whole scene, on a canvas of its own. */
function savePng(app, viewOnly) {
  const { scene, size } = app;
  const [w, h] = viewOnly ? [size.vw, size.vh] : [scene.w + 2 * MARGIN, scene.h + 2 * MARGIN];
  const { scale, lowered } = pngScale(w, h);
  // Painted at its own size and with more pixels, or smaller and then with less detail, as on the screen.
  const k = Math.min(1, scale);
  const shape = { vw: w * k, vh: h * k, ratio: scale / k };
  const t = viewOnly ? transform(app.t.k * k, app.t.x * k, app.t.y * k) : transform(k, MARGIN * k, MARGIN * k);
  const canvas = app.document.createElement("canvas");
  canvas.width = Math.max(1, Math.floor(w * scale));
  canvas.height = Math.max(1, Math.floor(h * scale));
  const look = lookOf(app);
  paint(canvas.getContext("2d", { alpha: false }), scene, t, shape, { ...look, marks: { ...look.marks, hovered: -1 } });
  canvas.toBlob((blob) => {
    if (!blob) {
      say(app, "This browser cannot make a picture of that size");
      return;
    }
    download(app, blob, fileName(app.label, "png"));
    const percent = Math.max(1, Math.round(scale * 100));
    say(app, lowered ? `Saved at ${percent} % of its size: larger would be more than a browser can make` : "Saved");
  }, "image/png");
}

function download(app, blob, name) {
  const address = app.window.URL.createObjectURL(blob);
  const link = element(app.document, "a", { href: address, download: name, hidden: "" });
  app.root.append(link);
  link.click();
  link.remove();
  app.window.setTimeout(() => app.window.URL.revokeObjectURL(address), KEEP_MS);
}

/** Hand over a file that the page made, once for each serial number. */
export function takeFile(app, file, first) {
  if (!file || file.serial === app.fileSerial) return;
  app.fileSerial = file.serial;
  const text = String(file.text ?? "");
  const known = JSON.stringify([file.serial, file.name, text.length]);
  // A viewer that is built anew, on coming back to a page, is handed the last file again.
  if (first && SAVED_BEFORE.has(known)) return;
  SAVED_BEFORE.add(known);
  download(app, new app.window.Blob([text], { type: file.mime }), file.name);
  say(app, `Saved ${file.name}`);
}
