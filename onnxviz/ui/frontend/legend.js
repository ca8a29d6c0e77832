// What the colours mean, under the picture: the families that occur or, while an overlay is on, its scale.
import { element } from "./dom.js";
import { rowsOfLegend } from "./foldlegend.js";
import { gradientOf } from "./shades.js";

const STATUS_SIGNS = [["removed", "−"], ["added", "+"], ["changed", "~"]];

export function fillLegend(app) {
  const { document, legend, scene, theme, overlay } = app;
  const items = overlay ? [scaleOf(document, overlay, theme)] : scene.compares ? [] : familiesOf(document, scene, theme);
  items.unshift(...rowsOfLegend(app).map(([sign, colour, label]) => chipOf(document, sign, theme[colour], label)));
  if (scene.compares && !overlay) items.push(chipOf(document, "=", theme.kept, "kept"));
  const occurring = new Set(scene.compares ? STATUS_SIGNS.map(([status]) => status) : scene.boxes.status);
  for (const [status, sign] of STATUS_SIGNS) {
    if (occurring.has(status)) items.push(chipOf(document, sign, theme[status], status));
  }
  if (scene.boxes.flagged.includes(true)) items.push(chipOf(document, "!", theme.problem, "problem"));
  legend.replaceChildren(...items);
  legend.hidden = items.length === 0;
}

function chipOf(document, sign, colour, label) {
  const swatch = element(document, "span", { class: "swatch", "aria-hidden": "true" }, sign);
  swatch.style.setProperty("--family", colour);
  return element(document, "li", {}, swatch, label);
}

function familiesOf(document, scene, theme) {
  return scene.families.map((family) => chipOf(document, family.sign, theme.dark ? family.dark : family.light, family.label));
}

function scaleOf(document, { label, note, least, most }, theme) {
  const make = (tag, attributes, ...children) => element(document, tag, attributes, ...children);
  const bar = make("span", { class: "gradient", "aria-hidden": "true" });
  bar.style.background = gradientOf(theme.dark);
  const scale = make("span", { class: "scale" }, make("span", {}, least ?? ""), bar, make("span", {}, most ?? ""));
  return make("li", { class: "overlay" }, make("strong", {}, label ?? ""), scale, make("span", { class: "note" }, note ?? ""));
}
