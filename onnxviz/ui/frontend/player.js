// The player: at which step of a folding the picture is, moving through the steps, and telling the page where it rests.
import { goal, isStill, moveTo, request, tell } from "./app.js";
import {
  FOLD, foldWords, foldingOf, goToPlace, isDone, lastBoxes, nextBoxes, placeAfter, readTrace, restNear, stepOfBox,
} from "./folding.js";
import { SPECK_SCALE } from "./levels.js";
import { makePlayerBar } from "./playerbar.js";
import { centre, inView } from "./transform.js";

const REST_MS = 300;
// While it plays, what the page says of a step follows as long as the steps are not too quick for that.
const REST_PLAYING_MS = 700;
// The page has to draw what comes to rest: it should not wait longer than keys repeat.
const REST_TO_DRAW_MS = 120;
const PLAY_MS = { step: 1200, wave: 1800 };
const FIRST_MS = 350;
const PATIENCE_MS = 8000;
const FOLLOW_MS = 300;
const FIRST_LOOK_MS = 500;
const MOST_FLIPPED = 1500;
// What folds next counts as out of view when its middle is this near to an edge, as a share of the view.
const EDGE_SHARE = 0.04;

/** Builds the player and its bar; `listed()` is called when what the list of boxes says has changed. */
export function makePlayer(app, listed) {
  const player = {
    trace: null, digest: null, serial: null, place: 0, unit: "step", speed: 1, follow: true, playing: false,
    folding: null, shown: null, told: "", timers: {}, fresh: false, listed,
  };
  app.player = player;
  player.tellOf = () => tellOfBox(app);
  player.bar = makePlayerBar(app, {
    go: (command) => playCommand(app, command),
    slide: (value) => goManually(app, restNear(player.trace, value, player.unit)),
    unit: (unit) => setUnit(app, unit),
    speed: (speed) => (player.speed = speed),
    follow: (on) => {
      player.follow = on;
      if (on) followNext(app);
    },
  });
  return player;
}

/** In the bar's line, until the next move, what became of the box under the pointer or else of the selected one. */
function tellOfBox({ player, marks, scene }) {
  const { folding } = player;
  const i = marks.hovered >= 0 ? marks.hovered : marks.selected;
  const words = folding && i >= 0 && i < folding.kinds.length ? foldWords(folding, i) : "";
  const step = words ? stepOfBox(folding, i) : -1;
  const says = step >= 0 && isDone(folding.look[i]) ? folding.trace.says[step] : "";
  const told = words || laterWords(folding, i);
  player.bar.tellOf(says || (told && `${scene.boxes.title[i] || "unnamed"} ${told}`));
}

/** When a box folds that cannot yet; empty for any other. */
function laterWords(folding, i) {
  const step = folding && folding.look[i] === FOLD.plain ? stepOfBox(folding, i) : -1;
  if (step < 0) return "";
  return `folds in wave ${folding.trace.waves[step].toLocaleString("en")}, at step ${(step + 1).toLocaleString("en")}`;
}

export function stopPlayer({ window, player }) {
  for (const timer of Object.values(player.timers)) window.clearTimeout(timer);
}

const later = ({ window, player: { timers } }, name, ms, what) => {
  window.clearTimeout(timers[name]);
  timers[name] = window.setTimeout(what, ms);
};

/** Take in what the page says: `given` is null without a player, `isHere` whether the scene is the one it is of. */
export function takePlay(app, given, isHere) {
  const { player } = app;
  if (!given || !takeTrace(app, given)) {
    pause(app);
    player.folding = app.marks.folding = app.marks.flip = null;
    player.bar.show(null);
    if (!given) player.digest = player.serial = null;
    return;
  }
  if (player.serial !== given.serial) goAnew(app, given);
  player.shown = given.shown ?? null;
  if (isHere && app.scene) showFolding(app, given.boxes);
  player.bar.show(player);
  if (player.shown !== null && player.shown !== player.place) rest(app);
}

/** Read the trace that came; false while this browser lacks it, which it says once, and again if no answer comes. */
function takeTrace(app, given) {
  const { player } = app;
  if (given.digest === player.digest) return true;
  if (given.trace) {
    Object.assign(player, { trace: readTrace(given.trace), digest: given.digest, serial: null, folding: null, missing: null });
    return true;
  }
  if (player.missing === given.digest) return false;
  player.missing = given.digest;
  const ask = () => {
    if (player.missing !== given.digest) return;
    tell(app, "untraced", { digest: given.digest, n: Date.now() });
    later(app, "missing", PATIENCE_MS, ask);
  };
  ask();
  return false;
}

function goAnew(app, { serial, place, unit }) {
  const { player } = app;
  pause(app);
  Object.assign(player, { serial, unit: unit === "wave" ? "wave" : "step", fresh: true });
  player.place = Math.max(0, Math.min(player.trace.n, place));
  // Of a place that is not there the page hears which one it is instead.
  player.told = restOf({ serial, place, unit });
  rest(app);
}

function showFolding(app, places) {
  const { player, scene, marks } = app;
  const known = player.folding;
  const same = known && player.of === scene && player.given.length === places.length && places.every((box, n) => box === player.given[n]);
  if (!same) {
    Object.assign(player, { folding: foldingOf(player.trace, places, scene.boxes.kind, player.unit), of: scene, given: places });
    marks.flip = null;
  }
  goToPlace(player.folding, player.place, player.unit);
  marks.folding = player.folding;
  marks.playing = player.playing;
  app.mapShape = null;
  player.listed();
  // Where the folding begins, or a link leads to, is what a person came to see.
  if (player.fresh && player.follow) later(app, "follow", FIRST_LOOK_MS, () => player.follow && followNext(app));
  player.fresh = false;
}

