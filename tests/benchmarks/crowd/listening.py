"""What a page of a visitor notes by itself: when it asked and was answered, and whose marks came to it."""

from __future__ import annotations

from tests.benchmarks.crowd.marked import PATTERN

LISTEN = """(() => {
  const crowd = window.crowd = { asked: [], came: [], bytes: 0, marks: [], problems: [] };
  const decoder = new TextDecoder("latin1");
  const Socket = window.WebSocket;
  const known = new Set();
  window.WebSocket = class extends Socket {
    constructor(...all) {
      super(...all);
      this.addEventListener("message", ({ data }) => {
        crowd.came.push(performance.now());
        crowd.bytes += data.byteLength ?? data.length;
        const text = typeof data === "string" ? data : decoder.decode(data);
        for (const [mark] of text.matchAll(/PATTERN/g)) if (!known.has(mark)) {
          known.add(mark);
          crowd.marks.push(mark);
        }
      });
    }
    send(data) {
      crowd.asked.push(performance.now());
      super.send(data);
    }
  };

  // Within the shadow roots of Streamlit's components too.
  const all = (css) => {
    const found = new Set(document.querySelectorAll(css));
    for (const component of document.querySelectorAll('[data-testid^="stBidiComponent"]')) {
      for (const host of [component, ...component.querySelectorAll("*")]) {
        if (host.shadowRoot) for (const each of host.shadowRoot.querySelectorAll(css)) found.add(each);
      }
    }
    return [...found].filter((each) => each.getClientRects().length > 0);
  };
  const style = (css) => all(css).map((each) => each.getAttribute("style")).join();
  const holds = ({ css, text, count, changed }) => {
    if (changed !== undefined) return style(css) !== changed && style(css) !== "";
    const found = all(css).filter((each) => text === undefined || each.textContent.includes(text));
    return count === undefined ? found.length > 0 : found.length === count;
  };
  const shown = (wanted) => wanted.some((part) => part.every(holds));

  crowd.style = style;
  crowd.shown = shown;
  // From the next press of the mouse or of a key, or choice of a file, until what is wanted is on the screen.
  crowd.listen = (wanted, seconds) => { crowd.answer = new Promise((resolve) => {
    let began = null;
    const begin = (event) => { began ??= event.timeStamp; };
    const kinds = ["pointerdown", "keydown", "change"];
    for (const kind of kinds) window.addEventListener(kind, begin, { capture: true });
    crowd.asked.length = crowd.came.length = crowd.bytes = 0;
    const latest = performance.now() + 1000 * seconds;
    const end = (found) => {
      for (const kind of kinds) window.removeEventListener(kind, begin, { capture: true });
      resolve(found);
    };
    const look = () => {
      const now = performance.now();
      if (began !== null && shown(wanted)) {
        const asked = crowd.asked.find((at) => at >= began) ?? null;
        const came = crowd.came.filter((at) => asked !== null && at >= asked && at <= now).at(-1) ?? null;
        requestAnimationFrame(() => end({
          total: performance.now() - began,
          server: came === null ? 0 : came - asked,
          bytes: crowd.bytes,
        }));
      } else if (now > latest) {
        end(null);
      } else {
        setTimeout(look, 15);
      }
    };
    look();
  }); };
})()""".replace("PATTERN", PATTERN)
"""`crowd.listen(wanted, seconds)`, and then `crowd.answer`, which is null where what is wanted did not
come.

`wanted` are alternatives, each a list of what must hold together: `{css, text}` something that is seen
with this text in it, `{css, count}` so many of them, `{css, changed}` their `style` is another. The
answer is in milliseconds: `total` from the press to the frame after, of which `server` from the question
on the web socket to the last message that came before it was seen, with the time on the wire and the time
in which the page was too busy to hear it."""
