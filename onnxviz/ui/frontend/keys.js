// Which key does what. Pure: from a key event's fields to the name of a command, or null.

const COMMANDS = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  "+": "zoomIn",
  "=": "zoomIn",
  "-": "zoomOut",
  "0": "actual",
  f: "fit",
  F: "fit",
  Enter: "toggle",
  Escape: "clear",
  "?": "help",
  c: "centre",
  C: "centre",
};

/** What the help sheet says, in reading order: [keys, what they do]. */
export const KEY_HELP = [
  ["Drag, arrow keys", "Move the picture (Shift: further)"],
  ["Scroll, pinch, + −", "Zoom. Scrolling zooms once the picture is in focus; Ctrl + scroll always does"],
  ["0", "Actual size"],
  ["f", "Fit everything"],
  ["Click", "Select a box: what flows in is blue, what flows out is orange"],
  ["c", "Bring the selected box to the middle"],
  ["Double-click, Enter", "Open or close a group; on another box, zoom to it"],
  ["Click a dashed stub", "Jump to the other end of its line"],
  ["Esc", "Clear the selection"],
  ["Tab, then arrow keys", "Walk through the list of boxes; Enter selects, → opens, ← closes"],
];

export function commandOf({ key, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return null;
  return Object.hasOwn(COMMANDS, key) ? COMMANDS[key] : null;
}

/** Scale factor of a wheel event, by d3-zoom's rule (https://d3js.org/d3-zoom#zoom_wheelDelta). */
export function wheelFactor({ deltaY, deltaMode, ctrlKey }) {
  const unit = deltaMode === 1 ? 0.05 : deltaMode ? 1 : 0.002;
  const exponent = -deltaY * unit * (ctrlKey ? 10 : 1);
  return Math.pow(2, Math.max(-1, Math.min(1, exponent)));
}
