// The colours and fonts of the picture, from the CSS variables that Streamlit sets for its theme.

const FALLBACK = {
  "--st-background-color": "#ffffff",
  "--st-text-color": "#31333f",
  "--st-red-color": "#e5484d",
  "--st-green-color": "#21a35b",
  "--st-orange-color": "#e8820c",
  "--st-yellow-color": "#e0b000",
  "--st-blue-color": "#1c83e1",
  "--st-violet-color": "#803df5",
  "--st-font": "sans-serif",
};

/** A CSS colour as [r, g, b] in 0..255; the browser itself parses it, `context` is any 2d context. */
export function rgb(context, colour, otherwise) {
  context.fillStyle = otherwise;
  context.fillStyle = colour;
  const parsed = String(context.fillStyle);
  if (parsed.startsWith("#")) return [1, 3, 5].map((at) => parseInt(parsed.slice(at, at + 2), 16));
  return (parsed.match(/[\d.]+/g) ?? ["0", "0", "0"]).slice(0, 3).map(Number);
}

/** `share` of b over a, as a CSS colour. */
export function mix(a, b, share) {
  return `rgb(${a.map((value, i) => Math.round(value + (b[i] - value) * share)).join(",")})`;
}

const halfway = (a, b) => a.map((value, i) => (value + b[i]) / 2);

/** Relative luminance in 0..1 (WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance). */
export function luminance(colour) {
  const [r, g, b] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * While a folding is played: what is a constant by now is between blue and green, what folds next is orange; the
 * one is cool and settled, the other warm and about to happen. The `Ink`s are for text, on the canvas or the tint.
 */
function foldingColours(colour, text, background, dark) {
  const constant = halfway(colour("--st-blue-color"), colour("--st-green-color"));
  const next = colour("--st-orange-color");
  const inked = (of) => mix(of, text, dark ? 0.5 : 0.55);
  return {
    quietInk: mix(background, text, 0.82),
    constant: mix(constant, text, dark ? 0.2 : 0.15),
    constantInk: inked(constant),
    constantTint: mix(background, constant, dark ? 0.24 : 0.13),
    onConstant: dark ? "#000" : "#fff",
    constantFill: mix(constant, dark ? [255, 255, 255] : [0, 0, 0], 0.3),
    next: mix(next, text, dark ? 0.05 : 0.1),
    nextTint: mix(background, next, dark ? 0.2 : 0.14),
    glow: `rgba(${next.join(",")},${dark ? 0.4 : 0.34})`,
    faintGlow: `rgba(${next.join(",")},${dark ? 0.2 : 0.17})`,
  };
}

/** Every colour that painting needs, for the theme in force at `element`. */
export function readTheme(element, context) {
  const style = element.ownerDocument.defaultView.getComputedStyle(element);
  const variable = (name) => {
    const value = style.getPropertyValue(name).trim();
    return value && value !== "unset" ? value : FALLBACK[name];
  };
  const colour = (name) => rgb(context, variable(name), FALLBACK[name]);
  const background = colour("--st-background-color");
  const text = colour("--st-text-color");
  const dark = luminance(background) < 0.3;
  const of = (share) => mix(background, text, share);
  return {
    dark,
    background: mix(background, background, 0),
    canvas: of(dark ? 0 : 0.018),
    surface: dark ? of(0.07) : mix(background, background, 0),
    stack: dark ? of(0.13) : of(0.035),
    border: of(dark ? 0.34 : 0.26),
    faint: of(dark ? 0.2 : 0.12),
    frame: of(dark ? 0.42 : 0.32),
    shade: `rgba(${text.join(",")},${dark ? 0.045 : 0.03})`,
    keptCurve: of(dark ? 0.36 : 0.32),
    curve: of(dark ? 0.5 : 0.46),
    text: mix(text, text, 0),
    pill: dark ? of(0.86) : mix(text, text, 0),
    pillText: mix(background, background, 0),
    muted: of(dark ? 0.7 : 0.68),
    // Not the theme's primary colour: Streamlit's is red, and red means removed here.
    ring: mix(text, text, 0),
    halo: `rgba(${text.join(",")},0.16)`,
    incoming: mix(colour("--st-blue-color"), text, dark ? 0.15 : 0.05),
    outgoing: mix(colour("--st-orange-color"), text, dark ? 0.1 : 0.08),
    kept: of(dark ? 0.45 : 0.42),
    removed: mix(colour("--st-red-color"), text, 0.1),
    added: mix(colour("--st-green-color"), text, 0.15),
    problem: mix(colour("--st-red-color"), text, 0.1),
    onProblem: dark ? "#000" : "#fff",
    // Between orange and yellow: orange alone is too near to red.
    changed: mix(halfway(colour("--st-orange-color"), colour("--st-yellow-color")), text, dark ? 0.05 : 0.25),
    // Violet is nobody else's: blue and orange are flows, red, green and orange are changes.
    hit: mix(colour("--st-violet-color"), [255, 255, 255], dark ? 0.35 : 0),
    onHit: dark ? "#000" : "#fff",
    ...foldingColours(colour, text, background, dark),
    font: variable("--st-font"),
  };
}
