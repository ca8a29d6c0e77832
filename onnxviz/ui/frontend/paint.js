// One frame of the picture: frames, lines, labels, boxes, and then what is found and selected.
import { paintBoxes } from "./boxes.js";
import { paintCurves, paintHighlights, paintLabels } from "./curves.js";
import { linesOf } from "./decode.js";
import { paintFrames, paintHeader, paintPlaques } from "./frames.js";
import { isDead, isGiven, paintFoldCurves, paintGiven } from "./foldlines.js";
import { paintFoldMarks } from "./foldmarks.js";
import { query } from "./index.js";
import { backOf } from "./morph.js";
import { paintPicks } from "./pickmarks.js";
import { paintFlags, paintHits, paintRing } from "./rings.js";
import { inView } from "./transform.js";

// How much of what a search did not find is veiled: it stays to be seen where one is.
const VEIL = 0.66;

/** The lines in and out of box `i`, as a Map of curve -> colour. */
export function highlightsOf(scene, i, theme) {
  const found = new Map();
  if (i < 0) return found;
  const { incoming, outgoing } = linesOf(scene, i);
  for (const c of incoming) found.set(c, theme.incoming);
  for (const c of outgoing) found.set(c, theme.outgoing);
  return found;
}

/**
 * Paint `scene` as seen through transform `t` onto a context of vw by vh CSS pixels with `ratio` device
 * pixels each. `look` is {theme, cache, fixed, marks}; `marks` is {selected, hovered, hits, shading,
 * folding, flip, playing, picks}: box numbers or -1, a Map of box -> count or null, columns of `shadingOf` or null, a
 * folding of `foldingOf` or null, what turns over in it, whether it plays, what is picked or null. `morph` is a glide that is
 * under way, or null: see morph.js.
 */
export function paint(context, scene, t, { vw, vh, ratio }, look, morph = null) {
  const { theme, cache, marks } = look;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.globalAlpha = 1;
  context.fillStyle = theme.canvas;
  context.fillRect(0, 0, vw, vh);
  const to = (at) => context.setTransform(ratio * at.k, 0, 0, ratio * at.k, ratio * at.x, ratio * at.y);
  to(t);
  context.direction = "ltr";
  const view = inView(t, vw, vh);
  const { shading, hits, folding, flip, playing } = marks;
  const pen = { context, cache, theme, k: t.k, alpha: 1, shading, hits, folding, flip, playing, fixed: look.fixed };
  const lit = highlightsOf(scene, marks.selected, theme);
  const curves = query(scene.curveIndex, view);
  if (morph) paintGlide(pen, scene, view, morph, curves, lit, to, t);
  else {
    paintFrames(pen, scene, view);
    paintLines(pen, scene, view, curves, lit);
    const seen = query(scene.boxIndex, view);
    paintUnderVeil(pen, scene, seen, hits, view);
    paintFlags(pen, scene, seen);
    paintPlaques(pen, scene, view);
    if (folding) paintFolding(pen, scene, curves, seen);
    if (marks.picks) paintPicks(pen, scene, seen, marks.picks);
  }
  paintOnTop(pen, morph ? morph.blend : scene, view, lit, marks, morph ? morph.late : 1);
}

/** The lines and what flows through them, but for those in `lit`. */
function paintLines(pen, scene, view, curves, lit) {
  if (!pen.folding) {
    paintCurves(pen, scene, curves, lit);
    paintLabels(pen, scene, view, curves, new Map());
    return;
  }
  paintFoldCurves(pen, scene, curves.filter((c) => !lit.has(c)));
  paintLabels(pen, scene, view, curves.filter((c) => !isGiven(pen, scene, c) && !isDead(pen, scene, c)), new Map());
}

function paintFolding(pen, scene, curves, seen) {
  paintGiven(pen, scene, curves);
  paintFoldMarks(pen, scene, seen);
}

/** The boxes `seen`, painted by `draw`; with a search on, all but the hits lie under a veil. */
function paintUnderVeil(pen, scene, seen, hits, view, draw = (list) => paintBoxes(pen, scene, list)) {
  if (!hits) {
    draw(seen);
    return;
  }
  const { context, theme } = pen;
  draw(seen.filter((i) => !hits.has(i)));
  context.globalAlpha = VEIL;
  context.fillStyle = theme.canvas;
  context.fillRect(view.x, view.y, view.w, view.h);
  context.globalAlpha = 1;
  const found = seen.filter((i) => hits.has(i));
  draw(found);
  for (const i of found) if (scene.boxes.open[i]) paintHeader(pen, scene.boxes, i);
  paintHits(pen, scene, found, hits);
}

function paintGlide(pen, scene, view, morph, curves, lit, to, t) {
  const { blend, gone, before } = morph;
  const { context } = pen;
  // The gone boxes' numbers are those of the scene before: the shares of now are not theirs.
  const plain = { ...pen, shading: null, folding: null };
  const thinly = (base, alpha, draw) => {
    if (alpha <= 0) return;
    context.globalAlpha = alpha;
    draw({ ...base, alpha });
    context.globalAlpha = 1;
  };
  thinly(plain, 1 - morph.f, (pale) => paintFrames(pale, gone, view, morph.goneFrames));
  paintFrames(pen, blend, view, morph.frames);
  const back = backOf(morph, t);
  to(back);
  thinly({ ...plain, k: back.k }, morph.early, (pale) => paintCurves(pale, before, morph.curves, new Map()));
  to(t);
  thinly(pen, morph.late, (pale) => {
    paintLines(pale, scene, view, curves, lit);
  });
  thinly(plain, 1 - morph.f, (pale) => paintBoxes(pale, gone, morph.goneBoxes));
  paintUnderVeil(pen, blend, morph.boxes, pen.hits, view, (list) => {
    thinly(pen, morph.f, (pale) => paintBoxes(pale, blend, list.filter((i) => morph.fresh.has(i))));
    paintBoxes(pen, blend, list.filter((i) => !morph.fresh.has(i)));
  });
  paintFlags(pen, blend, morph.boxes);
  paintPlaques(pen, blend, view, morph.frames);
  if (pen.folding) paintFoldMarks(pen, blend, morph.boxes);
}

/** What is selected and what the pointer is on, over everything else. */
function paintOnTop(pen, scene, view, lit, marks, strength) {
  const { context, theme } = pen;
  const { boxes } = scene;
  context.globalAlpha = strength;
  paintHighlights(context, scene, pen.k, lit);
  paintLabels({ ...pen, alpha: strength }, scene, view, [...lit.keys()], lit);
  context.globalAlpha = 1;
  if (marks.hovered >= 0 && marks.hovered !== marks.selected) paintRing(pen, boxes, marks.hovered, theme.muted, 1.4);
  if (marks.selected < 0) return;
  // A heavy ring around a frame that fills the view would shout down what is in it.
  if (boxes.open[marks.selected]) paintRing(pen, boxes, marks.selected, theme.ring, 1.8);
  else paintRing(pen, boxes, marks.selected, theme.ring, 2.8, theme.halo);
}
