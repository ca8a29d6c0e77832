// What the player's bar says in words: pure functions of a trace and a place in it.
import { FOLD, placeAfter, waveAt } from "./folding.js";
import { counted } from "./text.js";

const BYTE_UNITS = ["kB", "MB", "GB", "TB"];
const LARGE = [[1e12, "trillion"], [1e9, "billion"], [1e6, "million"]];

/** 46100000 -> "46.1 MB": powers of 1000, three digits. */
export function bytesSaid(count) {
  if (count < 1000) return counted(count, "byte");
  let [value, unit] = [count / 1000, 0];
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value.toLocaleString("en", { maximumSignificantDigits: 3 })} ${BYTE_UNITS[unit]}`;
}

/** 12345678 -> "12.3 million". */
export function largeSaid(count) {
  const [unit, name] = LARGE.find(([least]) => Math.abs(count) >= least) ?? [1, ""];
  const value = (count / unit).toLocaleString("en", { maximumFractionDigits: name ? 1 : 0 });
  return name ? `${value} ${name}` : value;
}

function changeSaid(now, start, said) {
  if (now === start) return "unchanged";
  return `${now > start ? "+" : "−"}${said(Math.abs(now - start))}`;
}

const COUNTERS = [
  ["Nodes", (n) => n.toLocaleString("en"), true],
  ["Initializers", (n) => n.toLocaleString("en"), false],
  ["Stored constants", bytesSaid, true],
  ["Operations of one inference", largeSaid, true],
];

/** For each counter {name, now, change, less}: `less` is true where it fell and fewer is better, false where it grew. */
export function countersAt({ counts }, place) {
  return COUNTERS.map(([name, said, better], at) => {
    const [now, start] = [counts[place]?.[at] ?? null, counts[0]?.[at] ?? null];
    if (now === null || start === null) return { name, now: "not known", change: "", trend: "" };
    const trend = !better || now === start ? "" : now < start ? "less" : "more";
    return { name, now: said(now), change: changeSaid(now, start, said), trend };
  });
}

/** "step 7 of 63 · wave 2 of 4". */
export function placeSaid(trace, place) {
  const number = (n) => n.toLocaleString("en");
  return `step ${number(place)} of ${number(trace.n)} · wave ${number(waveAt(trace, place))} of ${number(trace.ends.length)}`;
}

/** The arithmetic of the move that led to `place`, and what comes next: {now, next}. */
export function arithmeticAt(trace, place, unit) {
  return { now: nowSaid(trace, place, unit), next: nextSaid(trace, place, placeAfter(trace, place, 1, unit)) };
}

function nowSaid(trace, place, unit) {
  if (!trace.n) return "Nothing folds in this graph.";
  if (!place) return "Nothing is folded yet.";
  if (place === trace.given && place < trace.n) return `${counted(place, "Constant is a value", "Constants are values")} already.`;
  const wave = waveAt(trace, place);
  if (unit !== "wave" || trace.ends[wave - 1] !== place) return trace.says[place - 1];
  const start = trace.ends[wave - 2] ?? 0;
  if (place - start === 1) return trace.says[place - 1];
  return `Wave ${wave}: ${tallySteps(trace, start, place)}, such as ${trace.says[sampleOf(trace, start, place)]}`;
}

const DONE_WORDS = [[FOLD.value, "folded"], [FOLD.inlined, "inlined"], [FOLD.dropped, "dropped"]];

/** "14 folded, 2 dropped". */
function tallySteps(trace, from, to) {
  const counts = new Array(DONE_WORDS.length).fill(0);
  for (let s = from; s < to; s += 1) counts[DONE_WORDS.findIndex(([state]) => state === trace.did[s])] += 1;
  return DONE_WORDS.flatMap(([, word], at) => (counts[at] ? [`${counts[at].toLocaleString("en")} ${word}`] : [])).join(", ");
}

function sampleOf(trace, from, to) {
  for (let s = to - 1; s >= from; s -= 1) if (trace.did[s] === FOLD.value) return s;
  return to - 1;
}

function nextSaid(trace, place, until) {
  if (place >= trace.n) return trace.n ? endSaid(trace) : "";
  if (until - place > 1) {
    const rest = place && !trace.ends.includes(place) ? "the rest of " : "";
    return `Next: ${rest}wave ${waveAt(trace, until)}, ${counted(until - place, "step")}`;
  }
  return `Next: ${asked(trace.says[place], trace.value[place])}`;
}

function endSaid({ stays }) {
  return stays.size ? `Done. ${counted(stays.size, "node looks", "nodes look")} foldable and ${stays.size === 1 ? "stays" : "stay"}: select one to read why.` : "Done.";
}

/** The step as a question, where its line ends with its value: a class may guess before it is shown. */
function asked(says, value) {
  return value && says.endsWith(`= ${value}`) ? `${says.slice(0, -value.length)}?` : says;
}
