// Pointer and wheel on the canvas, turned into moves. One or two fingers, mouse, pen or track pad.
// A picture amid a page must not swallow the scrolling of someone who only passes over it: the wheel zooms
// when the canvas has the focus (one click) or fills the screen; Ctrl + wheel, which is what a pinch on a
// track pad sends, zooms always; else the page scrolls and a hint says how.
import { wheelFactor } from "./keys.js";

const CLICK_SLOP = 4;

/**
 * Listen on `canvas` until `signal` aborts. `moves` has pan(dx, dy), zoom(factor, x, y), hover(x, y), leave(),
 * click(x, y), open(x, y), grab(held), zooms() (whether plain scrolling zooms) and hint().
 */
export function listenTo(canvas, moves, signal) {
  const pointers = new Map();
  let moved = 0;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const on = (type, handle, options = {}) => canvas.addEventListener(type, handle, { signal, ...options });
  on("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (pointers.size === 0) moved = 0;
    canvas.setPointerCapture?.(event.pointerId);
    pointers.set(event.pointerId, place(event));
  });
  on("pointermove", (event) => {
    const now = place(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      moves.hover(...now);
      return;
    }
    moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (pointers.size > 1) pinch(pointers, event.pointerId, before, now, moves);
    else if (moved > CLICK_SLOP) {
      moves.grab(true);
      moves.pan(now[0] - before[0], now[1] - before[1]);
    }
    pointers.set(event.pointerId, now);
  });
  const release = (event, clicked) => {
    if (!pointers.delete(event.pointerId)) return;
    if (pointers.size > 0) moved = CLICK_SLOP + 1;
    else moves.grab(false);
    if (clicked && moved <= CLICK_SLOP) moves.click(...place(event));
  };
  on("pointerup", (event) => release(event, true));
  on("pointercancel", (event) => release(event, false));
  on("pointerleave", () => moves.leave());
  on("dblclick", (event) => moves.open(...place(event)));
  on("wheel", (event) => onWheel(event, place(event), moves), { passive: false });
}

function onWheel(event, [x, y], moves) {
  const pinched = event.ctrlKey || event.metaKey;
  if (!pinched && !moves.zooms()) {
    moves.hint();
    return;
  }
  event.preventDefault();
  if (event.shiftKey && !pinched) moves.pan(-(event.deltaX || event.deltaY), event.deltaX ? -event.deltaY : 0);
  else moves.zoom(wheelFactor(event), x, y);
}

function pinch(pointers, id, before, now, moves) {
  const other = [...pointers.entries()].find(([key]) => key !== id)[1];
  const was = Math.hypot(before[0] - other[0], before[1] - other[1]);
  const is = Math.hypot(now[0] - other[0], now[1] - other[1]);
  moves.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  if (was > 0 && is > 0) moves.zoom(is / was, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
}
