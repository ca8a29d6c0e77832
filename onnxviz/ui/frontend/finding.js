// What a search found, apart from how it is shown: pure functions on {text, ops, total, hits, boxes}.
import { counted } from "./text.js";

const MOST_HITS = 300;

/** A search over what the picture itself says, for where there is no page to ask: all words, in any order. */
export function findLocally(scene, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const { boxes } = scene;
  const found = { text, ops: [], total: 0, hits: [], boxes: Object.create(null) };
  for (let i = 0; i < boxes.n; i += 1) {
    if (boxes.kind[i] === "stub") continue;
    const said = [boxes.title[i], ...boxes.lines[i]].join("\n").toLowerCase();
    if (!words.every((word) => said.includes(word))) continue;
    found.total += 1;
    found.boxes[boxes.ids[i]] = 1;
    if (found.hits.length < MOST_HITS) found.hits.push([boxes.ids[i], boxes.title[i], boxes.lines[i][0] ?? ""]);
  }
  return found;
}

/** Which boxes of the scene hold hits, as a Map of box -> count; null where nothing is to be marked. */
export function hitsIn(scene, found) {
  if (!found || !found.total) return null;
  const marked = new Map();
  for (const [id, count] of Object.entries(found.boxes ?? {})) {
    const i = scene.indexOf.get(id);
    if (i !== undefined && count > 0) marked.set(i, count);
  }
  return marked.size ? marked : null;
}

/** The place of the hit to go to from place `at` (-1: none yet), round the ends; -1 when there are none. */
export function hitAfter(found, at, step) {
  const count = found?.hits.length ?? 0;
  if (!count) return -1;
  if (at < 0) return step > 0 ? 0 : count - 1;
  return (at + step + count) % count;
}

/** Beside the field: "17", or "3 of 17" once one has been gone to. */
export function countOf(found, at) {
  if (!found) return "";
  if (!found.total) return "None";
  const total = found.total.toLocaleString("en");
  return at < 0 ? total : `${at + 1} of ${total}`;
}

/** What a screen reader says: "17 matches, 3 of 17: Conv conv1". */
export function spokenOf(found, at) {
  if (!found) return "";
  if (!found.total) return "No matches";
  const all = counted(found.total, "match", "matches");
  if (at < 0) return all;
  const [, title, note] = found.hits[at];
  return `${all}, ${at + 1} of ${found.total.toLocaleString("en")}: ${[title, note].filter(Boolean).join(" ")}`;
}

/** Whether two answers are to the same question and say the same. */
export function sameFound(a, b) {
  if (!a || !b) return a === b;
  const brief = (f) => JSON.stringify([f.text, f.ops, f.total, f.hits.length, f.hits[0]?.[0], f.hits.at(-1)?.[0]]);
  return brief(a) === brief(b);
}
