// The modal sheet that says which key does what.
import { element } from "./dom.js";
import { KEY_HELP } from "./keys.js";

export function makeHelp(document, signal) {
  const groups = KEY_HELP.map(([heading, ...rows]) => {
    const list = element(document, "dl");
    for (const [keys, does] of rows) list.append(element(document, "dt", {}, keys), element(document, "dd", {}, does));
    return element(document, "section", {}, element(document, "h3", {}, heading), list);
  });
  const close = element(document, "button", { type: "button" }, "Close");
  const head = element(document, "header", {}, element(document, "h2", {}, "Moving around the graph"), close);
  const columns = element(document, "div", { class: "sections" }, ...groups);
  const sheet = element(document, "dialog", { class: "help", "aria-label": "Keys and mouse" }, head, columns);
  close.addEventListener("click", () => sheet.close(), { signal });
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close(), { signal });
  // The app's own shortcuts must not run while one reads.
  sheet.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
  return sheet;
}
