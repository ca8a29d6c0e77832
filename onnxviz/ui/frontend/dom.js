// Building elements without markup: text is always text.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes (null ones left out) and children (strings become text nodes). */
export function element(document, tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/** A 16 by 16 line icon from an SVG path. */
export function icon(document, path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** A button with an icon; its name is what a screen reader says, its title also says the key. */
export function iconButton(document, { name, title = name, path, kind, text }, onClick, signal) {
  const made = element(document, "button", { type: "button", class: `do-${kind}`, "aria-label": name, title });
  if (path) made.append(icon(document, path));
  if (text) made.append(element(document, "span", { class: "word" }, text));
  made.addEventListener("click", onClick, { signal });
  return made;
}

/** Change text, an attribute or whether it is hidden only where it differs, so that nothing is laid out anew. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setName(node, name, title = name) {
  if (node.getAttribute("aria-label") === name && node.title === title) return;
  node.setAttribute("aria-label", name);
  node.title = title;
}

/** Whether keys typed there belong to the field. */
export function isField(node) {
  return ["INPUT", "SELECT", "TEXTAREA"].includes(node?.tagName);
}
