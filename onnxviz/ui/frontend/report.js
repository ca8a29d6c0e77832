// A report's page: its pictures, its tables, and the ways from the one to the other. It holds all its data itself.
import { element } from "./dom.js";
import { makePictures } from "./reportpictures.js";
import { makeTables } from "./reporttables.js";

/** Fill the page; see `report` in onnxviz/report/making.py for what is in it. */
export function startReport(document) {
  const data = JSON.parse(document.getElementById("data").textContent);
  const chosen = element(document, "p", { class: "chosenrow", "aria-live": "polite" }, HINT);
  const pictures = makePictures(document, data.pictures, (picture, box) => tellOf(document, chosen, data.tables, picture, box));
  const tables = makeTables(document, data.tables, (row) => pictures.goTo(row));
  document.getElementById("graphs").append(pictures.panel, chosen);
  document.getElementById("tables").append(tables.panel);
  pictures.start();
}

/** What the tables say of the box that was clicked. */
function tellOf(document, chosen, tables, picture, box) {
  const found = box < 0 ? [] : tables.flatMap((table) => rowsAt(table, picture, box));
  const said = found.slice(0, MOST_TOLD).map(([table, row]) => sentenceOf(document, table, row));
  const rest = found.length - said.length;
  if (rest > 0) said.push(element(document, "span", {}, `and ${rest.toLocaleString("en")} more in the tables below`));
  chosen.replaceChildren(...(said.length ? said : [box < 0 ? HINT : "The same in both models."]));
}

const MOST_TOLD = 3;
const HINT = "Click a box to read here what became of it; click the name in a row to see its box.";

const rowsAt = (table, picture, box) =>
  table.rows.filter((_, at) => table.at[at][picture] === box).map((row) => [table, row]);

function sentenceOf(document, table, row) {
  const [name, op, ...rest] = row;
  const more = rest.filter(Boolean).slice(0, 2).join(": ");
  const named = element(document, "bdi", {}, name);
  return element(document, "span", {}, `${table.title}: `, named, ` (${op})${more ? `, ${more}` : ""}`);
}
