// The search field, its state, and going from one hit to the next. The page searches the whole graph; without
// one (a saved picture) only what the picture itself says is searched.
import { ask, request, say } from "./app.js";
import { element, icon, iconButton, setText } from "./dom.js";
import { countOf, findLocally, hitAfter, hitsIn, sameFound, spokenOf } from "./finding.js";
import { ICONS } from "./icons.js";
import { makePopup } from "./popups.js";
import { makeResults } from "./results.js";

const TYPING_MS = 180;
const TYPING_LOCALLY_MS = 60;

/** Builds the field. `goTo(id)` shows a box. State is in `app.search`; returns {field, panel} to place. */
export function makeSearch(app, goTo) {
  const { document, controller: { signal } } = app;
  const make = (tag, attributes, ...children) => element(document, tag, attributes, ...children);
  const input = make("input", {
    type: "text", placeholder: "Find", role: "combobox", "aria-label": "Find in the graph", title: "Find (/)", autocomplete: "off",
    spellcheck: "false", "aria-controls": "hits", "aria-haspopup": "listbox", "aria-autocomplete": "list", maxlength: 200,
  });
  const count = make("span", { class: "count" });
  const search = app.search = {
    input, count, text: "", ops: new Set(), at: -1, marked: -1, timer: 0, waiting: false, eager: false, helping: false, goTo,
  };
  const button = (kind, name, run, title) => iconButton(document, { kind, name, title, path: ICONS[kind] }, run, signal);
  search.previous = button("previous", "Previous match", () => goBy(app, -1), "Previous match (N)");
  search.next = button("next", "Next match", () => goBy(app, 1), "Next match (n)");
  search.clear = button("clear", "Clear the search", () => {
    clearSearch(app);
    input.focus();
  }, "Clear the search (Esc)");
  search.how = iconButton(document, { kind: "how", name: "What can be searched for", text: "?" }, () => {
    search.helping = search.results.panel.hidden || !search.helping;
    input.focus();
    showResults(app);
  }, signal);
  const field = make("div", { class: "find", role: "search", "aria-label": "Graph" },
    icon(document, ICONS.find), input, count, search.previous, search.next, search.clear, search.how);
  search.results = makeResults(document, { go: (at) => goToHit(app, at, true), tryOut: (text) => tryOut(app, text) }, signal);
  search.popup = makePopup(app, input, search.results.panel, {
    anchor: field,
    closed: () => {
      search.helping = false;
      input.removeAttribute("aria-activedescendant");
    },
  });
  listenToField(app, input, field);
  return { field, panel: search.results.panel };
}

function listenToField(app, input, field) {
  const { search, controller: { signal } } = app;
  input.addEventListener("input", () => onTyped(app), { signal });
  input.addEventListener("focus", () => !isEmpty(search) && showResults(app), { signal });
  input.addEventListener("keydown", (event) => onSearchKey(app, event), { signal });
  field.addEventListener("focusout", ({ relatedTarget }) => {
    const inside = field.contains(relatedTarget) || search.results.panel.contains(relatedTarget);
    if (relatedTarget && !inside) search.popup.close();
  }, { signal });
}

function onTyped(app) {
  const { search } = app;
  search.text = search.input.value;
  search.marked = -1;
  search.helping = false;
  lookUpSoon(app);
  showResults(app);
}

/** Search after a pause in typing, or at once where the question is empty. */
export function lookUpSoon(app, pause = app.view ? TYPING_MS : TYPING_LOCALLY_MS) {
  const { search } = app;
  search.waiting = true;
  app.window.clearTimeout(search.timer);
  search.timer = app.window.setTimeout(() => lookUp(app), isEmpty(search) ? 0 : pause);
  if (isEmpty(search)) {
    app.found = null;
    markHits(app);
  }
  markSearch(app);
}

const isEmpty = (search) => !search.text.trim() && !search.ops.size;

function lookUp(app) {
  const { search } = app;
  app.window.clearTimeout(search.timer);
  search.timer = 0;
  if (app.view) ask(app, "find", { text: search.text, ops: [...search.ops] });
  else takeFound(app, null);
}

export function clearSearch(app) {
  const { search } = app;
  if (!search.text && !search.ops.size) return;
  setQuestion(search, "", []);
  search.popup.close();
  lookUpSoon(app);
  say(app, "Search cleared");
}

function setQuestion(search, text, ops) {
  Object.assign(search, { text, ops: new Set(ops), at: -1, marked: -1, eager: false, helping: false });
  search.input.value = text;
}

