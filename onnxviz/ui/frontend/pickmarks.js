// Rings and badges on boxes that are, or could be, picked. Shapes tell them apart as well as colours.
import { FULL_SCALE, RADIUS, roundPath } from "./levels.js";
import { TITLE_FONT, useFont } from "./text.js";

// [colour of the theme, sign, dash, width]; a check mark and a cross are drawn, the others written.
const MARKS = {
  candidate: ["muted", "?", [2, 3], 1.6],
  picked: ["hit", "check", [], 3],
  right: ["added", "check", [], 2.8],
  missed: ["changed", "!", [6, 3], 2.8],
  wrong: ["removed", "cross", [], 2.8],
};
const BADGE = 9;

/** Marks on those of the boxes `seen` that `picks` (box -> kind of mark) has. */
export function paintPicks(pen, scene, seen, picks) {
  for (const i of seen) {
    const mark = MARKS[picks.get(i)];
    if (mark && !scene.boxes.open[i]) paintMark(pen, scene.boxes, i, mark);
  }
}

function paintMark({ context, theme, cache, k }, boxes, i, [colour, sign, dash, width]) {
  const wide = Math.max(width, (0.7 * width) / k);
  const grow = wide / 2 + 1.5;
  context.strokeStyle = theme[colour];
  context.lineWidth = wide;
  context.setLineDash(dash.map((length) => Math.max(length, (0.6 * length) / k)));
  roundPath(context, boxes.x[i] - grow, boxes.y[i] - grow, boxes.w[i] + 2 * grow, boxes.h[i] + 2 * grow, RADIUS + grow);
  context.stroke();
  context.setLineDash([]);
  if (k < FULL_SCALE / 2) return;
  const [x, y] = [boxes.x[i] + boxes.w[i] - 2, boxes.y[i] + 1];
  context.beginPath();
  context.arc(x, y, BADGE, 0, 2 * Math.PI);
  context.fillStyle = theme[colour];
  context.fill();
  context.strokeStyle = theme.canvas;
  context.lineWidth = 1.5;
  context.stroke();
  paintSign(context, theme, cache, sign, x, y);
}

function paintSign(context, theme, cache, sign, x, y) {
  context.strokeStyle = context.fillStyle = theme.background;
  context.lineWidth = 2.2;
  context.lineCap = "round";
  context.beginPath();
  if (sign === "check") {
    context.moveTo(x - 4, y + 0.5);
    context.lineTo(x - 1, y + 3.5);
    context.lineTo(x + 4.2, y - 3);
  } else if (sign === "cross") {
    context.moveTo(x - 3.2, y - 3.2);
    context.lineTo(x + 3.2, y + 3.2);
    context.moveTo(x + 3.2, y - 3.2);
    context.lineTo(x - 3.2, y + 3.2);
  } else {
    useFont(context, cache, TITLE_FONT(theme, 13));
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(sign, x, y + 0.5);
    context.textAlign = "left";
  }
  context.stroke();
  context.lineCap = "butt";
}
