// The colours of a box while a folding is played, by the state of the node that it is.
import { FOLD } from "./folding.js";
import { FULL_SCALE } from "./levels.js";

const COLOURS = {
  [FOLD.ready]: "next", [FOLD.next]: "next", [FOLD.value]: "constant", [FOLD.inlined]: "muted", [FOLD.dropped]: "faint",
  [FOLD.stays]: "changed",
};
const FILLS = { [FOLD.next]: "nextTint", [FOLD.value]: "constantTint", [FOLD.inlined]: "canvas", [FOLD.dropped]: "canvas" };

/** Where boxes are too small for more than a colour, it is for what happens: that of a family could be taken for it. */
const isGrey = ({ folding, shading, k }, i) => folding && !shading && !(k >= FULL_SCALE) && folding.look[i] === FOLD.plain;

const lookOfBox = ({ folding }, i) => folding?.look[i] ?? FOLD.plain;

/** The colour of its strip, or of the speck that it is; undefined where it has its own. */
export const foldColour = (pen, i) => pen.theme[isGrey(pen, i) ? "kept" : COLOURS[lookOfBox(pen, i)]];

/** What it is filled with; undefined where it has its own. */
export const foldFill = (pen, i) => pen.theme[isGrey(pen, i) ? "surface" : FILLS[lookOfBox(pen, i)]];
