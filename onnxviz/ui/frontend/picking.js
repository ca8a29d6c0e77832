// Boxes that a person picks as an answer to a question on the picture; and, once it is given, what was right.
import { request, say } from "./app.js";

const VERDICT_WORDS = { right: "right", missed: "missed: it should have been picked", wrong: "wrong: it should not have been picked" };

/**
 * Take in what the page asks; null where it asks nothing. Returns the box that was picked outside of the picture
 * since, or -1.
 */
export function takePicks(app, given) {
  const before = app.picks;
  if (!given) app.picks = null;
  else {
    const keeps = before && before.serial === given.serial;
    app.picks = {
      serial: given.serial,
      chosen: keeps ? before.chosen : new Set(given.chosen),
      candidates: new Set(given.candidates ?? []),
      verdicts: new Map(Object.entries(given.verdicts ?? {})),
    };
  }
  markPicks(app);
  if (before || given) app.outline.redraw();
  return pickedOutside(app, before);
}

function pickedOutside({ picks, scene }, before) {
  if (!scene || !before || !picks || before.serial === picks.serial) return -1;
  const news = [...picks.chosen].find((id) => !before.chosen.has(id));
  return scene.indexOf.get(news) ?? -1;
}

/** The rectangle {x, y, w, h} around all boxes that can be picked; null where nothing is asked. */
export function askedRect({ picks, scene }) {
  const asked = [...(picks?.candidates ?? [])].map((id) => scene.indexOf.get(id)).filter((i) => i !== undefined);
  if (!asked.length) return null;
  const { boxes } = scene;
  const [x, y] = [Math.min(...asked.map((i) => boxes.x[i])), Math.min(...asked.map((i) => boxes.y[i]))];
  const right = Math.max(...asked.map((i) => boxes.x[i] + boxes.w[i]));
  const bottom = Math.max(...asked.map((i) => boxes.y[i] + boxes.h[i]));
  return { x, y, w: right - x, h: bottom - y };
}

/** By box, for painting: "candidate", "picked", or a verdict. */
function markPicks(app) {
  const { picks, scene, marks } = app;
  marks.picks = picks && scene ? new Map() : null;
  if (!marks.picks) return;
  const put = (id, mark) => {
    const box = scene.indexOf.get(id);
    if (box !== undefined) marks.picks.set(box, mark);
  };
  if (picks.verdicts.size) {
    picks.verdicts.forEach((verdict, id) => Object.hasOwn(VERDICT_WORDS, verdict) && put(id, verdict));
    return;
  }
  for (const id of picks.candidates) put(id, "candidate");
  for (const id of picks.chosen) put(id, "picked");
}

/** Whether box `i` can be picked, or taken back, now. */
export function canPick({ picks, scene }, i) {
  if (!picks || !scene || i < 0 || picks.verdicts.size || scene.boxes.kind[i] !== "node") return false;
  return !picks.candidates.size || picks.candidates.has(scene.boxes.ids[i]);
}

/** Pick box `i`, or take it back, and tell the page; false where it cannot be picked. */
export function togglePick(app, i) {
  if (!canPick(app, i)) return false;
  const { picks, scene } = app;
  const id = scene.boxes.ids[i];
  const taken = picks.chosen.delete(id);
  if (!taken) picks.chosen.add(id);
  markPicks(app);
  app.outline.redraw();
  say(app, `${taken ? "No longer picked" : "Picked"}: ${scene.boxes.title[i] || "unnamed"}. ${picks.chosen.size} picked`);
  app.send("picked", { serial: picks.serial, ids: [...picks.chosen], n: Date.now() });
  request(app);
  return true;
}

/** true or false for a box that is picked or could be; null for one that is not asked about. */
export function pickedOf(app, i) {
  const { picks, scene } = app;
  if (!picks || !scene || scene.boxes.kind[i] !== "node") return null;
  const id = scene.boxes.ids[i];
  if (picks.verdicts.size) return picks.verdicts.has(id) || picks.chosen.has(id) ? picks.chosen.has(id) : null;
  return canPick(app, i) ? picks.chosen.has(id) : null;
}

/** What the list of boxes says of a pick, in words; empty where there is nothing to say. */
export function pickWords({ picks, scene }, i) {
  const verdict = picks && scene ? picks.verdicts.get(scene.boxes.ids[i]) : null;
  return Object.hasOwn(VERDICT_WORDS, verdict ?? "") ? VERDICT_WORDS[verdict] : "";
}
