// Which key does what. Pure: from a key event's fields to the name of a command, or null.

const COMMANDS = {
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
  "+": "zoomIn", "=": "zoomIn", "-": "zoomOut", "0": "actual", f: "fit", c: "centre",
  Enter: "toggle", Escape: "clear", "?": "help",
  "/": "find", n: "next", N: "previous",
  v: "neighbours", a: "ancestors", d: "descendants", p: "path", x: "unfocus",
  j: "changeAfter", k: "changeBefore", h: "onlyChanges",
  ".": "stepAfter", ",": "stepBefore", Home: "stepFirst", End: "stepLast", " ": "press",
  o: "overview", "[": "less", "]": "more", t: "turn", u: "undo",
};
// With Caps Lock on a letter should do the same, but N is the opposite of n.
const WITH_SHIFT = new Set(["N"]);

/** What the sheet of keys says: [heading, [keys, what they do]...]. */
export const KEY_HELP = [
  ["Look around",
    ["Drag, arrow keys", "Move the picture (Shift: further)"],
    ["Scroll, pinch, + −", "Zoom. Scrolling zooms once the picture is in focus; Ctrl + scroll always does"],
    ["0, f", "Actual size; fit everything"],
    ["c", "Bring the selected box to the middle"],
    ["Tab, then arrow keys", "Walk through the list of boxes; Enter selects, → opens, ← closes"]],
  ["Select",
    ["Click", "Select a box: what flows in is blue, what flows out is orange"],
    ["Click a dashed stub", "Jump to the other end of its line"],
    ["Esc", "Close, cancel, or clear the selection"]],
  ["Find",
    ["/", "Search"],
    ["Enter, n", "Next match (Shift + Enter, N: the one before)"],
    ["Esc", "Close the list of matches; again: clear the search"]],
  ["Open and close",
    ["Double-click, Enter", "Open or close a group; on another box, zoom to it"],
    ["o", "Overview: as many groups as fit a view"],
    ["[ and ]", "One level less or more"],
    ["t", "Turn the picture"],
    ["u, Ctrl + Z", "Undo (Ctrl + Shift + Z, Ctrl + Y: redo)"]],
  ["In a comparison",
    ["j, k", "Next change; the one before"],
    ["h", "Hide what did not change; show it again"]],
  ["While a folding is played",
    [". and ,", "One step or wave on; one back"],
    ["Home, End", "To the start; to the end"],
    ["Space", "Play and pause"],
    ["In the bar: → ←", "One step or wave on; one back (Page Up, Page Down: a wave)"]],
  ["When boxes are picked",
    ["Click, Space, Enter", "Pick a box, or take it back. Space and Enter: the selected one, here or in the list of boxes"]],
  ["Around the selected box",
    ["v", "Its neighbours alone"],
    ["a, d", "All that leads to it; all that follows from it"],
    ["p, then click a box", "The paths between the two"],
    ["x", "Show everything again"]],
];

/** The commands that need the page: a saved picture cannot do them. */
export const PAGE_COMMANDS = new Set([
  "neighbours", "ancestors", "descendants", "path", "unfocus", "overview", "all", "none", "less", "more", "turn", "undo", "redo",
]);

export function commandOf(event) {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  const letter = key.length === 1 ? key.toLowerCase() : key;
  // On many keyboards a bracket is typed with AltGr, which says that it is Ctrl and Alt.
  const third = event.getModifierState?.("AltGraph") ?? false;
  if ((ctrlKey || metaKey) && !altKey && !third) {
    if (letter === "z") return shiftKey ? "redo" : "undo";
    return letter === "y" && !shiftKey ? "redo" : null;
  }
  if ((ctrlKey || metaKey || altKey) && !third) return null;
  const name = WITH_SHIFT.has(key) && shiftKey ? key : letter;
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : null;
}

/** Scale factor of a wheel event, by d3-zoom's rule (https://d3js.org/d3-zoom#zoom_wheelDelta). */
export function wheelFactor({ deltaY, deltaMode, ctrlKey }) {
  const unit = deltaMode === 1 ? 0.05 : deltaMode ? 1 : 0.002;
  const exponent = -deltaY * unit * (ctrlKey ? 10 : 1);
  return Math.pow(2, Math.max(-1, Math.min(1, exponent)));
}
