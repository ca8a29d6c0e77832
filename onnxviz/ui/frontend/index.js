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

function span(grid, x, y, w, h) {
  const clamp = (value, most) => Math.max(0, Math.min(most, Math.floor(value)));
  return [
    clamp((x - grid.x) / grid.size, grid.columns - 1),
    clamp((y - grid.y) / grid.size, grid.rows - 1),
    clamp((x + w - grid.x) / grid.size, grid.columns - 1),
    clamp((y + h - grid.y) / grid.size, grid.rows - 1),
  ];
}

function fillCells(grid) {
  const { x, y, w, h } = grid.rects;
  const starts = new Uint32Array(grid.columns * grid.rows + 1);
  const spans = [];
  for (let i = 0; i < grid.n; i += 1) {
    const s = span(grid, x[i], y[i], w[i], h[i]);
    const wide = (s[2] - s[0] + 1) * (s[3] - s[1] + 1) > MOST_CELLS_PER_ITEM;
    spans.push(wide ? null : s);
    if (wide) grid.wide.push(i);
    else eachCell(grid, s, (cell) => (starts[cell + 1] += 1));
  }
  for (let c = 1; c < starts.length; c += 1) starts[c] += starts[c - 1];
  const next = starts.slice();
  grid.items = new Uint32Array(starts[starts.length - 1]);
  grid.starts = starts;
  spans.forEach((s, i) => s && eachCell(grid, s, (cell) => (grid.items[next[cell]++] = i)));
}

function eachCell(grid, [left, top, right, bottom], visit) {
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) visit(row * grid.columns + column);
  }
}

/** Indices of the items that touch the rectangle, each once, ascending. */
export function query(grid, { x, y, w, h }) {
  if (!grid.n) return [];
  const { rects } = grid;
  const touches = (i) =>
    rects.x[i] <= x + w && rects.x[i] + rects.w[i] >= x && rects.y[i] <= y + h && rects.y[i] + rects.h[i] >= y;
  const found = grid.wide.filter(touches);
  grid.stamp += 1;
  eachCell(grid, span(grid, x, y, w, h), (cell) => {
    for (let at = grid.starts[cell]; at < grid.starts[cell + 1]; at += 1) {
      const i = grid.items[at];
      if (grid.stamps[i] === grid.stamp) continue;
      grid.stamps[i] = grid.stamp;
      if (touches(i)) found.push(i);
    }
  });
  return found.sort((a, b) => a - b);
}

/** The innermost item at a point (the one with the greatest `depth`, then the last), or -1. */
export function at(grid, px, py, depth) {
  let best = -1;
  for (const i of query(grid, { x: px, y: py, w: 0, h: 0 })) {
    if (best < 0 || depth[i] >= depth[best]) best = i;
  }
  return best;
}
