// The filter by op type: a panel with a field, a box to tick per op type, and how many nodes each has.
import { element, iconButton, setName, setText } from "./dom.js";
import { ICONS } from "./icons.js";
import { makePopup, walkable } from "./popups.js";
import { lookUpSoon } from "./search.js";

const WHAT = "Show where op types are";

/** Builds the button and its panel; returns {button, panel, show(), mark()}. */
export function makeOpFilter(app) {
  const { document, controller: { signal } } = app;
  const parts = makeParts(document, () => (popup.isOpen() ? popup.close() : popup.open()), signal);
  const { button, panel, filter, list, none } = parts;
  const popup = makePopup(app, button, panel, {
    opened: () => {
      filter.value = "";
      narrow(parts);
      filter.focus();
    },
  });
  filter.addEventListener("input", () => narrow(parts), { signal });
  list.addEventListener("change", ({ target }) => {
    if (target.checked) app.search.ops.add(target.value);
    else app.search.ops.delete(target.value);
    lookUpSoon(app);
  }, { signal });
  none.addEventListener("click", () => {
    app.search.ops.clear();
    lookUpSoon(app);
    filter.focus();
  }, { signal });
  walkable(panel, () => ticksOf(parts).filter((tick) => !tick.closest("label").hidden), signal);
  return { button, panel, mark: () => markTicks(app, parts), show: () => listOps(app, parts) };
}

function makeParts(document, onClick, signal) {
  const make = (tag, attributes, ...children) => element(document, tag, attributes, ...children);
  const button = iconButton(document, { kind: "ops", name: "Op types", title: WHAT, path: ICONS.ops, text: "Op types" }, onClick, signal);
  button.setAttribute("aria-haspopup", "dialog");
  const named = { placeholder: "Filter op types", "aria-label": "Filter op types" };
  const filter = make("input", { type: "text", autocomplete: "off", spellcheck: "false", ...named });
  const list = make("div", { class: "ops", role: "group", "aria-label": "Op types" });
  const none = make("button", { type: "button", class: "plain" }, "Clear");
  const panel = make("div", { class: "pop opfilter", role: "dialog", "aria-label": "Op types" }, filter, list, none);
  return { button, panel, filter, list, none, listed: "" };
}

const ticksOf = ({ list }) => [...list.querySelectorAll("input")];

function narrow({ filter, list }) {
  const wanted = filter.value.trim().toLowerCase();
  for (const row of list.children) row.hidden = !row.dataset.op.toLowerCase().includes(wanted);
}

function markTicks(app, parts) {
  const { ops } = app.search;
  const { button, none } = parts;
  for (const tick of ticksOf(parts)) tick.checked = ops.has(tick.value);
  setText(button.querySelector(".word"), ops.size ? `Op types · ${ops.size}` : "Op types");
  setName(button, "Op types", ops.size ? `Showing where these are: ${[...ops].join(", ")}` : WHAT);
  button.classList.toggle("on", ops.size > 0);
  none.disabled = ops.size === 0;
}

function listOps(app, parts) {
  const ops = app.view?.ops ?? [];
  parts.button.hidden = !ops.length;
  const listed = JSON.stringify(ops);
  if (listed === parts.listed) return;
  parts.listed = listed;
  const make = (tag, attributes, ...children) => element(app.document, tag, attributes, ...children);
  parts.list.replaceChildren(...ops.map(([op, count]) => make("label", { "data-op": op },
    make("input", { type: "checkbox", value: op }),
    make("span", { class: "name" }, op),
    make("span", { class: "note" }, count.toLocaleString("en")))));
  markTicks(app, parts);
}
