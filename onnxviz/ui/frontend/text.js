// Text on the canvas: fitted to a width, with an ellipsis, and measured once per string.

/** Remembers widths and cuts for one font family; cleared when the theme's font changes. */
export function textCache() {
  return { widths: new Map(), cuts: new Map() };
}

export const TITLE_FONT = (theme, size = 13) => `600 ${size}px ${theme.font}`;
export const LINE_FONT = (theme, size = 11) => `${size}px ${theme.font}`;

export function widthOf(context, cache, text) {
  const key = `${context.font}|${text}`;
  let width = cache.widths.get(key);
  if (width === undefined) {
    width = context.measureText(text).width;
    cache.widths.set(key, width);
  }
  return width;
}

/** `text`, or as much of its start as fits into `room` units of the current font, with an ellipsis. */
export function cut(context, cache, text, room) {
  if (widthOf(context, cache, text) <= room) return text;
  const key = `${context.font}|${Math.round(room)}|${text}`;
  let short = cache.cuts.get(key);
  if (short === undefined) {
    short = cutNow(context, text, room);
    cache.cuts.set(key, short);
  }
  return short;
}

function cutNow(context, text, room) {
  const characters = Array.from(text);
  let [fits, over] = [0, characters.length];
  while (over - fits > 1) {
    const half = (fits + over) >> 1;
    const wide = context.measureText(`${characters.slice(0, half).join("")}…`).width > room;
    if (wide) over = half;
    else fits = half;
  }
  return fits ? `${characters.slice(0, fits).join("").trimEnd()}…` : "";
}

/** 1 -> "1 node", 12345 -> "12,345 nodes". */
export function nodes(count) {
  return `${count.toLocaleString("en")} ${count === 1 ? "node" : "nodes"}`;
}
