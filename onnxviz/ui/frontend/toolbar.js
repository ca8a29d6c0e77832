// The buttons over the picture, the legend under it, and the sheet of keys.
import { element, icon } from "./dom.js";
import { KEY_HELP } from "./keys.js";

const BUTTONS = [
  ["zoomOut", "Zoom out (−)", "M3 8h10"],
  ["actual", "Actual size (0)", ""],
  ["zoomIn", "Zoom in (+)", "M3 8h10M8 3v10"],
  ["fit", "Fit everything (f)", "M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3M5.5 6h5v4h-5z"],
  ["outline", "List of boxes", "M2.5 3.5h2M6.5 3.5h7M4.5 8h2M8.5 8h5M4.5 12.5h2M8.5 12.5h5"],
  ["fullscreen", "Full screen", "M6 2.5H2.5V6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"],
  ["help", "Keys and mouse (?)", "M5.6 6a2.4 2.4 0 1 1 3.4 2.2c-.7.4-1 .8-1 1.6M8 12.2v.6"],
];

/** The tool bar; `run(command)` is called on a click. Returns {bar, level, buttons}. */
export function makeToolbar(document, run, signal) {
  const bar = element(document, "div", { class: "bar", role: "toolbar", "aria-label": "View" });
  const buttons = {};
  for (const [command, name, path] of BUTTONS) {
    const button = element(document, "button", { type: "button", class: `do-${command}`, "aria-label": name, title: name });
    if (path) button.append(icon(document, path));
    button.addEventListener("click", () => run(command), { signal });
    buttons[command] = button;
    bar.append(button);
  }
  buttons.outline.setAttribute("aria-pressed", "false");
  return { bar, buttons, level: buttons.actual };
}

/** Chips for the families that occur in the scene, as a list of sign, colour and label. */
export function fillLegend(document, legend, scene, theme) {
  const items = scene.families.map((family) => {
    const swatch = element(document, "span", { class: "swatch", "aria-hidden": "true" }, family.sign);
    swatch.style.setProperty("--family", family[theme.dark ? "dark" : "light"]);
    return element(document, "li", {}, swatch, family.label);
  });
  const occurring = new Set(scene.boxes.status);
  for (const [status, sign] of [["removed", "−"], ["added", "+"], ["changed", "~"]]) {
    if (!occurring.has(status)) continue;
    const swatch = element(document, "span", { class: "swatch", "aria-hidden": "true" }, sign);
    swatch.style.setProperty("--family", theme[status]);
    items.push(element(document, "li", {}, swatch, status));
  }
  legend.replaceChildren(...items);
  legend.hidden = items.length === 0;
}

/** The modal sheet that says which key does what. */
export function makeHelp(document, signal) {
  const list = element(document, "dl");
  for (const [keys, does] of KEY_HELP) {
    list.append(element(document, "dt", {}, keys), element(document, "dd", {}, does));
  }
  const close = element(document, "button", { type: "button" }, "Close");
  const heading = element(document, "h2", {}, "Moving around the graph");
  const sheet = element(document, "dialog", { class: "help", "aria-label": "Keys and mouse" }, heading, list, close);
  close.addEventListener("click", () => sheet.close(), { signal });
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close(), { signal });
  // The app's own shortcuts must not run while one reads.
  sheet.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
  return sheet;
}
