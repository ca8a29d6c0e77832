// The same boxes as a list that a keyboard and a screen reader can walk: an ARIA tree with one tab stop
// (https://www.w3.org/WAI/ARIA/apg/patterns/treeview/). Only the rows near the scroll position exist, so a
// scene of 13,000 boxes costs what one of 100 does; level, position and set size say where a row is.
import { element, setText } from "./dom.js";
import { isTally, tallySaid } from "./tallies.js";
import { nodes } from "./text.js";

const ROW = 26;
const SPARE = 40;

/** One entry per box in the order of the tree: {box, level, position, size}. */
export function rowsOf(boxes) {
  const rows = [];
  const rest = [];
  const push = (list, level) => {
    for (let at = list.length - 1; at >= 0; at -= 1) {
      rest.push({ box: list[at], level, position: at + 1, size: list.length });
    }
  };
  push(boxes.roots, 1);
  while (rest.length) {
    const row = rest.pop();
    rows.push(row);
    push(boxes.children.get(row.box) ?? [], row.level + 1);
  }
  return rows;
}

/** What a screen reader says for box `i`; `more` is what is said of it at the moment. */
export function nameOf(boxes, i, more = "") {
  const said = [boxes.title[i] || "unnamed"];
  const kind = boxes.kind[i];
  if (kind === "group") said.push(boxes.open[i] ? "open group" : "closed group", nodes(boxes.count[i]));
  else if (kind !== "node") said.push(kind === "stub" ? "link to the other end" : `graph ${kind}`);
  if (boxes.status[i]) said.push(boxes.status[i]);
  if (more) said.push(more);
  return [...said, ...boxes.lines[i].slice(0, 3).map((line) => (isTally(line) ? tallySaid(line) : line))].join(", ");
}

/** Which row a key moves to, or what it asks for: {row} | {select} | {toggle} | null. */
export function stepOf(key, rows, at, boxes) {
  const { box } = rows[at];
  const group = boxes.kind[box] === "group";
  switch (key) {
    case "ArrowDown": return { row: Math.min(rows.length - 1, at + 1) };
    case "ArrowUp": return { row: Math.max(0, at - 1) };
    case "Home": return { row: 0 };
    case "End": return { row: rows.length - 1 };
    case "PageDown": return { row: Math.min(rows.length - 1, at + 10) };
    case "PageUp": return { row: Math.max(0, at - 10) };
    case "Enter": case " ": return { select: box };
    case "ArrowRight":
      if (group && !boxes.open[box]) return { toggle: box };
      return boxes.open[box] ? { row: Math.min(rows.length - 1, at + 1) } : null;
    case "ArrowLeft": {
      if (group && boxes.open[box]) return { toggle: box };
      const parent = rows.findIndex((row) => row.box === boxes.parent[box]);
      return parent < 0 ? null : { row: parent };
    }
    default: return null;
  }
}

/**
 * The outline as an object: `panel` to place, `show(scene)`, `mark(box)`, `focusRow()`, `redraw()`. `asks` has
 * select(box), toggle(box), and what is said of a box at the moment: words(box), checked(box) (true, false or null).
 */
export function makeOutline(document, asks, signal) {
  const spacer = element(document, "div", { class: "rows", role: "presentation" });
  const tree = element(document, "div", { class: "tree", role: "tree", "aria-label": "Boxes of the graph" }, spacer);
  const panel = element(document, "div", { class: "outline" }, tree);
  const self = { panel, tree, spacer, asks, scene: null, rows: [], at: 0, selected: -1, drawn: new Map() };
  self.show = (scene) => showRows(document, self, scene);
  self.mark = (box) => markRow(document, self, box);
  self.focusRow = () => focusRow(document, self);
  self.redraw = () => self.scene && drawRows(document, self);
  const boxOf = (event) => Number(event.target.closest?.("[data-row]")?.dataset.row ?? -1);
  tree.addEventListener("scroll", () => drawRows(document, self), { signal });
  tree.addEventListener("keydown", (event) => onTreeKey(document, self, event, asks), { signal });
  const onClick = (event, ask) => {
    const row = boxOf(event);
    if (row < 0) return;
    self.at = row;
    drawRows(document, self);
    ask(self.rows[row].box);
  };
  tree.addEventListener("click", (event) => onClick(event, asks.select), { signal });
  tree.addEventListener("dblclick", (event) => onClick(event, asks.toggle), { signal });
  return self;
}

