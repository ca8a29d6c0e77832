// Text on the canvas: fitted to a width, with an ellipsis, and measured once per string and font.

const MOST_TEXTS = 60_000;

/** Remembers widths and cuts for each font; a new one is made when the theme's font changes. */
export function textCache() {
  return { fonts: new Map(), table: null, held: 0 };
}

export const TITLE_FONT = (theme, size = 13) => `600 ${size}px ${theme.font}`;
export const LINE_FONT = (theme, size = 11) => `${size}px ${theme.font}`;

/** Set the font of what is measured, cut and written next. */
export function useFont(context, cache, font) {
  context.font = font;
  let table = cache.fonts.get(font);
  if (!table) {
    table = { widths: new Map(), cuts: new Map() };
    cache.fonts.set(font, table);
  }
  cache.table = table;
}

/** Names may be long and models many: what is remembered is bounded. */
function remember(cache, map, key, value) {
  cache.held += 1;
  if (cache.held > MOST_TEXTS) {
    for (const { widths, cuts } of cache.fonts.values()) {
      widths.clear();
      cuts.clear();
    }
    cache.held = 0;
  }
  map.set(key, value);
  return value;
}

export function widthOf(context, cache, text) {
  const { widths } = cache.table;
  return widths.get(text) ?? remember(cache, widths, text, context.measureText(text).width);
}

/** `text`, or as much of its start as fits into `room` units of the current font, with an ellipsis. */
export function cut(context, cache, text, room) {
  if (widthOf(context, cache, text) <= room) return text;
  const { cuts } = cache.table;
  const key = `${Math.round(room)}|${text}`;
  return cuts.get(key) ?? remember(cache, cuts, key, cutNow(context, text, Math.round(room)));
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
  return counted(count, "node");
}

/** 1, "match", "matches" -> "1 match"; the plural is formed with an s where none is given. */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