function tryOut(app, text) {
  app.search.input.value = text;
  app.search.input.focus();
  onTyped(app);
}

/** Take over what the page found, or find it here. Called on every update, before painting. */
export function takeFound(app, given) {
  const { search } = app;
  const before = app.found;
  const answer = app.view ? given ?? null : app.scene && findLocally(app.scene, search.text);
  const wasWaiting = search.waiting;
  adopt(app, answer, before);
  // A late answer to what has been wiped out meanwhile is none.
  const found = app.found = isEmpty(search) ? null : answer;
  if (!sameFound(found, before)) {
    const current = before?.hits[search.at]?.[0];
    search.at = found && current !== undefined ? found.hits.findIndex(([id]) => id === current) : -1;
    search.marked = -1;
  }
  markHits(app);
  markSearch(app);
  if (search.waiting || (!wasWaiting && sameFound(found, before))) return;
  if (found) say(app, spokenOf(found, search.at));
  if (search.popup.isOpen()) showResults(app);
}

/** Whether the answer is to the question in the field; a field that waits for none takes over the page's. */
function adopt(app, answer, before) {
  const { search } = app;
  const same = (text, ops) => JSON.stringify([text.trim(), [...ops].sort()]);
  if (same(search.text, search.ops) === same(answer?.text ?? "", answer?.ops ?? [])) search.waiting = search.timer !== 0;
  else if (!search.waiting && answer) setQuestion(search, answer.text, answer.ops);
  // The page forgets a search when it shows another model.
  else if (!search.waiting && before) setQuestion(search, "", []);
}

/** Which boxes of the picture hold hits. */
export function markHits(app) {
  app.marks.hits = app.scene ? hitsIn(app.scene, app.found) : null;
  // All that is found may be in the other one of a pair.
  if (!app.marks.hits && app.found?.total && app.pane?.title) app.marks.hits = new Map();
  app.mapShape = null;
  request(app);
}

function markSearch(app) {
  const { search, found } = app;
  const busy = search.waiting && !isEmpty(search);
  setText(search.count, busy && !found ? "…" : countOf(found, search.at));
  search.count.classList.toggle("none", Boolean(found && !found.total && !busy));
  for (const each of [search.previous, search.next]) each.hidden = !found?.total;
  search.clear.hidden = !search.text && !search.ops.size;
  search.how.hidden = !app.view?.help?.length;
  search.onMark?.();
}

function showResults(app) {
  const { search } = app;
  const rows = search.results.show({ found: app.found, at: search.at, marked: search.marked, waiting: search.waiting, text: search.text,
    help: app.view?.help ?? [], helping: search.helping });
  if (rows) search.popup.open();
  else search.popup.close();
  const active = rows && search.marked >= 0 ? search.results.idOf(search.marked) : null;
  if (active) search.input.setAttribute("aria-activedescendant", active);
  else search.input.removeAttribute("aria-activedescendant");
}

/** Go to the next (1) or the previous (-1) hit. */
export function goBy(app, direction) {
  const to = hitAfter(app.found, app.search.at, direction);
  if (to >= 0) goToHit(app, to);
}

function goToHit(app, at, leave = false) {
  const { search } = app;
  search.at = search.marked = at;
  search.popup.close();
  if (leave) app.canvas.focus();
  search.goTo(app.found.hits[at][0]);
  markSearch(app);
  say(app, spokenOf(app.found, at));
}

function onSearchKey(app, event) {
  const { search, found } = app;
  // Streamlit has shortcuts of its own on the page: what is typed here is not meant for them.
  event.stopPropagation();
  // The panel has closed on this very key.
  if (event.defaultPrevented) return;
  const walks = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key === "Escape") {
    event.preventDefault();
    if (search.text || search.ops.size) clearSearch(app);
    else app.canvas.focus();
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (search.waiting) {
      search.eager = true;
      lookUp(app);
    } else if (event.shiftKey) goBy(app, -1);
    else if (search.popup.isOpen() && search.marked >= 0 && search.marked !== search.at) goToHit(app, search.marked);
    else goBy(app, 1);
  } else if (event.key in walks && found?.total) {
    event.preventDefault();
    search.marked = hitAfter(found, search.marked, walks[event.key]);
    showResults(app);
  }
}

/** After an answer: someone who pressed Enter before it was there goes to the first hit. */
export function goIfEager(app) {
  const { search } = app;
  if (!search.eager || search.waiting) return;
  search.eager = false;
  if (app.found?.total) goBy(app, 1);
}
