// The list of hits under the search field, or kind words and examples where there are none.
import { element } from "./dom.js";

const MOST_ROWS = 50;
const MOST_EXAMPLES = 3;

/** Which of `count` hits are listed, so that the marked one is among them: [from, to). */
export function rowsFor(count, marked) {
  const from = MOST_ROWS * Math.floor(Math.max(0, Math.min(marked, count - 1)) / MOST_ROWS);
  return [from, Math.min(count, from + MOST_ROWS)];
}

/** `asks` has go(place of a hit) and tryOut(text). Returns {panel, show(state), idOf(place)}. */
export function makeResults(document, asks, signal) {
  const list = element(document, "div", { role: "listbox", id: "hits", "aria-label": "Matches" });
  const words = element(document, "div", { class: "words" });
  const panel = element(document, "div", { class: "pop results" }, list, words);
  const self = { panel, idOf: (at) => `hit-${at}` };
  self.show = (state) => showHits(document, list, words, self, state);
  panel.addEventListener("click", (event) => {
    const row = event.target.closest("[data-at]");
    const example = event.target.closest("[data-example]");
    if (row) asks.go(Number(row.dataset.at));
    else if (example) asks.tryOut(example.dataset.example);
  }, { signal });
  // The field keeps the focus while a row is pressed, so that the list does not close under the pointer.
  list.addEventListener("pointerdown", (event) => event.preventDefault(), { signal });
  list.addEventListener("mousedown", (event) => event.preventDefault(), { signal });
  return self;
}

/** Fill the panel; returns whether there is anything to show. */
function showHits(document, list, words, self, { found, at, marked, waiting, text, help, helping }) {
  const make = (tag, attributes, ...children) => element(document, tag, attributes, ...children);
  const hits = helping ? [] : found?.hits ?? [];
  const [from, to] = rowsFor(hits.length, marked >= 0 ? marked : at);
  list.replaceChildren(...hits.slice(from, to).map(([, title, note], n) => {
    const place = from + n;
    const marks = { "aria-selected": place === marked, class: place === at ? "here" : null };
    return make("div", { role: "option", id: self.idOf(place), "data-at": place, ...marks },
      make("span", { class: "name" }, title || "unnamed"), make("span", { class: "note" }, note));
  }));
  list.hidden = !hits.length;
  list.classList.toggle("stale", waiting);
  const more = (found?.total ?? 0) - to;
  const said = [];
  if (helping) said.push(examplesOf(make, "You can search for", help));
  else if (found && !found.total && !waiting) {
    const asked = text.trim() ? `Nothing matches “${text.trim()}”.` : "Nothing of these op types is here.";
    said.push(make("p", {}, asked));
    if (help.length) said.push(examplesOf(make, "Perhaps one of these:", help.slice(0, MOST_EXAMPLES)));
  } else if (waiting && !found && text.trim()) said.push(make("p", {}, "Searching…"));
  else if (hits.length && more > 0) said.push(make("p", {}, `and ${more.toLocaleString("en")} more`));
  words.replaceChildren(...said);
  list.querySelector("[aria-selected='true']")?.scrollIntoView({ block: "nearest" });
  return Boolean(hits.length || said.length);
}

function examplesOf(make, heading, help) {
  const rows = help.map(([example, meaning]) =>
    make("li", {}, make("button", { type: "button", "data-example": example }, make("code", {}, example)), make("span", {}, meaning)));
  return make("div", { class: "examples" }, make("p", {}, heading), make("ul", {}, ...rows));
}
