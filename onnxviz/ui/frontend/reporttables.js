// The tables of a report: rows are made for what is looked at, since there may be thousands.
import { element } from "./dom.js";

const PAGE = 100;

/** The places of the rows that have `text` in a cell (any case) and `kind` in the column `facet`, or any if empty. */
export function matching(rows, facet, kind, text) {
  const wanted = text.trim().toLowerCase();
  const fits = (row) =>
    (!kind || row[facet] === kind) && (!wanted || row.some((cell) => cell.toLowerCase().includes(wanted)));
  return rows.flatMap((row, at) => (fits(row) ? [at] : []));
}

/** What occurs in a column and how often, most frequent first. */
export function kindsOf(rows, facet) {
  const counts = new Map();
  for (const row of rows) counts.set(row[facet], (counts.get(row[facet]) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}

/** `tables` as `to_wire` in onnxviz/report/tables.py makes them; `onRow` gets the places of a row in the pictures. */
export function makeTables(document, tables, onRow) {
  const make = (tag, attributes, ...children) => element(document, tag, attributes, ...children);
  const panel = make("div", { class: "tables" });
  if (!tables.length) panel.append(make("p", {}, "Nothing differs but names and the order of the file."));
  const parts = tables.map((table) => {
    const button = make("button", { type: "button" }, `${table.title} (${table.rows.length.toLocaleString("en")})`);
    return { table, button, part: null };
  });
  if (parts.length) panel.append(make("div", { class: "choices" }, ...parts.map(({ button }) => button)));

  function choose(chosen) {
    chosen.part ??= makeRows(document, chosen.table, onRow);
    for (const each of parts) {
      each.button.setAttribute("aria-pressed", String(each === chosen));
      if (each.part) each.part.hidden = each !== chosen;
    }
    if (!chosen.part.isConnected) panel.append(chosen.part);
  }

  for (const each of parts) each.button.addEventListener("click", () => choose(each));
  if (parts.length) choose(parts[0]);
  return { panel };
}

function makeRows(document, table, onRow) {
  const make = (tag, attributes, ...children) => element(document, tag, attributes, ...children);
  const search = make("input", { type: "search", placeholder: "Filter by text", "aria-label": `Filter ${table.title}` });
  const kinds = table.facet < 0 ? null : kindSelect(document, table);
  const count = make("span", { class: "count", role: "status" });
  const body = make("tbody");
  const head = make("thead", {}, make("tr", {}, ...table.columns.map((name) => make("th", { scope: "col" }, name))));
  const more = make("button", { type: "button", class: "more" }, `Show ${PAGE} more`);
  let [found, shown] = [[], 0];

  function page() {
    const next = found.slice(shown, shown + PAGE);
    body.append(...next.map((at) => rowOf(document, table.rows[at], table.at[at], onRow)));
    shown += next.length;
    more.hidden = shown >= found.length;
  }

  function filter() {
    found = matching(table.rows, table.facet, kinds?.value ?? "", search.value);
    shown = 0;
    body.replaceChildren();
    const all = table.rows.length.toLocaleString("en");
    count.textContent = found.length === table.rows.length ? `${all} rows` : `${found.length.toLocaleString("en")} of ${all} rows`;
    page();
  }

  search.addEventListener("input", filter);
  kinds?.addEventListener("change", filter);
  more.addEventListener("click", page);
  filter();
  const bar = make("div", { class: "filters" }, search, ...(kinds ? [kinds] : []), count);
  const note = table.note ? [make("p", {}, table.note)] : [];
  return make("div", { class: "tablepart" }, ...note, bar, make("div", { class: "scroll" }, make("table", {}, head, body)), more);
}

function kindSelect(document, table) {
  const option = (text, value) => element(document, "option", { value }, text);
  const name = table.columns[table.facet].toLowerCase();
  const kinds = kindsOf(table.rows, table.facet).map(([kind, n]) => option(`${kind || "none"} (${n.toLocaleString("en")})`, kind));
  return element(document, "select", { "aria-label": `Filter by ${name}` }, option(`Any ${name}`, ""), ...kinds);
}

function rowOf(document, cells, places, onRow) {
  const [name, ...rest] = cells;
  const isDrawn = places.some((place) => place >= 0);
  const first = element(document, isDrawn ? "button" : "span", isDrawn ? { type: "button", title: "Show it in the graph" } : {}, name || "(no name)");
  if (isDrawn) first.addEventListener("click", () => onRow(places));
  const others = rest.map((cell) => element(document, "td", {}, cell));
  return element(document, "tr", {}, element(document, "th", { scope: "row" }, first), ...others);
}
