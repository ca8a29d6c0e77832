// A folding as the player goes through it: its steps, and the state of every node and box after so many of them.
// Pure, in typed arrays; going from one place to another touches only the steps in between.

/** The states of a node. `value`, `inlined` and `dropped` are of a step that was done. */
export const FOLD = Object.freeze({ plain: 0, ready: 1, next: 2, value: 3, inlined: 4, dropped: 5, stays: 6 });
export const FOLD_STATES = Object.keys(FOLD);
const STATE_COUNT = FOLD_STATES.length;
const DONE = { folded: FOLD.value, inlined: FOLD.inlined, dropped: FOLD.dropped };

export const isDone = (state) => state >= FOLD.value && state <= FOLD.dropped;

/** The steps from the JSON that `Play` in onnxviz/ui/messages.py describes; `n` is how many there are. */
export function readTrace(text) {
  const given = JSON.parse(text);
  const n = given.waves.length;
  const stays = new Map(Object.entries(given.stays ?? {}).map(([node, why]) => [Number(node), String(why)]));
  const words = (list) => Array.from({ length: n }, (_, s) => String(list[s] ?? ""));
  const trace = {
    n, stays, given: given.given ?? 0, counts: given.counts, says: words(given.says), value: words(given.value),
    waves: Int32Array.from(given.waves), box: Int32Array.from(given.box), ready: Int32Array.from(given.ready),
    did: Uint8Array.from(given.did, (did) => DONE[did] ?? FOLD.value),
  };
  trace.nodes = [...trace.box, ...stays.keys()].reduce((most, node) => Math.max(most, node + 1), 0);
  chainSteps(trace);
  // Ends of waves: after how many steps each is done.
  trace.ends = [];
  for (let s = 0; s < n; s += 1) if (s === n - 1 || trace.waves[s + 1] !== trace.waves[s]) trace.ends.push(s + 1);
  trace.byReady = Int32Array.from({ length: n }, (_, s) => s).sort((a, b) => trace.ready[a] - trace.ready[b] || a - b);
  return trace;
}

/**
 * `first[node]` is a node's first step or -1, `before[s]` and `after[s]` are the other steps of the same node: an If
 * that was inlined leaves its name to the node that makes what it made, and that may fold too.
 */
function chainSteps(trace) {
  const { n, nodes, box } = trace;
  trace.first = new Int32Array(nodes).fill(-1);
  trace.before = new Int32Array(n).fill(-1);
  trace.after = new Int32Array(n).fill(-1);
  const last = new Int32Array(nodes).fill(-1);
  for (let s = 0; s < n; s += 1) {
    const node = box[s];
    trace.before[s] = last[node];
    if (last[node] < 0) trace.first[node] = s;
    else trace.after[last[node]] = s;
    last[node] = s;
  }
}

/** The first place of a sorted list whose entry, as `of` gives it, is above `limit`. */
function firstAbove(length, of, limit) {
  let [low, high] = [0, length];
  while (low < high) {
    const half = (low + high) >> 1;
    if (of(half) > limit) high = half;
    else low = half + 1;
  }
  return low;
}

/** How many waves are done or begun after `place` steps. */
export const waveAt = (trace, place) => (place > 0 ? firstAbove(trace.ends.length, (w) => trace.ends[w], place - 1) + 1 : 0);

/** The place that one move forward (`by` = 1) or back (-1) from `place` leads to. */
export function placeAfter(trace, place, by, unit) {
  if (unit !== "wave") return Math.max(0, Math.min(trace.n, place + by));
  const { ends } = trace;
  if (by > 0) return ends[firstAbove(ends.length, (w) => ends[w], place)] ?? trace.n;
  return ends[firstAbove(ends.length, (w) => ends[w], place - 1) - 1] ?? 0;
}

/** The place nearest to `place` at which a player that moves by `unit` may rest. */
export function restNear(trace, place, unit) {
  const held = Math.max(0, Math.min(trace.n, Math.round(place)));
  if (unit !== "wave" || !trace.n) return held;
  const [low, high] = [placeAfter(trace, held + 1, -1, unit), placeAfter(trace, held - 1, 1, unit)];
  return held - low <= high - held ? low : high;
}

/**
 * The states after no step. `places[node]` is the box that shows a node, or -1, and `kinds` the kinds of the boxes.
 * `state` is by node; by box there are `look` (the state of a box that is one node), `step` (that node's step or -1),
 * `node`, and in `tally` how many of the nodes that it shows are in each state.
 */
export function foldingOf(trace, places, kinds, unit = "step") {
  const count = kinds.length;
  const folding = {
    trace, kinds, unit, place: 0, until: 0, state: new Uint8Array(trace.nodes),
    places: Int32Array.from({ length: trace.nodes }, (_, node) => (places[node] >= 0 && places[node] < count ? places[node] : -1)),
    look: new Uint8Array(count), node: new Int32Array(count).fill(-1), tally: new Int32Array(count * STATE_COUNT),
  };
  folding.places.forEach((box, node) => {
    if (box < 0) return;
    folding.node[box] = node;
    folding.tally[box * STATE_COUNT] += 1;
  });
  for (let s = 0; s < trace.n; s += 1) touchStep(folding, s, 0, 0);
  goToPlace(folding, 0, unit);
  return folding;
}

