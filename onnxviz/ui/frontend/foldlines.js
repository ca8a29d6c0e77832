// The lines of a graph while its folding is played: what a constant gives its readers is written where they read it.
import { along, paintSome } from "./curves.js";
import { FOLD, isDone, valueOf } from "./folding.js";
import { roundPath } from "./levels.js";
import { TITLE_FONT, cut, useFont, widthOf } from "./text.js";

const CHIP_SCALE = 0.62;
const MOST_CHIPS = 150;
const MOST_PULSES = 300;
const CHIP_WIDE = 130;
const CHIP_HIGH = 18;
// Near the reader's edge, else where there is room.
const PLACES = [0.74, 0.5, 0.3];

/** The box that each line comes from; for a line out of a stub, the box at its other end. */
function originsOf(scene) {
  scene.origins ??= Int32Array.from(scene.curves.source, (box) => {
    const jump = scene.boxes.kind[box] === "stub" ? scene.boxes.jump[box] : null;
    return (jump ? scene.indexOf.get(jump) : box) ?? -1;
  });
  return scene.origins;
}

const lookAt = (folding, box) => (box < 0 ? FOLD.plain : folding.look[box]);

/** Whether line `c` brings a constant of a folded node to a node that still reads it. */
export function isGiven({ folding }, scene, c) {
  return lookAt(folding, originsOf(scene)[c]) === FOLD.value && !isDone(lookAt(folding, scene.curves.target[c]));
}

/** Whether nobody reads through line `c` any more. What an inlined If gave, its branch gives instead. */
export function isDead({ folding }, scene, c) {
  return isDone(lookAt(folding, scene.curves.target[c])) || lookAt(folding, originsOf(scene)[c]) === FOLD.dropped;
}

/** The lines `shown`, in place of the plain ones: nobody reads through a dead one any more. */
export function paintFoldCurves(pen, scene, shown) {
  const { theme, folding } = pen;
  const groups = { plain: [], dead: [], given: [], asked: [] };
  for (const c of shown) {
    const given = isGiven(pen, scene, c);
    if (given) groups[lookAt(folding, scene.curves.target[c]) === FOLD.next ? "asked" : "given"].push(c);
    else groups[isDead(pen, scene, c) ? "dead" : "plain"].push(c);
  }
  paintSome(pen, scene, groups.dead, theme.faint, 1, [3, 4]);
  paintSome(pen, scene, groups.plain, theme.curve, 1.1);
  paintSome(pen, scene, groups.given, theme.constant, 1.9);
  paintSome(pen, scene, groups.asked, theme.constant, 3);
}

/** What flows through the given ones of `shown`, and pulses on their way to the readers after a step. */
export function paintGiven(pen, scene, shown) {
  const { folding, flip } = pen;
  const given = shown.filter((c) => isGiven(pen, scene, c));
  if (flip && flip.f < 1) paintPulses(pen, scene, given.filter((c) => flip.boxes.has(originsOf(scene)[c])).slice(0, MOST_PULSES), flip.f);
  if (pen.k < CHIP_SCALE) return;
  const taken = [];
  useFont(pen.context, pen.cache, TITLE_FONT(pen.theme, 12));
  const asked = (c) => lookAt(folding, scene.curves.target[c]) === FOLD.next;
  for (const c of given.sort((a, b) => asked(b) - asked(a)).slice(0, MOST_CHIPS)) {
    if (flip?.f < 1 && flip.boxes.has(originsOf(scene)[c])) continue;
    const text = valueOf(folding, originsOf(scene)[c]);
    if (text) paintTagOn(pen, scene, c, text, asked(c), taken);
  }
  pen.context.textAlign = "left";
}

function paintPulses({ context, theme, k }, scene, list, f) {
  const size = Math.max(5, 4 / k);
  for (const c of list) {
    const [x, y] = along(scene.curves, c, f);
    for (const [colour, radius] of [[theme.constantTint, size * 1.8], [theme.constant, size]]) {
      context.fillStyle = colour;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fill();
    }
  }
}

function paintTagOn({ context, theme, cache }, scene, c, text, solid, taken) {
  const shown = cut(context, cache, text, CHIP_WIDE);
  const w = widthOf(context, cache, shown) + 14;
  const isFree = ([x, y]) => !taken.some((r) => Math.abs(r[0] - x) < (r[2] + w) / 2 + 2 && Math.abs(r[1] - y) < CHIP_HIGH + 2);
  const at = PLACES.map((f) => along(scene.curves, c, f)).find(isFree);
  if (!at) return;
  const [x, y] = at;
  taken.push([x, y, w]);
  roundPath(context, x - w / 2, y - CHIP_HIGH / 2, w, CHIP_HIGH, CHIP_HIGH / 2);
  context.fillStyle = solid ? theme.constantFill : theme.constantTint;
  context.fill();
  context.strokeStyle = theme.constant;
  context.lineWidth = 1.2;
  context.stroke();
  context.fillStyle = solid ? theme.onConstant : theme.constantInk;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(shown, x, y + 0.5);
}
