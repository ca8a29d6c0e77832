// One frame of the picture: frames, lines, labels, boxes, and then what is selected.
import { paintBoxes, paintRing } from "./boxes.js";
import { paintCurves, paintHighlights, paintLabels } from "./curves.js";
import { paintFrames, paintPlaques } from "./frames.js";
import { query } from "./index.js";
import { inView } from "./transform.js";

/** The lines in and out of box `i`, as a Map of curve -> colour. */
export function highlightsOf(scene, i, theme) {
  const found = new Map();
  if (i < 0) return found;
  for (const c of scene.incoming.get(i) ?? []) found.set(c, theme.incoming);
  for (const c of scene.outgoing.get(i) ?? []) found.set(c, theme.outgoing);
  return found;
}

/**
 * Paint `scene` as seen through transform `t` onto a context of vw by vh CSS pixels with `ratio` device
 * pixels each. `marks` is {selected, hovered}: box numbers or -1.
 */
export function paint(context, scene, t, { vw, vh, ratio }, theme, cache, marks) {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = theme.canvas;
  context.fillRect(0, 0, vw, vh);
  context.setTransform(ratio * t.k, 0, 0, ratio * t.k, ratio * t.x, ratio * t.y);
  context.direction = "ltr";
  const pen = { context, cache, theme, k: t.k };
  const view = inView(t, vw, vh);
  const highlighted = highlightsOf(scene, marks.selected, theme);
  paintFrames(pen, scene, view);
  const lines = paintCurves(context, scene, view, t.k, theme, highlighted);
  paintLabels(context, scene, lines, t.k, theme, new Map());
  paintBoxes(pen, scene, query(scene.boxIndex, view));
  paintPlaques(pen, scene, view);
  paintHighlights(context, scene, t.k, highlighted);
  paintLabels(context, scene, [...highlighted.keys()], t.k, theme, highlighted);
  if (marks.hovered >= 0 && marks.hovered !== marks.selected) paintRing(pen, scene.boxes, marks.hovered, theme.muted, 1.4);
  if (marks.selected < 0) return;
  // A heavy ring around a frame that fills the view would shout down what is in it.
  if (scene.boxes.open[marks.selected]) paintRing(pen, scene.boxes, marks.selected, theme.ring, 1.8);
  else paintRing(pen, scene.boxes, marks.selected, theme.ring, 2.8, theme.halo);
}