function onTreeKey(document, self, event, asks) {
  if (!self.rows.length || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = stepOf(event.key, self.rows, self.at, self.scene.boxes);
  if (event.key !== "Tab" && event.key !== "Escape") event.stopPropagation();
  if (!step) return;
  event.preventDefault();
  if ("select" in step) asks.select(step.select);
  else if ("toggle" in step) asks.toggle(step.toggle);
  else {
    self.at = step.row;
    focusRow(document, self);
  }
}

function showRows(document, self, scene) {
  const before = self.rows[self.at] && self.scene.boxes.ids[self.rows[self.at].box];
  const focused = self.tree.contains(self.tree.getRootNode().activeElement);
  self.scene = scene;
  self.rows = rowsOf(scene.boxes);
  self.selected = -1;
  const box = scene.indexOf.get(before);
  self.at = Math.max(0, self.rows.findIndex((row) => row.box === box));
  self.spacer.style.height = `${self.rows.length * ROW}px`;
  for (const drawn of self.drawn.values()) drawn.remove();
  self.drawn.clear();
  drawRows(document, self);
  if (focused) focusRow(document, self);
}

function markRow(document, self, box) {
  self.selected = box;
  const row = self.rows.findIndex((entry) => entry.box === box);
  if (row >= 0) {
    self.at = row;
    scrollToRow(self);
  }
  drawRows(document, self);
}

function scrollToRow(self) {
  const top = self.at * ROW;
  const { scrollTop, clientHeight } = self.tree;
  if (top < scrollTop) self.tree.scrollTop = top;
  else if (top + ROW > scrollTop + clientHeight) self.tree.scrollTop = top + ROW - clientHeight;
}

function focusRow(document, self) {
  scrollToRow(self);
  drawRows(document, self);
  self.drawn.get(self.at)?.focus({ preventScroll: true });
}

function drawRows(document, self) {
  const first = Math.max(0, Math.floor(self.tree.scrollTop / ROW) - SPARE);
  const last = Math.min(self.rows.length - 1, Math.ceil((self.tree.scrollTop + self.tree.clientHeight) / ROW) + SPARE);
  const wanted = new Set([self.at]);
  for (let row = first; row <= last; row += 1) wanted.add(row);
  for (const [row, item] of self.drawn) {
    if (wanted.has(row)) continue;
    item.remove();
    self.drawn.delete(row);
  }
  for (const row of wanted) {
    if (row >= self.rows.length) continue;
    if (!self.drawn.has(row)) addRow(document, self, row);
    const item = self.drawn.get(row);
    item.tabIndex = row === self.at ? 0 : -1;
    item.setAttribute("aria-selected", String(self.rows[row].box === self.selected));
    sayState(self, item, self.rows[row].box);
  }
}

/** What is said of a box at the moment, and whether it is picked. */
function sayState({ scene, asks }, item, box) {
  const [words, checked] = [asks.words(box), asks.checked(box)];
  if (checked === null) item.removeAttribute("aria-checked");
  else item.setAttribute("aria-checked", String(checked));
  setText(item.querySelector(".tick"), checked === null ? "" : checked ? "☑" : "☐");
  if (item.dataset.words === words) return;
  item.dataset.words = words;
  item.setAttribute("aria-label", nameOf(scene.boxes, box, words));
  setText(item.querySelector(".state"), words);
}

function addRow(document, self, row) {
  const { box, level, position, size } = self.rows[row];
  const { boxes } = self.scene;
  const group = boxes.kind[box] === "group";
  const item = element(document, "div", {
    role: "treeitem",
    "data-row": row,
    "aria-level": level,
    "aria-posinset": position,
    "aria-setsize": size,
    "aria-expanded": group ? boxes.open[box] : null,
    "aria-label": nameOf(boxes, box),
    class: boxes.status[box],
  });
  const arrow = group ? (boxes.open[box] ? "▾" : "▸") : "";
  item.style.top = `${row * ROW}px`;
  item.style.paddingLeft = `${4 + 14 * (level - 1)}px`;
  item.append(
    element(document, "span", { class: "arrow" }, arrow),
    element(document, "span", { class: "tick", "aria-hidden": "true" }),
    element(document, "span", { class: "name" }, `${boxes.flagged[box] ? "⚠ " : ""}${boxes.title[box] || "unnamed"}`),
    element(document, "span", { class: "state" }),
    element(document, "span", { class: "count" }, group && boxes.count[box] ? String(boxes.count[box]) : ""),
  );
  // In tree order even when rows come back on scrolling up, since readers walk the document.
  const after = [...self.drawn.keys()].filter((other) => other > row).sort((a, b) => a - b)[0];
  self.spacer.insertBefore(item, after === undefined ? null : self.drawn.get(after));
  self.drawn.set(row, item);
}
