// The bar under the picture that goes through a folding: its line of arithmetic, its buttons and its counters.
import { arithmeticAt, countersAt, placeSaid } from "./counters.js";
import { element, iconButton, setName, setText } from "./dom.js";
import { ICONS } from "./icons.js";

const SPEEDS = [0.5, 1, 2, 4];
const MOST_TICKS = 400;
const KEYS = {
  ArrowRight: "stepAfter", ArrowUp: "stepAfter", ".": "stepAfter", ArrowLeft: "stepBefore", ArrowDown: "stepBefore",
  ",": "stepBefore", Home: "stepFirst", End: "stepLast", PageUp: "waveAfter", PageDown: "waveBefore", " ": "play",
};

/** `on` has go(command), slide(place), unit(name), speed(factor), follow(on). Returns {panel, show(player), tellOf(text)}. */
export function makePlayerBar(app, on) {
  const { document, controller: { signal } } = app;
  const make = (tag, attributes, ...children) => element(document, tag, attributes, ...children);
  const says = make("p", { class: "says", "aria-live": "polite" });
  const next = make("p", { class: "nextstep" });
  const about = make("p", { class: "about", hidden: "" });
  const place = make("p", { class: "place" });
  const parts = { app, on, says, next, about, place, ...makeControls(app, make, on, signal), counters: make("dl", { class: "counters" }) };
  const words = make("div", { class: "telling" }, make("div", { class: "sum" }, says, next, about), place);
  const controls = make("div", { class: "controls" }, parts.moves, parts.track, parts.unit, parts.speed, parts.follow);
  const panel = make("div", { class: "player", role: "group", "aria-label": "Constant folding, step by step", hidden: "" }, words, controls, parts.counters);
  panel.addEventListener("keydown", (event) => onBarKey(event, app, on), { signal });
  return {
    panel,
    show: (player) => {
      panel.hidden = !player;
      if (player) showPlayer(make, parts, player);
    },
    tellOf: (text) => {
      setText(about, text);
      about.hidden = !text;
    },
  };
}

function makeControls(app, make, on, signal) {
  const { document } = app;
  const button = (kind, name, title) => iconButton(document, { kind, name, title, path: ICONS[kind] }, () => on.go(kind), signal);
  const buttons = {
    stepFirst: button("stepFirst", "To the start", "To the start (Home)"),
    stepBefore: button("stepBefore", "One step back", "One step back (,)"),
    play: button("play", "Play", "Play (space)"),
    stepAfter: button("stepAfter", "One step forward", "One step forward (.)"),
    stepLast: button("stepLast", "To the end", "To the end (End)"),
  };
  const slider = make("input", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": "Steps done" });
  slider.addEventListener("input", () => on.slide(Number(slider.value)), { signal });
  const ticks = make("div", { class: "ticks", "aria-hidden": "true" });
  const units = Object.fromEntries(["step", "wave"].map((name) => [name, iconButton(document, {
    kind: `unit-${name}`, name: name === "step" ? "Step" : "Wave", text: name === "step" ? "Step" : "Wave",
    title: name === "step" ? "Move node by node" : "Move wave by wave: all nodes that can fold at once",
  }, () => on.unit(name), signal)]));
  const speeds = make("select", { "aria-label": "Speed" }, ...SPEEDS.map((each) => make("option", { value: each }, `${each}×`)));
  speeds.value = "1";
  speeds.addEventListener("change", () => on.speed(Number(speeds.value)), { signal });
  const tick = make("input", { type: "checkbox", checked: "" });
  tick.addEventListener("change", () => on.follow(tick.checked), { signal });
  return {
    buttons, slider, ticks, units,
    moves: make("div", { class: "moves", role: "group", "aria-label": "Move through the steps" }, ...Object.values(buttons)),
    track: make("div", { class: "track" }, slider, ticks),
    unit: make("div", { class: "units", role: "group", "aria-label": "Move by" }, units.step, units.wave),
    speed: make("label", { class: "speed" }, make("span", {}, "Speed"), speeds),
    follow: make("label", { class: "follow", title: "Bring what folds next into view" }, tick, make("span", {}, "Follow")),
  };
}

function onBarKey(event, app, on) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { target, key } = event;
  const presses = target instanceof app.window.HTMLButtonElement || target.type === "checkbox";
  // In a list of speeds keys choose; on a button or a box to tick the space key presses that.
  if (target.tagName === "SELECT") event.stopPropagation();
  if (target.tagName === "SELECT" || (key === " " && presses)) return;
  const command = Object.hasOwn(KEYS, key) ? KEYS[key] : null;
  if (!command) return;
  event.preventDefault();
  event.stopPropagation();
  on.go(command);
}

function showPlayer(make, parts, player) {
  const { trace, place, unit, playing } = player;
  const { buttons, slider, units } = parts;
  const { now, next } = arithmeticAt(trace, place, unit);
  setText(parts.says, now);
  parts.says.title = now;
  parts.says.classList.remove("long");
  parts.says.classList.toggle("long", parts.says.scrollWidth > parts.says.clientWidth);
  setText(parts.next, next);
  parts.next.title = next;
  setText(parts.place, placeSaid(trace, place));
  slider.max = String(trace.n);
  slider.value = String(place);
  slider.setAttribute("aria-valuetext", placeSaid(trace, place));
  showTicks(make, parts, trace);
  showMoves(parts, player);
  for (const [name, button] of Object.entries(units)) button.setAttribute("aria-pressed", String(name === unit));
  const [name, path] = playing ? ["Pause", ICONS.pause] : ["Play", ICONS.play];
  setName(buttons.play, name, `${name} (space)`);
  const drawn = buttons.play.querySelector("path");
  if (drawn.getAttribute("d") !== path) drawn.setAttribute("d", path);
  showCounters(make, parts, trace, place);
}

/** A button that has the focus is not disabled: the next key would go nowhere. */
function showMoves({ buttons, app }, { trace, place, unit }) {
  const move = unit === "wave" ? "wave" : "step";
  setName(buttons.stepBefore, `One ${move} back`, `One ${move} back (,)`);
  setName(buttons.stepAfter, `One ${move} forward`, `One ${move} forward (.)`);
  const focused = app.root.getRootNode().activeElement;
  for (const [kind, button] of Object.entries(buttons)) {
    const idle = kind === "play" ? !trace.n : kind === "stepFirst" || kind === "stepBefore" ? place <= 0 : place >= trace.n;
    button.setAttribute("aria-disabled", String(idle));
    button.disabled = idle && button !== focused;
  }
}

/** Where waves end, as marks over the slider; where they are too many to be told apart there are none. */
function showTicks(make, parts, trace) {
  if (parts.ticked === trace) return;
  parts.ticked = trace;
  const ends = trace.ends.length > MOST_TICKS ? [] : trace.ends.slice(0, -1);
  parts.ticks.replaceChildren(...ends.map((end) => {
    const mark = make("i");
    mark.style.setProperty("--at", String(end / trace.n));
    return mark;
  }));
}

function showCounters(make, parts, trace, place) {
  const all = countersAt(trace, place);
  if (!parts.cells) {
    parts.cells = all.map(({ name }) => ({ name: make("dt", {}, name), now: make("span", { class: "now" }), change: make("span", { class: "change" }) }));
    parts.counters.replaceChildren(...parts.cells.map((cell) => make("div", {}, cell.name, make("dd", {}, cell.now, " ", cell.change))));
  }
  all.forEach(({ now, change, trend }, at) => {
    const cell = parts.cells[at];
    setText(cell.now, now);
    setText(cell.change, change && `(${change})`);
    cell.change.className = `change ${trend}`;
  });
}
