// Which colours a box has: by its family or, while an overlay is on, by its share; by its status where it has one.
// In a comparison what was kept is grey: the colours are for what changed.
import { foldColour, foldFill } from "./foldlook.js";
import { mix, rgb } from "./theme.js";

const CHANGED = ["removed", "added", "changed"];
const looks = new WeakMap();

/** The colours of a scene's families in a theme: {colour, block, card} of CSS colours by place, worked out once. */
function looksOf(scene, theme, context) {
  const known = looks.get(scene);
  if (known && known.theme === theme) return known;
  const surface = rgb(context, theme.surface, "#888888");
  const of = (colour) => {
    const parts = rgb(context, colour, theme.muted);
    return [mix(parts, parts, 0), mix(surface, parts, theme.dark ? 0.3 : 0.2), mix(surface, parts, theme.dark ? 0.12 : 0.07)];
  };
  const own = scene.families.map((family) => (theme.dark ? family.dark : family.light));
  // A box without a family comes behind all families, and then what changed.
  const all = [...own.map((colour) => of(scene.compares ? theme.kept : colour)), of(scene.compares ? theme.kept : theme.muted),
    ...CHANGED.map((status) => of(theme[status]))];
  const made = { theme, colour: all.map((a) => a[0]), block: all.map((a) => a[1]), card: all.map((a) => a[2]) };
  looks.set(scene, made);
  return made;
}

function placeOf(scene, i) {
  const { family, status } = scene.boxes;
  if (scene.compares && status[i]) return scene.families.length + 1 + CHANGED.indexOf(status[i]);
  return family[i] >= 0 ? family[i] : scene.families.length;
}

/** The family's own colour or, in a comparison or a folding, that of what became of it. */
export function familyColour(pen, scene, i) {
  return foldColour(pen, i) ?? looksOf(scene, pen.theme, pen.context).colour[placeOf(scene, i)];
}

/** The colour of a box that is a speck, here or on the map. */
export function speckColour(pen, scene, i) {
  const { theme, shading } = pen;
  const { boxes } = scene;
  const folded = foldColour(pen, i);
  if (folded) return folded;
  if (shading) return shading.share[i] >= 0 ? shading.fill[i] : theme.faint;
  return theme[boxes.status[i]] ?? (boxes.kind[i] === "stub" ? theme.faint : familyColour(pen, scene, i));
}

/** What a block or a card is filled with: `level` is "block" or "card". */
export function fillOf(pen, scene, i, level) {
  const { shading, theme } = pen;
  const folded = foldFill(pen, i);
  if (folded) return folded;
  if (!shading) return looksOf(scene, theme, pen.context)[level][placeOf(scene, i)];
  return shading.share[i] >= 0 ? shading.fill[i] : theme.surface;
}

/** What is written on it, and the strip and sign beside. */
export function inkOf(pen, scene, i, otherwise) {
  const { shading } = pen;
  // On the tint of what folds next, muted text would be too faint to read.
  if (foldFill(pen, i)) return pen.theme.text;
  return shading && shading.share[i] >= 0 ? shading.ink[i] : otherwise;
}