/** Do what a button or a key says; false where there is no player. */
export function playCommand(app, command) {
  const { player } = app;
  if (!player.folding) return false;
  const { place, trace, unit } = player;
  const commands = {
    stepFirst: () => goManually(app, 0),
    stepLast: () => goManually(app, trace.n),
    stepAfter: () => goManually(app, placeAfter(trace, place, 1, unit)),
    stepBefore: () => goManually(app, placeAfter(trace, place, -1, unit)),
    waveAfter: () => goManually(app, placeAfter(trace, place, 1, "wave")),
    waveBefore: () => goManually(app, placeAfter(trace, place, -1, "wave")),
    play: () => (player.playing ? pause(app) : play(app)),
  };
  if (!Object.hasOwn(commands, command)) return false;
  commands[command]();
  return true;
}

function goManually(app, place) {
  pause(app);
  goToStep(app, place);
}

function goToStep(app, place) {
  const { player, marks } = app;
  if (place === player.place) return;
  const turns = place > player.place && !isStill(app) && app.t.k >= SPECK_SCALE;
  marks.flip = turns ? flipOf(player.folding, place) : null;
  player.place = place;
  goToPlace(player.folding, place, player.unit);
  changed(app);
  rest(app);
  later(app, "follow", marks.flip ? FOLLOW_MS : 60, () => player.follow && followNext(app));
}

function changed(app) {
  const { player, marks } = app;
  marks.playing = player.playing;
  app.mapShape = null;
  player.bar.show(player);
  player.listed();
  // One who moves on wants to read the step, whatever is selected or under a pointer that rests.
  player.bar.tellOf("");
  request(app);
}

/** The boxes that change on the way from where the folding is to `place`: they turn over in the next frames. */
function flipOf({ trace, place, places, kinds }, to) {
  if (to - place > MOST_FLIPPED) return null;
  const boxes = new Set();
  for (let s = place; s < to; s += 1) {
    const box = places[trace.box[s]];
    if (box >= 0 && kinds[box] !== "group") boxes.add(box);
  }
  return { boxes, start: null, f: 0 };
}

function setUnit(app, unit) {
  const { player } = app;
  if (!player.folding || unit === player.unit) return;
  player.unit = unit;
  goToPlace(player.folding, player.place, unit);
  changed(app);
  rest(app);
}

function play(app) {
  const { player } = app;
  if (!player.trace.n) return;
  if (player.place >= player.trace.n) goToStep(app, 0);
  player.playing = true;
  changed(app);
  later(app, "play", FIRST_MS / player.speed, () => playOn(app));
}

function pause(app) {
  const { player } = app;
  if (!player.playing) return;
  player.playing = false;
  app.window.clearTimeout(player.timers.play);
  if (!player.folding) return;
  changed(app);
  rest(app);
}

/** The next move of playing on its own; where the page draws each place, once it has drawn this one. */
function playOn(app, waited = 0) {
  const { player } = app;
  if (!player.playing || !player.folding) return;
  if (player.shown !== null && player.shown !== player.place && waited < PATIENCE_MS) {
    later(app, "play", 60, () => playOn(app, waited + 60));
    return;
  }
  goToStep(app, placeAfter(player.trace, player.place, 1, player.unit));
  if (player.place >= player.trace.n) pause(app);
  else later(app, "play", PLAY_MS[player.unit] / player.speed, () => playOn(app));
}

const restOf = ({ serial, place, unit }) => JSON.stringify([serial, place, unit]);

/** Tell the page once the player has been here for a moment. It hears nothing of places that are only passed. */
function rest(app) {
  const { player } = app;
  const ms = player.shown !== null ? REST_TO_DRAW_MS : player.playing ? REST_PLAYING_MS : REST_MS;
  later(app, "rest", ms, () => {
    const { digest, serial, place, unit, shown } = player;
    const must = shown !== null && shown !== place;
    if (player.told === restOf(player) && !must) return;
    player.told = restOf(player);
    const said = { digest, serial, place, unit, n: Date.now() };
    if (must) tell(app, "played", said);
    else app.send("played", said);
  });
}

/** Bring what folds next, or what just folded, into view where none of it is, without another scale. */
function followNext(app) {
  const { player, scene, size } = app;
  if (!player.folding || !scene) return;
  const next = nextBoxes(player.folding);
  const list = next.length ? next : lastBoxes(player.folding, player.unit);
  if (!list.length) return;
  const { boxes } = scene;
  const view = inView(goal(app), size.vw, size.vh);
  const [mx, my] = [view.w * EDGE_SHARE, view.h * EDGE_SHARE];
  const middleOf = (i) => [boxes.x[i] + boxes.w[i] / 2, boxes.y[i] + boxes.h[i] / 2];
  const isSeen = ([x, y]) => x > view.x + mx && x < view.x + view.w - mx && y > view.y + my && y < view.y + view.h - my;
  const middles = list.map(middleOf);
  if (middles.some(isSeen)) return;
  const [x, y] = nearest(middles, view.x + view.w / 2, view.y + view.h / 2);
  moveTo(app, centre(x, y, goal(app).k, size.vw, size.vh), true);
}

function nearest(points, x, y) {
  const far = ([px, py]) => Math.hypot(px - x, py - y);
  return points.reduce((best, point) => (far(point) < far(best) ? point : best));
}
