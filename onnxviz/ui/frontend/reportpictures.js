// The pictures of a report: one viewer each, made when it is first looked at.
import { element } from "./dom.js";
import viewer from "./main.js";

const LEAST_HEIGHT = 420;
const SHARE_OF_WINDOW = 0.72;

/**
 * `described` has {name, label, scenes} for each picture, `scenes` being ids of the elements that hold them, the
 * first one closed and the last one with all open that holds changes. `onSelect(picture, box)` hears of clicks.
 */
export function makePictures(document, described, onSelect) {
  const make = (tag, attributes, ...children) => element(document, tag, attributes, ...children);
  const textOf = (id) => document.getElementById(id).textContent;
  const state = { at: 0, open: false };
  const shots = described.map((each) => ({ ...each, host: make("div", { class: "shot" }), serial: 0, wish: null, ids: null }));
  const buttons = shots.map(({ name }, at) => {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => turnTo(at));
    return button;
  });
  const box = make("input", { type: "checkbox" });
  const wide = make("label", { class: "wide" }, box, "Open every group with changes");
  box.addEventListener("change", () => {
    state.open = box.checked;
    draw();
  });
  const panel = make("div", { class: "pictures" }, make("div", { class: "choices" }, ...buttons, wide), ...shots.map((s) => s.host));

  const finest = (shot) => shot.scenes.length - 1;
  const idsOf = (shot) => (shot.ids ??= JSON.parse(textOf(shot.scenes[finest(shot)])).ids);

  function turnTo(at) {
    state.at = at;
    draw();
  }

  function draw() {
    shots.forEach((shot, at) => (shot.host.hidden = at !== state.at));
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === state.at)));
    const shot = shots[state.at];
    wide.hidden = finest(shot) === 0;
    box.checked = state.open;
    mount(shot);
  }

  function mount(shot) {
    shot.inside ??= shadowOf(document, shot.host, textOf("css"));
    const id = shot.scenes[state.open ? finest(shot) : 0];
    viewer({
      parentElement: shot.inside,
      data: {
        scene: textOf(id), digest: id, look: 0, label: shot.label, view: null,
        height: Math.max(LEAST_HEIGHT, Math.round(document.defaultView.innerHeight * SHARE_OF_WINDOW)),
        select: { id: shot.wish, serial: shot.serial },
      },
      setStateValue: (_, events) => {
        const [, name, value] = events.list.at(-1);
        if (name === "selected") heard(shot, value.id);
      },
    });
  }

  function heard(shot, id) {
    onSelect(shots.indexOf(shot), id === null ? -1 : idsOf(shot).indexOf(id));
  }

  /** Show the node of a row: in the picture at hand if it is there, else in the first that has it. */
  function goTo(row) {
    const at = row[state.at] >= 0 ? state.at : row.findIndex((place) => place >= 0);
    if (at < 0) return;
    const shot = shots[at];
    state.at = at;
    state.open = true;
    shot.wish = idsOf(shot)[row[at]];
    shot.serial += 1;
    draw();
    panel.scrollIntoView({ block: "nearest" });
    onSelect(at, row[at]);
  }

  function start() {
    draw();
    const again = () => shots.filter((shot) => shot.inside && !shot.host.hidden).forEach(mount);
    document.defaultView.addEventListener("resize", again);
    document.defaultView.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  }

  return { panel, goTo, start };
}

function shadowOf(document, host, css) {
  const root = host.attachShadow({ mode: "open" });
  const inside = element(document, "div");
  const style = element(document, "style", {}, css);
  root.append(style, inside);
  return inside;
}
