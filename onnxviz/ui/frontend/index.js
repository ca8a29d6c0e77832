// A uniform grid over rectangles, for culling and hit testing. Built once per scene in linear time;
// an item that would cover many cells (the frame of an open group) is kept in a plain list instead.

const MOST_CELLS_PER_ITEM = 64;
const ITEMS_PER_CELL = 4;

/** `rects` is {x, y, w, h} of equally long arrays; returns an index for `query` and `at`. */
export function buildIndex(rects) {
  const n = rects.x.length;
  const grid = { ...bounds(rects), n, rects, wide: [], stamps: new Uint32Array(n), stamp: 0 };
  const cells = Math.max(1, Math.ceil(n / ITEMS_PER_CELL));
  grid.size = Math.max(1, Math.sqrt(Math.max(1, grid.w * grid.h) / cells));
  // A long thin scene must not ask for more cells than it has items.
  grid.size = Math.max(grid.size, grid.w / (cells + 1), grid.h / (cells + 1));
  grid.columns = Math.floor(grid.w / grid.size) + 1;
  grid.rows = Math.floor(grid.h / grid.size) + 1;
  fillCells(grid);
  return grid;
}

function bounds(rects) {
  let [x, y, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < rects.x.length; i += 1) {
    x = Math.min(x, rects.x[i]);
    y = Math.min(y, rects.y[i]);
    right = Math.max(right, rects.x[i] + rects.w[i]);
    bottom = Math.max(bottom, rects.y[i] + rects.h[i]);
  }
  return rects.x.length ? { x, y, w: right - x, h: bottom - y } : { x: 0, y: 0, w: 0, h: 0 };
}

function clamped(value, most) {
  return value > 0 ? Math.min(most, Math.floor(value)) : 0;
}

/** First column, first row, last column, last row of a rectangle, written into `into` from place `o` on. */
function span(grid, x, y, w, h, into, o) {
  into[o] = clamped((x - grid.x) / grid.size, grid.columns - 1);
  into[o + 1] = clamped((y - grid.y) / grid.size, grid.rows - 1);
  into[o + 2] = clamped((x + w - grid.x) / grid.size, grid.columns - 1);
  into[o + 3] = clamped((y + h - grid.y) / grid.size, grid.rows - 1);
}

function fillCells(grid) {
  const { x, y, w, h } = grid.rects;
  const starts = new Uint32Array(grid.columns * grid.rows + 1);
  const spans = new Int32Array(4 * grid.n);
  for (let i = 0, o = 0; i < grid.n; i += 1, o += 4) {
    span(grid, x[i], y[i], w[i], h[i], spans, o);
    const wide = (spans[o + 2] - spans[o] + 1) * (spans[o + 3] - spans[o + 1] + 1) > MOST_CELLS_PER_ITEM;
    if (wide) {
      grid.wide.push(i);
      spans[o + 3] = -1;
    }
    for (let row = spans[o + 1]; row <= spans[o + 3]; row += 1) {
      for (let column = spans[o]; column <= spans[o + 2]; column += 1) starts[row * grid.columns + column + 1] += 1;
    }
  }
  for (let c = 1; c < starts.length; c += 1) starts[c] += starts[c - 1];
  const next = starts.slice();
  grid.items = new Uint32Array(starts[starts.length - 1]);
  grid.starts = starts;
  for (let i = 0, o = 0; i < grid.n; i += 1, o += 4) {
    for (let row = spans[o + 1]; row <= spans[o + 3]; row += 1) {
      for (let column = spans[o]; column <= spans[o + 2]; column += 1) grid.items[next[row * grid.columns + column]++] = i;
    }
  }
}

/** Indices of the items that touch the rectangle, each once, ascending. */
export function query(grid, { x, y, w, h }) {
  if (!grid.n) return [];
  const { rects } = grid;
  const meets = (i) =>
    rects.x[i] <= x + w && rects.x[i] + rects.w[i] >= x && rects.y[i] <= y + h && rects.y[i] + rects.h[i] >= y;
  const found = grid.wide.filter(meets);
  grid.stamp += 1;
  const cells = [0, 0, 0, 0];
  span(grid, x, y, w, h, cells, 0);
  for (let row = cells[1]; row <= cells[3]; row += 1) {
    const from = grid.starts[row * grid.columns + cells[0]];
    const to = grid.starts[row * grid.columns + cells[2] + 1];
    for (let at = from; at < to; at += 1) {
      const i = grid.items[at];
      if (grid.stamps[i] === grid.stamp) continue;
      grid.stamps[i] = grid.stamp;
      if (meets(i)) found.push(i);
    }
  }
  return Array.from(Uint32Array.from(found).sort());
}

/** The innermost item at a point (the one with the greatest `depth`, then the last), or -1. */
export function at(grid, px, py, depth) {
  let best = -1;
  for (const i of query(grid, { x: px, y: py, w: 0, h: 0 })) {
    if (best < 0 || depth[i] >= depth[best]) best = i;
  }
  return best;
}
