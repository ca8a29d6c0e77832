// Panels that open under a button: placed inside the viewer, closed by Esc, by a click elsewhere, or by moving on.

const GAP = 4;
const INSET = 8;

/** Where a panel of w by h goes under `opener` inside `room`, all {left, top, right, bottom} on the page. */
export function placeUnder(opener, room, w, alignRight = false) {
  const wished = alignRight ? opener.right - w : opener.left;
  const left = Math.max(room.left + INSET, Math.min(wished, room.right - INSET - w));
  const top = opener.bottom + GAP;
  return { left: left - room.left, top: top - room.top, most: Math.max(120, room.bottom - top - INSET) };
}

/**
 * Ties `panel` to `opener`. `on` has opened(), closed(), `anchor` (what it hangs from, where that is not the opener)
 * and `alignRight`. Returns {open(), close(refocus), isOpen()}. Focus goes back to the opener when Esc closes it.
 */
export function makePopup(app, opener, panel, on = {}) {
  const anchor = on.anchor ?? opener;
  const popup = {
    isOpen: () => !panel.hidden,
    open: () => {
      if (panel.hidden) {
        panel.hidden = false;
        opener.setAttribute("aria-expanded", "true");
        on.opened?.();
      }
      hang(app, panel, anchor, on.alignRight);
    },
    close: (refocus = false) => {
      if (panel.hidden) return;
      panel.hidden = true;
      opener.setAttribute("aria-expanded", "false");
      on.closed?.();
      if (refocus) opener.focus();
    },
  };
  panel.hidden = true;
  opener.setAttribute("aria-expanded", "false");
  closeOnLeaving(app, popup, opener, panel, (node) => panel.contains(node) || anchor.contains(node));
  return popup;
}

function hang(app, panel, anchor, alignRight) {
  // `absolute` counts from inside of the viewer's border.
  const frame = app.root.getBoundingClientRect();
  const [left, top] = [frame.left + app.root.clientLeft, frame.top + app.root.clientTop];
  const room = { left, top, right: frame.right, bottom: frame.bottom };
  const at = placeUnder(anchor.getBoundingClientRect(), room, panel.offsetWidth, alignRight);
  panel.style.left = `${at.left}px`;
  panel.style.top = `${at.top}px`;
  panel.style.setProperty("--room", `${at.most}px`);
}

function closeOnLeaving(app, popup, opener, panel, isOwn) {
  const { signal } = app.controller;
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || panel.hidden) return;
    event.stopPropagation();
    event.preventDefault();
    popup.close(true);
  };
  panel.addEventListener("keydown", onKeyDown, { signal });
  opener.addEventListener("keydown", onKeyDown, { signal });
  panel.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !isOwn(relatedTarget) && popup.close(), { signal });
  app.root.addEventListener("pointerdown", ({ target }) => !isOwn(target) && popup.close(), { signal });
  app.document.addEventListener("pointerdown", ({ target }) => isOutside(app, target) && popup.close(), { signal });
}

/** From outside a shadow tree an event seems to come from its host. */
function isOutside(app, target) {
  return target !== app.root.getRootNode().host && !app.root.contains(target);
}

/** Arrow keys, Home and End walk through the buttons or boxes that `items()` lists. */
export function walkable(panel, items, signal) {
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  panel.addEventListener("keydown", (event) => {
    const all = items();
    const at = all.indexOf(panel.getRootNode().activeElement);
    let to = null;
    if (event.key in steps) to = at < 0 ? (steps[event.key] > 0 ? 0 : all.length - 1) : at + steps[event.key];
    else if (event.key === "Home" && at >= 0) to = 0;
    else if (event.key === "End" && at >= 0) to = all.length - 1;
    // No key that is pressed in a panel is a command to the picture.
    if (event.key !== "Escape") event.stopPropagation();
    if (to === null || !all.length) return;
    event.preventDefault();
    all[(to + all.length) % all.length].focus();
  }, { signal });
}
