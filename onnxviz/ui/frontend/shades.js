// Colouring boxes by a number: a sequential palette, what is written on it, and the columns for painting.
import { luminance, mix } from "./theme.js";

// ColorBrewer's YlGnBu (https://colorbrewer2.org), which it lists as safe for the colour-blind; its lightness
// falls evenly, so it survives grey printing. On a dark page little is dark and much is bright.
const SCALE = [
  [247, 251, 222], [213, 238, 185], [146, 211, 187], [75, 184, 197], [33, 148, 194], [36, 99, 168], [37, 52, 148], [20, 34, 107],
];
const SHADES = 48;

/** The colour [r, g, b] for a share in 0..1. */
export function shadeOf(share, dark) {
  const held = Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0));
  const at = (dark ? 1 - held : held) * (SCALE.length - 1);
  const low = Math.min(SCALE.length - 2, Math.floor(at));
  return SCALE[low].map((value, n) => Math.round(value + (SCALE[low + 1][n] - value) * (at - low)));
}

/** Black or white, whichever reads better; one of them always has a contrast of 4.58 or more. */
export function inkOn(colour) {
  const light = luminance(colour);
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? "#fff" : "#000";
}

/** The stops of the scale as CSS, from least to most. */
export function gradientOf(dark) {
  const stops = Array.from({ length: 9 }, (_, n) => mix(shadeOf(n / 8, dark), [0, 0, 0], 0));
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

/**
 * Columns for painting: `share[i]` in 0..1 or -1, `text[i]`, `fill[i]` and `ink[i]`; null without an overlay.
 * `overlay` is {shades: {box id: [share, text]}} as the page sends it.
 */
export function shadingOf(scene, overlay, dark) {
  if (!overlay) return null;
  const { n } = scene.boxes;
  const shading = { share: new Float32Array(n).fill(-1), text: new Array(n).fill(""), fill: [], ink: [] };
  const steps = Array.from({ length: SHADES + 1 }, (_, step) => shadeOf(step / SHADES, dark));
  const fills = steps.map((colour) => mix(colour, colour, 0));
  const inks = steps.map(inkOn);
  for (const [id, [share, text]] of Object.entries(overlay.shades ?? {})) {
    const i = scene.indexOf.get(id);
    if (i === undefined || !Number.isFinite(share)) continue;
    shading.share[i] = Math.max(0, Math.min(1, share));
    shading.text[i] = String(text ?? "");
    const step = Math.round(shading.share[i] * SHADES);
    shading.fill[i] = fills[step];
    shading.ink[i] = inks[step];
  }
  return shading;
}
