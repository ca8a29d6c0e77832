// One immutable transform {k, x, y}: screen = k * scene + (x, y). Scene units are points, screen units
// CSS pixels. The same shape as d3-zoom's (https://d3js.org/d3-zoom#zoomTransform).

export const MAX_SCALE = 4;
const FIT_MARGIN = 24;

export const identity = Object.freeze({ k: 1, x: 0, y: 0 });

export function transform(k, x, y) {
  return Object.freeze({ k, x, y });
}

export function toScreen(t, px, py) {
  return [t.k * px + t.x, t.k * py + t.y];
}

export function toScene(t, sx, sy) {
  return [(sx - t.x) / t.k, (sy - t.y) / t.k];
}

export function pan(t, dx, dy) {
  return transform(t.k, t.x + dx, t.y + dy);
}

/** Scale to `k` (held within the limits) so that the scene point under (sx, sy) stays there. */
export function zoomAt(t, k, sx, sy, least) {
  const scale = Math.min(MAX_SCALE, Math.max(least, k));
  const ratio = scale / t.k;
  return transform(scale, sx - (sx - t.x) * ratio, sy - (sy - t.y) * ratio);
}

/** The rectangle {x, y, w, h} of the scene in the middle of a view of vw by vh, not above `most`. */
export function fit(rect, vw, vh, most = 1) {
  const roomX = Math.max(1, vw - 2 * FIT_MARGIN);
  const roomY = Math.max(1, vh - 2 * FIT_MARGIN);
  const k = Math.min(most, roomX / Math.max(1, rect.w), roomY / Math.max(1, rect.h));
  return centre(rect.x + rect.w / 2, rect.y + rect.h / 2, k, vw, vh);
}

/** The scene point (px, py) in the middle of the view, at scale k. */
export function centre(px, py, k, vw, vh) {
  return transform(k, vw / 2 - k * px, vh / 2 - k * py);
}

/** What of the scene is in a view of vw by vh, as {x, y, w, h}. */
export function inView(t, vw, vh) {
  return { x: -t.x / t.k, y: -t.y / t.k, w: vw / t.k, h: vh / t.k };
}

/** From a to b at `f` in 0..1; the scale moves geometrically, so that a zoom looks even. */
export function between(a, b, f) {
  if (f <= 0) return a;
  if (f >= 1) return b;
  if (a.k === b.k) return transform(a.k, a.x + (b.x - a.x) * f, a.y + (b.y - a.y) * f);
  const k = a.k * Math.pow(b.k / a.k, f);
  const share = (k - a.k) / (b.k - a.k);
  return transform(k, a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share);
}

/** The transform that keeps the scene point `was` of t on the screen where it is, now that it is `is`. */
export function held(t, was, is) {
  return transform(t.k, t.x + t.k * (was[0] - is[0]), t.y + t.k * (was[1] - is[1]));
}

/** What to do about a scene that drifts out of sight: at least `keep` pixels of it stay in view. */
export function kept(t, w, h, vw, vh, keep = 48) {
  const hold = (at, size, view) => Math.min(view - keep, Math.max(keep - size * t.k, at));
  return transform(t.k, hold(t.x, w, vw), hold(t.y, h, vh));
}