function setState(folding, node, state) {
  const old = folding.state[node];
  if (old === state) return;
  folding.state[node] = state;
  const box = folding.places[node];
  if (box < 0) return;
  folding.tally[box * STATE_COUNT + old] -= 1;
  folding.tally[box * STATE_COUNT + state] += 1;
  if (folding.kinds[box] !== "group") folding.look[box] = state;
}

/** From step `s` on, the last of the same node's that is done after `place` steps; else `s`. */
function lastBy({ after }, s, place) {
  let step = s;
  while (step >= 0 && after[step] >= 0 && after[step] < place) step = after[step];
  return step;
}

/** Set the state of the node of step `s`, from what was done of its steps and what waits. */
function touchStep(folding, s, place, until) {
  const { trace } = folding;
  let done = lastBy(trace, s, place);
  while (done >= place) done = trace.before[done];
  const waits = done < 0 ? trace.first[trace.box[s]] : trace.after[done];
  let state = done < 0 ? FOLD.plain : trace.did[done];
  if (waits >= 0 && waits < until) state = FOLD.next;
  else if (done < 0 && trace.ready[waits] <= place) state = FOLD.ready;
  setState(folding, trace.box[s], state);
}

/**
 * Go to `place`. What is next is one step, or in the unit "wave" all that is left of the wave. Besides the steps in
 * between, only those change that are ready since, or no longer.
 */
export function goToPlace(folding, place, unit) {
  const { trace } = folding;
  const [low, high] = [Math.min(folding.place, place), Math.max(folding.place, place)];
  const until = placeAfter(trace, place, 1, unit);
  const end = Math.max(until, folding.until);
  const wasEnd = folding.place === trace.n;
  Object.assign(folding, { place, unit, until });
  for (let s = low; s < end; s += 1) touchStep(folding, s, place, until);
  const readyAt = (at) => trace.ready[trace.byReady[at]];
  const last = firstAbove(trace.n, readyAt, high);
  for (let at = firstAbove(trace.n, readyAt, low); at < last; at += 1) touchStep(folding, trace.byReady[at], place, until);
  // Where nothing folds, the start is the end.
  if (wasEnd === (place === trace.n) && trace.n) return;
  for (const node of trace.stays.keys()) setState(folding, node, place === trace.n ? FOLD.stays : FOLD.plain);
}

/** Of what box `i` shows: how many nodes have steps, how many of those are done, and whether one is next or ready. */
export function progressOf(folding, i) {
  const of = (state) => folding.tally[i * STATE_COUNT + state];
  const done = of(FOLD.value) + of(FOLD.inlined) + of(FOLD.dropped);
  let total = folding.total?.[i];
  if (total === undefined) total = totalsOf(folding)[i];
  return { done, total, next: of(FOLD.next), ready: of(FOLD.ready), stays: of(FOLD.stays) };
}

function totalsOf(folding) {
  folding.total = new Int32Array(folding.kinds.length);
  for (let node = 0; node < folding.places.length; node += 1) {
    if (folding.places[node] >= 0 && folding.trace.first[node] >= 0) folding.total[folding.places[node]] += 1;
  }
  return folding.total;
}

/** The step of the one node that box `i` is, or -1: the last one that was done, else its first. */
export function stepOfBox({ trace, kinds, node, place }, i) {
  if (kinds[i] === "group" || !(node[i] >= 0)) return -1;
  return lastBy(trace, trace.first[node[i]], place);
}

/** What stands in the place of the node that box `i` is; empty where nothing does. */
export const valueOf = (folding, i) => (folding.look[i] === FOLD.value ? folding.trace.value[stepOfBox(folding, i)] ?? "" : "");

/** Places of the boxes with a node that is next, each once. */
export function nextBoxes({ trace, place, until, places }) {
  const found = new Set();
  for (let s = place; s < until; s += 1) if (places[trace.box[s]] >= 0) found.add(places[trace.box[s]]);
  return [...found];
}

/** The boxes of the last move: what folded in it. */
export function lastBoxes({ trace, place, places }, unit) {
  const from = place > 0 ? placeAfter(trace, place, -1, unit) : 0;
  const found = new Set();
  for (let s = from; s < place; s += 1) if (places[trace.box[s]] >= 0) found.add(places[trace.box[s]]);
  return [...found];
}

/** What a list of boxes says of box `i`, in words; empty where nothing is to be said. */
export function foldWords(folding, i) {
  if (folding.kinds[i] === "group") {
    const { done, total, next } = progressOf(folding, i);
    return total ? `${done} of ${total} folded${next ? ", the next one is inside" : ""}` : "";
  }
  switch (folding.look[i]) {
    case FOLD.ready: return "ready to fold";
    case FOLD.next: return "folds next";
    case FOLD.value: return `folded to ${valueOf(folding, i) || "a constant"}`;
    case FOLD.inlined: return "inlined: its branch stands in its place";
    case FOLD.dropped: return "dropped: nothing reads it any more";
    case FOLD.stays: return `stays: ${folding.trace.stays.get(folding.node[i])}`;
    default: return "";
  }
}
