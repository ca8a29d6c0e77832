// Going through what changed, one after the other, and hiding what did not: for pictures that compare two graphs.
import { ask, say } from "./app.js";
import { element, iconButton, setName, setText } from "./dom.js";
import { ICONS } from "./icons.js";
import { goTo } from "./moves.js";
import { counted } from "./text.js";

const MOST_CONTEXT = 9;
const FIRST_CONTEXT = 1;

/** Builds the group for the tool bar; `run(command)` is called on a click. Returns {group, show()}. */
export function makeChanges(app, run) {
  const { document, controller: { signal } } = app;
  const button = (kind, name, title, path, text) => iconButton(document, { kind, name, title, path, text }, () => run(kind), signal);
  const count = element(document, "span", { class: "changecount" });
  const previous = button("changeBefore", "Previous change", "Previous change (k)", ICONS.previous);
  const next = button("changeAfter", "Next change", "Next change (j)", ICONS.next);
  const hide = button("onlyChanges", "Only changes", "Hide what did not change (h)", ICONS.onlyChanges, "Only changes");
  const steps = element(document, "span", { class: "depth" });
  const stepper = (by, name, path) => iconButton(document, { kind: by < 0 ? "closer" : "wider", name, path }, () => {
    showOnly(app, app.view.changes + by);
  }, signal);
  const [closer, wider] = [stepper(-1, "One step of context less", ICONS.less), stepper(1, "One step of context more", ICONS.more)];
  const context = element(document, "span", { class: "context", role: "group", "aria-label": "Steps of context" }, closer, steps, wider);
  const group = element(document, "div", { class: "group", role: "group", "aria-label": "Changes" }, previous, count, next, hide, context);
  const parts = { group, count, previous, next, hide, steps, closer, wider, context };
  return { group, show: () => showChanges(app, parts) };
}

function showChanges(app, parts) {
  const { scene, view } = app;
  const compares = Boolean(scene?.compares);
  // Of two tool bars the second has the room for it.
  parts.group.hidden = !compares || Boolean(app.pane?.title && app.pane.leads);
  if (parts.group.hidden) return;
  const { total, at } = placeAmong(app);
  setText(parts.count, changesSaid(total, at));
  parts.previous.disabled = parts.next.disabled = !total;
  const on = (view?.changes ?? -1) >= 0;
  parts.hide.hidden = !view;
  parts.hide.disabled = !total && !on;
  parts.hide.setAttribute("aria-pressed", String(on));
  parts.context.hidden = !on;
  if (!on) return;
  setText(parts.steps, String(view.changes));
  setName(parts.context, `Steps of context: ${view.changes}`, "How many steps around a change are shown");
  parts.closer.disabled = view.changes <= 0;
  parts.wider.disabled = view.changes >= MOST_CONTEXT;
}

/** "57 changes", or "3 of 57" once one of them is selected. */
export function changesSaid(total, at) {
  if (at >= 0) return `${(at + 1).toLocaleString("en")} of ${total.toLocaleString("en")}`;
  return total ? counted(total, "change") : "No changes";
}

/** How many changes there are, and which of them is selected, or -1. */
function placeAmong({ scene, selectedId }) {
  scene.placeOfChange ??= new Map(scene.changes.map((id, at) => [id, at]));
  return { total: scene.changes.length, at: scene.placeOfChange.get(selectedId) ?? -1 };
}

/** Go to the next change (1) or the one before (-1). */
export function goToChange(app, by) {
  const id = app.scene?.compares ? changeBy(app, by) : null;
  if (id) goTo(app, id);
}

/**
 * The change to go to from the one that is on its way, as the page opens what is around it; else from the one that is
 * selected, or else from the last one that was gone to.
 */
function changeBy(app, by) {
  const { total, at } = placeAmong(app);
  if (!total) {
    say(app, "Nothing changed");
    return null;
  }
  const { placeOfChange } = app.scene;
  const from = [placeOfChange.get(app.goingId) ?? -1, at, placeOfChange.get(app.changeId) ?? -1].find((place) => place >= 0) ?? -1;
  const to = from < 0 ? (by > 0 ? 0 : total - 1) : (from + by + total) % total;
  app.changeId = app.goingId = app.scene.changes[to];
  say(app, `Change ${changesSaid(total, to)}`);
  return app.changeId;
}

/** Show only what changed, or everything again. */
export function toggleOnly(app) {
  if ((app.view?.changes ?? -1) >= 0) ask(app, "unfocus");
  else if (app.scene.changes.length) showOnly(app, FIRST_CONTEXT);
}

function showOnly(app, steps) {
  ask(app, "focus", { kind: "changes", steps: Math.max(0, Math.min(MOST_CONTEXT, steps)) });
  say(app, `Only changes, with ${counted(steps, "step")} around them`);
}
